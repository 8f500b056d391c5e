"""What the pages, the API and the passport ask about a unit: one function per question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from samegauge.core.measurement.models import Conformity, Inspection, Measurement
from samegauge.core.production.models import OperationRun, Trace
from samegauge.core.thread.genealogy import Branch, as_built, descendant_counts, in_force, used_in
from samegauge.core.thread.models import AsBuiltEdge, Document, Event, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

SHOWN_CHILDREN = 60
SHOWN_EVENTS = 40


@dataclass(frozen=True)
class Child:
    """A unit directly inside another, with how many lie below it and up to a few of them."""

    edge: AsBuiltEdge
    below: int
    grandchildren: list[AsBuiltEdge]


@dataclass(frozen=True)
class AsBuiltView:
    """The as-built tree at a moment, two levels open."""

    at: datetime
    children: list[Child]
    direct: int
    total: int
    removed: list[AsBuiltEdge]

    @property
    def hidden(self) -> int:
        return self.direct - len(self.children)


def as_built_view(root: Unit, at: datetime) -> AsBuiltView:
    counts = descendant_counts(root, at)
    standing = AsBuiltEdge.objects.filter(in_force(at))
    edges = list(
        standing.filter(parent=root)
        .select_related("child__item")
        .order_by("position", "child__serial")[:SHOWN_CHILDREN]
    )
    below: dict[int, list[AsBuiltEdge]] = {}
    open_parents = [edge.child_id for edge in edges if 0 < counts[edge.child_id] <= SHOWN_CHILDREN]
    for edge in standing.filter(parent_id__in=open_parents).select_related("child__item").order_by("position"):
        below.setdefault(edge.parent_id, []).append(edge)
    children = [Child(edge, counts[edge.child_id], below.get(edge.child_id, [])) for edge in edges]
    removed = (
        AsBuiltEdge.objects.filter(parent=root, valid_to__lte=at).select_related("child__item").order_by("-valid_to")
    )
    return AsBuiltView(at, children, len(counts), len(counts) + sum(counts.values()), list(removed[:SHOWN_CHILDREN]))


def days_of_change(root: Unit) -> list[date]:
    """The days on which something went into the unit or came out of it, at whatever depth."""
    branches = as_built(root, None)
    moments = (at for branch in branches for at in (branch.since, branch.until) if at)
    return sorted({timezone.localdate(at) for at in moments})


@dataclass(frozen=True)
class ThreadView:
    unit: Unit
    as_built: AsBuiltView
    holders: list[Branch]
    operations: list[OperationRun]
    traces: list[Trace]
    inspections: list[Inspection]
    events: list[Event]
    event_count: int
    documents: list[Document]

    @property
    def verdict(self) -> str:
        return unit_verdict(inspection.verdict for inspection in self.inspections)

    @property
    def measured(self) -> int:
        return sum(inspection.measured for inspection in self.inspections)  # type: ignore[attr-defined] - annotated

    @property
    def failed(self) -> int:
        return sum(inspection.failed for inspection in self.inspections)  # type: ignore[attr-defined] - annotated


def unit_verdict(verdicts: Iterable[str]) -> str:
    """The worst of several verdicts; empty when nothing was inspected."""
    found = set(verdicts)
    for worst in (Conformity.FAIL, Conformity.UNDECIDED, Conformity.PASS):
        if worst in found:
            return worst.value
    return ""


def thread_view(unit: Unit, at: datetime | None = None, events_shown: int = SHOWN_EVENTS) -> ThreadView:
    at = at or datetime.now(UTC)
    events = events_of(unit)
    return ThreadView(
        unit=unit,
        as_built=as_built_view(unit, at),
        holders=used_in(unit),
        operations=list(operations_of(unit)),
        traces=list(Trace.objects.filter(unit=unit).select_related("machine").order_by("started_at")),
        inspections=inspections_of(unit),
        events=list(events.order_by("-device_time", "-pk")[:events_shown]),
        event_count=events.count(),
        documents=documents_of(unit),
    )


def events_of(unit: Unit) -> QuerySet[Event]:
    """Events of the unit itself and of what was put into it or taken out."""
    inside = AsBuiltEdge.objects.filter(parent=unit)
    own = Q(unit=unit) | Q(pk__in=inside.values("installed_event")) | Q(pk__in=inside.values("removed_event"))
    return Event.objects.filter(own).select_related("unit", "batch", "supersedes")


def operations_of(unit: Unit) -> QuerySet[OperationRun]:
    runs = OperationRun.objects.filter(unit=unit)
    return runs.select_related("machine__item", "program", "trace").order_by("started_at", "sequence")


def inspections_of(unit: Unit) -> list[Inspection]:
    """Return the unit's inspections, each with its counts `passed`, `failed`, `undecided`, `disagreeing`."""
    counted = Inspection.objects.filter(unit=unit).select_related("source").order_by("reported_at")
    standing = Q(measurements__retracted_at__isnull=True)
    return list(
        counted.annotate(
            measured=Count("measurements", filter=standing),
            passed=Count("measurements", filter=standing & Q(measurements__stated=Conformity.PASS)),
            failed=Count("measurements", filter=standing & Q(measurements__stated=Conformity.FAIL)),
        )
    )


def documents_of(unit: Unit) -> list[Document]:
    about = Q(unit=unit) | Q(item=unit.item, unit__isnull=True)
    return list(Document.objects.filter(about).select_related("stored").order_by("kind", "title"))


def measurements_of(inspection: Inspection) -> QuerySet[Measurement]:
    return _in_order(Measurement.objects.filter(inspection=inspection))


def measurements_by_inspection(inspections: list[Inspection]) -> dict[int, list[Measurement]]:
    """Return the measurements of each inspection, by its key: one question for all of them."""
    found: dict[int, list[Measurement]] = {inspection.pk: [] for inspection in inspections}
    for row in _in_order(Measurement.objects.filter(inspection__in=inspections)):
        found[row.inspection_id].append(row)
    return found


def _in_order(rows: QuerySet[Measurement]) -> QuerySet[Measurement]:
    return rows.select_related("characteristic").order_by("characteristic__sequence", "pk")


def verdicts_of(units: list[Unit]) -> dict[int, str]:
    """Return each unit's verdict, for the units of one page."""
    rows = Inspection.objects.filter(unit__in=units).values_list("unit_id", "verdict")
    by_unit: dict[int, list[str]] = {}
    for unit_id, verdict in rows:
        by_unit.setdefault(unit_id, []).append(verdict)
    return {unit.pk: unit_verdict(by_unit.get(unit.pk, [])) for unit in units}
