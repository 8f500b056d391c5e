"""Opening the site for a command: its settings, and its tables in this version's form."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from samegauge.cli import schema
from samegauge.core.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIGRATION_LOCK = 728_001


def set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samegauge.web.settings")
    import django

    django.setup()


def open_site() -> Site:
    """Set Django up and bring the tables up to date: what every command that touches records calls first."""
    site = Site.from_environment()
    set_up_django()
    if not schema.is_current(site):
        migrate(site)
    return site


def migrate(site: Site) -> None:
    """Bring the tables up to date; of two that start at once, the second waits and finds nothing to do."""
    from django.core.management import call_command
    from django.db import connection

    with _alone_in(site.home), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        call_command("migrate", interactive=False, verbosity=0)
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
        else:
            cursor.execute(f"PRAGMA user_version = {schema.fingerprint(site)}")


@contextmanager
def _alone_in(home: Path) -> Iterator[None]:
    descriptor = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
