"""The database's tables: whether they are this version's, known without importing Django, and making them so.

SQLite keeps a mark of the tables' version in the header of the database itself, so that it goes along with a copy.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from contextlib import closing, contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING

from samegauge.cli import home_lock
from samegauge.cli.output import CommandError
from samegauge.core.site import UNFINISHED_UPDATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from samegauge.core.site import Site

MIGRATION_LOCK = 728_001
# The tables, and the search's index in them.
MADE_FROM = ("**/migrations/*.py", "core/search/folding.py", "**/searched.py", "**/kinds.py")
LIBRARIES_WITH_TABLES = ("django", "django-allauth", "django-axes")


def fingerprint(site: Site) -> int:
    """Return a number, never 0, that changes when any migration does, or what the search's index is built by."""
    parts = [f"{library}=={version(library)}" for library in LIBRARIES_WITH_TABLES]
    parts += [
        f"{path.relative_to(site.package)}:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for pattern in MADE_FROM
        for path in sorted(site.package.glob(pattern))
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return (int.from_bytes(digest[:4], "big") & 0x7FFFFFFF) or 1


def is_current(site: Site) -> bool:
    """Tell whether the tables are surely those of this version; PostgreSQL is always asked by Django."""
    if site.database_url:
        return False
    path = site.database["NAME"]
    if not path.exists() or (site.home / UNFINISHED_UPDATE).exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute("PRAGMA user_version").fetchone()[0] == fingerprint(site)
    except sqlite3.DatabaseError:  # Django will meet it again, and its error is said to a person
        return False


def bring_up_to_date(site: Site, *, holds_home: bool) -> None:
    """Migrate, all or nothing; of two that start at once, the second waits and finds nothing to do.

    Django is set up before. Tables are not changed under a platform that runs: `holds_home` says that it is the
    caller's own.
    """
    from django.db import DatabaseError, connection

    from samegauge.core import database_update
    from samegauge.core.search.indexing import rebuild_if_stale

    try:
        with _alone_in(site.home):
            database_update.put_back_unfinished(site.home)
            _migrated(site, holds_home=holds_home)
            rebuild_if_stale()
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute(f"PRAGMA user_version = {fingerprint(site)}")
    except (DatabaseError, sqlite3.Error, OSError) as error:
        raise CommandError(
            f"The tables of the database could not be made: {error}. Start again when that is mended: it goes on.",
            f"無法建立資料庫的資料表：{error}。排除後重新啟動即可繼續。",
        ) from error


def _migrated(site: Site, *, holds_home: bool) -> None:
    from django.core.management import call_command
    from django.db import connection

    from samegauge.core import database_update
    from samegauge.core.database_walls.building import as_owner
    from samegauge.core.database_walls.errors import WallsError

    with as_owner(connection), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            lacking = database_update.outstanding()
            alone = home_lock.held(site.home) if lacking and not holds_home else nullcontext()
            with alone, database_update.all_or_nothing(site.home) if lacking else nullcontext():
                call_command("migrate", interactive=False, verbosity=0)
        except (WallsError, database_update.UpdateError) as error:
            raise CommandError(str(error), error.message_zh) from error
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


@contextmanager
def _alone_in(home: Path) -> Iterator[None]:
    descriptor = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def settle(site: Site) -> None:
    """Fold the write-ahead logs into their databases, so that the folder holds whole files when nobody works on it."""
    for path in sorted(site.home.glob("*.sqlite3")):
        with closing(sqlite3.connect(path, timeout=20)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
