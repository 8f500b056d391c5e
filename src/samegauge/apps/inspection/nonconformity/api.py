"""Nonconformities, their steps, 8D reports, and how suppliers do."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Schema, Status
from pydantic import BaseModel

from samegauge.apps.inspection.nonconformity import rules, suppliers
from samegauge.apps.inspection.nonconformity.eight_d import missing
from samegauge.apps.inspection.nonconformity.models import (
    CorrectiveAction,
    Disposition,
    FlowStep,
    Nonconformity,
    Source,
    State,
)
from samegauge.core.api_contract import Day, GuardedRouter, Instant, Listed, Window, Word, Words
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder

router = GuardedRouter(tags=["nonconformities"])
MOST_UNITS = 500
BUYERS = frozenset(Role) - {Role.GUEST}


class ReportRecord(Schema):
    """What does not conform and what becomes of it."""

    uid: UUID
    number: str
    title: str
    description: str
    source: Source
    reference: str
    state: State
    disposition: str
    item: str | None
    characteristic_uid: UUID | None
    supplier: str | None
    quantity: int
    found_at: datetime
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    corrective_action: str | None
    simulated: bool


def report_record(row: Nonconformity) -> ReportRecord:
    return ReportRecord(
        uid=row.uid,
        number=row.number,
        title=row.title,
        description=row.description,
        source=Source(row.source),
        reference=row.reference,
        state=State(row.state),
        disposition=row.disposition,
        item=row.item.number if row.item else None,
        characteristic_uid=row.characteristic.uid if row.characteristic else None,
        supplier=row.supplier.number if row.supplier else None,
        quantity=row.quantity,
        found_at=row.found_at,
        opened_at=row.opened_at,
        opened_by=row.opened_by_name,
        closed_at=row.closed_at,
        corrective_action=row.corrective_action.number if row.corrective_action else None,
        simulated=row.simulated,
    )


class StepRecord(Schema):
    kind: FlowStep
    at: datetime
    actor: str
    text: str


class ReportDetail(Schema):
    """A report with what is affected and everything that happened to it."""

    report: ReportRecord
    serials: list[str]
    lots: list[str]
    steps: list[StepRecord]


class ReportQuestion(Schema):
    state: State | None = None
    supplier: Word | None = None


class OpenedReport(BaseModel):
    title: Words
    description: Word = ""
    units: list[UUID] = Field([], max_length=MOST_UNITS)
    quantity: int = Field(1, ge=1, le=1_000_000)
    found_at: Instant | None = None


class TakenStep(BaseModel):
    step: FlowStep
    text: Word = ""
    disposition: Disposition | None = None


class ActionRecord(Schema):
    """An 8D, its steps, and what it still lacks."""

    uid: UUID
    number: str
    title: str
    partner: str | None
    opened_at: datetime
    closed_at: datetime | None
    simulated: bool
    steps: list[dict[str, Any]]
    lacking: list[str]


class ScoreRecord(Schema):
    """A supplier over the months asked for; bounds exact at 95 %."""

    supplier: str
    parts: int
    faulty: int
    ppm: float | None
    ppm_lower: float | None
    ppm_upper: float | None
    lots: int
    refused_lots: int
    response_h: float | None
    points: float | None
    best_rank: int | None
    worst_rank: int | None


class ScoreQuestion(Schema):
    since: Day | None = None
    until: Day | None = None


def _reports() -> QuerySet[Nonconformity]:
    return Nonconformity.objects.select_related("item", "characteristic", "supplier", "corrective_action")


@router.get("/nonconformities", response=Listed[ReportRecord])
@needs(Action.READ)
def nonconformity_records(
    request: HttpRequest,  # noqa: ARG001 - ninja
    asked: Query[ReportQuestion],
    window: Query[Window],
) -> Any:
    """List nonconformities, newest first."""
    filters = {"state": asked.state, "supplier__number": asked.supplier}
    rows = _reports().filter(**{name: value for name, value in filters.items() if value is not None})
    return window.of(rows.order_by("-opened_at", "-pk"), report_record)


@router.post("/nonconformities", response={201: ReportRecord})
@needs(Action.RECORD)
def open_nonconformity(request: HttpRequest, said: OpenedReport) -> Any:
    """Open a nonconformity; its units are held until it is settled."""
    units = list(Unit.objects.filter(uid__in=said.units).select_related("item", "lot"))
    if len(units) < len(set(said.units)):
        get_object_or_404(Unit, uid=next(uid for uid in said.units if uid not in {unit.uid for unit in units}))
    found = rules.Found(
        title=said.title[:200],
        source=Source.UNIT if units else Source.BY_HAND,
        found_at=said.found_at or datetime.now(UTC),
        units=tuple(units),
        quantity=said.quantity,
        description=said.description,
    )
    report = rules.open_report(found, Recorder(actor=request.user))  # type: ignore[arg-type]
    return Status(201, report_record(_reports().get(pk=report.pk)))


@router.get("/nonconformities/{uuid:report_uid}", response=ReportDetail)
@needs(Action.READ)
def nonconformity_detail(request: HttpRequest, report_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    """One nonconformity with what is affected and its steps."""
    row = get_object_or_404(_reports(), uid=report_uid)
    affected = list(row.affected.select_related("unit", "lot"))
    return ReportDetail(
        report=report_record(row),
        serials=[one.unit.serial for one in affected if one.unit],
        lots=[one.lot.number for one in affected if one.lot],
        steps=[
            StepRecord(kind=FlowStep(one.kind), at=one.at, actor=one.actor_name, text=one.text)
            for one in row.steps.all()
        ],
    )


@router.post("/nonconformities/{uuid:report_uid}/steps", response=ReportRecord)
@needs(Action.RECORD)
def take_nonconformity_step(request: HttpRequest, report_uid: UUID, said: TakenStep) -> Any:
    """Take the next step: contain, decide, approve, carry out, inspect again, close, reopen or note."""
    row = get_object_or_404(Nonconformity, uid=report_uid)
    role = Role(request.membership.role)  # type: ignore[attr-defined]
    recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
    rules.take(row, rules.Step(said.step, recorder, role, said.text, said.disposition))
    return report_record(_reports().get(pk=row.pk))


def _action_record(row: CorrectiveAction) -> ActionRecord:
    return ActionRecord(
        uid=row.uid,
        number=row.number,
        title=row.title,
        partner=row.partner.number if row.partner else None,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        simulated=row.simulated,
        steps=[
            {"step": one.step, "text": one.text, "owner": one.owner_name, "due_on": one.due_on, "done_at": one.done_at}
            for one in row.disciplines.all()
        ],
        lacking=[] if row.closed_at else missing(row),
    )


@router.get("/corrective-actions", response=Listed[ActionRecord])
@needs(Action.READ)
def corrective_action_records(request: HttpRequest, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List corrective actions (8D), newest first."""
    rows = CorrectiveAction.objects.select_related("partner").prefetch_related("disciplines")
    return window.of(rows.order_by("-opened_at", "-pk"), _action_record)


