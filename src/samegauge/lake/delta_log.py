"""Commits of a Delta table, written by ourselves so that they are durable and may add and remove files at once.

The files follow the open Delta protocol (reader version 1, writer version 2) and are read back through deltalake. The
log is never cleaned: its commit entries are the ledger.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING
from uuid import uuid4

from samegauge.lake import durable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

PARTITIONS = ("machine", "trace", "batch")
# name, type in the log, whether it may be null
FIELDS = (
    ("machine", "string", False),
    ("trace", "string", True),
    ("batch", "string", False),
    ("time_ns", "long", False),
    ("time_digits", "byte", False),
    ("tag", "string", False),
    ("number", "double", True),
    ("decimals", "byte", True),
    ("text", "string", True),
    ("level", "string", True),
    ("line", "integer", False),
    ("pair", "short", False),
    ("occurrence", "integer", False),
    ("source", "string", False),
)
_SETTINGS = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
}
ACCOUNT = "samegauge"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file as the log names it; `path` is relative to the table and made of plain characters."""

    path: str
    size_bytes: int
    rows: int
    first_ns: int
    last_ns: int
    machine: str
    trace: str | None
    batch: str


@dataclass(frozen=True, slots=True)
class Commit:
    operation: str
    account: Mapping[str, Any]
    added: tuple[DataFile, ...] = ()
    removed: tuple[DataFile, ...] = ()


def exists(table: Path) -> bool:
    """A folder without version 0 is what a writer killed while making the table leaves behind."""
    return _entry(table, 0).exists()


def create(table: Path, workshop: Path) -> None:
    """Version 0 of the table, unless another writer has made it."""
    durable.make_folder(table / "_delta_log")
    schema: dict[str, Any] = {
        "type": "struct",
        "fields": [{"name": name, "type": kind, "nullable": null, "metadata": {}} for name, kind, null in FIELDS],
    }
    metadata: dict[str, Any] = {
        "id": str(uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(schema),
        "partitionColumns": list(PARTITIONS),
        "configuration": _SETTINGS,
        "createdTime": _now_ms(),
    }
    actions: list[Mapping[str, Any]] = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": metadata},
    ]
    try:
        durable.publish(_entry(table, 0), _lines(actions), workshop)
    except FileExistsError:
        return


def write(table: Path, version: int, commit: Commit, workshop: Path) -> None:
    """Make `commit` the table's `version`; durable when this returns, FileExistsError when the version is taken."""
    info: dict[str, Any] = {
        "timestamp": _now_ms(),
        "operation": commit.operation,
        "operationParameters": {},
        "engineInfo": f"samegauge/{version_of('samegauge')}",
        ACCOUNT: commit.account,
    }
    actions: list[Mapping[str, Any]] = [{"commitInfo": info}]
    actions += [{"remove": _removal(file)} for file in commit.removed]
    actions += [{"add": _addition(file)} for file in commit.added]
    durable.publish(_entry(table, version), _lines(actions), workshop)


def accounts(table: Path, after: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """What each commit later than version `after` says of itself, oldest first."""
    version = after + 1
    while (entry := _entry(table, version)).exists():
        with entry.open("rb") as stream:
            first = json.loads(stream.readline())
        account = first.get("commitInfo", {}).get(ACCOUNT)
        if account is not None:
            yield version, account
        version += 1


def forget_checkpoints(table: Path) -> None:
    """Remove what only shortens reading: a checkpoint cut short by a power cut would hide the log that is whole."""
    for path in (table / "_delta_log").glob("*checkpoint*"):
        path.unlink(missing_ok=True)


def _removal(file: DataFile) -> Mapping[str, Any]:
    return {
        "path": file.path,
        "deletionTimestamp": _now_ms(),
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": _partition(file),
        "size": file.size_bytes,
    }


def _addition(file: DataFile) -> Mapping[str, Any]:
    stats = {
        "numRecords": file.rows,
        "minValues": {"time_ns": file.first_ns},
        "maxValues": {"time_ns": file.last_ns},
        "nullCount": {"time_ns": 0},
    }
    return {
        "path": file.path,
        "partitionValues": _partition(file),
        "size": file.size_bytes,
        "modificationTime": _now_ms(),
        "dataChange": True,
        "stats": json.dumps(stats),
    }


def _partition(file: DataFile) -> Mapping[str, str | None]:
    return {"machine": file.machine, "trace": file.trace, "batch": file.batch}


def _entry(table: Path, version: int) -> Path:
    return table / "_delta_log" / f"{version:020d}.json"


def _lines(actions: list[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(action, ensure_ascii=False).encode() + b"\n" for action in actions)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
