"""Adapter logs into the lake: read, parsed and told apart on all cores, committed machine by machine, accounted for."""

from __future__ import annotations

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, cast
from uuid import uuid4

import isal.isal_zlib
import numpy as np

from samegauge.doors.crypto import sha256
from samegauge.formats import shdr
from samegauge.formats.container import read_bytes
from samegauge.formats.errors import FormatError
from samegauge.lake.appending import Parcel
from samegauge.lake.identity import arranged, counts_of_tags, gather, identify
from samegauge.lake.ledger import FileKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from samegauge.lake.ledger import Arrival, FileEntry
    from samegauge.lake.store import OrganisationLake

    Progress: TypeAlias = Callable[[int, int], None]

LIMIT_BYTES = 512 << 20
STRETCH_GAP = timedelta(days=7)
_UNIT_BYTES = 64 << 20  # on disk, of one commit, unless a single stretch is larger
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_isal: Any = cast("Any", isal.isal_zlib)

_SUFFIXES = re.compile(r"(?:\.(?:txt|shdr|log|gz))+$", re.IGNORECASE)
_MACHINE = r"(?P<machine>[A-Za-z]+[0-9]{1,3})"
_DAY_FILE = re.compile(_MACHINE + r"(?:[-_](?P<first>\d{8})-(?P<end>\d{8}))?(?:[-_].*)?")
_PART_FILE = re.compile(r"(?P<part>[A-Za-z]+)(?:-OP\d+)?-" + _MACHINE + r"-\d+of\d+", re.IGNORECASE)
_DATED_FILE = re.compile(r"\d{1,4}-\d{1,2}-\d{1,4}-" + _MACHINE + r"(?:-.*)?")
_FOREIGN = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class NameGuess:
    """What a file's name says; `end` is the day after the last one, both None when the name has no days."""

    machine: str
    trace: str | None = None
    first: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class ShdrSource:
    """A file to import; machine and trace are guessed from `name` (default: the path's) where they are not given."""

    path: Path
    name: str = ""
    machine: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedFile:
    name: str
    reason_en: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class SetAsideLine:
    """A quarantined line: where it stands, how it begins (nothing invisible in it) and why it was set aside."""

    file: str
    line: int
    snippet: str
    reason_en: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class StretchCount:
    """Files of one machine that follow each other; `duplicates` and `out_of_order` are counted across them."""

    machine: str
    trace: str | None
    files: int
    observations: int
    duplicates: int
    out_of_order: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class ShdrReport:
    """The account of one import; every count is of the files that came in now, `skipped` ones were in already."""

    batch: str
    files: tuple[FileEntry, ...]
    skipped: tuple[FileEntry, ...]
    refused: tuple[RefusedFile, ...]
    stretches: tuple[StretchCount, ...]
    quarantined: tuple[SetAsideLine, ...]
    open_ended: tuple[str, ...]  # names of files whose last line has no line end and may have been cut

    @property
    def observations(self) -> int:
        return sum(file.observations for file in self.files)

    @property
    def stored(self) -> int:
        return sum(file.stored for file in self.files)

    @property
    def duplicates(self) -> int:
        return sum(file.repeats for file in self.files)

    @property
    def out_of_order(self) -> int:
        return sum(file.out_of_order for file in self.files)

    @property
    def observations_per_tag(self) -> dict[str, dict[str, int]]:
        """By machine and tag, exact duplicates included: what an independent count of the raw lines gives."""
        total: dict[str, Counter[str]] = {}
        for file in self.files:
            total.setdefault(file.key.machine, Counter()).update(file.per_tag)
        return {machine: dict(sorted(total[machine].items())) for machine in sorted(total)}


def guess_from_name(name: str) -> NameGuess:
    """`Mazak01-20171023-20171024.txt.gz`, `Box-Hurco02-01of20.txt.gz` (a part's trace), `1-31-2017-Hurco02.txt`.

    Any other name is taken whole as the machine's.
    """
    stem = _SUFFIXES.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])
    if part := _PART_FILE.fullmatch(stem):
        return NameGuess(part["machine"], trace=stem)
    if dated := _DATED_FILE.fullmatch(stem):
        return NameGuess(dated["machine"])
    if day := _DAY_FILE.fullmatch(stem):
        return NameGuess(day["machine"], None, _date(day["first"]), _date(day["end"]))
    return NameGuess(_FOREIGN.sub("_", stem) or "unnamed")


def import_shdr(
    lake: OrganisationLake,
    files: Sequence[Path | ShdrSource],
    *,
    machine: str | None = None,
    batch: str | None = None,
    progress: Progress | None = None,
) -> ShdrReport:
    """Parse and commit adapter logs, plain or gzip; what returns is durable, and calling again adds nothing.

    Each machine's files are one commit (several when they exceed 64 MiB on disk), so a killed import has whole
    machines in or none; the same call resumes it. A file that is no log is refused and named, the others go in.
    """
    batch = batch or uuid4().hex
    account = _Account(batch, len(files), progress)
    present = lake.ledger.keys()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for unit in _units([_job(file, machine) for file in files]):
            parcels = [one for one in pool.map(partial(_parcel, present), unit) if account.accepts(one)]
            distinct = list({one.key: one for one in parcels}.values())
            arrival = lake.append(batch, distinct) if distinct else None
            account.enter(parcels, arrival)
            account.advance(len(unit))
    return account.report(lake)


def warm() -> None:
    """Compile, or load from disk, the kernels an import needs."""
    shdr.warm()
    told = identify([shdr.parse_columns(b"2017-02-02T16:37:08.9062500Z|Block_Number|0\n", "warm")], [0])
    for piece in arranged(told.rows, told.new, np.zeros(len(told.rows), np.int64)):
        gather(told.rows, piece)
    counts_of_tags(told.rows, told.words)


