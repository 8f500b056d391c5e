"""Duties: what needs somebody, for the caller's role, and the steps of taking care of it."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema
from pydantic import BaseModel, StringConstraints

from samegauge.core.api_contract import GuardedRouter, Instant, Listed, Window, Word, Words
from samegauge.core.attention import duties
from samegauge.core.attention.declaration import STAFF
from samegauge.core.attention.models import Incident, Severity, StepKind
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.organisations.permissions import needs

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Membership

router = GuardedRouter(tags=["duties"])


class Said(Schema):
    """One text in both languages."""

    en: str
    zh: str


class DutyRecord(Schema):
    """One cause that needs somebody; `url` is the page of the next step."""

    uid: UUID
    concern: str
    severity: Severity
    count: int
    said: Said
    evidence: Said
    step: Said
    url: str
    since: datetime
    opened_at: datetime
    cleared_at: datetime | None
    returns: int
    taken_by: str
    put_off_until: datetime | None


def duty_record(row: Incident) -> DutyRecord:
    return DutyRecord(
        uid=row.uid,
        concern=row.concern,
        severity=Severity(row.severity),
        count=row.count,
        said=row.said,
        evidence=row.evidence,
        step=row.step,
        url=row.address,
        since=row.since,
        opened_at=row.opened_at,
        cleared_at=row.cleared_at,
        returns=row.returns,
        taken_by=str(row.taken_by or ""),
        put_off_until=row.put_off_until,
    )


class DutyQuestion(Schema):
    view: duties.View = duties.View.DUE
    concern: Word = ""


@router.get("/duties", response=Listed[DutyRecord])
@needs(STAFF)
def duty_list(request: HttpRequest, asked: Query[DutyQuestion], window: Query[Window]) -> Any:
    """List what is due for the caller's role, the worst first; or the caller's own, what is put off, what is over."""
    rows = duties.listed(asked.view, _caller(request)).select_related("taken_by")
    return window.of(rows.filter(concern=asked.concern) if asked.concern else rows, duty_record)


@router.get("/duties/{uuid:incident_uid}", response=DutyRecord)
@needs(STAFF)
def duty_detail(request: HttpRequest, incident_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return duty_record(_found(incident_uid))


class DutyStepRecord(Schema):
    kind: StepKind
    at: datetime
    person: str
    to: str
    until: datetime | None
    reason: str


@router.get("/duties/{uuid:incident_uid}/steps", response=Listed[DutyStepRecord])
@needs(STAFF)
def duty_steps(request: HttpRequest, incident_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List what was done about it, the oldest first."""

    def shown(step: Any) -> DutyStepRecord:
        said = {"until": step.until, "reason": step.reason}
        people = {"person": str(step.person or ""), "to": str(step.to or "")}
        return DutyStepRecord(kind=StepKind(step.kind), at=step.at, **people, **said)

    return window.of(_found(incident_uid).steps.select_related("person", "to"), shown)


@router.post("/duties/{uuid:incident_uid}/take", response=DutyRecord)
@needs(STAFF)
def take_duty(request: HttpRequest, incident_uid: UUID) -> Any:
    found = _found(incident_uid)
    duties.take(found, _caller(request))
    return duty_record(found)


@router.post("/duties/{uuid:incident_uid}/give-back", response=DutyRecord)
@needs(STAFF)
def give_duty_back(request: HttpRequest, incident_uid: UUID) -> Any:
    found = _found(incident_uid)
    duties.give_back(found, _caller(request))
    return duty_record(found)


class Successor(BaseModel):
    person_uid: UUID


@router.post("/duties/{uuid:incident_uid}/hand-over", response=DutyRecord)
@needs(STAFF)
def hand_duty_over(request: HttpRequest, incident_uid: UUID, said: Successor) -> Any:
    """Give it to a colleague of the same organisation."""
    found, by = _found(incident_uid), _caller(request)
    to = get_object_or_404(duties.colleagues(by), person__uid=said.person_uid)
    duties.hand_over(found, by, to.person)
    return duty_record(found)


class Delay(BaseModel):
    until: Instant
    reason: Annotated[Words, StringConstraints(max_length=LONGEST_REASON)]


@router.post("/duties/{uuid:incident_uid}/put-off", response=DutyRecord)
@needs(STAFF)
def put_duty_off(request: HttpRequest, incident_uid: UUID, said: Delay) -> Any:
    """Leave it out of the lists until a moment within a year, with the reason."""
    found = _found(incident_uid)
    duties.put_off(found, _caller(request), said.until, said.reason)
    return duty_record(found)


@router.post("/duties/{uuid:incident_uid}/resume", response=DutyRecord)
@needs(STAFF)
def resume_duty(request: HttpRequest, incident_uid: UUID) -> Any:
    """End the delay: it is due again."""
    found = _found(incident_uid)
    duties.resume(found, _caller(request))
    return duty_record(found)


def _found(incident_uid: UUID) -> Incident:
    incidents: QuerySet[Incident] = Incident.objects.select_related("taken_by")
    return get_object_or_404(incidents, uid=incident_uid)


def _caller(request: HttpRequest) -> Membership:
    return request.membership  # type: ignore[attr-defined]