@router.get("/corrective-actions/{uuid:action_uid}", response=ActionRecord)
@needs(Action.READ)
def corrective_action_detail(request: HttpRequest, action_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    """One corrective action (8D)."""
    return _action_record(get_object_or_404(CorrectiveAction.objects.select_related("partner"), uid=action_uid))


@router.get("/supplier-scores", response=list[ScoreRecord])
@needs(BUYERS)
def supplier_score_records(request: HttpRequest, asked: Query[ScoreQuestion]) -> Any:  # noqa: ARG001 - ninja
    """Score suppliers by deliveries of a stretch of days, by default the last 365."""
    until: date = asked.until or timezone.localdate() + timedelta(days=1)
    rows = suppliers.scores(asked.since or until - timedelta(days=365), until)
    return [_score_record(one) for one in rows]


def _score_record(one: suppliers.Scored) -> ScoreRecord:
    bounds = one.tally.ppm_bounds or (None, None)
    return ScoreRecord(
        supplier=one.partner.number,
        parts=one.tally.parts,
        faulty=one.tally.faulty,
        ppm=one.tally.ppm,
        ppm_lower=bounds[0],
        ppm_upper=bounds[1],
        lots=one.tally.lots,
        refused_lots=one.tally.refused,
        response_h=one.tally.response_h,
        points=one.points.value if one.points else None,
        best_rank=one.rank.best if one.rank else None,
        worst_rank=one.rank.worst if one.rank else None,
    )
