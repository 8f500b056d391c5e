"""The pages of every declared kind: list, record, form, retire, export, help. Sheets come in by core.takeover."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.core.face import Action as Button
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.kinds import tables
from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.kinds.rules import (
    RecordError,
    find,
    history,
    records,
    restore,
    retire,
    save,
    sort_order,
)
from samegauge.core.kinds.spreadsheets import table_of
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.formats.spreadsheet import write_csv, write_xlsx

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from samegauge.core.kinds.declaration import RecordKind
    from samegauge.core.kinds.models import Record

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_GET
@needs(Action.READ)
def kind_list(request: HttpRequest) -> HttpResponse:
    kinds = [
        (kind, kind.model._default_manager.filter(retired_at__isnull=True).aggregate(count=Count("pk"))["count"])
        for kind in _readable_kinds(request)
    ]
    actions = [Button(_("Take over your data"), reverse("take_over"), "upload")]
    return render(request, "kinds/kind_list.html", {"kinds": kinds, "actions": actions})


@require_GET
def record_list(request: HttpRequest, kind: RecordKind) -> HttpResponse:
    asked = _asked(request)
    page = page_of(request, find(kind, asked))
    actions = _list_actions(kind, writes=may(_role(request), kind.writers))
    context = {
        "kind": kind,
        "asked": asked,
        "page": page,
        "table": tables.record_table(kind, page, sort_order(kind, asked), tables.saved_views(kind, asked)),
        "actions": actions,
        "kept": {name: asked[name] for name in (*kind.filtered, "retired") if asked.get(name)},
    }
    return render(request, "kinds/record_list.html", context)


def _list_actions(kind: RecordKind, *, writes: bool) -> list[Button]:
    new = [Button(_("New"), kind.url("new"), "plus")] if writes else []
    take_over = [Button(_("From a spreadsheet"), kind.url("upload"), "upload")] if writes else []
    return [*new, *take_over, Button(_("Help"), kind.url("help"), "info-circle")]


@require_GET
def record(request: HttpRequest, kind: RecordKind, record_uid: UUID) -> HttpResponse:
    found = _found(kind, record_uid)
    writes = may(_role(request), kind.writers)
    edit = [Button(_("Change"), kind.url("edit", record_uid), "pencil")]
    context = {
        "kind": kind,
        "record": found,
        "facts": tables.facts(kind, found),
        "history": tables.change_table(kind, history(kind, found)),
        "writes": writes,
        "switch_url": kind.url("switch", record_uid),
        "actions": edit if writes and found.retired_at is None else [],
        "referring": _referring(request, kind, found),
    }
    return render(request, "kinds/record.html", context)


def _referring(request: HttpRequest, kind: RecordKind, found: Record) -> list[tuple[str, str, int]]:
    """Count what other kinds' records point here, with the address of their list."""
    rows = []
    for other in _readable_kinds(request):
        for one in other.fields:
            if one.target is kind.model and one.name in other.filtered:
                count = other.model._default_manager.filter(**{one.name: found, "retired_at": None}).count()
                query = f"?{one.name}={getattr(found, kind.key)}"
                rows.append((f"{other.many} · {one.label}", other.url("list") + query, count))
    return rows


@require_http_methods(["GET", "POST"])
def record_new(request: HttpRequest, kind: RecordKind) -> HttpResponse:
    return _edited(request, kind, kind.model())


@require_http_methods(["GET", "POST"])
def record_edit(request: HttpRequest, kind: RecordKind, record_uid: UUID) -> HttpResponse:
    return _edited(request, kind, _found(kind, record_uid))


def _edited(request: HttpRequest, kind: RecordKind, changed: Record) -> HttpResponse:
    is_new = changed.pk is None
    # What the person saw stays what it was until the page is opened anew, or a corrected form would overwrite a change.
    seen = _seen(request) if request.method == "POST" else changed.version
    title = (_("New: %(kind)s") % {"kind": kind.one}) if is_new else str(changed)
    form = kind.form(request.POST or None, instance=changed)
    context = {"kind": kind, "form": form, "title": title, "seen": seen, "is_new": is_new}
    if request.method == "GET" or not form.is_valid():
        return render(request, "kinds/record_form.html", context, status=200 if request.method == "GET" else 422)
    try:
        change = save(kind, changed, request.user, seen=seen, reason=_reason(request))  # type: ignore[arg-type]
    except RecordError as refusal:
        form.add_error(None, str(refusal))
        return render(request, "kinds/record_form.html", context, status=409)
    messages.success(request, _("Saved.") if change else _("Nothing was changed."))
    return redirect(kind.url("record", changed.uid))


@require_POST
def record_switch(request: HttpRequest, kind: RecordKind, record_uid: UUID) -> HttpResponse:
    """Take a record out of use, or back into it."""
    found = _found(kind, record_uid)
    switch = restore if found.retired_at else retire
    try:
        switch(kind, found, request.user, seen=_seen(request), reason=_reason(request))  # type: ignore[arg-type]
    except RecordError as refusal:
        messages.error(request, str(refusal))
    return redirect(kind.url("record", record_uid))


@require_GET
def record_export(request: HttpRequest, kind: RecordKind, form: str) -> HttpResponse:
    """The list as it is filtered, as a file that `From a spreadsheet` reads back."""
    records = () if "empty" in request.GET else find(kind, _asked(request))
    header, rows = table_of(kind, records)
    data = write_csv(header, rows) if form == "csv" else write_xlsx(header, rows, title=str(kind.many)[:31])
    name = f"{kind.slug}-{datetime.now(UTC):%Y%m%d}.{form}"
    return HttpResponse(
        data, content_type=FORMATS[form], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_GET
def record_help(request: HttpRequest, kind: RecordKind) -> HttpResponse:
    return render(request, "kinds/record_help.html", {"kind": kind, "table": tables.help_table(kind.fields)})


def _role(request: HttpRequest) -> str:
    return request.membership.role  # type: ignore[attr-defined]


def _readable_kinds(request: HttpRequest) -> list[RecordKind]:
    return [kind for kind in all_kinds() if may(_role(request), kind.readers)]


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items()}


def _found(kind: RecordKind, record_uid: UUID) -> Record:
    return get_object_or_404(records(kind), uid=record_uid)


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1  # noqa: PLR2004


def _reason(request: HttpRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        raise BadRequest(_("The reason is longer than %(limit)d characters.") % {"limit": LONGEST_REASON})
    return reason
