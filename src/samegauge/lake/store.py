"""What can be asked of the lake. Each organisation has a table of its own, and a query is bound to it before it is
asked.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np

from samegauge.formats.shdr import Condition, condition_from, written
from samegauge.lake import backends, delta_log
from samegauge.lake.appending import Place, append, open_snapshot
from samegauge.lake.errors import LakeError
from samegauge.lake.ledger import Ledger
from samegauge.lake.retraction import undo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from numpy.typing import NDArray

    from samegauge.lake.appending import Parcel
    from samegauge.lake.ledger import Arrival, Retraction

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_HOUR_NS = 15 * 60 * 1_000_000_000
_FIRST_NS, _LAST_NS = np.iinfo(np.int64).min, np.iinfo(np.int64).max

_TABLE = "SELECT * FROM read_parquet($files)"
_REPEATS = "SELECT * FROM read_parquet($beside) WHERE list_contains($sources, source)"
_OBSERVATIONS = """
    SELECT time_ns, tag, number, decimals, text, level, line, pair, source FROM ({rows})
    WHERE time_ns >= $start AND time_ns < $end AND ($tags IS NULL OR tag IN (SELECT unnest($tags)))
        AND ($levels IS NULL OR level IN (SELECT unnest($levels)))
    ORDER BY time_ns, source, line, pair LIMIT $limit
"""
_PER_TAG = "SELECT tag, count(*) AS observations FROM ({rows}) GROUP BY tag ORDER BY tag"
_PER_QUARTER = "SELECT time_ns // $quarter AS quarter, count(*) AS observations FROM ({rows}) GROUP BY 1 ORDER BY 1"
_DECIMATED = """
    SELECT (time_ns - $start) // $width AS bucket, count(*) AS observations,
        min(number) AS minimum, max(number) AS maximum, arg_min(number, (time_ns, source, line, pair)) AS first,
        arg_max(number, (time_ns, source, line, pair)) AS last
    FROM ({rows}) WHERE tag = $tag AND number IS NOT NULL AND time_ns >= $start AND time_ns < $end GROUP BY 1 ORDER BY 1
"""
_STATES = """
    WITH said AS (
        SELECT tag, time_ns, text, number, level,
            lead(time_ns, 1, $end) OVER (PARTITION BY tag ORDER BY time_ns, source, line, pair) AS until_ns
        FROM ({rows}) WHERE time_ns < $end AND ($tags IS NULL OR tag IN (SELECT unnest($tags)))
    ), wordy AS (SELECT tag FROM said GROUP BY tag HAVING count(number) = 0 AND count(level) = 0)
    SELECT tag, text, greatest(time_ns, $start) AS start_ns, until_ns AS end_ns FROM said
    WHERE until_ns > $start AND until_ns > time_ns AND text IS NOT NULL AND ($tags IS NOT NULL OR tag IN (FROM wordy))
    ORDER BY tag, start_ns
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which observations: half-open in time, `None` for no bound; `trace` asks for one part's own readings."""

    tags: tuple[str, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None
    trace: str | None = None
    levels: tuple[str, ...] | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Observations:
    """Columns in time order; `source` is the SHA-256 of the file that brought the row, `line` its line there."""

    time_ns: NDArray[np.int64]
    tag: NDArray[np.object_]
    number: NDArray[np.float64]  # NaN where the value is no number
    level: NDArray[np.object_]  # None where it is no condition
    line: NDArray[np.int32]
    pair: NDArray[np.int16]
    source: NDArray[np.object_]
    text: NDArray[np.object_]  # None where number and decimals say it all
    decimals: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time_ns)

    def value(self, row: int) -> str:
        """The value as the log spelled it."""
        text = self.text[row]
        return text if text is not None else written(float(self.number[row]), int(self.decimals[row]))

    def condition(self, row: int) -> Condition | None:
        return condition_from(self.value(row)) if self.level[row] is not None else None

    def time(self, row: int) -> datetime:
        """To the microsecond, which is all a datetime holds; `time_ns` has the rest."""
        return instant(int(self.time_ns[row]))


