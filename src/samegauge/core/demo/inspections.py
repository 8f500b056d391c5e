"""Inspections of the simulated company as records: characteristics by plan, verdicts by their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.core.demo.payloads import instant, said, values
from samegauge.core.language import in_reader_language
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection, Measurement
from samegauge.core.production.models import Confidence
from samegauge.core.thread.rules import Fact
from samegauge.core.vault.rules import keep
from samegauge.formats.canonical import canonical_bytes
from samegauge.simulators.builder.catalogue import BOUGHT, CASTING_PLAN, FINAL_CARRIED, FINAL_MEASURED, VOLUMETRIC
from samegauge.simulators.builder.stations import STATIONS

if TYPE_CHECKING:
    from samegauge.core.demo.books import Books
    from samegauge.core.vault.models import StoredFile
    from samegauge.simulators.builder.records import Company, Gate, Inspected, Reading

KINDS_BY_UNIT = {
    "µm": "UserDefinedLinear",
    "µm/m": "UserDefinedLinear",
    "mm": "UserDefinedLinear",
    "arcsec": "UserDefinedAngular",
}
OTHER_KIND = "UserDefinedUnit"
# Which gauge hangs at the stations that have one of their own.
GAUGE_AT = {
    1: "LV-01",
    3: "LV-02",
    8: "TW-01",
    9: "TW-02",
    12: "DI-01",
    22: "TW-03",
    30: "DI-02",
    31: "DI-03",
    47: "SQ-01",
    48: "SQ-02",
    53: "BB-01",
    54: "LI-01",
}
GAUGE_OF = {
    gate.key: GAUGE_AT[station.number] for station in STATIONS if station.number in GAUGE_AT for gate in station.gates
}


def write_inspections(books: Books, company: Company) -> int:
    """Write every inspection with its measurements; return the number of measurements."""
    source = _kept_source(company)
    characteristics = _characteristics(books, company)
    events = books.record(
        Fact(
            "inspected",
            one.performed_at,
            said(plan=one.plan, kind=one.kind, inspector=one.inspector),
            unit=books.units[one.serial],
        )
        for one in company.inspections
    )
    inspections = Inspection.objects.bulk_create(
        [
            Inspection(
                organisation=books.organisation,
                unit=books.units[one.serial],
                kind=one.kind,
                plan=one.plan,
                performed_at=one.performed_at,
                reported_at=one.performed_at,
                time_basis="stated",
                laboratory=one.inspector,
                software="samegauge simulators.builder",
                serial_reported=one.serial,
                position_in_source=place,
                source=source,
                verdict=_verdict(all(reading.conforms for reading in one.readings)),
                confidence=Confidence.STATED,
                event=event,
            )
            for place, (one, event) in enumerate(zip(company.inspections, events, strict=True))
        ],
        batch_size=500,
    )
    measurements = Measurement.objects.bulk_create(
        [
            _measurement(inspection, characteristics[_item(books, one), one.plan, reading.key], reading)
            for one, inspection in zip(company.inspections, inspections, strict=True)
            for reading in one.readings
        ],
        batch_size=500,
    )
    return len(measurements)


def _kept_source(company: Company) -> StoredFile:
    """Keep the results as the file that the inspections cite."""
    rows = [
        {
            "serial": one.serial,
            "kind": one.kind,
            "plan": one.plan,
            "performed_at": instant(one.performed_at),
            "inspector": one.inspector,
            "values": values(one.readings),
        }
        for one in company.inspections
    ]
    return keep(canonical_bytes(said(seed=company.seed, inspections=rows)), f"simulated-seed-{company.seed}.json")


def _item(books: Books, one: Inspected) -> str:
    return books.units[one.serial].item.number


def _gates_of(books: Books, one: Inspected) -> list[Gate]:
    wanted = {reading.key for reading in one.readings}
    if one.kind == "in_process":
        gates = [gate for station in STATIONS for gate in station.gates]
    elif one.kind == "final":
        gates = [*FINAL_MEASURED, *(gate for gate, _source in FINAL_CARRIED), VOLUMETRIC]
    else:
        gates = [*CASTING_PLAN, *_bought_plan(_item(books, one))]
    return [gate for gate in gates if gate.key in wanted]


def _bought_plan(item: str) -> tuple[Gate, ...]:
    kind = BOUGHT.get(item.partition("-")[0])
    return kind.plan if kind else ()


def _characteristics(books: Books, company: Company) -> dict[tuple[str, str, str], Characteristic]:
    found: dict[tuple[str, str, str], Characteristic] = {}
    for plan_of_item in {(_item(books, one), one.plan): one for one in company.inspections}.values():
        item = _item(books, plan_of_item)
        for gate in _gates_of(books, plan_of_item):
            found[item, plan_of_item.plan, gate.key] = Characteristic(
                organisation=books.organisation,
                item=books.items[item],
                plan=plan_of_item.plan,
                inspection_kind=plan_of_item.kind,
                key=gate.key,
                name=in_reader_language({"en": gate.name.en, "zh": gate.name.zh}),
                kind=KINDS_BY_UNIT.get(gate.unit, OTHER_KIND),
                nominal=None if gate.lower is None or gate.upper is None else (gate.lower + gate.upper) / 2,
                lower_limit=gate.lower,
                upper_limit=gate.upper,
                unit_code=gate.unit,
                sequence=len(found),
            )
    Characteristic.objects.bulk_create(found.values())
    return found


def _verdict(conforms: bool) -> Conformity:  # noqa: FBT001 - the one thing it says
    return Conformity.PASS if conforms else Conformity.FAIL


def _measurement(inspection: Inspection, characteristic: Characteristic, reading: Reading) -> Measurement:
    nominal, verdict = characteristic.nominal, _verdict(reading.conforms)
    return Measurement(
        organisation=inspection.organisation,
        inspection=inspection,
        characteristic=characteristic,
        actual=reading.value,
        instrument=GAUGE_OF.get(reading.key, ""),
        deviation=None if nominal is None else reading.value - nominal,
        stated=verdict,
        recomputed=verdict,
    )
