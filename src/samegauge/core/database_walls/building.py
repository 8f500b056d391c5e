"""Building the walls in a database, and asking whether they stand."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from django.db import transaction

from samegauge.core.database_walls import policies, triggers
from samegauge.core.database_walls.roles import roles_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def as_owner(connection: Any) -> Any:
    """Let statements inside make and change tables, which PostgreSQL else refuses to the site's roles."""
    return connection.as_owner() if connection.vendor == "postgresql" else nullcontext()


def gather_statistics(connection: Any) -> None:
    """After many rows in one transaction PostgreSQL still plans as if the tables were empty, until it is told."""
    if connection.vendor == "postgresql":
        with as_owner(connection), connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@contextmanager
def rebuilt(connection: Any) -> Iterator[None]:
    """Change the tables inside; afterwards, also when that failed, the walls are those that the models declare."""
    with as_owner(connection):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                triggers.take_down(cursor)
        try:
            yield
        finally:
            build(connection)


def build(connection: Any) -> None:
    with as_owner(connection), transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            policies.build(cursor, roles_of(connection.settings_dict["NAME"]))
        else:
            triggers.build(cursor)


def faults(connection: Any) -> list[str]:
    """Name every part of the walls that is missing or altered."""
    with as_owner(connection), transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return policies.faults(cursor, roles_of(connection.settings_dict["NAME"]))
        return triggers.faults(cursor)
