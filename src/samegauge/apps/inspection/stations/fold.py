"""Where units stand: a pure function of the set of their entries.

Entries are put in order of their corrected time and then of their identifier; duplicates count once. So whatever the
order of arrival, however often something arrives, and however it is cut into batches, the same set gives the same
answer. What cannot be applied stays, as a conflict with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from samegauge.apps.inspection.plans.effectivity import holding
from samegauge.apps.inspection.stations import reasons

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime, tzinfo
    from uuid import UUID

    from samegauge.apps.inspection.stations.reasons import Said

STEP_KINDS = frozenset({"value", "check", "choice", "photo", "part", "signature", "note"})
CLOSING_KINDS = frozenset({"finish", "override"})


@dataclass(frozen=True)
class Step:
    """What a step asks for; of `choices` those that pass."""

    key: str
    kind: str
    required: bool = True
    lower: float | None = None
    upper: float | None = None
    choices: frozenset[str] = frozenset()
    characteristic: int | None = None
    position: str = ""
    text: Said = field(default_factory=dict)

    def holds(self, value: float) -> bool:
        return (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)


@dataclass(frozen=True)
class Instructions:
    """A revision of a procedure: its steps, and for whom and when it holds."""

    key: int
    name: str
    steps: Mapping[str, Step]
    revision: int = 1
    from_serial: str = ""
    to_serial: str = ""
    from_day: date | None = None
    to_day: date | None = None
    released_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def ended_by(self, at: datetime) -> bool:
        return self.withdrawn_at is not None and self.withdrawn_at <= at


@dataclass(frozen=True)
class Entry:
    id: UUID
    unit: int
    station: str
    procedure: int
    step: str
    kind: str
    at: datetime
    payload: Mapping[str, Any]
    actor: str
    supervisor: bool = False
    fault: Said = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """A station of a unit's way and the revisions of its procedure, by key."""

    station: str
    sequence: int
    procedures: Mapping[int, Instructions]


