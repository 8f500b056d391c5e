"""Gauge studies and calibration certificates of instruments."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Schema, Status
from pydantic import BaseModel

from samegauge.apps.inspection import gauge_rules
from samegauge.apps.inspection.gauge_readings import MOST_READINGS, Reading, as_file
from samegauge.apps.inspection.gauge_studies import Asked
from samegauge.apps.inspection.kinds import INSTRUMENTS
from samegauge.apps.inspection.models import AsFound, Calibration, Instrument, InstrumentStudy, StudyKind, StudyVerdict
from samegauge.core.api_contract import Day, GuardedRouter, Listed, Window, Word
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.vault.rules import keep

router = GuardedRouter(tags=["gauges"])


class StudyRecord(Schema):
    """A gauge study: figures in per cent or in the unit of the readings, as their names say."""

    uid: UUID
    instrument: str
    kind: StudyKind
    performed_on: date
    verdict: StudyVerdict
    unit_code: str
    figures: list[dict[str, Any]]
    method: dict[str, Any]
    thresholds: dict[str, Any]
    withdrawn_at: datetime | None
    simulated: bool


def study_record(row: InstrumentStudy) -> StudyRecord:
    return StudyRecord(
        uid=row.uid,
        instrument=row.instrument.number,
        kind=StudyKind(row.kind),
        performed_on=row.performed_on,
        verdict=StudyVerdict(row.verdict),
        unit_code=row.unit_code,
        figures=row.result.get("figures") or [],
        method=row.result.get("method") or {},
        thresholds=row.asked.get("thresholds") or {},
        withdrawn_at=row.withdrawn_at,
        simulated=row.simulated,
    )


class SentReading(BaseModel):
    part: Word = "1"
    operator: Word = "1"
    value: float | Word
    reference: float | Word | None = None


class SentStudy(BaseModel):
    """Limits and reference in the unit of the readings."""

    kind: StudyKind
    performed_on: Day
    unit_code: Word = ""
    lower: float | None = None
    upper: float | None = None
    reference: float | None = None
    rejecting: Word = ""
    readings: list[SentReading] = Field(max_length=MOST_READINGS)


class CalibrationRecord(Schema):
    """What a certificate says; expanded uncertainty for k = 2."""

    uid: UUID
    certificate_number: str
    calibrated_on: date
    due_on: date
    as_found: AsFound
    expanded_uncertainty_um: float | None
    laboratory: str | None
    recorded_by: str
    withdrawn_at: datetime | None


def calibration_record(row: Calibration) -> CalibrationRecord:
    return CalibrationRecord(
        uid=row.uid,
        certificate_number=row.certificate_number,
        calibrated_on=row.calibrated_on,
        due_on=row.due_on,
        as_found=AsFound(row.as_found),
        expanded_uncertainty_um=row.expanded_uncertainty_um,
        laboratory=row.laboratory.number if row.laboratory else None,
        recorded_by=row.actor_name,
        withdrawn_at=row.withdrawn_at,
    )


@router.get("/instruments/{uuid:instrument_uid}/studies", response=Listed[StudyRecord])
@needs(Action.READ)
def gauge_study_list(request: HttpRequest, instrument_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List an instrument's gauge studies, newest first."""
    instrument = get_object_or_404(Instrument, uid=instrument_uid)
    return window.of(InstrumentStudy.objects.filter(instrument=instrument).select_related("instrument"), study_record)


@router.post("/instruments/{uuid:instrument_uid}/studies", response={201: StudyRecord})
@needs(INSTRUMENTS.writers)
def record_gauge_study(request: HttpRequest, instrument_uid: UUID, said: SentStudy) -> Any:
    """Compute, judge and keep a gauge study."""
    instrument = get_object_or_404(Instrument, uid=instrument_uid)
    readings = [Reading(one.part, one.operator, one.value, one.reference) for one in said.readings]
    given = {name: getattr(said, name) for name in ("lower", "upper", "reference", "rejecting")}
    about = gauge_rules.StudyOf(
        instrument,
        said.kind,
        said.performed_on,
        keep(as_file(readings), f"{instrument.number}-{said.kind}-{said.performed_on}.csv"),
        unit_code=said.unit_code[:20],
    )
    asked = Asked.by(gauge_rules.quality_limits(), **given)
    study = gauge_rules.record_study(about, readings, asked, request.user)  # type: ignore[arg-type]
    return Status(201, study_record(study))


@router.get("/instruments/{uuid:instrument_uid}/calibrations", response=Listed[CalibrationRecord])
@needs(Action.READ)
def calibration_list(request: HttpRequest, instrument_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List an instrument's certificates, newest first."""
    instrument = get_object_or_404(Instrument, uid=instrument_uid)
    rows = Calibration.objects.filter(instrument=instrument).select_related("laboratory")
    return window.of(rows, calibration_record)