@dataclass(frozen=True, slots=True)
class Decimated:
    """Extremes of the numbers in each time bucket that has any, so that a drawn line loses no peak."""

    start_ns: NDArray[np.int64]
    width_ns: int
    observations: NDArray[np.int64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StateInterval:
    """A tag kept a value from `start` to `end` as far as the log tells: to its next one or the end asked for."""

    tag: str
    value: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class DayCount:
    day: date
    observations: int


@dataclass(frozen=True, slots=True)
class QuarantinedLine:
    source: str
    line: int
    reason: str
    raw: bytes


def nanoseconds(time: datetime) -> int:
    """Since 1970 UTC; a time without a zone is refused, for it names no instant."""
    if time.tzinfo is None:
        raise LakeError(
            "A time without a zone names no instant. Give it one.", "沒有時區的時間不代表任何時刻。加上時區。"
        )
    return (time - _EPOCH) // timedelta(microseconds=1) * 1_000


def instant(time_ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_ns // 1_000)


class Lake:
    """A folder with one sub-folder for each organisation."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def for_organisation(self, organisation: UUID | str) -> OrganisationLake:
        return OrganisationLake(self._root / _safe(str(organisation), "organisation"))


class OrganisationLake:
    """The telemetry of one organisation; nothing reachable from here belongs to another."""

    def __init__(self, folder: Path) -> None:
        self._place = Place(folder)
        self.ledger = Ledger(self._place.table)

    def prepare(self) -> None:
        """Make the empty table ahead of the first import, which would otherwise do it."""
        self._place.prepare()

    def append(self, batch: str, parcels: Sequence[Parcel]) -> Arrival | None:
        """Commit the parsed files of one machine, durably; None when all of them are in already."""
        return append(self._place, self.ledger, _safe(batch, "batch"), parcels)

    def undo(self, batch: str, reason: str) -> Retraction:
        return undo(self._place, self.ledger, batch, reason)

    def machines(self) -> tuple[str, ...]:
        snapshot = self._snapshot()
        return tuple(sorted({file.machine for file in snapshot.files()})) if snapshot else ()

    def traces(self, machine: str) -> tuple[str, ...]:
        """Labels of the part traces that arrived from a machine."""
        labels = {file.key.trace for _, file in self.ledger.files(machine)}
        return tuple(sorted(label for label in labels if label is not None))

    def observations(self, machine: str, select: Selection | None = None) -> Observations:
        select = select or Selection()
        found = self._ask(
            _OBSERVATIONS,
            machine,
            select.trace,
            {
                "start": _FIRST_NS if select.start is None else nanoseconds(select.start),
                "end": _LAST_NS if select.end is None else nanoseconds(select.end),
                "tags": None if select.tags is None else list(select.tags),
                "levels": None if select.levels is None else list(select.levels),
                "limit": _LAST_NS if select.limit is None else select.limit,
            },
        )
        return Observations(**{field.name: backends.column(found, field.name) for field in fields(Observations)})

    def counts_per_tag(self, machine: str, trace: str | None = None) -> dict[str, int]:
        """Stored observations: each counted once however often it arrived."""
        found = self._ask(_PER_TAG, machine, trace, {})
        return {row["tag"]: row["observations"] for row in backends.records(found)}

    def arrived_per_tag(self, machine: str) -> dict[str, int]:
        """Observations as they stood in the files that are in, exact duplicates included."""
        total: Counter[str] = Counter()
        for _, file in self.ledger.files(machine):
            total.update(file.per_tag)
        return dict(sorted(total.items()))

    def days(self, machine: str, zone: tzinfo = UTC) -> tuple[DayCount, ...]:
        """Days of `zone` with observations (counted by quarter hour, the unit of every offset in use)."""
        found = self._ask(_PER_QUARTER, machine, None, {"quarter": _QUARTER_HOUR_NS})
        total: Counter[date] = Counter()
        for row in backends.records(found):
            total[instant(row["quarter"] * _QUARTER_HOUR_NS).astimezone(zone).date()] += row["observations"]
        return tuple(DayCount(day, total[day]) for day in sorted(total))

    def decimated(
        self, machine: str, tag: str, span: tuple[datetime, datetime], buckets: int, trace: str | None = None
    ) -> Decimated:
        """At most `buckets` buckets of equal width over the half-open `span`."""
        start, end = (nanoseconds(time) for time in span)
        if end <= start or buckets < 1:
            raise LakeError(
                f"No time lies from {span[0]} to {span[1]}, or no bucket was asked for. Give an end after the start.",
                f"{span[0]} 至 {span[1]} 之間沒有任何時刻，或未要求任何分段。結束要晚於開始。",
            )
        width = -((start - end) // buckets)
        found = self._ask(_DECIMATED, machine, trace, {"tag": tag, "start": start, "end": end, "width": width})
        bucket = backends.column(found, "bucket")
        names = ("observations", "minimum", "maximum", "first", "last")
        return Decimated(start + bucket * width, width, *(backends.column(found, name) for name in names))

    def states(
        self, machine: str, span: tuple[datetime, datetime], tags: Sequence[str] | None = None
    ) -> tuple[StateInterval, ...]:
        """What each tag said over `span`, the last value before it included; by default of tags that say only words."""
        start, end = (nanoseconds(time) for time in span)
        chosen = None if tags is None else list(tags)
        found = self._ask(_STATES, machine, None, {"start": start, "end": end, "tags": chosen})
        return tuple(_joined(backends.records(found)))

    def quarantined(self, batch: str) -> tuple[QuarantinedLine, ...]:
        """Lines of a batch that were set aside, whole."""
        names = [one.quarantine for one in self.ledger.live() if one.batch == batch and one.quarantine is not None]
        paths = [str(self._place.beside / name) for name in names]
        if not paths:
            return ()
        found = backends.query("SELECT source, line, reason, raw FROM read_parquet($files)", {"files": paths})
        return tuple(QuarantinedLine(**row) for row in backends.records(found))

    def _snapshot(self) -> backends.Snapshot | None:
        return open_snapshot(self._place.table) if delta_log.exists(self._place.table) else None

    def _ask(self, sql: str, machine: str, trace: str | None, parameters: dict[str, Any]) -> Any:
        snapshot = self._snapshot()
        files = [file for file in snapshot.files() if file.machine == machine] if snapshot else []
        bounds = parameters.get("start", _FIRST_NS), parameters.get("end", _LAST_NS)
        paths = [
            str(self._place.table / file.path)
            for file in files
            if trace in {None, file.trace}
            and file.first_ns < bounds[1]
            and (sql is _STATES or file.last_ns >= bounds[0])
        ]
        beside, sources = self._repeats(machine, trace)
        # A repeat that was promoted is in both: UNION keeps one of two equal rows.
        parts = [part for part, given in ((_TABLE, paths), (_REPEATS, beside)) if given]
        rows = " UNION ".join(parts) or "SELECT * FROM nothing"
        return backends.query(
            sql.format(rows=rows), parameters | {"files": paths, "beside": beside, "sources": sources}
        )

    def _repeats(self, machine: str, trace: str | None) -> tuple[list[str], list[str]]:
        """Files beside the table, and sources there, with readings of a trace that another file had brought."""
        if trace is None:
            return [], []
        mine = [(one, file) for one, file in self.ledger.files(machine) if file.key.trace == trace and file.known]
        names = sorted({one.repeats for one, _ in mine if one.repeats is not None})
        return [str(self._place.beside / name) for name in names], [file.key.source for _, file in mine]


def _safe(name: str, what: str) -> str:
    if _SAFE_NAME.fullmatch(name) is None:
        raise LakeError(
            f"{name!r} cannot name an {what}: use 1 to 64 letters, digits, hyphens and underscores.",
            f"{name!r} 不能作為名稱：用 1 至 64 個英文字母、數字、連字號或底線。",
        )
    return name


def _joined(rows: Sequence[dict[str, Any]]) -> Iterator[StateInterval]:
    """Neighbouring intervals of equal value are one."""
    open_row: dict[str, Any] | None = None
    for row in rows:
        if open_row is not None and (open_row["tag"], open_row["text"], open_row["end_ns"]) == (
            row["tag"],
            row["text"],
            row["start_ns"],
        ):
            open_row["end_ns"] = row["end_ns"]
            continue
        if open_row is not None:
            yield _interval(open_row)
        open_row = dict(row)
    if open_row is not None:
        yield _interval(open_row)


def _interval(row: dict[str, Any]) -> StateInterval:
    return StateInterval(row["tag"], row["text"], instant(row["start_ns"]), instant(row["end_ns"]))
