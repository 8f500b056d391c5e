"""Characteristics: what was to be measured, within which limits, and what was measured over time."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema

from samegauge.core.api_contract import GuardedRouter, Listed, Window, Word
from samegauge.core.measurement.models import Characteristic, Conformity, InspectionKind, Measurement
from samegauge.core.organisations.permissions import Action, needs

router = GuardedRouter(tags=["characteristics"])


class CharacteristicRecord(Schema):
    """Nominal value and limits are in the unit that `unit_code` names."""

    uid: UUID
    item: str
    inspection_kind: str
    plan: str
    key: str
    name: str
    kind: str
    unit_code: str
    nominal: float | None
    lower_limit: float | None
    upper_limit: float | None
    datums: str
    measured: int
    failed: int


def characteristic_record(row: Characteristic) -> CharacteristicRecord:
    return CharacteristicRecord(
        uid=row.uid,
        item=row.item.number,
        inspection_kind=row.inspection_kind,
        plan=row.plan,
        key=row.key,
        name=row.name,
        kind=row.kind,
        unit_code=row.unit_code,
        nominal=row.nominal,
        lower_limit=row.lower_limit,
        upper_limit=row.upper_limit,
        datums=row.datums,
        measured=row.measured,  # type: ignore[attr-defined] - counted by the query
        failed=row.failed,  # type: ignore[attr-defined]
    )


class ReadingRecord(Schema):
    """One measured value, in the characteristic's unit."""

    unit_uid: UUID
    serial: str
    inspection_uid: UUID
    performed_at: datetime | None
    reported_at: datetime
    actual: float | None
    deviation: float | None
    stated: str
    recomputed: str


def reading_record(row: Measurement) -> ReadingRecord:
    inspection = row.inspection
    return ReadingRecord(
        unit_uid=inspection.unit.uid,
        serial=inspection.unit.serial,
        inspection_uid=inspection.uid,
        performed_at=inspection.performed_at,
        reported_at=inspection.reported_at,
        actual=row.actual,
        deviation=row.deviation,
        stated=row.stated,
        recomputed=row.recomputed,
    )


class CharacteristicQuestion(Schema):
    item: Word | None = None
    kind: InspectionKind | None = None
    verdict: Conformity | None = None


@router.get("/characteristics", response=Listed[CharacteristicRecord])
@needs(Action.READ)
def characteristic_list(
    request: HttpRequest,  # noqa: ARG001 - ninja
    asked: Query[CharacteristicQuestion],
    window: Query[Window],
) -> Any:
    """List characteristics in the order of their inspection plans, with how often each was measured and failed."""
    filters = {"item__number": asked.item, "inspection_kind": asked.kind}
    rows = _characteristics().filter(**{name: value for name, value in filters.items() if value is not None})
    if asked.verdict:
        having = Measurement.objects.filter(stated=asked.verdict)
        rows = rows.filter(pk__in=having.values("characteristic"))
    return window.of(rows.order_by("item__number", "inspection_kind", "sequence", "pk"), characteristic_record)


@router.get("/characteristics/{uuid:characteristic_uid}", response=CharacteristicRecord)
@needs(Action.READ)
def characteristic_detail(request: HttpRequest, characteristic_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return characteristic_record(get_object_or_404(_characteristics(), uid=characteristic_uid))


@router.get("/characteristics/{uuid:characteristic_uid}/measurements", response=Listed[ReadingRecord])
@needs(Action.READ)
def characteristic_measurements(
    request: HttpRequest,  # noqa: ARG001 - ninja
    characteristic_uid: UUID,
    window: Query[Window],
) -> Any:
    """List the measured values in the order in which they were reported."""
    characteristic = get_object_or_404(Characteristic, uid=characteristic_uid)
    rows = Measurement.objects.filter(characteristic=characteristic).select_related("inspection__unit")
    return window.of(rows.order_by("inspection__reported_at", "pk"), reading_record)


def _characteristics() -> QuerySet[Characteristic]:
    standing = Q(measurements__retracted_at__isnull=True)
    counted = Characteristic.objects.annotate(
        measured=Count("measurements", filter=standing),
        failed=Count("measurements", filter=standing & Q(measurements__stated=Conformity.FAIL)),
    )
    return counted.select_related("item")
