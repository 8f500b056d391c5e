"""Making a backup while the site runs: one moment of the database and the lake, and the files both speak of.

The database's moment is taken while every lake is held still, so that the two agree as after a power cut: an import in
hand goes on after a restore. What they name in vault and lake is never changed, so it is read afterwards at leisure.
The job queue is left out: jobs are rows of the main database, and a worker hands those still open to an empty queue.
Private keys and the site's secret are left out: they are kept apart, by `samegauge backup-keys`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, models
from django.db.utils import Error as DjangoDatabaseError

from samegauge.core.backup.archive import ArchiveWriter
from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.manifest import DATABASE, Manifest
from samegauge.core.database_content import (
    CopyError,
    DatabaseFileError,
    SqliteView,
    applied_migrations,
    contents,
    values,
)
from samegauge.lake import durable
from samegauge.lake.inventory import Inventory, held_still

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.jobs.progress import Listener

WORKSHOP = ".samegauge-backup-"


@dataclass(frozen=True)
class Made:
    """A finished backup; `faults` are files that were already missing or damaged on the site."""

    path: Path
    size_bytes: int
    elapsed_s: float
    manifest: Manifest

    def report(self) -> dict[str, Any]:
        manifest = self.manifest
        return {
            "file": str(self.path),
            "size_bytes": self.size_bytes,
            "content_bytes": manifest.size_bytes,
            "elapsed_s": round(self.elapsed_s, 3),
            "created_at": manifest.created_at,
            "engine": manifest.engine,
            "tables": len(manifest.tables),
            "rows": manifest.rows,
            "vault_files": manifest.vault_files,
            "lake_versions": dict(manifest.lakes),
            "faults": list(manifest.faults),
        }


def make_backup(home: Path, target: Path, tell: Listener | None = None) -> Made:
    """Write a backup of the site to `target`, which appears whole or not at all."""
    started_s = time.monotonic()
    _refuse_unusable(target)
    try:
        with _workshop(target.parent) as workshop:
            manifest = _written(home, workshop, tell)
            # A rename instead of a link, which removable disks do not know.
            (workshop / "archive").rename(target)
            durable.flush(target.parent)
    except (OSError, DjangoDatabaseError, DatabaseFileError, CopyError) as error:
        raise BackupError(
            f"The backup stopped: {error}. There is no backup at {target}. Mend this (make room, say) and try again.",
            f"備份中斷：{error}。{target} 沒有產生備份。排除問題（例如空間不足）後再試一次。",
        ) from error
    return Made(target, target.stat().st_size, time.monotonic() - started_s, manifest)


def _refuse_unusable(target: Path) -> None:
    if target.exists():
        raise BackupError(f"{target} exists already. Name a new file.", f"{target} 已存在。指定新的檔名。")
    if not target.parent.is_dir():
        raise BackupError(
            f"{target.parent} is no folder. Make it, or name another.",
            f"{target.parent} 不是資料夾。先建立，或改用其他資料夾。",
        )


@contextmanager
def _workshop(parent: Path) -> Iterator[Path]:
    """A hidden folder beside the archive; those of killed backups, whose lock is free, are cleared away."""
    for left in parent.glob(f"{WORKSHOP}*"):
        with _locked(left) as mine:
            if mine:
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=WORKSHOP, dir=parent))
    with _locked(folder):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _written(home: Path, workshop: Path, tell: Listener | None) -> Manifest:
    created_at = datetime.now(UTC)
    database = workshop / DATABASE
    lakes = _moment(home, database)
    json_columns = json_columns_here()
    tables = contents(database, json_columns)
    named = _named_files(home, database, lakes)
    total, done, faults = sum(path.stat().st_size for _, path in named if path.exists()), 0, []
    with (workshop / "archive").open("xb") as stream:
        (workshop / "archive").chmod(0o600)
        writer = ArchiveWriter(stream)
        for name, path in named:
            if not path.exists():
                faults.append(f"{name}: missing")
                continue
            entry = writer.add(path, name)
            if name.startswith("vault/") and entry.sha256 != path.name:
                faults.append(f"{name}: damaged")
            done += entry.size_bytes
            if tell is not None:
                tell(done, total, f"Packing: {name[:60]}", f"正在打包：{name[:60]}")
        manifest = Manifest(
            samegauge=version("samegauge"),
            created_at=created_at.isoformat(),
            engine=connection.vendor,
            migrations=tuple(applied_migrations(database)),
            json_columns=tuple(json_columns),
            tables=tables,
            lakes={lake.organisation: lake.version for lake in lakes},
            files=tuple(writer.entries),
            faults=tuple(faults),
        )
        writer.finish(manifest)
        stream.flush()
        os.fsync(stream.fileno())
    return manifest


def _moment(home: Path, database: Path) -> tuple[Inventory, ...]:
    """Write the database as it is now into a file, and say which lake files belong to that moment."""
    with held_still(home / "lake") as lakes:
        view = _view()
    with closing(view):
        view.write(database)
    return lakes


def _view() -> Any:
    if connection.vendor == "sqlite":
        return SqliteView(Path(connection.settings_dict["NAME"]))
    from samegauge.core.database_crossing import PostgresqlView

    return PostgresqlView()


def json_columns_here() -> list[str]:
    """Columns that hold JSON, whose spelling is each database's own."""
    return sorted(
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.JSONField)
    )


def _named_files(home: Path, database: Path, lakes: tuple[Inventory, ...]) -> list[tuple[str, Path]]:
    """Names in the archive and where each file lies; the smallest and most needed first."""
    kept = values(database, "vault_storedfile", "sha256")
    public = [*(home / "keys" / "trusted").glob("*.pub"), *(home / "keys" / "witnesses").glob("*.vkey")]
    names = [path.relative_to(home).as_posix() for path in sorted(public)]
    names += [f"lake/{file}" for lake in lakes for file in lake.files]
    names += [f"vault/{sha256[:2]}/{sha256}" for sha256 in kept]
    return [(DATABASE, database), *((name, home / name) for name in names)]
