"""Machines of the simulated company that stand on the line at the end of its two years, with what was done on them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from samegauge.apps.inspection.gauge_rules import Gauges
from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, StepKind
from samegauge.apps.inspection.plans.routes import Way, ways_of
from samegauge.apps.inspection.stations.models import EntryKind, StationEntry
from samegauge.apps.inspection.stations.writing import settle
from samegauge.core.demo.chapters import declare_chapter
from samegauge.core.demo.payloads import both, said
from samegauge.core.organisations.models import Role
from samegauge.core.thread.rules import Fact
from samegauge.simulators.builder.catalogue import CUSTOMERS, OPTIONS
from samegauge.simulators.builder.readings import accepted
from samegauge.simulators.builder.records import Part
from samegauge.simulators.builder.shifts import at_work, worked
from samegauge.simulators.builder.stations import STATIONS
from samegauge.simulators.builder.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from samegauge.apps.inspection.plans.models import RouteStop
    from samegauge.core.demo.books import Books
    from samegauge.core.thread.models import Unit
    from samegauge.simulators.builder.records import Company


@dataclass(frozen=True)
class Placed:
    """A machine on the line: where it stands and how many steps are done there (None: all, release is asked for).

    At the station `overridden` a supervisor let it pass without its values. What it `borrows` from the machine of that
    serial number is a part that was scanned there first.
    """

    model: str
    station: str
    steps: int | None
    overridden: str = ""
    borrows: str = ""


# Serial numbers follow this order: who is further along began earlier.
ON_THE_LINE = (
    Placed("HT8", "S48", None),
    Placed("TT5", "S39", 2),
    Placed("GH20", "S29", 0, overridden="S22"),
    Placed("TT5", "S21", 1),
    Placed("TT5", "S11", 3),
    Placed("TT5", "S11", 2, borrows="TT5-045"),
    Placed("GH20", "S08", 3),
    Placed("HT8", "S05", 2),
    Placed("TT5", "S01", 1),
)
WHY_PASSED = "The torque gauge is away; the drag torque is measured at S25. 扭矩量具送校中，改在 S25 量測。"
FIRST_NUMBER = 41
STEP_MINUTES = 4
GATES = {gate.key: gate for station in STATIONS for gate in station.gates}
BY_CODE = {f"S{station.number:02d}": station for station in STATIONS}


@dataclass
class Line:
    """The machines that are being built, each passed along its way by the people of its stations."""

    books: Books
    company: Company
    streams: Streams
    steps: dict[int, list[ProcedureStep]]
    gauges: dict[str, list[str]]
    entries: list[StationEntry] = field(default_factory=list)

    def pass_along(self, way: Way, parts: dict[str, str], placed: Placed) -> None:
        """Do the work of every station before the one where it stands, and so many steps there."""
        before = [stop for stop in way.stops if stop.station.code < placed.station]
        here = next(stop for stop in way.stops if stop.station.code == placed.station)
        moment = _begin(self.company.end, sum(BY_CODE[stop.station.code].minutes for stop in before))
        for stop in before:
            moment = self._station(way, stop, parts, moment, overridden=stop.station.code == placed.overridden)
        self._station(way, here, parts, moment, steps=placed.steps)

    def _station(
        self,
        way: Way,
        stop: RouteStop,
        parts: dict[str, str],
        ready: datetime,
        *,
        steps: int | None = None,
        overridden: bool = False,
    ) -> datetime:
        station, unit = BY_CODE[stop.station.code], way.unit
        begin, end = worked(at_work(ready), station.minutes)
        rng = self.streams.named("line", unit.serial, stop.station.code)
        who = station.operators[int(rng.integers(len(station.operators)))]
        procedure = way.procedure(stop, begin)
        assert procedure is not None  # noqa: S101 - the simulated routes name only procedures that are there
        asked = [step for step in self.steps[procedure.pk] if step.required]
        done = [step for step in asked[:steps] if not (overridden and step.kind == StepKind.VALUE)]
        for place, step in enumerate(done):
            at = max(end - timedelta(minutes=STEP_MINUTES * (len(done) - place)), begin)
            self._enter(stop, procedure, unit, (step.key, step.kind, self._payload(step, unit, parts)), (at, who))
        if overridden:
            self._enter(stop, procedure, unit, ("", "override", {"reason": WHY_PASSED}), (end, "QM-1"))
        elif steps is None:
            self._enter(stop, procedure, unit, ("", "finish", {}), (end, who))
        return end

    def _payload(self, step: ProcedureStep, unit: Unit, parts: dict[str, str]) -> dict[str, Any]:
        if step.kind == StepKind.VALUE:
            found, _again = accepted(GATES[step.key], self.streams.named("line", unit.serial, step.key))
            gauges = self.gauges.get(step.instrument_kind, [""])
            gauge = gauges[int(self.streams.named("line", unit.serial, step.key, "gauge").integers(len(gauges)))]
            return {"value": found.value, "unit_code": step.unit_code, "instrument": gauge}
        return {
            StepKind.CHECK: {"done": True},
            StepKind.CHOICE: {"choice": "good"},
            StepKind.PART: {"serial": parts.get(step.position, "")},
            StepKind.SIGNATURE: {"meaning": step.meaning},
        }[StepKind(step.kind)]

    def _enter(
        self,
        stop: RouteStop,
        procedure: Procedure,
        unit: Unit,
        did: tuple[str, str, dict[str, Any]],
        when_who: tuple[datetime, str],
    ) -> None:
        (step, kind, payload), (at, who) = did, when_who
        self.entries.append(
            StationEntry(
                organisation=self.books.organisation,
                uid=_uid(at, unit.serial, stop.station.code, step, kind),
                unit=unit,
                station=stop.station,
                procedure=procedure,
                step=step,
                kind=kind,
                payload=payload,
                serial=payload.get("serial", ""),
                device="simulated tablet",
                device_time=at,
                at=at,
                received_at=self.books.received_at,
                actor_name=f"samegauge demo · {who}",
                role=Role.QUALITY_MANAGER if kind == EntryKind.OVERRIDE else Role.ASSEMBLER,
            )
        )


def _begin(end: datetime, minutes: int) -> datetime:
    """Early enough that the work is done a day before the end: nine hours a day, five days a week."""
    days = minutes / 540 * 7 / 5 + 4
    return at_work((end - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0))


def _uid(at: datetime, *words: str) -> UUID:
    """A version 7 identifier whose random bits come from what it stands for: the same seed gives the same entries."""
    random = int.from_bytes(hashlib.sha256("/".join(words).encode()).digest()[:10])
    milliseconds = int(at.timestamp() * 1000)
    bits = (milliseconds << 80) | (0x7 << 76) | ((random >> 68) << 64) & (0xFFF << 64) | (0b10 << 62)
    return UUID(int=bits | (random & ((1 << 62) - 1)))


def write_line(books: Books, company: Company) -> int:
    placed = [(f"{one.model}-{FIRST_NUMBER + place:03d}", one) for place, one in enumerate(ON_THE_LINE)]
    machines = {serial: one for serial, one in placed if one.model in books.items}
    units = _registered(books, company, machines)
    ways = ways_of(units, company.end)
    line = Line(books, company, Streams(company.seed), _steps_by_procedure(), _gauges(company))
    parts = {unit.serial: dict(_parts_for(ways[unit.pk], line)) for unit in units}
    arrived = at_work(company.end - timedelta(days=60))
    books.add_units([Part(serial, item, "", arrived) for some in parts.values() for serial, item in some.values()], [])
    for unit, one in zip(units, machines.values(), strict=True):
        line.pass_along(ways[unit.pk], _scanned(ways[unit.pk], one, parts, line), one)
    asking = [entry for entry in line.entries if entry.kind == EntryKind.FINISH and _stands_at(entry, machines)]
    StationEntry.objects.bulk_create([entry for entry in line.entries if entry not in asking], batch_size=500)
    settle((unit.pk for unit in units), asking=False)  # what held them then is not asked of today's records
    StationEntry.objects.bulk_create(asking)
    settle(entry.unit_id for entry in asking)
    return len(line.entries)


def _registered(books: Books, company: Company, machines: dict[str, Placed]) -> list[Unit]:
    streams, ordered_at = Streams(company.seed), at_work(company.end - timedelta(days=100))
    books.add_units([Part(serial, one.model, "", ordered_at) for serial, one in machines.items()], [])
    books.record(
        Fact("ordered", ordered_at, _ordered(streams, serial, one.model), unit=books.units[serial])
        for serial, one in machines.items()
    )
    return [books.units[serial] for serial in machines]


def _scanned(way: Way, placed: Placed, parts: dict[str, dict[str, tuple[str, str]]], line: Line) -> dict[str, str]:
    """Which part is scanned for each position: the machine's own, or one that another machine has."""
    own = {position: serial for position, (serial, _item) in parts[way.unit.serial].items()}
    if not placed.borrows:
        return own
    here = _positions_at(way, placed.station, line)
    return own | {position: parts[placed.borrows][position][0] for position in here}


