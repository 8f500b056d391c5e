"""How people change what a process is watched by, and how they answer an alarm; each with who, when and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from samegauge.apps.inspection.control.grouping import regroup
from samegauge.apps.inspection.control.models import Alarm, ControlDesign, LeftOut, Process, ProcessMember
from samegauge.apps.inspection.control.series import series_of
from samegauge.apps.inspection.control.watching import design_of, rebuild
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.thread.rules import Fact, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from samegauge.apps.inspection.control.models import ActionCode, CauseCode
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.organisations.models import Person
    from samegauge.core.thread.models import Event, Unit
    from samegauge.core.thread.rules import Recorder

SETTINGS = (
    "pooling",
    "chart",
    "rules",
    "subgroup",
    "estimator",
    "width",
    "weight",
    "memory_width",
    "reference",
    "shift",
    "baseline_count",
    "baseline_from",
    "baseline_to",
    "gate_goal",
    "expected_every_h",
)


class ControlError(Exception):
    """Why this cannot be done with the process or its alarm."""


@dataclass(frozen=True)
class Answer:
    """What was found and done: both codes are forced."""

    cause: CauseCode
    action: ActionCode
    note: str = ""


@dataclass(frozen=True)
class Revision:
    """New settings of a design, the reason of each value left out by its key, and why."""

    settings: Mapping[str, Any]
    reason: str
    left_out: Mapping[int, str] = field(default_factory=dict[int, str])


def process_of(characteristic: Characteristic) -> Process | None:
    """The process that watches a characteristic; None before its first value."""
    member = (
        ProcessMember.objects.filter(characteristic=characteristic)
        .select_related("process__design", "process__lead")
        .first()
    )
    return member.process if member else None


def open_alarms() -> QuerySet[Alarm]:
    return Alarm.objects.filter(answered_at__isnull=True, withdrawn_at__isnull=True)


def alarms_open(unit: Unit) -> QuerySet[Alarm]:
    """The unanswered alarms that a unit's own values raised or went on raising."""
    of_unit = open_alarms().filter(measurement__inspection__unit=unit)
    return (of_unit | open_alarms().filter(latest__inspection__unit=unit)).select_related("process__lead__item")


def _reasoned(reason: str) -> str:
    if not reason.strip():
        raise ControlError(_("Say why."))
    if len(reason) > LONGEST_REASON:
        raise ControlError(_("The reason is longer than %(limit)d characters.") % {"limit": LONGEST_REASON})
    return reason.strip()


def answer(alarm: Alarm, said: Answer, recorder: Recorder) -> None:
    """Close an alarm; the charts begin anew with the next value, so that the same cause found again is told again."""
    with transaction.atomic():
        process, found = _locked(alarm)
        if not found.is_open:
            raise ControlError(_("Somebody has answered it already, or its value was taken back."))
        if said.cause.retired_at or said.action.retired_at:
            raise ControlError(_("Choose codes that are in use."))
        values = series_of([process])[process.pk]
        known = [one.key for one in values if one.place.taken_at <= recorder.receive_time or one.key == found.latest_id]
        found.cause, found.action, found.note = said.cause, said.action, said.note.strip()[:LONGEST_REASON]
        found.answered_at, found.answered_by_id = recorder.receive_time, recorder.actor.pk if recorder.actor else None
        found.ends_with_id = known[-1]
        found.event = _recorded("control_alarm_answered", found, {"note": found.note}, recorder)
        found.save()
        rebuild([process.pk])


def _locked(alarm: Alarm) -> tuple[Process, Alarm]:
    process = Process.objects.select_for_update(of=("self",)).get(pk=alarm.process_id)
    return process, Alarm.objects.select_related("measurement__inspection__unit", "process__lead").get(pk=alarm.pk)


def reopen(alarm: Alarm, reason: str, recorder: Recorder) -> None:
    """Take back the latest answer of a process; what had begun anew after it goes on as if nothing had been said."""
    why = _reasoned(reason)
    with transaction.atomic():
        process, found = _locked(alarm)
        latest = Alarm.objects.filter(process=process, answered_at__isnull=False).order_by("-answered_at").first()
        if latest != found:
            raise ControlError(_("Only the latest answer of a process can be taken back."))
        if open_alarms().filter(process=process).exists():
            raise ControlError(_("The process has given a new alarm since. Answer that one."))
        _recorded("control_alarm_reopened", found, {"reason": why}, recorder)
        found.answered_at = found.answered_by = found.cause = found.action = None
        found.ends_with, found.event, found.note = None, None, ""
        found.save()
        rebuild([process.pk])


def _recorded(kind: str, alarm: Alarm, more: dict[str, str], recorder: Recorder) -> Event:
    """What becomes of an alarm stands in the history of the unit whose value raised it."""
    unit = alarm.measurement.inspection.unit
    said = {
        "alarm": str(alarm.uid),
        "characteristic": alarm.process.lead.name,
        "rules": alarm.rules,
        "cause": str(alarm.cause or ""),
        "action": str(alarm.action or ""),
        **more,
        **({"simulated": True} if unit.simulated else {}),
    }
    return record(Fact(kind, recorder.receive_time, said, unit=unit), recorder)


def settings_of(design: ControlDesign) -> dict[str, Any]:
    return {name: getattr(design, name) for name in SETTINGS}


def redesign(process: Process, revision: Revision, person: Person | None) -> ControlDesign:
    """Watch a process by other settings from now on; its chart is drawn anew from the first value."""
    why = _reasoned(revision.reason)
    with transaction.atomic():
        process = Process.objects.select_for_update(of=("self",)).get(pk=process.pk)
        latest = ControlDesign.objects.filter(process=process).order_by("-revision").first()
        made = ControlDesign(
            process=process,
            revision=latest.revision + 1 if latest else 1,
            reason=why,
            made_by=person,
            made_at=datetime.now(UTC),
            **revision.settings,
        )
        _refuse_unfit(made)
        made.save()
        LeftOut.objects.bulk_create(
            LeftOut(design=made, measurement_id=key, reason=_reasoned(text)) for key, text in revision.left_out.items()
        )
        process.design = made
        process.save(update_fields=["design"])
        others = regroup(process, made.pooling)
        rebuild({process.pk, *(one.pk for one in others)})
        return made


def _refuse_unfit(design: ControlDesign) -> None:
    if (design.baseline_from is None) != (design.baseline_to is None):
        raise ControlError(_("A baseline needs both its first and its last time."))
    if design.baseline_from and design.baseline_to and design.baseline_from >= design.baseline_to:
        raise ControlError(_("The baseline ends before it begins."))
    if design.chart in ("xbar-r", "xbar-s", "p", "np", "u") and design.subgroup < 2:  # noqa: PLR2004 - one value has no mean
        raise ControlError(_("This chart needs at least two values in a point."))
    if design.chart in ("dnom", "z-mr") and design.pooling == "own":
        raise ControlError(_("This chart is for a family; choose which values it takes together."))


def undo_design(process: Process, reason: str, person: Person) -> ControlDesign:
    """Go back to the settings before the present ones, as a revision of its own; before the first the default holds."""
    present = design_of(process)
    before = ControlDesign.objects.filter(process=process, revision__lt=present.revision).order_by("-revision").first()
    if process.design is None:
        raise ControlError(_("Nobody has changed anything yet."))
    known = before or ControlDesign(process=process, pooling=present.pooling)
    left_out = dict(known.left_out.values_list("measurement_id", "reason")) if before else {}
    return redesign(process, Revision(settings_of(known), reason, left_out), person)
