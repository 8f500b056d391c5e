"""Alarms of processes: which are open, and answering them with cause and action."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema
from pydantic import BaseModel, StringConstraints

from samegauge.apps.inspection.control import rules
from samegauge.apps.inspection.control.models import ActionCode, Alarm, CauseCode
from samegauge.core.api_contract import GuardedRouter, Listed, Window, Word, Words
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.rules import Recorder

router = GuardedRouter(tags=["alarms"])


class RuleRecord(Schema):
    """What signalled: the chart, the number of the rule in its set, and its text."""

    chart: str
    rule: int
    en: str
    zh: str


class AlarmRecord(Schema):
    uid: UUID
    characteristic_uid: UUID
    characteristic: str
    item: str
    unit_uid: UUID
    serial: str
    rules: list[RuleRecord]
    signals: int
    since: datetime
    opened_at: datetime
    answered_at: datetime | None
    answered_by: str
    withdrawn_at: datetime | None
    cause: str
    action: str
    note: str


def alarm_record(row: Alarm) -> AlarmRecord:
    lead, unit = row.process.lead, row.measurement.inspection.unit
    return AlarmRecord(
        uid=row.uid,
        characteristic_uid=lead.uid,
        characteristic=lead.name,
        item=lead.item.number,
        unit_uid=unit.uid,
        serial=unit.serial,
        rules=row.rules,
        signals=row.signals,
        since=row.since,
        opened_at=row.opened_at,
        answered_at=row.answered_at,
        answered_by=row.event.actor_name if row.event else "",
        withdrawn_at=row.withdrawn_at,
        cause=row.cause.code if row.cause else "",
        action=row.action.code if row.action else "",
        note=row.note,
    )


@router.get("/alarms", response=Listed[AlarmRecord])
@needs(Action.READ)
def alarm_list(request: HttpRequest, window: Query[Window], unanswered: bool = False) -> Any:  # noqa: ARG001, FBT001, FBT002 - ninja
    """List the alarms of all processes, newest first; `unanswered` leaves out what was answered or withdrawn."""
    found = _alarms()
    if unanswered:
        found = found.filter(answered_at__isnull=True, withdrawn_at__isnull=True)
    return window.of(found.order_by("-since", "-pk"), alarm_record)


@router.get("/alarms/{uuid:alarm_uid}", response=AlarmRecord)
@needs(Action.READ)
def alarm_detail(request: HttpRequest, alarm_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return alarm_record(get_object_or_404(_alarms(), uid=alarm_uid))


class NewAnswer(BaseModel):
    """Codes of the records `cause-codes` and `action-codes`; both are forced."""

    cause: Word
    action: Word
    note: Annotated[Words, StringConstraints(max_length=LONGEST_REASON)] | None = None


@router.post("/alarms/{uuid:alarm_uid}/answer", response=AlarmRecord)
@needs(Action.RECORD)
def answer_alarm(request: HttpRequest, alarm_uid: UUID, said: NewAnswer) -> Any:
    """Close an alarm with its cause and what was done; the chart begins anew with the next value."""
    alarm = get_object_or_404(_alarms(), uid=alarm_uid)
    cause = get_object_or_404(CauseCode, code=said.cause)
    action = get_object_or_404(ActionCode, code=said.action)
    recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
    rules.answer(alarm, rules.Answer(cause, action, said.note or ""), recorder)
    return alarm_record(_alarms().get(pk=alarm.pk))


def _alarms() -> QuerySet[Alarm]:
    return Alarm.objects.select_related(
        "process__lead__item", "measurement__inspection__unit", "cause", "action", "event"
    )
