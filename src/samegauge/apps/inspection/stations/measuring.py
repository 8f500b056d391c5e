"""Inspections and measurements from the values that count: one inspection for each unit, station and plan."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.stations.journal import correct_each, record_each
from samegauge.apps.inspection.stations.models import Effect, EntryKind
from samegauge.core.measurement.models import Conformity, Inspection, Measurement
from samegauge.core.production.models import Confidence
from samegauge.core.thread.rules import Fact
from samegauge.quantities.errors import QuantityError
from samegauge.quantities.tolerance import Conformity as Decided
from samegauge.quantities.tolerance import Limits, decide
from samegauge.quantities.units import convert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from samegauge.apps.inspection.plans.models import ProcedureStep
    from samegauge.apps.inspection.stations.loading import Loaded
    from samegauge.apps.inspection.stations.models import StationEntry
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.thread.models import Event

MEASURED = "measured"
SOFTWARE = "samegauge stations"
JUDGED = ["verdict", "performed_at", "reported_at", "retracted_at"]
CONFORMITY = {
    Decided.CONFORM: Conformity.PASS,
    Decided.NONCONFORM: Conformity.FAIL,
    Decided.UNDECIDED: Conformity.UNDECIDED,
}


def write_measurements(loaded: Loaded, measured: Iterable[UUID], now: datetime) -> None:
    counted = set(measured)
    wanted = [row for row in loaded.rows if row.uid in counted and _step(loaded, row).characteristic is not None]
    kept = {row.pk for row in wanted}
    there = {row.pk: row for row in loaded.rows if row.pk in loaded.effects and row.kind == EntryKind.VALUE}
    touched = _retract([(row, loaded.effects[key]) for key, row in there.items() if key not in kept], now)
    touched |= _measure(loaded, [row for row in wanted if row.pk not in there])
    _judge(touched, now)


def verdict(value: float, step: ProcedureStep, uncertainty: float | None = None) -> Conformity:
    """Judge a value by the limits of its step; with its expanded uncertainty by ISO 14253-1's rule."""
    if step.lower is None and step.upper is None:
        return Conformity.UNDECIDED
    limits = Limits(step.lower, step.upper, step.unit_code)
    return CONFORMITY[decide(value, limits, expanded_uncertainty=uncertainty).conformity]


def _step(loaded: Loaded, row: StationEntry) -> ProcedureStep:
    return loaded.steps[row.procedure.pk][row.step]


def _characteristic(loaded: Loaded, row: StationEntry) -> Characteristic:
    characteristic = _step(loaded, row).characteristic
    assert characteristic is not None  # noqa: S101 - only such steps are chosen
    return characteristic


def _retract(wrong: list[tuple[StationEntry, Effect]], now: datetime) -> set[int]:
    corrected, measurements = [], []
    for row, effect in wrong:
        measurement, event = effect.measurement, effect.event
        assert measurement is not None  # noqa: S101 - values lead to a measurement
        assert event is not None  # noqa: S101 - which comes with its event
        corrected.append((event, row.unit, {"entry": str(row.uid), "value": measurement.actual}))
        measurement.retracted_at = now
        measurements.append(measurement)
    correct_each(corrected, now)
    Measurement.objects.bulk_update(measurements, ["retracted_at"], batch_size=200)
    Effect.objects.filter(pk__in={effect.pk for _row, effect in wrong}).delete()
    return {measurement.inspection_id for measurement in measurements}


def _measure(loaded: Loaded, rows: list[StationEntry]) -> set[int]:
    if not rows:
        return set()
    facts = [(row, Fact(MEASURED, row.at, _said(loaded, row), unit=row.unit)) for row in rows]
    events = record_each(facts)
    inspections = _inspections(loaded, rows, events)
    uncertainties = _uncertainties(rows)
    made = []
    for row in rows:
        step, characteristic, value = _step(loaded, row), _characteristic(loaded, row), row.payload["value"]
        uncertainty = _in_unit(uncertainties.get(row.payload["instrument"]), characteristic.unit_code)
        made.append(
            Measurement(
                inspection=inspections[row.unit_id, _plan(characteristic, row)],
                characteristic=characteristic,
                actual=value,
                deviation=None if characteristic.nominal is None else value - characteristic.nominal,
                expanded_uncertainty=uncertainty,
                instrument=row.payload["instrument"],
                measured_at=row.at,
                operator=row.actor_name,
                stated=verdict(value, step),
                recomputed=verdict(value, step, uncertainty),
            )
        )
    measurements = Measurement.objects.bulk_create(made, batch_size=500)
    Effect.objects.bulk_create(
        [
            Effect(entry=row, measurement=measurement, event=events[row.pk])
            for row, measurement in zip(rows, measurements, strict=True)
        ],
        batch_size=500,
    )
    return {inspection.pk for inspection in inspections.values()}


