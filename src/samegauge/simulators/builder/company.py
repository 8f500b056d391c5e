"""A machine builder that does not exist, over two years: everything from one seed and one day."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from samegauge.formats.canonical import canonical_bytes
from samegauge.simulators.builder import truths
from samegauge.simulators.builder.assembly import Bench, Built, built
from samegauge.simulators.builder.castings import castings
from samegauge.simulators.builder.orders import orders
from samegauge.simulators.builder.records import Company, Installation, Part
from samegauge.simulators.builder.service import Field, Replacement
from samegauge.simulators.builder.streams import Streams
from samegauge.simulators.builder.supply import Store, built_in
from samegauge.simulators.builder.truths import (
    BadHeatTreatment,
    BiasedGauge,
    DriftingStation,
    Truths,
    WeakPart,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from samegauge.simulators.builder.records import Machine

LENGTH = timedelta(days=730)


def simulated(seed: int, start: datetime, *, planted: bool = True) -> Company:
    """Return two years from `start` (UTC midnight) of the simulated builder, with the planted truths or without."""
    streams, end = Streams(seed), start + LENGTH
    wanted = orders(streams, start)
    cast = castings(wanted, streams, planted=planted)
    store, spares = Store(streams), Store(streams, spares=True)
    placed = cast.placed | built_in(wanted, store)
    bench = Bench(streams, start, placed, planted)
    made = [built(order, bench) for order in wanted]
    field = Field(bench, end)
    for order, one in zip(wanted, made, strict=True):
        field.serve(order, one.machine)
    replaced = field.repair(spares)
    inspections = [*cast.inspections, *store.inspections, *spares.inspections]
    inspections += [inspected for one in made for inspected in one.inspections]
    return Company(
        seed=seed,
        start=start,
        end=end,
        melts=tuple(cast.melts),
        heat_treatments=tuple(cast.treatments),
        lots=(*store.lots, *spares.lots),
        parts=(*cast.parts, *store.parts, *spares.parts, *(part for one in made for part in _assembled(one))),
        machines=tuple(one.machine for one in made),
        installations=_installed((one for built_ in made for one in built_.installations), replaced),
        steps=tuple(step for one in made for step in one.steps),
        inspections=tuple(sorted(inspections, key=lambda one: (one.performed_at, one.serial, one.plan))),
        hours=tuple(field.hours),
        calls=tuple(field.calls),
        truths=_truths(start, placed, end) if planted else Truths(),
    )


def _assembled(one: Built) -> Iterable[Part]:
    """Assemblies come to be when the machine is begun."""
    for serial in one.assemblies:
        yield Part(serial, serial.replace(one.machine.serial, one.machine.model), "", one.machine.started_at)


def _installed(first: Iterable[Installation], replaced: list[Replacement]) -> tuple[Installation, ...]:
    edges = {edge.child: edge for edge in first}
    for change in replaced:
        out = edges[change.removed]
        edges[change.removed] = replace(out, removed_at=change.removed_at, reason=change.reason)
        edges[change.fitted.child] = change.fitted
    return tuple(sorted(edges.values(), key=lambda edge: (edge.installed_at, edge.child)))


def _truths(start: datetime, placed: Mapping[tuple[str, str], Part], end: datetime) -> Truths:
    cold = [machine for (machine, _place), part in placed.items() if part.heat_treatment == truths.COLD_BATCH]
    weak = {machine: part.serial for (machine, _place), part in placed.items() if part.lot == truths.WEAK_LOT}
    drift_from = start + timedelta(days=truths.DRIFT_FROM_DAY)
    assert drift_from < end  # noqa: S101 - a constant of the simulation
    return Truths(
        DriftingStation(truths.DRIFT_STATION, truths.DRIFT_KEY, "µm", drift_from, truths.DRIFT_UM_PER_DAY),
        BadHeatTreatment(
            truths.COLD_BATCH,
            truths.COLD_SOAK_DEGC,
            truths.COLD_SOAK_H,
            truths.COLD_STRESS_MPA,
            truths.COLD_STRAIGHTNESS_UM,
            truths.COLD_LIFE_FACTOR,
            tuple(cold),
        ),
        WeakPart(truths.WEAK_LOT, "S3", "BRG", truths.WEAK_LIFE_FACTOR, tuple(weak.values()), tuple(weak)),
        BiasedGauge(truths.GAUGE_STATION, truths.GAUGE_KEY, "µm", truths.GAUGE_OPERATOR, truths.GAUGE_BIAS_UM),
    )


def newest_of_each_customer(company: Company) -> list[Machine]:
    """The machine that was delivered last to each customer who has one."""
    newest = {one.customer: one for one in sorted(company.machines, key=lambda one: one.delivered_at)}
    return [newest[customer] for customer in sorted(newest)]


def as_json(value: Any) -> Any:
    """Return a record as JSON knows it: times in ISO 8601, UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    return value


def digest(company: Company) -> str:
    """SHA-256 of everything in the company, truths included."""
    return hashlib.sha256(canonical_bytes(as_json(asdict(company)))).hexdigest()
