"""Building a machine: its stations one after another, what goes in at each, and the inspection at the end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from samegauge.simulators.builder import truths
from samegauge.simulators.builder.catalogue import (
    ASSEMBLIES,
    FINAL_CARRIED,
    FINAL_MEASURED,
    VOLUMETRIC,
    bought_places,
    casting_places,
)
from samegauge.simulators.builder.readings import accepted, reading
from samegauge.simulators.builder.records import Inspected, Installation, Machine, StationStep
from samegauge.simulators.builder.shifts import at_work, worked
from samegauge.simulators.builder.stations import PHASES, STATIONS, Station

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from samegauge.simulators.builder.orders import Order
    from samegauge.simulators.builder.records import Part
    from samegauge.simulators.builder.streams import Streams

IN_VOLUMETRIC = ("position_", "straightness_", "squareness_")
BED = "BED"


@dataclass(frozen=True)
class Built:
    machine: Machine
    steps: tuple[StationStep, ...]
    inspections: tuple[Inspected, ...]
    installations: tuple[Installation, ...]
    assemblies: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """What all machines are built with."""

    streams: Streams
    start: datetime
    placed: Mapping[tuple[str, str], Part]
    planted: bool

    def has_cold_bed(self, machine: str) -> bool:
        return self.planted and self.placed[machine, BED].heat_treatment == truths.COLD_BATCH

    def shift(self, machine: str, station: Station, key: str, at: datetime, operator: str) -> float:
        """What is added to a value because something is wrong."""
        if not self.planted:
            return 0.0
        if key == truths.DRIFT_KEY:
            days = (at - self.start).total_seconds() / 86400 - truths.DRIFT_FROM_DAY
            return truths.DRIFT_UM_PER_DAY * max(days, 0.0)
        if key == truths.GAUGE_KEY and operator == truths.GAUGE_OPERATOR and station.number == truths.GAUGE_STATION:
            return truths.GAUGE_BIAS_UM
        if key == "rail_straight_x" and self.has_cold_bed(machine):
            return truths.COLD_STRAIGHTNESS_UM
        return 0.0


def built(order: Order, bench: Bench) -> Built:
    steps: list[StationStep] = []
    moment = order.build_at
    for station in STATIONS:
        if order.model.code in station.models:
            steps.append(_step(order, station, bench, moment))
            moment = steps[-1].ended_at
    rng = bench.streams.named("machine", order.serial, "hand-over")
    accepted_at = worked(moment + timedelta(days=1), 240)[1]
    delivered = at_work(accepted_at + timedelta(days=int(rng.integers(3, 7))))
    machine = Machine(
        serial=order.serial,
        model=order.model.code,
        revision=order.revision,
        options=order.options,
        customer=order.customer,
        ordered_at=order.ordered_at,
        started_at=steps[0].started_at,
        accepted_at=accepted_at,
        delivered_at=delivered,
        commissioned_at=at_work(delivered + timedelta(days=int(rng.integers(5, 10)))),
    )
    return Built(
        machine,
        tuple(steps),
        (*_in_process(machine, steps), _final(machine, steps, bench.streams)),
        tuple(_installations(order, steps, bench)),
        tuple(f"{order.serial}-{code}" for code in ASSEMBLIES),
    )


def _step(order: Order, station: Station, bench: Bench, ready: datetime) -> StationStep:
    rng = bench.streams.named("machine", order.serial, "station", station.number)
    operator = station.operators[int(rng.integers(len(station.operators)))]
    minutes = round(station.minutes * float(rng.uniform(0.85, 1.2)))
    begin = at_work(ready)
    readings, rework = [], 0
    for gate in station.gates:
        shift = bench.shift(order.serial, station, gate.key, begin, operator)
        stream = bench.streams.named("machine", order.serial, "gate", gate.key)
        found, again = accepted(gate, stream, shift)
        readings.append(found)
        rework += again
    minutes += rework * minutes // 2
    begin, end = worked(begin, minutes)
    return StationStep(order.serial, station.number, operator, begin, end, minutes, rework, tuple(readings))


def _in_process(machine: Machine, steps: Iterable[StationStep]) -> list[Inspected]:
    """One in-process inspection a phase, made when its last station is done."""
    phase_of = {station.number: station.phase for station in STATIONS}
    by_phase: dict[str, list[StationStep]] = {phase: [] for phase in PHASES}
    for step in steps:
        by_phase[phase_of[step.station]].append(step)
    return [
        Inspected(
            machine.serial,
            "in_process",
            f"IPQC-{machine.model}-{phase.upper()}",
            done[-1].ended_at,
            done[-1].operator,
            tuple(reading for step in done for reading in step.readings),
        )
        for phase, done in by_phase.items()
    ]


def _final(machine: Machine, steps: Iterable[StationStep], streams: Streams) -> Inspected:
    at_station = {reading.key: reading.value for step in steps for reading in step.readings}
    shifts = [(gate, 0.0) for gate in FINAL_MEASURED]
    shifts += [(gate, at_station[source]) for gate, source in FINAL_CARRIED]
    found = [
        accepted(gate, streams.named("machine", machine.serial, "final", gate.key), shift)[0] for gate, shift in shifts
    ]
    squares = (one.value**2 for one in found if one.key.startswith(IN_VOLUMETRIC))
    found.append(reading(VOLUMETRIC, round(math.sqrt(sum(squares)), VOLUMETRIC.decimals)))
    inspector = f"QC-{4 + int(streams.named('machine', machine.serial, 'inspector').integers(0, 3))}"
    return Inspected(machine.serial, "final", f"FQC-{machine.model}", machine.accepted_at, inspector, tuple(found))


def _installations(order: Order, steps: Iterable[StationStep], bench: Bench) -> Iterable[Installation]:
    """Parts go into their assembly when the station is done, the assembly into the machine after its last station."""
    done = {step.station: step.ended_at for step in steps}
    for place in (*casting_places(order.model), *bought_places(order.options)):
        part = bench.placed[order.serial, place.position]
        yield Installation(part.serial, f"{order.serial}-{place.assembly}", place.position, done[place.station])
    for code, (_words, station) in ASSEMBLIES.items():
        yield Installation(f"{order.serial}-{code}", order.serial, code, done[station])
