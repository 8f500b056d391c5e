"""What arrived: an account of every file, kept in the commit that brought its observations.

There is no second table that could disagree: a file's account and its rows become visible in the same instant. The log
is never cleaned, so the ledger reaches back to the first commit.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from samegauge.lake import delta_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


@dataclass(frozen=True, slots=True)
class FileKey:
    """One file that arrived. The name belongs to it: the log of an idle day is byte for byte that of the next one."""

    machine: str
    trace: str | None
    name: str
    source: str  # SHA-256 of the file as it came


@dataclass(frozen=True, slots=True)
class FileEntry:
    """`observations` = `stored` + those the lake had (`known`); `repeats` are exact duplicates in the stretch."""

    key: FileKey
    size_bytes: int
    lines: int
    observations: int
    stored: int
    known: int
    repeats: int
    out_of_order: int
    quarantined: int
    first_ns: int
    last_ns: int
    closing_ns: int  # time of the last line, which need not be the latest
    per_tag: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One commit of an import; `repeats` and `quarantine` are files beside the table (None when there were no such
    lines).
    """

    version: int
    at: datetime
    batch: str
    machine: str
    files: tuple[FileEntry, ...]
    repeats: str | None
    quarantine: str | None


@dataclass(frozen=True, slots=True)
class Retraction:
    """A batch taken back; `kept` observations stayed because another batch had brought them too."""

    version: int
    at: datetime
    batch: str
    reason: str
    removed: int
    kept: int


class Ledger:
    """The accounts of one organisation's table, read from its log as far as they are not known yet."""

    def __init__(self, table: Path) -> None:
        self._table = table
        self._lock = Lock()
        self._version = -1
        self._entries: list[Arrival | Retraction] = []

    def entries(self) -> tuple[Arrival | Retraction, ...]:
        with self._lock:
            for version, account in delta_log.accounts(self._table, self._version):
                self._entries.append(_entry(version, account))
                self._version = version
            return tuple(self._entries)

    def live(self) -> tuple[Arrival, ...]:
        """Arrivals that were not taken back."""
        alive: list[Arrival] = []
        for entry in self.entries():
            if isinstance(entry, Retraction):
                alive = [arrival for arrival in alive if arrival.batch != entry.batch]
            else:
                alive.append(entry)
        return tuple(alive)

    def keys(self) -> frozenset[FileKey]:
        """Files that are in. Exactly once rests on this: a key becomes visible in the same instant as its rows."""
        return frozenset(file.key for arrival in self.live() for file in arrival.files)

    def files(self, machine: str | None = None) -> tuple[tuple[Arrival, FileEntry], ...]:
        return tuple(
            (arrival, file)
            for arrival in self.live()
            for file in arrival.files
            if machine is None or file.key.machine == machine
        )


def account(arrival: Arrival | Retraction) -> Mapping[str, Any]:
    """The form in which a commit carries it."""
    record = {field.name: getattr(arrival, field.name) for field in fields(arrival) if field.name != "version"}
    if isinstance(arrival, Arrival):
        record["files"] = [_flat(file) for file in arrival.files]
    return record | {"kind": type(arrival).__name__, "at": arrival.at.isoformat()}


def now() -> datetime:
    return datetime.now(UTC)


def _flat(file: FileEntry) -> Mapping[str, Any]:
    # asdict would copy every count deeply, a tenth of the time of an import.
    return {field.name: getattr(file, field.name) for field in fields(file)} | {"key": asdict(file.key)}


def _entry(version: int, record: Mapping[str, Any]) -> Arrival | Retraction:
    known: dict[str, Any] = {"version": version, "at": datetime.fromisoformat(record["at"])}
    if record["kind"] == Retraction.__name__:
        return Retraction(**known, **{name: record[name] for name in ("batch", "reason", "removed", "kept")})
    names = [field.name for field in fields(FileEntry) if field.name != "key"]
    files = tuple(FileEntry(FileKey(**file["key"]), **{name: file[name] for name in names}) for file in record["files"])
    return Arrival(
        **known, files=files, **{name: record[name] for name in ("batch", "machine", "repeats", "quarantine")}
    )
