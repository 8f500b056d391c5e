"""Records of one plan as a QIF document: lengths in mm, angles in degrees, statistics with their method."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

from samegauge.apps.inspection.rules import studies_of
from samegauge.core.measurement.models import Conformity
from samegauge.formats.qif import QifCapability, QifCharacteristic, QifDocument, QifMeasurement, QifPartResult
from samegauge.formats.qif_model import DEGREE, MILLIMETRE
from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import convert, unit

if TYPE_CHECKING:
    from datetime import datetime

    from samegauge.apps.inspection.exchange import PlanData
    from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
    from samegauge.engines.spc.capability.normal import Capability, Index

BY_DIMENSION = {unit(MILLIMETRE).dimension: MILLIMETRE, unit(DEGREE).dimension: DEGREE}
CHARACTERISTIC_STATUS = {Conformity.PASS: "PASS", Conformity.FAIL: "FAIL", Conformity.UNDECIDED: "INDETERMINATE"}
INSPECTION_STATUS = {Conformity.PASS: "PASS", Conformity.FAIL: "FAIL", Conformity.UNDECIDED: "UNKNOWN"}
DIGITS = 12


def written_unit(row: Characteristic) -> str:
    """The unit in which QIF states values of the characteristic."""
    try:
        return BY_DIMENSION.get(unit(row.unit_code).dimension, row.unit_code)
    except UnknownUnitError:
        return row.unit_code


def without_place(row: Characteristic) -> bool:
    """Whether QIF has no place for it: a quantity with a unit of its own, and no limits."""
    return written_unit(row) not in {MILLIMETRE, DEGREE} and row.lower_limit is None and row.upper_limit is None


def qif_document(plan: PlanData, name: str, at: datetime, *, with_statistics: bool) -> QifDocument:
    rows = [row for row in plan.characteristics if not without_place(row)]
    kept = {row.pk: row for row in rows}
    return QifDocument(
        file=name,
        version="3.0.0",
        qpid=None,
        created=at.isoformat(timespec="seconds"),
        created_utc=at,
        application="samegauge",
        organisation=None,
        part_name=plan.item,
        model_name=plan.plan,
        linear_unit=MILLIMETRE,
        angular_unit=DEGREE,
        units_stated=True,
        scope=None,
        mode=None,
        standard=None,
        characteristics=tuple(_characteristic(row) for row in rows),
        results=tuple(
            _result(inspection, place, [one for one in plan.values[inspection.pk] if one.characteristic_id in kept])
            for place, inspection in enumerate(plan.inspections, start=1)
        ),
        capabilities=tuple(_statistics(rows)) if with_statistics else (),
        remarks=(),
    )


def _turned(row: Characteristic, value: float | None) -> float | None:
    target = written_unit(row)
    if value is None or target == row.unit_code:
        return value
    return float(f"{convert(value, source=row.unit_code, target=target):.{DIGITS}g}")


def _characteristic(row: Characteristic) -> QifCharacteristic:
    return QifCharacteristic(
        key=str(row.pk),
        item_id="",
        designator=row.name,
        label=row.name,
        kind=row.kind,
        unit=written_unit(row),
        nominal=_turned(row, row.nominal),
        nominal_source=None,
        lower_limit=_turned(row, row.lower_limit),
        upper_limit=_turned(row, row.upper_limit),
        lower_tolerance=None,
        upper_tolerance=None,
        zone=_turned(row, row.geometry.get("zone")),
        material_condition=row.geometry.get("material_condition"),
        datum_reference=row.datums,
        feature_id=None,
        feature_name=None,
        feature_kind=None,
        internal=None,
        line=None,
        uuid=_uuid(row),
        zone_shape=row.geometry.get("zone_shape"),
    )


def _uuid(row: Characteristic) -> str:
    """The identity that the characteristic came with, else its own, so that it is known again where it came from."""
    try:
        return str(UUID(row.key))
    except ValueError:
        return str(row.uid)


def _result(inspection: Inspection, place: int, values: list[Measurement]) -> QifPartResult:
    return QifPartResult(
        position=place,
        result_id="",
        serial=inspection.unit.serial,
        derived_serial=None,
        source_files=(),
        status=INSPECTION_STATUS[Conformity(inspection.verdict)],
        measurements=tuple(_measurement(one) for one in values),
        line=None,
        performed_at=inspection.performed_at,
        report_type=inspection.kind,
        laboratory=inspection.laboratory,
    )


def _measurement(one: Measurement) -> QifMeasurement:
    row = one.characteristic
    return QifMeasurement(
        characteristic_key=str(row.pk),
        value=_turned(row, one.actual),
        deviation=_turned(row, one.deviation),
        status=CHARACTERISTIC_STATUS[Conformity(one.stated)],
        line=None,
        measured_at=one.measured_at,
        operator=one.operator,
        device=one.instrument,
        expanded_uncertainty=_turned(row, one.expanded_uncertainty),
    )


def _statistics(rows: list[Characteristic]) -> list[QifCapability]:
    studies = studies_of(rows)
    found = [(row, studies[row.pk].capability) for row in rows]
    return [_capability(row, one) for row, one in found if one is not None]


def _capability(row: Characteristic, one: Capability) -> QifCapability:
    return QifCapability(
        characteristic_key=str(row.pk),
        subgroup_size=1,
        n=one.count,
        mean=_turned(row, one.mean),
        minimum=_turned(row, one.minimum),
        maximum=_turned(row, one.maximum),
        standard_deviation=_turned(row, one.sigma_overall),
        cp=_index(one.cp),
        cpk=_index(one.cpk),
        pp=_index(one.pp),
        ppk=_index(one.ppk),
        method=json.dumps(one.method.as_dict(), ensure_ascii=False, sort_keys=True),
    )


def _index(one: Index | None) -> float | None:
    return None if one is None else one.value
