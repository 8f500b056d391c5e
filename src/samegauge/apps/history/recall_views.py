"""Recalls: ask which machines are affected, open a case over them, and work it off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.apps.history import recall_tables, trace_tables
from samegauge.apps.history.forms import OpenForm, RecallForm
from samegauge.apps.history.models import Recall, RecallState
from samegauge.apps.history.recall_sheet import render_recall
from samegauge.apps.history.recalls import (
    RecallKind,
    add_affected,
    close,
    criterion_of,
    found_by,
    open_recall,
    set_states,
)
from samegauge.core.language import reads_chinese
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.printing import PrintError, fonts_folder
from samegauge.core.thread.rules import Recorder, ThreadError
from samegauge.formats.spreadsheet import write_csv, write_xlsx

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

RECALLERS = frozenset({Role.OWNER, Role.QUALITY_MANAGER, Role.SERVICE})
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@require_GET
@needs(Action.READ)
def recall_list(request: HttpRequest) -> HttpResponse:
    page = page_of(request, Recall.objects.order_by("-opened_at", "-pk"))
    context = {"page": page, "table": recall_tables.recall_table(page), "may_recall": _may_recall(request)}
    return render(request, "history/recall_list.html", context)


@require_http_methods(["GET", "POST"])
@needs(RECALLERS)
def recall_new(request: HttpRequest) -> HttpResponse:
    """Ask who is affected; what is found may be opened as a case."""
    kind = _kind(request.GET.get("kind", ""))
    form = RecallForm(kind, request.GET if "named" in request.GET else None)
    opening = OpenForm(request.POST or None)
    context: dict[str, Any] = {
        "kind": kind,
        "kinds": [(one.value, one.label, one == kind) for one in RecallKind],
        "form": form,
        "opening": opening,
    }
    if not form.is_bound:
        return render(request, "history/recall_new.html", context)
    if not form.is_valid():
        return render(request, "history/recall_new.html", context, status=422)
    asked = form.criterion()
    if request.method == "POST" and opening.is_valid():
        said = opening.cleaned_data
        try:
            recall = open_recall(said["title"], said["reason"], asked, _recorder(request))
        except ThreadError as refusal:
            opening.add_error(None, str(refusal))
        else:
            return redirect("recall", recall.uid)
    found = found_by(asked)
    context |= {
        "found": found,
        "summary": trace_tables.summary(found),
        "asked": recall_tables.criterion_text(asked),
        "affected": trace_tables.affected_table(found),
        "stock": trace_tables.stock_table(found.in_stock),
    }
    return render(request, "history/recall_new.html", context, status=422 if request.method == "POST" else 200)


def _kind(text: str) -> RecallKind:
    return RecallKind(text) if text in RecallKind.values else RecallKind.LOT


@require_GET
@needs(Action.READ)
def recall(request: HttpRequest, recall_uid: UUID) -> HttpResponse:
    case = get_object_or_404(Recall, uid=recall_uid)
    return render(request, "history/recall.html", _context(request, case))


def _context(request: HttpRequest, case: Recall) -> dict[str, Any]:
    asked = criterion_of(case.criterion)
    found = found_by(asked)
    rows = list(case.machines.select_related("machine__item").order_by("machine__serial"))
    known = {row.machine_id for row in rows}
    return {
        "recall": case,
        "asked": recall_tables.criterion_text(asked),
        "summary": trace_tables.summary(found),
        "progress": recall_tables.progress(rows),
        "done": sum(row.state == RecallState.DONE for row in rows),
        "columns": recall_tables.case_columns(),
        "rows": recall_tables.case_rows(rows, found),
        "new": [one for one in found.affected if one.machine.pk not in known],
        "states": RecallState.choices,
        "may_recall": _may_recall(request),
        "provenance": "simulated" if any(row.machine.simulated for row in rows) else "",
    }


@require_POST
@needs(RECALLERS)
def recall_step(request: HttpRequest, recall_uid: UUID) -> HttpResponse:
    """Set how far the machines are that were ticked."""
    case = get_object_or_404(Recall, uid=recall_uid)
    chosen = list(case.machines.filter(uid__in=recall_tables.uids(request.POST.getlist("machine"))))
    state = request.POST.get("state", "")
    if case.closed_at or not chosen or state not in RecallState.values:
        messages.error(request, _("Tick machines of an open recall and choose how far they are."))
        return redirect("recall", case.uid)
    note = request.POST.get("note", "").replace("\x00", "")[:500]
    count = set_states(chosen, RecallState(state), note, _recorder(request))
    messages.success(request, _("%(count)d changed") % {"count": count})
    return redirect("recall", case.uid)


@require_POST
@needs(RECALLERS)
def recall_refresh(request: HttpRequest, recall_uid: UUID) -> HttpResponse:
    case = get_object_or_404(Recall, uid=recall_uid, closed_at__isnull=True)
    count = add_affected(case, _recorder(request))
    messages.success(request, _("%(count)d added") % {"count": count})
    return redirect("recall", case.uid)


@require_POST
@needs(RECALLERS)
def recall_close(request: HttpRequest, recall_uid: UUID) -> HttpResponse:
    case = get_object_or_404(Recall, uid=recall_uid)
    try:
        close(case, _recorder(request))
    except ThreadError as refusal:
        messages.error(request, str(refusal))
    return redirect("recall", case.uid)


@require_GET
@needs(Action.READ)
def recall_file(request: HttpRequest, recall_uid: UUID, sheet: str) -> HttpResponse:
    """The list for whoever travels: as a sheet, or to print."""
    case = get_object_or_404(Recall, uid=recall_uid)
    if sheet not in FORMATS:
        raise Http404
    rows = list(case.machines.select_related("machine__item").order_by("machine__serial"))
    found = found_by(criterion_of(case.criterion))
    header, lines = recall_tables.sheet(rows, found)
    try:
        data = _written(sheet, header, lines, case)
    except PrintError as error:
        messages.error(request, error.message_zh if reads_chinese() else error.message)
        return redirect("recall", case.uid)
    name = f"recall-{timezone.localdate():%Y%m%d}.{sheet}"
    return HttpResponse(
        data, content_type=FORMATS[sheet], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _written(form: str, header: tuple[str, ...], lines: list[tuple[str, ...]], case: Recall) -> bytes:
    if form == "csv":
        return write_csv(header, lines)
    if form == "xlsx":
        return write_xlsx(header, lines, title=_("Recall"))
    facts = [
        (_("Why"), case.reason),
        (_("What is suspected"), recall_tables.criterion_text(criterion_of(case.criterion))),
        (_("Opened"), f"{timezone.localtime(case.opened_at):%Y-%m-%d} · {case.opened_by}"),
        (_("As of"), f"{timezone.localtime(datetime.now(UTC)):%Y-%m-%d %H:%M}"),
    ]
    return render_recall({"title": case.title, "facts": facts, "header": header, "rows": lines}, fonts_folder())


def _may_recall(request: HttpRequest) -> bool:
    return may(request.membership.role, RECALLERS)  # type: ignore[attr-defined]


def _recorder(request: HttpRequest) -> Recorder:
    return Recorder(actor=request.user)  # type: ignore[arg-type]
