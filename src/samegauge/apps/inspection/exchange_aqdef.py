"""Records of plans as an AQDEF document: one part for each plan, clock times of the organisation's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.core.intake.checks import own_zone
from samegauge.formats.aqdef import AqdefCharacteristic, AqdefDocument, AqdefPart, AqdefValue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from samegauge.apps.inspection.exchange import PlanData
    from samegauge.core.measurement.models import Characteristic, Measurement

ATTRIBUTE = "UserDefinedAttribute"


def aqdef_document(plans: Sequence[PlanData], name: str) -> AqdefDocument:
    zone, index, parts = own_zone(), 0, []
    for place, plan in enumerate(plans, start=1):
        written = []
        for row in plan.characteristics:
            index += 1
            written.append(_characteristic(row, index, plan, zone))
        fields = _filled({"K1001": plan.item, "K1002": plan.plan})
        parts.append(AqdefPart(place, fields, tuple(written)))
    return AqdefDocument(name, tuple(parts), {"K0100": str(index)})


def _characteristic(row: Characteristic, index: int, plan: PlanData, zone: ZoneInfo) -> AqdefCharacteristic:
    taken = [
        (place, one)
        for place, inspection in enumerate(plan.inspections, start=1)
        for one in plan.values[inspection.pk]
        if one.characteristic_id == row.pk
    ]
    instruments = {one.instrument for _place, one in taken}
    shared = instruments.pop() if len(instruments) == 1 else ""
    fields = {"K2001": row.key, "K2002": row.name, "K2004": "1" if row.kind == ATTRIBUTE else "0", "K2401": shared}
    if row.kind != ATTRIBUTE:
        numbers = {"K2101": row.nominal, "K2110": row.lower_limit, "K2111": row.upper_limit}
        fields |= {key: repr(number) for key, number in numbers.items() if number is not None}
        fields["K2142"] = row.unit_code
    return AqdefCharacteristic(
        index,
        _filled(fields),
        row.nominal,
        row.lower_limit,
        row.upper_limit,
        tuple(
            _value(one, place, _clock(one, plan, zone), instrument="" if shared else one.instrument)
            for place, one in taken
        ),
    )


def _clock(one: Measurement, plan: PlanData, zone: ZoneInfo) -> datetime | None:
    """When it was measured; where no value of the inspection says that, when all of them were."""
    timed = any(other.measured_at for other in plan.values[one.inspection_id])
    moment = one.measured_at if timed else one.inspection.performed_at
    return moment and moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def _value(one: Measurement, place: int, taken_at: datetime | None, *, instrument: str) -> AqdefValue:
    counted = one.characteristic.kind == ATTRIBUTE
    fields = {"K0008": one.operator, "K0012": instrument, "K0014": one.inspection.unit.serial}
    return AqdefValue(
        position=place,
        value=None if counted else one.actual,
        sample_size=1 if counted else None,
        errors=int(one.actual or 0) if counted else None,
        taken_at=taken_at,
        fields=_filled(fields),
    )


def _filled(fields: dict[str, str]) -> dict[str, str]:
    """Only what says something, on one line."""
    plain = {key: " ".join(text.split()) for key, text in fields.items()}
    return {key: text for key, text in plain.items() if text}
