"""What happens to built-in parts later: a swap and its undoing, rework, and a move whose clock was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from samegauge.core.thread.genealogy import is_inside
from samegauge.core.thread.models import AsBuiltEdge, Event
from samegauge.core.thread.rules import (
    Fact,
    Recorder,
    ThreadError,
    correct,
    install,
    lock_structure,
    record,
    record_all,
    remove,
)

if TYPE_CHECKING:
    from samegauge.core.thread.models import Unit

# The clock of these is this server's own.
OWN_CLOCK = {"passport_issued", "import_undone", "shared", "sharing_ended", "swap_undone"}


@dataclass(frozen=True)
class Swap:
    """`new` takes the place of `old` at a moment."""

    old: Unit
    new: Unit
    at: datetime
    reason: str


def swap(asked: Swap, recorder: Recorder) -> AsBuiltEdge:
    """Take one part out and put another one in its place, as one step; return the new part's edge."""
    if not asked.reason.strip():
        raise ThreadError(_("Say why the part is swapped."))
    if asked.new.pk == asked.old.pk:
        raise ThreadError(_("Both scans are %(serial)s. Scan the new part too.") % {"serial": asked.old.serial})
    if asked.new.item_id != asked.old.item_id:
        raise ThreadError(
            _("%(new)s is %(is)s, and %(old)s is %(was)s. Scan one of the same item.")
            % {"new": asked.new, "is": asked.new.item, "old": asked.old, "was": asked.old.item}
        )
    with transaction.atomic():
        out = remove(asked.old, asked.at, recorder, asked.reason.strip())
        said = {"replaces": asked.old.serial, "reason": asked.reason.strip()}
        return install(asked.new, out.parent, asked.at, recorder, out.position, said=said)


def undo_swap(installed: Event, reason: str, recorder: Recorder) -> AsBuiltEdge:
    """Take back a swap that was recorded wrongly, named by the new part's event: the old part never left."""
    if not reason.strip():
        raise ThreadError(_("Say why the swap is taken back."))
    with transaction.atomic():
        lock_structure()
        edge = AsBuiltEdge.objects.filter(installed_event=installed, valid_to__isnull=True).first()
        old = _swapped_out(edge) if edge else None
        if edge is None or old is None:
            raise ThreadError(_("There is no swap of %(serial)s left to take back.") % {"serial": installed.unit})
        if later := AsBuiltEdge.objects.filter(child=old.child, valid_from__gte=edge.valid_from).first():
            raise ThreadError(
                _("%(old)s has gone into %(parent)s since. Swap it back instead.")
                % {"old": old.child, "parent": later.parent}
            )
        now = datetime.now(UTC)
        said = {"reason": reason.strip()}
        events = (installed, old.removed_event)
        record_all(
            [Fact("swap_undone", now, said, unit=each.unit, supersedes=each) for each in events if each], recorder
        )
        edge.retracted_at = now
        edge.save()
        old.valid_to, old.removed_event = None, None
        old.save()
        return old


def _swapped_out(edge: AsBuiltEdge) -> AsBuiltEdge | None:
    """The edge that ended where this one began, because of the same swap."""
    replaced = edge.installed_event.payload.get("replaces", "")
    rows = AsBuiltEdge.objects.filter(parent=edge.parent, child__serial=replaced, valid_to=edge.valid_from)
    return rows.select_related("child", "removed_event__unit").first()


@dataclass(frozen=True)
class Rework:
    """A part was out of its place, had something done to it, and went back."""

    unit: Unit
    out_at: datetime
    in_at: datetime
    reason: str
    done: str


def rework(asked: Rework, recorder: Recorder) -> AsBuiltEdge:
    if not asked.reason.strip() or not asked.done.strip():
        raise ThreadError(_("Say why the part was taken out, and what was done to it."))
    if asked.in_at <= asked.out_at:
        raise ThreadError(_("A part goes back after it was taken out: check the two times."))
    with transaction.atomic():
        out = remove(asked.unit, asked.out_at, recorder, asked.reason.strip())
        record(Fact("reworked", asked.in_at, {"done": asked.done.strip()}, unit=asked.unit), recorder)
        said = {"reason": asked.done.strip()}
        return install(asked.unit, out.parent, asked.in_at, recorder, out.position, said=said)


def correct_time(wrong: Event, at: datetime, reason: str, recorder: Recorder) -> Event:
    """Append an event that says when it really happened; a move's edge goes with it."""
    if wrong.kind in OWN_CLOCK:
        raise ThreadError(_("samegauge wrote this time itself; it is not corrected."))
    with transaction.atomic():
        lock_structure()
        edge = AsBuiltEdge.objects.filter(Q(installed_event=wrong) | Q(removed_event=wrong)).first()
        right = correct(wrong, wrong.payload, reason, recorder, at)
        if edge is None:
            return right
        if edge.installed_event_id == wrong.pk:
            edge.valid_from, edge.installed_event = right.device_time, right
        else:
            edge.valid_to, edge.removed_event = right.device_time, right
        _refuse_impossible(edge)
        edge.save()
        return right


def _refuse_impossible(edge: AsBuiltEdge) -> None:
    serials = {"child": edge.child.serial, "parent": edge.parent.serial}
    if edge.valid_to and edge.valid_to <= edge.valid_from:
        raise ThreadError(_("%(child)s would leave %(parent)s before it went in.") % serials)
    until = Q(valid_from__lt=edge.valid_to) if edge.valid_to else Q()
    others = AsBuiltEdge.objects.filter(until, child=edge.child).exclude(pk=edge.pk)
    other = others.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=edge.valid_from)).select_related("parent").first()
    if other is not None:
        raise ThreadError(_("%(child)s was in %(other)s at that time.") % {**serials, "other": other.parent.serial})
    if is_inside(edge.parent, edge.child, edge.valid_from, edge.valid_to):
        raise ThreadError(_("%(child)s contains %(parent)s and cannot go into it.") % serials)
