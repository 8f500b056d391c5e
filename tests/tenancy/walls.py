"""Taking one wall down, so that the other stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import sql
from tenancy.canaries import owned_models

from samegauge.core import scope
from samegauge.core.database_walls.building import as_owner

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


def take_queries_wall_down(monkeypatch: pytest.MonkeyPatch, models: Iterable[Any]) -> None:
    """Let queries on the models compile without the organisation, as if their wall had been forgotten."""
    holed, walled = frozenset(models), scope._ScopedQueryMixin.get_compiler

    def compiler(query: Any, *args: Any, **kwargs: Any) -> Any:
        return (sql.Query.get_compiler if query.model in holed else walled)(query, *args, **kwargs)

    monkeypatch.setattr(scope._ScopedQueryMixin, "get_compiler", compiler)


def take_database_wall_down(models: Iterable[Any] = ()) -> None:
    """Switch row-level security off, of all models or some, until the test is over; SQLite has none."""
    if connection.vendor != "postgresql":
        return
    with as_owner(connection), connection.cursor() as cursor:
        # A table whose new rows still wait to be checked cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for model in models or owned_models():
            cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE ROW LEVEL SECURITY')
