"""From the melt to the machined casting: charge, chemistry, pouring, stress relief, incoming inspection.

Castings are made for stock in campaigns, one for the next six machines; one furnace load holds one kind of casting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from samegauge.simulators.builder import truths
from samegauge.simulators.builder.catalogue import (
    CASTING_PLAN,
    CASTINGS,
    RESIDUAL_STRESS,
    Place,
    casting_item,
    casting_places,
)
from samegauge.simulators.builder.readings import drawn, reading
from samegauge.simulators.builder.records import HeatTreatment, Inspected, Melt, Part
from samegauge.simulators.builder.shifts import at_work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from samegauge.simulators.builder.orders import Order
    from samegauge.simulators.builder.streams import Streams

MACHINES_PER_CAMPAIGN = 6
CASTINGS_PER_MELT = 3
POURED_BEFORE_BUILD = timedelta(days=75)
CARBON_EQUIVALENT = 3.74
ROOM_DEGC = 20.0


@dataclass
class Castings:
    """`placed` says which casting is for which machine and position."""

    melts: list[Melt] = field(default_factory=list)
    treatments: list[HeatTreatment] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    inspections: list[Inspected] = field(default_factory=list)
    placed: dict[tuple[str, str], Part] = field(default_factory=dict)


@dataclass(frozen=True)
class _Load:
    number: str
    foundry: str
    campaign_at: datetime
    wanted: list[tuple[Order, Place]]


def castings(orders: Sequence[Order], streams: Streams, *, planted: bool) -> Castings:
    made = Castings()
    for first in range(0, len(orders), MACHINES_PER_CAMPAIGN):
        campaign = orders[first : first + MACHINES_PER_CAMPAIGN]
        wanted = [(order, place) for order in campaign for place in casting_places(order.model)]
        wanted.sort(key=lambda pair: (CASTINGS[pair[1].kind].foundry, pair[1].kind))
        for kind, pairs in groupby(wanted, key=lambda pair: pair[1].kind):
            number = f"HT-{first // MACHINES_PER_CAMPAIGN + 1:02d}-{kind.upper()}"
            poured = campaign[0].build_at - POURED_BEFORE_BUILD
            _made_load(_Load(number, CASTINGS[kind].foundry, poured, list(pairs)), made, streams, planted=planted)
    return made


def _made_load(load: _Load, made: Castings, streams: Streams, *, planted: bool) -> None:
    melts = [
        _melt(load, streams, tapped, load.wanted[start : start + CASTINGS_PER_MELT])
        for tapped, start in enumerate(range(0, len(load.wanted), CASTINGS_PER_MELT))
    ]
    treatment = _treatment(load, melts, streams, planted=planted)
    made.melts.extend(melts)
    made.treatments.append(treatment)
    received = at_work(treatment.ended_at + timedelta(days=4))
    for index, (order, place) in enumerate(load.wanted):
        melt = melts[index // CASTINGS_PER_MELT]
        serial = f"{load.foundry}-{len(made.parts) + 1:04d}"
        part = Part(serial, casting_item(order.model, place.kind), melt.number, received, treatment.number)
        made.parts.append(part)
        made.placed[order.serial, place.position] = part
        cold = planted and treatment.number == truths.COLD_BATCH
        made.inspections.append(_inspected(part, melt, streams, truths.COLD_STRESS_MPA if cold else 0.0))


def _melt(load: _Load, streams: Streams, tapped: int, wanted: list[tuple[Order, Place]]) -> Melt:
    number = f"{load.foundry}-M{load.number.removeprefix('HT-')}-{tapped + 1}"
    rng = streams.named("melt", number)
    mass = sum(CASTINGS[place.kind].mass_kg[order.model.size] for order, place in wanted) * 1.15
    shares = {"pig_iron": 0.25, "steel_scrap": 0.40, "returns": 0.33, "ferro_alloys": 0.02}
    means = {"C": (3.10, 0.05), "Si": (1.90, 0.07), "Mn": (0.80, 0.04), "P": (0.05, 0.006), "S": (0.08, 0.007)}
    chemistry = {element: round(float(rng.normal(*spread)), 3) for element, spread in means.items()}
    return Melt(
        number=number,
        foundry=load.foundry,
        poured_at=at_work(load.campaign_at + timedelta(days=tapped)) + timedelta(minutes=int(rng.integers(60, 420))),
        charge_kg={name: round(mass * share) for name, share in shares.items()},
        chemistry_percent=chemistry,
        pouring_temperature_degc=round(float(rng.normal(1375, 9)), 0),
    )


def _treatment(load: _Load, melts: list[Melt], streams: Streams, *, planted: bool) -> HeatTreatment:
    """Stress relief; a load cut short and cold keeps more of its casting stress."""
    rng = streams.named("heat treatment", load.number)
    heating, cooling = round(float(rng.normal(70, 4)), 1), round(float(rng.normal(38, 2)), 1)
    soak, hours = round(float(rng.normal(556, 3)), 1), round(float(rng.normal(5.5, 0.2)), 2)
    if planted and load.number == truths.COLD_BATCH:
        soak, hours = truths.COLD_SOAK_DEGC, truths.COLD_SOAK_H
    begin = at_work(melts[-1].poured_at + timedelta(days=int(rng.integers(6, 11))))
    lasting = (soak - ROOM_DEGC) / heating + hours + (soak - ROOM_DEGC) / cooling
    return HeatTreatment(
        number=load.number,
        foundry=load.foundry,
        started_at=begin,
        ended_at=begin + timedelta(minutes=round(60 * lasting)),
        heating_k_per_h=heating,
        soak_temperature_degc=soak,
        soak_h=hours,
        cooling_k_per_h=cooling,
        melts=tuple(melt.number for melt in melts),
    )


def _inspected(part: Part, melt: Melt, streams: Streams, stress_added: float) -> Inspected:
    """Less carbon equivalent makes harder, stronger iron (slopes assumed)."""
    rng = streams.named("incoming", part.serial)
    lean = CARBON_EQUIVALENT - melt.chemistry_percent["C"] - melt.chemistry_percent["Si"] / 3
    shifts = {"hardness": 60 * lean, "tensile": 140 * lean, RESIDUAL_STRESS: stress_added}
    found = tuple(reading(gate, drawn(gate, rng, shifts.get(gate.key, 0.0))) for gate in CASTING_PLAN)
    performed = at_work(part.received_at + timedelta(days=1, minutes=int(rng.integers(30, 400))))
    return Inspected(part.serial, "incoming", f"IQC-{part.item}", performed, f"QC-{rng.integers(1, 4)}", found)
