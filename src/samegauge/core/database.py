"""Questions about the database itself, not about records."""

from __future__ import annotations

from django.db import connection


def reach() -> None:
    """Ask the database for a sign of life; raises Django's OperationalError when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