def _said(loaded: Loaded, row: StationEntry) -> dict[str, Any]:
    step, characteristic = _step(loaded, row), _characteristic(loaded, row)
    said = {
        "station": row.station.code,
        "characteristic": characteristic.key,
        "value": row.payload["value"],
        "unit": step.unit_code,
        "lower": step.lower,
        "upper": step.upper,
        "instrument": row.payload["instrument"],
        "operator": row.actor_name,
        "entry": str(row.uid),
    }
    return {**said, "simulated": True} if row.unit.simulated else said


def _plan(characteristic: Characteristic, row: StationEntry) -> str:
    return f"{characteristic.plan} {row.station.code}"[:200]


def _inspections(
    loaded: Loaded, rows: list[StationEntry], events: dict[int, Event]
) -> dict[tuple[int, str], Inspection]:
    """Return the inspection of each value, by unit and plan; the first value of one begins it."""
    first: dict[tuple[int, str], StationEntry] = {}
    for row in rows:
        first.setdefault((row.unit_id, _plan(_characteristic(loaded, row), row)), row)
    plans = {plan for _unit, plan in first}
    there = Inspection.objects.filter(unit__in={unit for unit, _plan in first}, plan__in=plans, software=SOFTWARE)
    found = {(one.unit_id, one.plan): one for one in there}  # type: ignore[attr-defined]
    new = [
        Inspection(
            unit=row.unit,
            kind=_characteristic(loaded, row).inspection_kind,
            plan=plan,
            performed_at=row.at,
            reported_at=row.at,
            time_basis="stated",
            laboratory=row.station.code,
            software=SOFTWARE,
            serial_reported=row.unit.serial,
            position_in_source=0,
            verdict=verdict(row.payload["value"], _step(loaded, row)),
            confidence=Confidence.STATED,
            event=events[row.pk],
        )
        for (unit, plan), row in first.items()
        if (unit, plan) not in found
    ]
    found |= {(one.unit.pk, one.plan): one for one in Inspection.objects.bulk_create(new, batch_size=500)}
    return {key: found[key] for key in first}


def _uncertainties(rows: list[StationEntry]) -> dict[str, float | None]:
    numbers = {row.payload["instrument"] for row in rows} - {""}
    return dict(Instrument.objects.filter(number__in=numbers).values_list("number", "uncertainty_um"))


def _in_unit(uncertainty_um: float | None, unit_code: str) -> float | None:
    """The instrument's expanded uncertainty in the unit of the value, where both are lengths."""
    if uncertainty_um is None:
        return None
    try:
        return convert(uncertainty_um, source="µm", target=unit_code)
    except QuantityError:
        return None


def _judge(inspections: set[int], now: datetime) -> None:
    """The last value of each characteristic decides; an inspection that lost all its values is none."""
    latest: dict[int, dict[int, Measurement]] = defaultdict(dict)
    for row in Measurement.objects.filter(inspection__in=inspections).order_by("measured_at", "pk"):
        latest[row.inspection_id][row.characteristic_id] = row
    changed = []
    for inspection in Inspection.objects.filter(pk__in=inspections):
        before = [getattr(inspection, name) for name in JUDGED]
        _conclude(inspection, list(latest[inspection.pk].values()), now)
        if before != [getattr(inspection, name) for name in JUDGED]:
            changed.append(inspection)
    Inspection.objects.bulk_update(changed, JUDGED, batch_size=200)


def _conclude(inspection: Inspection, values: Sequence[Measurement], now: datetime) -> None:
    if not values:
        inspection.retracted_at = now
        return
    said = {one.stated for one in values}
    worst = (one for one in (Conformity.FAIL, Conformity.UNDECIDED) if one in said)
    inspection.verdict = next(worst, Conformity.PASS)
    at = max(one.measured_at for one in values if one.measured_at is not None)
    inspection.performed_at, inspection.reported_at = at, at
