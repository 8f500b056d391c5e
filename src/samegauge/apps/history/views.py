from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samegauge.apps.history import drawings, queries, tables
from samegauge.core.face import Action as Button
from samegauge.core.intake.models import ImportBatch
from samegauge.core.language import in_reader_language
from samegauge.core.measurement.beside import Beside, Shown, beside
from samegauge.core.measurement.models import Conformity, Inspection, Measurement
from samegauge.core.method_words import method_facts
from samegauge.core.organisations.models import Membership
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.production.models import OperationRun, Trace
from samegauge.core.sharing.addresses import address
from samegauge.core.sharing.rules import grants_over
from samegauge.core.sharing.windows import open_window
from samegauge.core.telemetry import by_interest, signal_json
from samegauge.core.thread.models import Document, Item, ItemKind, Unit
from samegauge.core.thread.rules import altered_events, blocks_on
from samegauge.core.thread.selection import asked_parts
from samegauge.core.vault.answers import stored_answer
from samegauge.core.words import confidence_chip, provenance_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from samegauge.core.face import Chip
    from samegauge.core.organisations.models import Organisation


@dataclass(frozen=True)
class Finding:
    """Why a verdict is what it is, and what to open next."""

    text: str
    actions: list[Button]


SORTS = {"serial": "serial", "item": "item__number", "registered": "registered_at"}


@require_GET
@needs(Action.READ)
def unit_list(request: HttpRequest) -> HttpResponse:
    sort = request.GET.get("sort", "serial")
    column = SORTS.get(sort.removeprefix("-"), "serial")
    order = f"-{column}" if sort.startswith("-") else column
    page = page_of(request, asked_parts(request.GET).select_related("item", "revision").order_by(order, "pk"))
    table = tables.unit_table(page, queries.verdicts_of(page.rows), _saved_views(request), sort)
    new_import = Button(_("New import"), reverse("import_new"), "upload") if _may(request, Action.IMPORT) else None
    context = {
        "table": table,
        "page": page,
        "asked": request.GET,
        "new_import": new_import,
        "ways": [
            Button(_("Check a part"), reverse("part_check"), "qrcode"),
            Button(_("Recalls"), reverse("recall_list"), "alert-triangle"),
        ],
        "labels": _label_button(request),
    }
    return render(request, "history/unit_list.html", context)


def _saved_views(request: HttpRequest) -> tuple[tuple[str, str, bool], ...]:
    """All parts, those that do not conform, and one view an item."""
    asked_item, failing = request.GET.get("item", ""), request.GET.get("verdict") == Conformity.FAIL
    views = [(_("All"), "?", not asked_item and not failing), (_("Not conforming"), "?verdict=fail", failing)]
    items = Item.objects.exclude(kind=ItemKind.MACHINE).order_by("number")[:8]
    return (*views, *((item.number, f"?item={quote(item.number)}", item.number == asked_item) for item in items))


def _may(request: HttpRequest, action: Action) -> bool:
    return may(request.membership.role, action)  # type: ignore[attr-defined]


def _label_button(request: HttpRequest) -> Button:
    """The way to labels for the parts that the list shows."""
    asked = {name: request.GET[name] for name in ("item", "serial", "verdict") if request.GET.get(name)}
    return Button(_("Labels"), f"{reverse('labels')}?{urlencode({**asked, 'format': 'l7160'})}", "qrcode")