@dataclass(frozen=True, slots=True)
class _Job:
    path: Path
    name: str
    machine: str
    trace: str | None
    first: date | None
    end: date | None
    stretch: int = 0


class _Account:
    """What an import did so far."""

    def __init__(self, batch: str, total: int, progress: Progress | None) -> None:
        self._batch = batch
        self._total = total
        self._progress = progress
        self._done = 0
        self._stretch_of: dict[FileKey, int] = {}
        self._entries: list[FileEntry] = []
        self._skipped: list[Parcel] = []
        self._refused: list[RefusedFile] = []
        self._quarantined: list[SetAsideLine] = []
        self._open_ended: list[str] = []

    def accepts(self, result: Parcel | RefusedFile) -> TypeGuard[Parcel]:
        if isinstance(result, RefusedFile):
            self._refused.append(result)
            return False
        return True

    def enter(self, parcels: Sequence[Parcel], arrival: Arrival | None) -> None:
        entries = {file.key: file for file in (arrival.files if arrival else ())}
        for parcel in parcels:
            entry = entries.pop(parcel.key, None)
            if entry is None or parcel.columns is None:
                self._skipped.append(parcel)
                continue
            self._entries.append(entry)
            self._stretch_of[parcel.key] = parcel.stretch
            self._quarantined += [
                SetAsideLine(parcel.key.name, bad.line, bad.snippet, bad.reason.en, bad.reason.zh)
                for bad in parcel.columns.bad_lines
            ]
            if parcel.columns.open_ended:
                self._open_ended.append(parcel.key.name)

    def advance(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._done, self._total)

    def report(self, lake: OrganisationLake) -> ShdrReport:
        known = {file.key: file for _, file in lake.ledger.files()} if self._skipped else {}
        return ShdrReport(
            batch=self._batch,
            files=tuple(self._entries),
            skipped=tuple(known[parcel.key] for parcel in self._skipped),
            refused=tuple(self._refused),
            stretches=tuple(self._stretches()),
            quarantined=tuple(self._quarantined),
            open_ended=tuple(self._open_ended),
        )

    def _stretches(self) -> Iterator[StretchCount]:
        groups: dict[tuple[str, str | None, int], list[FileEntry]] = {}
        for file in self._entries:
            place = file.key.machine, file.key.trace, self._stretch_of[file.key]
            groups.setdefault(place, []).append(file)
        for (machine, trace, _), files in groups.items():
            yield StretchCount(
                machine,
                trace,
                len(files),
                sum(file.observations for file in files),
                sum(file.repeats for file in files),
                sum(file.out_of_order for file in files),
                sum(file.quarantined for file in files),
            )


def _job(file: Path | ShdrSource, machine: str | None) -> _Job:
    source = file if isinstance(file, ShdrSource) else ShdrSource(file)
    name = source.name or source.path.name
    guess = guess_from_name(name)
    return _Job(
        source.path,
        name,
        source.machine or machine or guess.machine,
        source.trace or guess.trace,
        guess.first,
        guess.end,
    )


def _units(jobs: Sequence[_Job]) -> Iterator[list[_Job]]:
    """One machine's jobs in time order, cut between stretches where a commit would grow too large."""
    unit: list[_Job] = []
    size = 0
    for stretch in _stretches(jobs):
        weight = sum(_size(job.path) for job in stretch)
        if unit and (unit[0].machine != stretch[0].machine or size + weight > _UNIT_BYTES):
            yield unit
            unit, size = [], 0
        unit += stretch
        size += weight
    if unit:
        yield unit


def _stretches(jobs: Sequence[_Job]) -> Iterator[list[_Job]]:
    """Files that follow each other: one part's trace, or daily logs without a hole of more than a week."""
    stretch: list[_Job] = []
    number = 0
    for job in sorted(jobs, key=lambda job: (job.machine, job.trace or "", job.first or date.min)):
        if stretch and not _follows(stretch[-1], job):
            yield stretch
            stretch, number = [], number + 1
        stretch.append(replace(job, stretch=number))
    if stretch:
        yield stretch


def _follows(before: _Job, after: _Job) -> bool:
    if (before.machine, before.trace) != (after.machine, after.trace):
        return False
    return before.end is None or after.first is None or after.first - before.end <= STRETCH_GAP


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _parcel(present: frozenset[FileKey], job: _Job) -> Parcel | RefusedFile:
    try:
        raw = job.path.read_bytes()
    except OSError as error:
        return RefusedFile(
            job.name,
            f"{job.name}: The file cannot be read ({error.strerror}). Check that it is there and may be read.",
            f"{job.name}：無法讀取檔案（{error.strerror}）。確認檔案存在且可以讀取。",
        )
    key = FileKey(job.machine, job.trace, job.name, sha256(raw).hex())
    columns = None
    if key not in present:
        try:
            columns = shdr.parse_columns(_unpacked(raw, job.name), job.name)
        except FormatError as error:
            return RefusedFile(job.name, error.message_en, error.message_zh)
    return Parcel(key, len(raw), job.stretch, columns)


def _unpacked(raw: bytes, name: str) -> bytes:
    """One gzip member in one go by isal (3x zlib); anything else goes the careful way, which has the messages."""
    if raw.startswith(_GZIP):
        member = _isal.decompressobj(_GZIP_WINDOW)
        try:
            data: bytes = member.decompress(raw, LIMIT_BYTES)
        except _isal.error:
            data = b""
        if data and member.eof and not member.unused_data:
            return data
    return read_bytes(raw, name, LIMIT_BYTES)


def _date(digits: str | None) -> date | None:
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date() if digits else None
    except ValueError:
        return None
