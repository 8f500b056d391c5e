"""The way in: parsed files become rows of the table, each observation once, in one commit or not at all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from samegauge.formats.shdr import LEVELS, condition_from
from samegauge.lake import backends, delta_log, durable
from samegauge.lake.delta_log import Commit, DataFile
from samegauge.lake.errors import LakeError
from samegauge.lake.identity import arranged, counts_of_tags, gather, identify
from samegauge.lake.ledger import Arrival, FileEntry, account, now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from samegauge.formats.shdr import ShdrColumns
    from samegauge.lake.identity import Identities
    from samegauge.lake.ledger import FileKey, Ledger

_WEEK_NS = 7 * 86_400 * 1_000_000_000
_CHECKPOINT_EVERY = 20

# An observation told apart by what was written; `number` counts where no text is kept.
SAME_OBSERVATION = """
    one.time_ns = other.time_ns AND one.time_digits = other.time_digits AND one.tag = other.tag
    AND one.occurrence = other.occurrence AND one.text IS NOT DISTINCT FROM other.text
    AND one.decimals IS NOT DISTINCT FROM other.decimals AND (one.text IS NOT NULL OR one.number = other.number)
"""
_ALREADY_IN = """
    SELECT one.row AS row, min(other.source) AS source FROM candidates AS one
    JOIN read_parquet($files) AS other ON SAME GROUP BY one.row ORDER BY one.row