@require_GET
@needs(Action.READ)
def unit_thread(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    at = _asked_moment(request)
    view = queries.thread_view(unit, at)
    organisation = request.membership.organisation  # type: ignore[attr-defined]
    tags = by_interest(sorted({tag for trace in view.traces for tag in trace.numeric_tags}))
    context = {
        "view": view,
        "unit": unit,
        "at": at,
        "life_line": drawings.life_line(view),
        "operation_strip": drawings.operation_strip(view.operations),
        "tree": drawings.tree(view.as_built, unit),
        "operations": tables.operation_table(view.operations),
        "inspections": tables.inspection_table(view.inspections),
        "holders": tables.holder_table(view),
        "documents": tables.document_table(view.documents),
        "events": tables.event_table(view.events, not_shown=view.event_count - len(view.events)),
        "evidence": _evidence(view),
        "signal_tags": tags,
        "signal_tag": request.GET["tag"] if request.GET.get("tag") in tags else next(iter(tags), ""),
        "signal_runs": view.operations,
        "signal_run": _asked_run(request, view.operations),
        "finding": _first_finding(view),
        "tag": provenance_of(unit),
        "blocked": None if open_window() else blocks_on(unit, datetime.now(UTC)).first(),
        "may_record": _may(request, Action.RECORD),
        "imports": ImportBatch.objects.filter(pk__in=_batches(view)).order_by("started_at"),
        "seen_by": _members_of(organisation),
        "may_share": _may(request, Action.SHARE),
        "beside": _beside(request, unit),
        "shared_by": grants_over(unit) if _may(request, Action.READ_SHARED) and not open_window() else [],
    }
    return render(request, "history/unit_thread.html", context)


def _beside(request: HttpRequest, unit: Unit, found: Inspection | None = None) -> Beside:
    """What other domains know of it; through a window that is not part of what is shared."""
    role = request.membership.role  # type: ignore[attr-defined]
    return Beside() if open_window() else beside(Shown(unit, role, found))


def _members_of(organisation: Organisation) -> QuerySet[Membership]:
    return Membership.active().filter(organisation=organisation).select_related("person").order_by("role")


def _asked_run(request: HttpRequest, runs: list[OperationRun]) -> OperationRun | None:
    """The operation whose signal is shown: the one asked for, else the longest; None: the whole trace is asked for."""
    asked = request.GET.get("run", "")
    if asked == "all" or not runs:
        return None
    found = [run for run in runs if str(run.uid) == asked]
    return found[0] if found else max(runs, key=lambda run: run.cycle_time_s)


def _first_finding(view: queries.ThreadView) -> Finding | None:
    """What does not conform, as evidence for the verdict, with the way to its inspection."""
    failed = Measurement.objects.filter(inspection__in=view.inspections, stated=Conformity.FAIL)
    row = failed.select_related("characteristic", "inspection").order_by("inspection", "pk").first()
    if row is None:
        return None
    open_it = Button(_("Open the inspection"), address("inspection", row.inspection.uid), "eye")
    return Finding(tables.finding_text(row), [open_it])


def _evidence(view: queries.ThreadView) -> list[tuple[str, Chip, list[str]]]:
    """Why we believe that traces, operations and inspections belong to this unit: the sentences, once each."""
    facts: list[Any] = [*view.traces, *view.operations, *view.inspections]
    found: dict[tuple[str, ...], tuple[str, Chip, list[str]]] = {}
    for fact in facts:
        sentences = [in_reader_language(piece) for piece in fact.evidence]
        if sentences:
            found.setdefault(tuple(sentences), (_what(fact), confidence_chip(fact.confidence), sentences))
    return list(found.values())


def _what(fact: Any) -> str:
    return fact.get_kind_display() if isinstance(fact, Inspection) else str(fact.label)


def _unit(unit_uid: UUID) -> Unit:
    return get_object_or_404(Unit.objects.select_related("item", "revision", "lot", "batch"), uid=unit_uid)


def _batches(view: queries.ThreadView) -> set[int]:
    facts: list[Any] = [view.unit, *view.operations, *view.inspections, *view.traces]
    return {fact.batch_id for fact in facts if fact.batch_id}


def _asked_moment(request: HttpRequest) -> datetime:
    """Return the end of the day asked for in the organisation's zone, else now."""
    try:
        day = parse_date(request.GET.get("at", ""))
    except ValueError:
        day = None
    if day is None:
        return datetime.now(UTC)
    return _end_of(day)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone())


