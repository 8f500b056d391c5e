"""What somebody with the database's password can do: any cell of any row, past every rule, and undone afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction

from samegauge.core.database_walls.building import as_owner

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def with_the_password() -> Iterator[Any]:
    """As somebody who holds the database: no rule, no trigger; and undone afterwards."""
    with transaction.atomic():
        with as_owner(connection), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f'DROP TRIGGER "{name}"')
            else:
                cursor.execute("SET LOCAL session_replication_role = replica")
            yield cursor
        transaction.set_rollback(True)


def columns_of(model: Any) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.attname != "organisation_id"]


def other_value(value: Any) -> Any:
    """The smallest change that the column's type allows."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, int | float):
        return value + 1000 if isinstance(value, int) else value * (1 + 2**-52) or 5e-324
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1).hex
    if isinstance(value, str):
        return value[:-1] + ("x" if value[-1:] != "x" else "y")
    return None


def changed_cells(model: Any) -> Iterator[tuple[int, str, Any]]:
    for row in model._base_manager.order_by("pk"):
        for field in columns_of(model):
            value = getattr(row, field.attname)
            other = other_value(value)
            if other is not None:
                yield row.pk, field.column, other
