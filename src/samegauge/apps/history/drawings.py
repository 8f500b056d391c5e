"""The pictures of a unit's thread, as data for the charts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samegauge.core.charts import Genealogy, LifeEvent, LifeLine, Operation, OperationTimeline, TreeNode, Weight
from samegauge.core.language import event_name
from samegauge.core.measurement.models import Conformity
from samegauge.core.sharing.addresses import address
from samegauge.core.sharing.windows import open_window

if TYPE_CHECKING:
    from samegauge.apps.history.queries import AsBuiltView, Child, ThreadView
    from samegauge.core.production.models import OperationRun
    from samegauge.core.thread.models import AsBuiltEdge, Unit

SHOWN_ELSEWHERE = {"inspected", "made", "matched", "registered", "station_completed", "running_hours", "alarm"}


def life_line(view: ThreadView) -> LifeLine | None:
    """Operations, inspections and other events on one line."""
    moments = [
        LifeEvent(run.started_at, run.label, url=reverse("operation", args=[run.uid])) for run in view.operations
    ]
    moments += [
        LifeEvent(
            inspection.reported_at,
            str(inspection.get_kind_display()),  # type: ignore[attr-defined]
            Weight.ALARM if inspection.verdict == Conformity.FAIL else Weight.NEUTRAL,
            address("inspection", inspection.uid),
        )
        for inspection in view.inspections
    ]
    moments += [
        LifeEvent(event.device_time, event_name(event.kind))
        for event in view.events
        if event.kind not in SHOWN_ELSEWHERE
    ]
    if not moments:
        return None
    moments.sort(key=lambda one: one.at)
    stretch = {"first": _day(moments[0].at), "last": _day(moments[-1].at), "count": len(moments)}
    sentence = ngettext(
        "From %(first)s to %(last)s: %(count)d fact", "From %(first)s to %(last)s: %(count)d facts", len(moments)
    )
    if view.event_count > len(view.events):
        sentence = _("From %(first)s to %(last)s: the latest of %(events)d events")
    said = sentence % {**stretch, "events": view.event_count}
    return LifeLine(said, tuple(moments), zone=timezone.get_current_timezone())


def operation_strip(runs: list[OperationRun]) -> OperationTimeline | None:
    """The operations as they were carried out, with what interrupted them."""
    if not runs:
        return None
    sentence = ngettext(
        "%(count)d operation, %(minutes).1f min of machine time",
        "%(count)d operations, %(minutes).1f min of machine time",
        len(runs),
    ) % {"count": len(runs), "minutes": sum(run.cycle_time_s for run in runs) / 60}
    operations = tuple(
        Operation(run.label, run.started_at, run.ended_at, _interruptions(run), reverse("operation", args=[run.uid]))
        for run in runs
    )
    return OperationTimeline(sentence, operations, timezone.get_current_timezone())


def _interruptions(run: OperationRun) -> tuple[tuple[datetime, datetime], ...]:
    stretches = run.facts.get("interruptions", [])
    return tuple((_instant(stretch["start"]), _instant(stretch["end"])) for stretch in stretches)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _day(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d")


def tree(view: AsBuiltView, root: Unit) -> Genealogy | None:
    """What is in the unit at the moment asked for; what was taken out is struck through and kept."""
    if not view.children and not view.removed:
        return None
    sentence = ngettext(
        "%(count)d unit in %(serial)s on %(day)s", "%(count)d units in %(serial)s on %(day)s", view.total
    )
    children = tuple(_child(child) for child in view.children)
    removed = tuple(_node(edge, replaced=True) for edge in view.removed)
    node = TreeNode(root.serial, root.item.number, children=children + removed, hidden=view.hidden)
    return Genealogy(sentence % {"count": view.total, "serial": root.serial, "day": _day(view.at)}, node)


def _child(child: Child) -> TreeNode:
    inside = tuple(_node(edge) for edge in child.grandchildren)
    return _node(child.edge, inside, hidden=child.below - len(inside))


def _node(
    edge: AsBuiltEdge, children: tuple[TreeNode, ...] = (), hidden: int = 0, *, replaced: bool = False
) -> TreeNode:
    since = f"{edge.child.item.number} · {_day(edge.valid_from)}"
    detail = f"{since} – {_day(edge.valid_to)}" if edge.valid_to else since
    # A window shows of what was taken out that it was in there, and no more.
    url = "" if replaced and open_window() else address("unit_thread", edge.child.uid)
    return TreeNode(edge.child.serial, detail, url, children, replaced=replaced, hidden=hidden)
