"""Putting a backup into an empty data folder: all of it, proven, or none of it."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.manifest import DATABASE, Manifest
from samegauge.core.backup.places import DOWNLOAD
from samegauge.core.database_content import CopyError, DatabaseFileError, contents, differences, faults
from samegauge.core.site import RUNNING, UNFINISHED_RESTORE
from samegauge.lake import durable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from samegauge.core.site import Site


@contextmanager
def into_empty(home: Path, archive: Path | str) -> Iterator[None]:
    """Mark the folder as unfinished while the block runs; an error empties it again, a kill leaves the mark."""
    mark = home / UNFINISHED_RESTORE
    if mark.exists():
        _empty(home)
    if left := sorted(path.name for path in home.iterdir() if path.name not in _KEPT):
        raise BackupError(
            f"{home} is not empty: it holds {', '.join(left[:3])}. "
            "Set SAMEGAUGE_HOME to an empty folder, or move this one away.",
            f"{home} 不是空的，裡面有 {'、'.join(left[:3])}。把 SAMEGAUGE_HOME 設為空資料夾，或先移走原有資料。",
        )
    try:
        with mark.open("x") as stream:
            json.dump({"archive": str(archive)}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        durable.flush(home)
        yield
    except BaseException:
        _empty(home)
        raise
    mark.unlink()
    durable.flush(home)


_KEPT = {RUNNING, DOWNLOAD}  # the lock of the command that restores, and what it fetched


def _empty(home: Path) -> None:
    mark = home / UNFINISHED_RESTORE
    for path in home.iterdir():
        if path == mark or path.name in _KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    # Last, so that a kill in between still leaves it.
    mark.unlink(missing_ok=True)


def check_database(home: Path, manifest: Manifest) -> None:
    """Refuse a database file whose pages or tables are not what the manifest says."""
    path = home / DATABASE
    try:
        different = differences(manifest.tables, contents(path, manifest.json_columns))
        found = faults(path)
    except (DatabaseFileError, ValueError) as error:
        raise _not_equal(str(error)) from error
    if different or found:
        raise _not_equal(", ".join([*different, *found][:3]))


def refuse_newer(manifest: Manifest, known: Collection[str]) -> None:
    """Refuse a backup of a version that has migrations which this one does not know."""
    if unknown := sorted(set(manifest.migrations) - set(known)):
        raise BackupError(
            f"This backup was made by a newer samegauge ({manifest.samegauge}, {unknown[-1]}). "
            "Update, then restore it.",
            f"這份備份由較新版本的同規產生（{manifest.samegauge}，{unknown[-1]}）。先更新再還原。",
        )


def known_migrations() -> set[str]:
    from django.db.migrations.loader import MigrationLoader

    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def settle_on_sqlite(site: Site) -> None:
    """Let the database file take its place."""
    (site.home / DATABASE).rename(site.database["NAME"])
    durable.flush(site.home)


def refuse_used_postgresql() -> None:
    from samegauge.core.database_crossing import holds_records

    if holds_records():
        raise BackupError(
            "The PostgreSQL database holds records already. Make an empty one and name it in SAMEGAUGE_DATABASE_URL.",
            "PostgreSQL 資料庫已有資料。建立空的資料庫，並在 SAMEGAUGE_DATABASE_URL 指定。",
        )


def settle_on_postgresql(home: Path) -> None:
    """Carry the rows over into PostgreSQL, whose tables are of this version already, and prove them there."""
    from samegauge.core.backup.making import json_columns_here
    from samegauge.core.database_crossing import bring_file_up_to_date, load

    path = home / DATABASE
    bring_file_up_to_date(path)
    json_columns = json_columns_here()
    try:
        different = differences(contents(path, json_columns), load(path, json_columns))
    except CopyError as error:
        raise _not_equal(str(error)) from error
    if different:
        raise _not_equal(", ".join(different[:3]))
    path.unlink()


def report(manifest: Manifest, archive: str, engine: str, elapsed_s: float) -> dict[str, Any]:
    return {
        "file": archive,
        "made_by": manifest.samegauge,
        "created_at": manifest.created_at,
        "from": manifest.engine,
        "into": engine,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "files": len(manifest.files),
        "vault_files": manifest.vault_files,
        "content_bytes": manifest.size_bytes,
        "lake_versions": dict(manifest.lakes),
        "elapsed_s": round(elapsed_s, 3),
        "faults": list(manifest.faults),
    }


def _not_equal(detail: str) -> BackupError:
    return BackupError(
        f"The database in the backup is not what its manifest says ({detail[:200]}). "
        "Nothing was restored. Use another backup.",
        f"備份中的資料庫與清單不符（{detail[:200]}）。完全沒有還原。改用其他備份。",
    )
