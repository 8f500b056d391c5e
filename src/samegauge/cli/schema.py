"""What is done to the SQLite files without importing Django; their header keeps a mark of the tables' version."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samegauge.core.site import Site

LIBRARIES_WITH_TABLES = ("django", "django-allauth", "django-axes")


def fingerprint(site: Site) -> int:
    """Return a number, never 0, that changes when any migration of ours or of a library does."""
    parts = [f"{library}=={version(library)}" for library in LIBRARIES_WITH_TABLES]
    parts += [
        f"{path.relative_to(site.package)}:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in sorted(site.package.glob("**/migrations/*.py"))
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return (int.from_bytes(digest[:4], "big") & 0x7FFFFFFF) or 1


def is_current(site: Site) -> bool:
    """Tell whether the tables are surely those of this version; PostgreSQL is always asked by Django."""
    if site.database_url:
        return False
    path = site.database["NAME"]
    if not path.exists():
        return False
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0] == fingerprint(site)


def settle(site: Site) -> None:
    """Fold the write-ahead logs into their databases, so that the folder holds whole files when nobody works on it."""
    for path in sorted(site.home.glob("*.sqlite3")):
        with closing(sqlite3.connect(path, timeout=20)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
