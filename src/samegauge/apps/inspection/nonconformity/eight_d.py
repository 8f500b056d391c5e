"""An 8D from its opening to its closing: steps, causes, and whether what was done has helped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from samegauge.apps.inspection.nonconformity.models import (
    Cause,
    CauseCategory,
    CorrectiveAction,
    Discipline,
    DisciplineStep,
    Nonconformity,
)
from samegauge.apps.inspection.nonconformity.rules import NonconformityError, next_number
from samegauge.apps.inspection.rules import limits_of
from samegauge.core.measurement.models import Characteristic, Conformity, Measurement
from samegauge.core.thread.rules import Recorder, lock_structure
from samegauge.engines.comparison.shares import Change, share_fell
from samegauge.engines.errors import EngineError
from samegauge.engines.spc.capability.normal import Capability, capability
from samegauge.quantities.errors import QuantityError

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Person
    from samegauge.core.partners.models import Partner

# Days from the opening until each step is due, where nobody sets another day; assumed, of the trade's order.
DUE_DAYS = {"d0": 1, "d1": 1, "d2": 2, "d3": 2, "d4": 10, "d5": 14, "d6": 30, "d7": 45, "d8": 60}
SURE = 0.05
MOST_CAUSES = 60
DEEPEST = 8


def open_action(
    reports: list[Nonconformity], title: str, recorder: Recorder, partner: Partner | None = None
) -> CorrectiveAction:
    """Open an 8D about reports, with its nine steps and the days they are due."""
    if not title.strip():
        raise NonconformityError(_("Say in a few words what is wrong."))
    if any(report.corrective_action_id for report in reports):
        raise NonconformityError(_("There is an 8D about this report already."))
    now = recorder.receive_time
    characteristics = {report.characteristic for report in reports} - {None}
    with transaction.atomic():
        lock_structure()
        action = CorrectiveAction.objects.create(
            number=next_number(CorrectiveAction, "8D", now),
            title=title.strip(),
            partner=partner or next((report.supplier for report in reports if report.supplier), None),
            characteristic=characteristics.pop() if len(characteristics) == 1 else None,
            opened_at=now,
            opened_by=recorder.actor,
            opened_by_name=recorder.name,
            simulated=any(report.simulated for report in reports),
        )
        Discipline.objects.bulk_create(
            [
                Discipline(action=action, step=step, due_on=(now + timedelta(days=DUE_DAYS[step])).date())
                for step in DisciplineStep
            ]
        )
        Nonconformity.objects.filter(pk__in=[report.pk for report in reports]).update(corrective_action=action)
    return action


@dataclass(frozen=True)
class Written:
    """What a form says of one step."""

    text: str
    owner: Person | None
    due_on: date | None
    done: bool


def write_discipline(action: CorrectiveAction, step: DisciplineStep, said: Written, recorder: Recorder) -> Discipline:
    with transaction.atomic():
        _open(action)
        row = Discipline.objects.select_for_update(of=("self",)).get(action=action, step=step)
        if said.done and not said.text.strip():
            raise NonconformityError(
                _("%(step)s is empty. Write what was found or done.") % {"step": row.get_step_display()}
            )
        row.text, row.owner, row.due_on = said.text.strip(), said.owner, said.due_on
        row.owner_name = str(said.owner) if said.owner else ""
        if said.done and row.done_at is None:
            row.done_at, row.done_by_name = recorder.receive_time, recorder.name
        elif not said.done:
            row.done_at, row.done_by_name = None, ""
        row.save()
    return row


def _open(action: CorrectiveAction) -> CorrectiveAction:
    current = CorrectiveAction.objects.select_for_update(of=("self",)).get(pk=action.pk)
    if current.closed_at is not None:
        raise NonconformityError(_("The 8D is closed. Nothing was changed."))
    return current


def add_cause(action: CorrectiveAction, text: str, category: CauseCategory, parent: Cause | None = None) -> Cause:
    """Add a possible cause, or below one of them why that came about."""
    if not text.strip():
        raise NonconformityError(_("Say what the cause may be."))
    with transaction.atomic():
        _open(action)
        if Cause.objects.filter(action=action).count() >= MOST_CAUSES:
            raise NonconformityError(_("More than %(most)d causes help nobody.") % {"most": MOST_CAUSES})
        if parent is not None and (parent.action_id != action.pk or _depth(parent) >= DEEPEST):
            raise NonconformityError(_("This cause cannot have another one below it."))
        kind = CauseCategory(parent.category) if parent else category
        return Cause.objects.create(action=action, text=text.strip(), category=kind, parent=parent)


def _depth(cause: Cause) -> int:
    depth, above = 1, cause.parent
    while above is not None:
        depth, above = depth + 1, above.parent
    return depth


def mark_cause(cause: Cause, mark: str) -> None:
    """Mark a cause as the root, as found not to be one, or take the mark back."""
    with transaction.atomic():
        _open(cause.action)
        cause.is_root = mark == "root"
        cause.struck_at = datetime.now(UTC) if mark == "struck" else None
        cause.save()


def set_verification(action: CorrectiveAction, characteristic: Characteristic | None, since: datetime | None) -> None:
    """Say by which characteristic it will be seen whether it helped, and from when on."""
    with transaction.atomic():
        current = _open(action)
        current.characteristic, current.effective_from = characteristic, since
        current.save()


@dataclass(frozen=True)
class Stretch:
    """The values before or after: how many, how many beyond the limits, and their capability where it exists."""

    values: tuple[float, ...]
    failed: int
    capability: Capability | None

    @property
    def count(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Effect:
    """`helped` is None where the values cannot decide it yet."""

    before: Stretch
    after: Stretch
    change: Change | None
    helped: bool | None


def effect_of(action: CorrectiveAction) -> Effect | None:
    """Compare the characteristic before and after the action; None where that was not set.

    It helped where surely fewer values fail, or where the lower bound of Ppk lies above what Ppk was. It did not where
    the upper bound of Ppk lies below what it was.
    """
    characteristic, since = action.characteristic, action.effective_from
    if characteristic is None or since is None:
        return None
    rows = Measurement.objects.filter(characteristic=characteristic, actual__isnull=False).select_related("inspection")
    taken = sorted(
        ((row.measured_at or row.inspection.performed_at or row.inspection.reported_at, row) for row in rows),
        key=lambda pair: (pair[0], pair[1].pk),
    )
    before = _stretch([row for at, row in taken if at < since], characteristic)
    after = _stretch([row for at, row in taken if at >= since], characteristic)
    if not before.count or not after.count:
        return Effect(before, after, None, None)
    change = share_fell((before.failed, before.count), (after.failed, after.count))
    return Effect(before, after, change, _helped(before.capability, after.capability, change))


def _stretch(rows: list[Measurement], characteristic: Characteristic) -> Stretch:
    values = tuple(row.actual for row in rows if row.actual is not None)
    try:
        found = capability(list(values), limits_of(characteristic))
    except (EngineError, QuantityError):
        found = None
    return Stretch(values, sum(row.recomputed == Conformity.FAIL for row in rows), found)


def _helped(before: Capability | None, after: Capability | None, change: Change) -> bool | None:
    if change.p_value < SURE:
        return True
    was, now = (one.ppk if one else None for one in (before, after))
    if was is None or now is None:
        return None
    if now.lower > was.value:
        return True
    return False if now.upper < was.value else None


def missing(action: CorrectiveAction) -> list[str]:
    """What an 8D still lacks before it can be closed, in the reader's language."""
    rows = list(Discipline.objects.filter(action=action))
    lacking = [_("%(step)s is not done.") % {"step": row.get_step_display()} for row in rows if row.is_empty]
    if not Cause.objects.filter(action=action, is_root=True, struck_at__isnull=True).exists():
        lacking.append(_("No root cause is marked."))
    effect = effect_of(action)
    if effect is None:
        lacking.append(_("Nothing says by which characteristic, and from when on, it is seen that it helped."))
    elif effect.helped is False:
        lacking.append(_("The values say that it did not help."))
    elif not effect.after.count:
        lacking.append(_("Nothing was measured since the action."))
    return lacking


def close_action(action: CorrectiveAction, recorder: Recorder, remark: str = "") -> CorrectiveAction:
    """Close an 8D: not while a step is empty; where the values cannot decide yet, with a remark that says why."""
    with transaction.atomic():
        current = _open(action)
        if lacking := missing(current):
            raise NonconformityError(" ".join(lacking))
        effect = effect_of(current)
        if effect is not None and effect.helped is None and not remark.strip():
            raise NonconformityError(
                _("The values cannot decide yet whether it helped. Say why it is closed all the same.")
            )
        current.closed_at, current.closed_by_name = recorder.receive_time, recorder.name
        current.closing_remark = remark.strip()
        current.save()
    return current
