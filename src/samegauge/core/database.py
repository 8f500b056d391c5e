"""Questions about the database itself, not about records."""

from __future__ import annotations

from pathlib import Path

from django.db import DatabaseError, connection


def reach() -> None:
    """Ask the database for a sign of life; raises Django's OperationalError when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def is_there() -> bool:
    """Tell whether there is a database to ask; asking SQLite would make an empty one."""
    return (
        connection.vendor != "sqlite" or connection.is_in_memory_db() or Path(connection.settings_dict["NAME"]).exists()
    )


def damages() -> list[str]:
    """What SQLite finds wrong with its pages and indexes; PostgreSQL has no such question and says so when it reads."""
    if connection.vendor != "sqlite":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check(20)")
            return [text for (text,) in cursor.fetchall() if text != "ok"]
    except DatabaseError as error:
        return [str(error)]


def broken_references() -> list[str]:
    """Rows that refer to rows which do not exist; PostgreSQL never lets any in."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_key_check")
        return [f"{table} {row}: {parent}" for table, row, parent, _constraint in cursor.fetchall()]
