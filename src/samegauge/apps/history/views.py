from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from samegauge.apps.history import drawings, queries
from samegauge.core.intake.models import ImportBatch
from samegauge.core.measurement.models import Conformity, Inspection
from samegauge.core.organisations.models import Membership
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.production.models import OperationRun
from samegauge.core.telemetry import signal_json
from samegauge.core.thread.models import Document, Item, ItemKind, Unit
from samegauge.core.vault.rules import open_stored

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest

# Shown inline only where the browser cannot run anything in it.
INLINE_TYPES = {"application/pdf", "image/png", "image/jpeg"}


@require_GET
@needs(Action.READ)
def unit_list(request: HttpRequest) -> HttpResponse:
    units = _asked_units(request).select_related("item", "revision").order_by("item__number", "serial")
    page = page_of(request, units)
    verdicts = queries.verdicts_of(page.rows)
    rows = [(unit, verdicts[unit.pk]) for unit in page.rows]
    items = Item.objects.exclude(kind=ItemKind.MACHINE).order_by("number")[:200]
    context = {"page": page, "rows": rows, "items": items, "asked": request.GET}
    return render(request, "history/unit_list.html", context)


def _asked_units(request: HttpRequest) -> QuerySet[Unit]:
    """Units that the query string asks for: by item, by the start of the serial number, by verdict."""
    units = Unit.objects.exclude(item__kind=ItemKind.MACHINE)
    if item := request.GET.get("item"):
        units = units.filter(item__number=item)
    if serial := request.GET.get("serial"):
        units = units.filter(serial__istartswith=serial)
    if request.GET.get("verdict") == Conformity.FAIL:
        units = units.filter(pk__in=Inspection.objects.filter(verdict=Conformity.FAIL).values("unit"))
    return units


@require_GET
@needs(Action.READ)
def unit_thread(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    at = _asked_moment(request)
    view = queries.thread_view(unit, at)
    membership = request.membership  # type: ignore[attr-defined]
    context = {
        "view": view,
        "unit": unit,
        "life_line": drawings.life_line(view),
        "operation_strip": drawings.operation_strip(view.operations),
        "tree": drawings.tree(view.as_built),
        "at": at,
        "imports": ImportBatch.objects.filter(pk__in=_batches(view)).order_by("started_at"),
        "seen_by": Membership.objects.filter(organisation=membership.organisation).count(),
        "may_issue": may(membership.role, Action.ISSUE_PASSPORT),
    }
    return render(request, "history/unit_thread.html", context)


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
    return datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone())


@require_GET
@needs(Action.READ)
def unit_tree(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    at = _asked_moment(request)
    view = queries.as_built_view(unit, at)
    return render(request, "history/unit_tree.html", {"unit": unit, "tree": drawings.tree(view), "as_built": view, "at": at})


@require_GET
@needs(Action.READ)
def unit_events(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    page = page_of(request, queries.events_of(unit).order_by("-device_time", "-pk"))
    return render(request, "history/unit_events.html", {"unit": unit, "page": page})


@require_GET
@needs(Action.READ)
def unit_print(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = _unit(unit_uid)
    view = queries.thread_view(unit, _asked_moment(request), events_shown=500)
    measured = [(inspection, queries.measurements_of(inspection)) for inspection in view.inspections]
    return render(request, "history/unit_print.html", {"view": view, "unit": unit, "measured": measured})


@require_GET
@needs(Action.READ)
def unit_signals(request: HttpRequest, unit_uid: UUID) -> JsonResponse:
    """Readings of the unit's own traces for one tag, thinned to what a screen can show."""
    unit = _unit(unit_uid)
    labels = [trace.label for trace in unit.traces.all()]
    return signal_json(request.GET, labels=labels, machines=[trace.machine.serial for trace in unit.traces.all()])


@require_GET
@needs(Action.READ)
def operation(request: HttpRequest, operation_uid: UUID) -> HttpResponse:
    runs = OperationRun.objects.select_related("unit__item", "machine__item", "program__stored", "trace", "event")
    run = get_object_or_404(runs, uid=operation_uid)
    return render(request, "history/operation.html", {"run": run, "unit": run.unit})


@require_GET
@needs(Action.READ)
def inspection(request: HttpRequest, inspection_uid: UUID) -> HttpResponse:
    found = get_object_or_404(Inspection.objects.select_related("unit__item", "source", "event"), uid=inspection_uid)
    rows = list(queries.measurements_of(found))
    worst_first = sorted(rows, key=lambda row: (row.stated != Conformity.FAIL, row.characteristic.sequence))
    return render(request, "history/inspection.html", {"inspection": found, "unit": found.unit, "rows": worst_first})


@require_GET
@needs(Action.READ)
def document(_request: HttpRequest, document_uid: UUID) -> FileResponse:
    found = get_object_or_404(Document.objects.select_related("stored"), uid=document_uid)
    inline = found.stored.media_type in INLINE_TYPES
    response = FileResponse(
        open_stored(found.stored),
        as_attachment=not inline,
        filename=found.stored.name,
        content_type=found.stored.media_type if inline else "application/octet-stream",
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