""".replace("SAME", SAME_OBSERVATION)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an organisation's table lies; `workshop` is for files not yet visible."""

    root: Path

    @property
    def table(self) -> Path:
        return self.root / "observations"

    @property
    def beside(self) -> Path:
        return self.root / "beside"

    @property
    def workshop(self) -> Path:
        return self.root / "workshop"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        for folder in (self.table / "data", self.beside, self.workshop):
            if not folder.is_dir():  # no archive keeps an empty folder
                durable.make_folder(folder)
        if not delta_log.exists(self.table):
            delta_log.create(self.table, self.workshop)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file on its way in; equal `stretch` belongs together and follows each other. `columns` are None if it is in."""

    key: FileKey
    size_bytes: int
    stretch: int
    columns: ShdrColumns | None


def open_snapshot(table: Path) -> backends.Snapshot:
    try:
        return backends.Snapshot(table)
    except backends.DamagedTableError:
        delta_log.forget_checkpoints(table)
        return backends.Snapshot(table)


def append(place: Place, ledger: Ledger, batch: str, parcels: Sequence[Parcel]) -> Arrival | None:
    """Commit one machine's parcels; those already in are left out, None when all are.

    Held under the table's lock from looking what is there to the commit, so that of two writers with overlapping files
    the later one sees the earlier one's rows.
    """
    place.prepare()
    with durable.exclusive(place.lock):
        snapshot = open_snapshot(place.table)
        present = ledger.keys()
        missing = [one for one in parcels if one.key not in present]
        if not missing:
            return None
        columns = [parcel.columns for parcel in missing if parcel.columns is not None]
        if len(columns) < len(missing):
            raise LakeError(
                "An import that brought one of these files was taken back at this moment. Import the files again.",
                "帶入其中某個檔案的匯入剛好在這時撤銷。重新匯入這些檔案。",
            )
        live = [file for file in snapshot.files() if file.machine == missing[0].key.machine]
        work = _Append(place, batch, tuple(missing), columns, live, _neighbours(ledger, parcels, missing))
        commit, arrival = work.prepared(snapshot)
        delta_log.write(place.table, snapshot.version + 1, commit, place.workshop)
        if (snapshot.version + 1) % _CHECKPOINT_EVERY == 0:
            _shorten(place.table)
    return arrival


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """What files of the same stretches, in already, mean for the ones that come now."""

    closing_ns: dict[FileKey, int]  # time of the line before the file's first
    sources: dict[int, set[str]]  # by stretch


def _neighbours(ledger: Ledger, parcels: Sequence[Parcel], missing: Sequence[Parcel]) -> _Neighbours:
    found = _Neighbours({}, {})
    if len(missing) == len(parcels):
        return found
    absent = {parcel.key for parcel in missing}
    known = {file.key: file for _, file in ledger.files(parcels[0].key.machine)}
    for before, after in zip((None, *parcels[:-1]), parcels, strict=True):
        if after.key not in absent:
            found.sources.setdefault(after.stretch, set()).add(after.key.source)
        elif before is not None and before.key not in absent and before.stretch == after.stretch:
            found.closing_ns[after.key] = known[before.key].closing_ns
    return found


@dataclass(frozen=True, slots=True)
class _Append:
    place: Place
    batch: str
    parcels: tuple[Parcel, ...]
    columns: Sequence[ShdrColumns]  # of the parcels
    live: Sequence[DataFile]
    neighbours: _Neighbours

    def prepared(self, snapshot: backends.Snapshot) -> tuple[Commit, Arrival]:
        """Data on disk and confirmed; only the commit is missing."""
        told = identify(
            self.columns,
            [parcel.stretch for parcel in self.parcels],
            [self.neighbours.closing_ns.get(parcel.key) for parcel in self.parcels],
        )
        week = told.rows["time_ns"] // _WEEK_NS
        stored = told.new.copy()
        repeats = np.array(told.repeats)
        for row, owner in self._already_in(told, week):
            stored[row] = False
            parcel = self.parcels[int(told.file[row])]
            repeats[told.file[row]] += told.fresh[row] and owner in self.neighbours.sources.get(parcel.stretch, ())
        columns = _Columns(told, tuple(parcel.key.source for parcel in self.parcels))
        added = self._write_data(told, columns, week, stored)
        beside = self._write_beside(columns, stored)
        entries = tuple(self._entries(told, stored, repeats.tolist()))
        arrival = Arrival(snapshot.version + 1, now(), self.batch, self.parcels[0].key.machine, entries, *beside)
        return Commit("WRITE", account(arrival), added), arrival

    def _already_in(self, told: Identities, week: NDArray[np.int64]) -> Iterator[tuple[int, str]]:
        """Rows that the lake has, with the file that brought them; only weeks that both sides touch are read."""
        spans = [(file, file.first_ns // _WEEK_NS, file.last_ns // _WEEK_NS) for file in self.live]
        touched: list[int] = np.unique(week).tolist() if spans else []
        files = [file for file, first, last in spans if any(first <= one <= last for one in touched)]
        if not files:
            return
        shared = [one for one in touched if any(first <= one <= last for _, first, last in spans)]
        chosen = np.flatnonzero(told.new & np.isin(week, shared))
        columns = _Columns(told, tuple(parcel.key.source for parcel in self.parcels))
        candidates = columns.frame(chosen).append_column("row", backends.numbers(chosen))
        paths = [str(self.place.table / file.path) for file in files]
        found = backends.query(_ALREADY_IN, {"files": paths}, {"candidates": candidates})
        yield from zip(backends.column(found, "row").tolist(), backends.column(found, "source").tolist(), strict=True)

    def _write_data(
        self, told: Identities, columns: _Columns, week: NDArray[np.int64], stored: NDArray[np.bool_]
    ) -> tuple[DataFile, ...]:
        """A file for each trace and week, sorted by tag: a late line lands in its own week and spoils no other's
        range.
        """
        labels = sorted({parcel.key.trace for parcel in self.parcels}, key=lambda trace: trace or "")
        trace_of_file = np.array([labels.index(parcel.key.trace) for parcel in self.parcels])
        week = week - week.min()
        group = week if len(labels) == 1 else trace_of_file[told.file] * (int(week.max()) + 1) + week
        pieces = arranged(told.rows, stored, group)

        def write(piece: NDArray[np.int64]) -> DataFile:
            path = f"data/{uuid4().hex}.parquet"
            target = self.place.table / path
            backends.write_parquet(columns.frame(piece), target)
            durable.flush(target)
            times = told.rows["time_ns"][piece]
            trace = self.parcels[told.file[piece[0]]].key.trace
            span = int(times.min()), int(times.max())
            size = target.stat().st_size
            return DataFile(path, size, len(piece), *span, self.parcels[0].key.machine, trace, self.batch)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            added = tuple(pool.map(write, sorted(pieces, key=len, reverse=True)))
        durable.flush(self.place.table / "data")
        return added

    def _write_beside(self, columns: _Columns, stored: NDArray[np.bool_]) -> tuple[str | None, str | None]:
        """Names of the files with the observations that were in already and with the lines set aside."""
        bad = [
            (one.key.source, line)
            for one, its in zip(self.parcels, self.columns, strict=True)
            for line in its.bad_lines
        ]
        frames: list[tuple[str, Any]] = []
        if not stored.all():
            frames.append(("repeats", columns.frame(np.flatnonzero(~stored))))
        if bad:
            frames.append(("quarantine", quarantine_frame(bad)))
        names: dict[str, str] = {}
        for kind, table in frames:
            names[kind] = f"{kind}-{uuid4().hex}.parquet"
            backends.write_parquet(table, self.place.beside / names[kind])
            durable.flush(self.place.beside / names[kind])
        if frames:
            durable.flush(self.place.beside)
        return names.get("repeats"), names.get("quarantine")

    def _entries(self, told: Identities, stored: NDArray[np.bool_], repeats: list[int]) -> Iterator[FileEntry]:
        for number, (parcel, columns) in enumerate(zip(self.parcels, self.columns, strict=True)):
            mine = slice(told.bounds[number], told.bounds[number + 1])
            kept = int(stored[mine].sum())
            yield FileEntry(
                key=parcel.key,
                size_bytes=parcel.size_bytes,
                lines=columns.lines,
                observations=len(columns),
                stored=kept,
                known=len(columns) - kept,
                repeats=repeats[number],
                out_of_order=told.steps_back[number],
                quarantined=len(columns.bad_lines),
                first_ns=told.spans[number].first_ns,
                last_ns=told.spans[number].last_ns,
                closing_ns=told.spans[number].closing_ns,
                per_tag=counts_of_tags(told.rows[mine], told.words),
            )


class _Columns:
    """Arrow columns of chosen rows, as the table's files hold them."""

    def __init__(self, told: Identities, sources: tuple[str, ...]) -> None:
        self._told = told
        self._sources = sources
        conditions = [condition_from(word) for word in told.words]
        self._level_of_word = np.array(
            [-1 if condition is None else LEVELS.index(condition.level) for condition in [*conditions, None]], np.int32
        )

    def frame(self, chosen: NDArray[np.int64]) -> Any:
        told = self._told
        rows = gather(told.rows, chosen)
        text = rows["text"]
        spelled = text >= 0
        level = self._level_of_word[text]  # the last entry, no level, is what -1 finds
        return backends.observation_frame(
            {
                "time_ns": backends.numbers(rows["time_ns"]),
                "time_digits": backends.numbers(rows["time_digits"]),
                "tag": backends.coded(rows["tag"], told.words),
                "number": backends.numbers(rows["number"], missing=np.isnan(rows["number"])),
                "decimals": backends.numbers(rows["decimals"], missing=spelled),
                "text": backends.coded(text, told.words),
                "level": backends.coded(level, LEVELS),
                "line": backends.numbers(rows["line"]),
                "pair": backends.numbers(rows["pair"]),
                "occurrence": backends.numbers(told.occurrence[chosen]),
                "source": backends.coded(told.file[chosen], self._sources),
            }
        )


def quarantine_frame(bad: Sequence[tuple[str, Any]]) -> Any:
    """Lines set aside, whole."""
    return backends.frame(
        {
            "source": backends.texts([source for source, _ in bad]),
            "line": backends.numbers(np.array([line.line for _, line in bad], np.int32)),
            "reason": backends.texts([line.reason.name for _, line in bad]),
            "raw": backends.octets([line.raw for _, line in bad]),
        }
    )


def _shorten(table: Path) -> None:
    """Write a checkpoint; only a help for reading, so a damaged one is thrown away by the next reader."""
    backends.Snapshot(table).checkpoint()
    log = table / "_delta_log"
    for path in log.glob("*checkpoint*"):
        durable.flush(path)
    durable.flush(log)