def _stands_at(entry: StationEntry, machines: dict[str, Placed]) -> bool:
    return machines[entry.unit.serial].station == entry.station.code


def _positions_at(way: Way, station: str, line: Line) -> list[str]:
    stop = way.stop(station)
    procedure = way.procedure(stop, line.company.end) if stop else None
    return [step.position for step in line.steps[procedure.pk] if step.item] if procedure else []


def _ordered(streams: Streams, serial: str, model: str) -> dict[str, Any]:
    rng = streams.named("line", serial, "order")
    options = {name: choices[int(rng.integers(len(choices)))][0] for name, choices in OPTIONS.items()}
    customer = CUSTOMERS[int(rng.integers(len(CUSTOMERS)))]
    return said(customer=both(customer.name), model=model, options=options)


def _steps_by_procedure() -> dict[int, list[ProcedureStep]]:
    found: dict[int, list[ProcedureStep]] = {}
    for step in ProcedureStep.objects.select_related("item").order_by("sequence"):
        found.setdefault(step.procedure_id, []).append(step)  # type: ignore[attr-defined]
    return found


def _gauges(company: Company) -> dict[str, list[str]]:
    """Gauges that may be used at the end, by kind."""
    found: dict[str, list[str]] = {}
    rows = list(Instrument.objects.order_by("number"))
    gauges = Gauges(one.number for one in rows)
    for one in rows:
        if gauges.fault(one.number, on=company.end.date()) is None:
            found.setdefault(one.kind, []).append(one.number)
    return found


def _parts_for(way: Way, line: Line) -> Iterator[tuple[str, tuple[str, str]]]:
    """A part for every place that the machine's steps ask for, by position: its serial number and its item's."""
    for stop in way.stops:
        procedure = way.procedure(stop, line.company.end)
        for step in line.steps[procedure.pk] if procedure else ():
            if step.item is not None:
                yield step.position, (f"{step.item.number}-{way.unit.serial}-{step.position}", step.item.number)


declare_chapter("stations", write_line)