@dataclass(frozen=True)
class Shop:
    """What the entries are about and what else is known: the units' ways, parts built in elsewhere, pictures, holds.

    `occupied` says of a part's serial number until when (None: still) something else holds it, and what. `taken_out`
    says of an entry when its part left by another door. `held` says why a request for release was refused from outside.
    """

    zone: tzinfo
    ways: Mapping[int, Sequence[Stop]]
    serials: Mapping[int, str]
    occupied: Mapping[str, Sequence[tuple[datetime | None, str]]] = field(default_factory=dict)
    taken_out: Mapping[UUID, datetime] = field(default_factory=dict)
    pictures: frozenset[str] = frozenset()
    held: Mapping[UUID, Said] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What became of an entry; an entry that is taken may have a reason too, why it does not close its step."""

    outcome: str
    reason: Said = field(default_factory=dict)


@dataclass(frozen=True)
class Built:
    """A part in a unit, from one entry until another took it out."""

    entry: UUID
    child: str
    parent: int
    position: str
    from_: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """A unit at one station: what is done, what is missing, when it was completed and when it could leave."""

    unit: int
    station: str
    sequence: int
    procedure: int | None
    state: str
    done: tuple[str, ...]
    required: int
    waits_for: tuple[str, ...]
    begun_at: datetime | None
    completed_at: datetime | None
    completed_by: UUID | None
    released_at: datetime | None
    conflicts: int


@dataclass(frozen=True)
class Folded:
    verdicts: Mapping[UUID, Verdict]
    standings: tuple[Standing, ...]
    built: tuple[Built, ...]
    measured: tuple[UUID, ...]
    asked: tuple[UUID, ...]
    """Requests for release that are complete in themselves: what holds the unit from outside is to be asked."""


def fold(entries: Iterable[Entry], shop: Shop) -> Folded:
    ordered = sorted({entry.id: entry for entry in entries}.values(), key=lambda one: (one.at, one.id))
    work = _Work(shop, ordered)
    for entry in ordered:
        if entry.id not in work.verdicts:
            work.take(entry)
    return work.folded()


@dataclass
class _Bench:
    """One unit at one station while the entries go by."""

    stop: Stop
    instructions: Instructions | None = None
    latest: dict[str, Entry] = field(default_factory=dict)
    begun_at: datetime | None = None
    closed: Entry | None = None
    held: bool = False


class _Work:
    def __init__(self, shop: Shop, ordered: Sequence[Entry]) -> None:
        self._shop = shop
        self._entries = {entry.id: entry for entry in ordered}
        self._by_name = {str(entry.id): entry for entry in ordered}
        self._benches = {(unit, stop.station): _Bench(stop) for unit, stops in shop.ways.items() for stop in stops}
        self._place: dict[str, Built] = {}
        self._built: list[Built] = []
        self._measured: list[UUID] = []
        self._asked: list[UUID] = []
        self.verdicts: dict[UUID, Verdict] = {}
        self._annul(ordered)

    def _annul(self, ordered: Sequence[Entry]) -> None:
        """Decide every withdrawal first: what was taken back is as if it had never been."""
        closed: dict[tuple[int, str], list[datetime]] = defaultdict(list)
        for entry in ordered:
            if entry.kind in CLOSING_KINDS:
                closed[entry.unit, entry.station].append(entry.at)
        for entry in ordered:
            if entry.kind != "withdraw":
                continue
            fault = entry.fault or self._no_withdrawal(entry, closed[entry.unit, entry.station])
            self.verdicts[entry.id] = _conflict(fault) if fault else Verdict("taken")
            if not fault:
                target = self._by_name[entry.payload["entry"]]
                self.verdicts.setdefault(target.id, Verdict("taken", reasons.taken_back()))

    def _no_withdrawal(self, entry: Entry, closed: Sequence[datetime]) -> Said:
        target = self._by_name.get(entry.payload["entry"])
        if target is None or (target.unit, target.station) != (entry.unit, entry.station):
            return reasons.not_here_yet()
        if target.kind not in STEP_KINDS:
            return reasons.not_to_be_taken_back()
        if entry.supervisor:
            return {}
        if target.actor != entry.actor:
            return reasons.not_ones_own()
        return reasons.closed_since() if any(target.at <= at <= entry.at for at in closed) else {}

    def take(self, entry: Entry) -> None:
        bench = self._benches.get((entry.unit, entry.station))
        fault = reasons.not_on_the_way(entry.station) if bench is None else self._begin(bench, entry)
        if bench is None or fault:
            self.verdicts[entry.id] = _conflict(fault)
        elif entry.kind == "override":
            self._close(bench, entry)
        elif entry.kind == "finish":
            self._finish(bench, entry)
        else:
            self._step(bench, entry)

    def _begin(self, bench: _Bench, entry: Entry) -> Said:
        """Work goes on by the revision it was begun by, unless that one was withdrawn."""
        if bench.instructions is None or bench.instructions.ended_by(entry.at):
            serial, revisions = self._shop.serials[entry.unit], bench.stop.procedures.values()
            holds = holding(revisions, serial, entry.at, self._shop.zone)
            if holds is not None and holds.key == entry.procedure:
                bench.instructions = holds
            elif entry.kind != "override":
                return reasons.not_in_force()
        bench.begun_at = bench.begun_at or entry.at
        return {}

    def _step(self, bench: _Bench, entry: Entry) -> None:
        step = bench.instructions.steps.get(entry.step) if bench.instructions else None
        if step is None or step.kind != entry.kind:
            self.verdicts[entry.id] = _conflict(
                reasons.no_such_step(bench.instructions.name if bench.instructions else "")
            )
            return
        if entry.fault:
            self.verdicts[entry.id] = _conflict(entry.fault)
            return
        if step.kind == "part" and (fault := self._claim(step, entry)):
            self.verdicts[entry.id] = _conflict(fault)
            return
        bench.latest[step.key] = entry
        if step.kind == "value":
            self._measured.append(entry.id)
        self.verdicts[entry.id] = Verdict("taken", self._open(step, entry))

    def _claim(self, step: Step, entry: Entry) -> Said:
        """The part that was scanned first has its place; what a later scan at the same step replaces comes out."""
        serial = entry.payload["serial"]
        standing = self._standing_part(serial, entry.at)
        if standing is not None:
            if self._is_same_place(standing, entry):
                return {}
            return reasons.used_in(serial, self._shop.serials.get(standing.parent, ""))
        for until, holder in self._shop.occupied.get(serial, ()):
            if until is None or until > entry.at:
                return reasons.used_in(serial, holder)
        for replaced in [one for one in self._place.values() if self._is_same_place(one, entry)]:
            self._end(replaced, entry.at)
        self._place[serial] = Built(entry.id, serial, entry.unit, step.position, entry.at)
        return {}

    def _standing_part(self, serial: str, at: datetime | None) -> Built | None:
        """Where a part is at a moment (None: for good), after what took it out by another door."""
        built = self._place.get(serial)
        left = self._shop.taken_out.get(built.entry) if built else None
        if built is not None and left is not None and (at is None or left <= at):
            self._end(built, left)
            return None
        return built

    def _is_same_place(self, built: Built, entry: Entry) -> bool:
        by = self._entries[built.entry]
        return (by.unit, by.station, by.step) == (entry.unit, entry.station, entry.step)

    def _end(self, built: Built, at: datetime) -> None:
        del self._place[built.child]
        if built.from_ < at:
            self._built.append(Built(built.entry, built.child, built.parent, built.position, built.from_, at))

    def _open(self, step: Step, entry: Entry) -> Said:
        """Why the step is not done by this entry, the latest one of it; nothing when it is."""
        if step.kind == "value":
            return {} if step.holds(entry.payload["value"]) else reasons.outside()
        if step.kind == "check":
            return {} if entry.payload.get("done") else reasons.unchecked()
        if step.kind == "choice":
            return {} if entry.payload.get("choice") in step.choices else reasons.not_passing()
        if step.kind == "photo":
            return {} if entry.payload.get("sha256") in self._shop.pictures else reasons.no_picture()
        return {}

    def _missing(self, bench: _Bench, at: datetime) -> list[Step]:
        steps = bench.instructions.steps.values() if bench.instructions else ()
        return [step for step in steps if step.required and not self._is_done(bench, step, at)]

    def _is_done(self, bench: _Bench, step: Step, at: datetime | None) -> bool:
        entry = bench.latest.get(step.key)
        if entry is None or entry.kind != step.kind or self._open(step, entry):
            return False
        if step.kind != "part":
            return True
        built = self._standing_part(entry.payload["serial"], at)
        return built is not None and self._is_same_place(built, entry)

    def _finish(self, bench: _Bench, entry: Entry) -> None:
        if bench.closed is not None:
            self.verdicts[entry.id] = Verdict("taken")
        elif missing := self._missing(bench, entry.at):
            self.verdicts[entry.id] = _conflict(reasons.missing([step.text for step in missing]))
        elif entry.id in self._shop.held:
            bench.held = True
            self.verdicts[entry.id] = _conflict(self._shop.held[entry.id])
        else:
            self._asked.append(entry.id)
            self._close(bench, entry)

    def _close(self, bench: _Bench, entry: Entry) -> None:
        bench.held = False
        bench.closed = bench.closed or entry
        self.verdicts[entry.id] = Verdict("taken")

    def folded(self) -> Folded:
        for serial in list(self._place):
            self._standing_part(serial, None)
        conflicts: dict[tuple[int, str], int] = defaultdict(int)
        for key, verdict in self.verdicts.items():
            if verdict.outcome == "conflict":
                conflicts[self._entries[key].unit, self._entries[key].station] += 1
        standings = [one for unit, stops in self._shop.ways.items() for one in self._standings(unit, stops, conflicts)]
        waiting = {(one.unit, one.station): one.waits_for for one in standings}
        for key in [one.completed_by for one in standings if one.completed_by and one.released_at is None]:
            entry = self._entries[key]
            self.verdicts[key] = Verdict("taken", reasons.waits_for(waiting[entry.unit, entry.station]))
        built = sorted((*self._built, *self._place.values()), key=lambda one: (one.from_, one.entry))
        return Folded(self.verdicts, tuple(standings), tuple(built), tuple(self._measured), tuple(self._asked))

    def _standings(
        self, unit: int, stops: Sequence[Stop], conflicts: Mapping[tuple[int, str], int]
    ) -> Iterable[Standing]:
        """A station is released when it is completed and every earlier one is released."""
        released: dict[int, list[tuple[str, datetime | None]]] = defaultdict(list)
        for stop in sorted(stops, key=lambda one: (one.sequence, one.station)):
            bench = self._benches[unit, stop.station]
            before = [one for sequence, some in released.items() if sequence < stop.sequence for one in some]
            waits_for = tuple(station for station, at in before if at is None)
            released_at = None
            if bench.closed is not None and not waits_for:
                released_at = max([bench.closed.at, *(at for _station, at in before if at)])
            released[stop.sequence].append((stop.station, released_at))
            yield self._standing(unit, bench, waits_for, released_at, conflicts.get((unit, stop.station), 0))

    def _standing(
        self, unit: int, bench: _Bench, waits_for: tuple[str, ...], released_at: datetime | None, conflicts: int
    ) -> Standing:
        steps = bench.instructions.steps.values() if bench.instructions else ()
        return Standing(
            unit,
            bench.stop.station,
            bench.stop.sequence,
            bench.instructions.key if bench.instructions else None,
            _state(bench, waits_for, released_at),
            tuple(step.key for step in steps if self._is_done(bench, step, None)),
            sum(step.required for step in steps),
            waits_for,
            bench.begun_at,
            bench.closed.at if bench.closed else None,
            bench.closed.id if bench.closed else None,
            released_at,
            conflicts,
        )


def _state(bench: _Bench, waits_for: tuple[str, ...], released_at: datetime | None) -> str:
    if released_at is not None:
        return "released"
    if bench.held:
        return "held"
    return "waiting" if waits_for else "here"


def _conflict(reason: Said) -> Verdict:
    return Verdict("conflict", reason)