@require_GET
@needs(Action.READ)
def unit_tree(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    days = queries.days_of_change(unit)
    step = request.GET.get("step", "")
    at = _end_of(days[min(int(step), len(days) - 1)]) if days and step.isdecimal() else _asked_moment(request)
    view = queries.as_built_view(unit, at)
    today = timezone.localdate(at)
    later, earlier = bisect_right(days, today), bisect_left(days, today)
    context = {
        "unit": unit,
        "tree": drawings.tree(view, unit),
        "as_built": view,
        "at": at,
        "days": days,
        "last": days[-1] if days else None,
        "place": max(later - 1, 0),
        "before": days[earlier - 1] if earlier else None,
        "after": days[later] if later < len(days) else None,
    }
    return render(request, "history/unit_tree.html", context)


@require_GET
@needs(Action.READ)
def unit_events(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    page = page_of(request, queries.events_of(unit).order_by("-device_time", "-pk"))
    # Through a window the imports behind the events are not there, and their hashes seal those too.
    broken = [] if open_window() else altered_events(page.rows)
    correctable = not open_window() and _may(request, Action.RECORD)
    table = tables.event_table(page.rows, page, correctable=correctable)
    context = {"unit": unit, "page": page, "table": table, "broken": broken}
    return render(request, "history/unit_events.html", context)


@require_GET
@needs(Action.READ)
def unit_print(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    view = queries.thread_view(unit, _asked_moment(request), events_shown=500)
    rows = queries.measurements_by_inspection(view.inspections)
    measured = [
        (inspection, tables.measurement_table(rows[inspection.pk], inspection)) for inspection in view.inspections
    ]
    context = {
        "view": view,
        "unit": unit,
        "measured": measured,
        "operations": tables.operation_table(view.operations),
        "inspections": tables.inspection_table(view.inspections),
        "events": tables.event_table(view.events),
        "finding": _first_finding(view),
    }
    return render(request, "history/unit_print.html", context)


@require_GET
@needs(Action.READ)
def unit_signals(request: HttpRequest, unit_uid: UUID) -> JsonResponse:
    """Readings of the unit's own traces for one tag, thinned to what a screen can show."""
    unit = _unit(unit_uid)
    traces = list(Trace.objects.filter(unit=unit).select_related("machine"))
    if not traces:
        raise Http404
    span = (min(trace.started_at for trace in traces), max(trace.ended_at for trace in traces) + timedelta(seconds=1))
    return signal_json(request.GET, traces[0].machine, span, traces[0].label)


@require_GET
@needs(Action.READ)
def operation(request: HttpRequest, operation_uid: UUID) -> HttpResponse:
    runs = OperationRun.objects.select_related("unit__item", "machine__item", "program__stored", "trace", "event")
    run = get_object_or_404(runs, uid=operation_uid)
    interruptions = run.facts.get("interruptions", [])
    context = {
        "run": run,
        "unit": run.unit,
        "facts": tables.operation_facts(run),
        "interruptions": interruptions,
        "interruption_table": tables.interruption_table(interruptions),
        "alarms": [in_reader_language(alarm) for alarm in run.facts.get("alarms", [])],
        "basis": confidence_chip(run.confidence),
        "evidence": [in_reader_language(piece) for piece in run.evidence],
        "method": method_facts(run.facts.get("method", {})),
    }
    return render(request, "history/operation.html", context)


@require_GET
@needs(Action.READ)
def inspection(request: HttpRequest, inspection_uid: UUID) -> HttpResponse:
    found = get_object_or_404(Inspection.objects.select_related("unit__item", "source", "event"), uid=inspection_uid)
    rows = list(queries.measurements_of(found))
    worst_first = sorted(rows, key=lambda row: (row.stated != Conformity.FAIL, row.characteristic.sequence))
    failed = [row for row in worst_first if row.stated == Conformity.FAIL]
    differing = [row for row in rows if row.recomputed not in {row.stated, Conformity.UNDECIDED}]
    context = {
        "inspection": found,
        "unit": found.unit,
        "table": tables.measurement_table(worst_first, found),
        "failed": failed,
        "finding": tables.finding_text(failed[0]) if failed else "",
        "time_basis": tables.time_basis_text(found.time_basis),
        "differing": differing,
        "basis": confidence_chip(found.confidence),
        "evidence": [in_reader_language(piece) for piece in found.evidence],
        "beside": _beside(request, found.unit, found),
    }
    return render(request, "history/inspection.html", context)


@require_GET
@needs(Action.READ)
def document(_request: HttpRequest, document_uid: UUID) -> FileResponse:
    found = get_object_or_404(Document.objects.select_related("stored"), uid=document_uid)
    return stored_answer(found.stored)
