from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.nonconformity import rules, tables
from samegauge.apps.inspection.nonconformity.flow import DECIDERS, HOLDING, RUNNING, WAYS
from samegauge.apps.inspection.nonconformity.forms import ReportForm
from samegauge.apps.inspection.nonconformity.models import (
    LONGEST_TEXT,
    CorrectiveAction,
    Disposition,
    FlowStep,
    Nonconformity,
    Source,
    State,
)
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Action as Button
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection, Measurement
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.thread.models import Event, Lot, Unit
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.rules import VaultError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN_UNITS = 100
MOST_SERIALS = 500
SHOWN_ACTIONS = 20
_SEPARATED = re.compile(r"[\s,;，；、]+")
VIEWS = {
    "": RUNNING,
    "approval": {State.PROPOSED},
    "holding": HOLDING,
    "closed": {State.CLOSED},
    "all": frozenset(State),
}


def role_of(request: HttpRequest) -> Role:
    return Role(request.membership.role)  # type: ignore[attr-defined]


@require_GET
@needs(Action.READ)
def nonconformity_list(request: HttpRequest) -> HttpResponse:
    view = request.GET.get("view", "")
    labels = (
        ("", _("Running")),
        ("approval", _("Wait for approval")),
        ("holding", _("Hold their parts")),
        ("closed", pgettext("nonconformities", "Closed")),
        ("all", _("All")),
    )
    rows = Nonconformity.objects.filter(state__in=VIEWS.get(view, RUNNING))
    page = page_of(request, rows.select_related("item", "supplier").order_by("-found_at", "-pk"))
    views = tuple((label, f"?view={name}" if name else "?", name == view) for name, label in labels)
    actions = CorrectiveAction.objects.select_related("partner").prefetch_related("disciplines")
    running = list(actions.order_by("closed_at", "-opened_at")[:SHOWN_ACTIONS])
    opens = may(role_of(request), Action.RECORD)
    context = {
        "page": page,
        "table": tables.report_table(page.rows, page, views),
        "any": page.total or Nonconformity.objects.exists(),
        "actions_table": tables.action_table(running) if running else None,
        "new": Button(_("Open a nonconformity"), reverse("nonconformity_new"), "plus") if opens else None,
        "suppliers": Button(_("Suppliers"), reverse("supplier_scores"), "chart-line"),
    }
    return render(request, "nonconformity/nonconformity_list.html", context)


@require_http_methods(["GET", "POST"])
@needs(Action.RECORD)
def nonconformity_new(request: HttpRequest) -> HttpResponse:
    known = _known(request)
    if request.method == "GET":
        return _new_page(request, ReportForm(initial=_initial(known)), known)
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _new_page(request, form, known, status=422)
    recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
    try:
        report = rules.open_report(_found(form.cleaned_data, known), recorder)
        if photo := form.cleaned_data["photo"]:
            rules.add_photo(report, photo, photo.name or "photo", recorder)
    except (rules.NonconformityError, VaultError) as refusal:
        form.add_error(None, str(refusal))
        return _new_page(request, form, known, status=422)
    return redirect("nonconformity", report.uid)


def _known(request: HttpRequest) -> dict[str, Any]:
    """What the address says it is opened from; something of another organisation is not there."""
    models: dict[str, Any] = {
        "inspection": Inspection.objects.select_related("unit__item", "unit__lot"),
        "unit": Unit.objects.select_related("item", "lot"),
        "lot": Lot.objects.select_related("item"),
        "instrument": Instrument.objects.all(),
        "characteristic": Characteristic.objects.select_related("item"),
        "event": Event.objects.select_related("unit__item"),
    }
    return {
        name: get_object_or_404(rows, uid=_uid(request.GET[name]))
        for name, rows in models.items()
        if request.GET.get(name)
    }


def _uid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequest(_("This address is not whole.")) from error


def _worst(inspection: Inspection) -> Measurement | None:
    failed = Measurement.objects.filter(inspection=inspection, recomputed=Conformity.FAIL)
    return failed.select_related("characteristic").order_by("characteristic__sequence", "pk").first()


def _initial(known: dict[str, Any]) -> dict[str, Any]:
    unit = known["unit"] if "unit" in known else (known["inspection"].unit if "inspection" in known else None)
    if unit is None and "event" in known:
        unit = known["event"].unit
    row = _worst(known["inspection"]) if "inspection" in known else None
    said: dict[str, Any] = {"quantity": 1, "serials": unit.serial if unit else ""}
    said |= {"lots": known["lot"].number} if "lot" in known else {}
    if row is not None:
        said["title"] = _failed_text(row)[:200]
    elif "instrument" in known:
        said["title"] = _("%(gauge)s: values in doubt") % {"gauge": known["instrument"].number}
    elif "characteristic" in known:
        said["title"] = (_("%(name)s: the process is out of control") % {"name": known["characteristic"].name})[:200]
    return said


def _failed_text(row: Measurement) -> str:
    one = row.characteristic
    said = {
        "name": one.name,
        "value": f"{number_text(row.actual)} {one.unit_code}",
        "lower": number_text(one.lower_limit),
        "upper": number_text(one.upper_limit),
    }
    return _("%(name)s %(value)s, limits %(lower)s to %(upper)s") % said


def _found(said: dict[str, Any], known: dict[str, Any]) -> rules.Found:
    inspection, characteristic = known.get("inspection"), known.get("characteristic")
    if characteristic is None and inspection is not None and (row := _worst(inspection)):
        characteristic = row.characteristic
    event = known.get("event")
    sources = (
        ("inspection", Source.INSPECTION),
        ("event", Source.SERVICE),
        ("characteristic", Source.ALARM),
        ("instrument", Source.GAUGE),
        ("lot", Source.LOT),
        ("unit", Source.UNIT),
    )
    moment = inspection.performed_at or inspection.reported_at if inspection else None
    return rules.Found(
        title=said["title"],
        description=said["description"],
        source=next((source for name, source in sources if name in known), Source.BY_HAND),
        found_at=moment or (event.device_time if event else None) or datetime.now(UTC),
        units=_units(said["serials"]),
        lots=_lots(said["lots"]),
        quantity=said["quantity"],
        reference=str(event.payload.get("call", "")) if event and isinstance(event.payload, dict) else "",
        characteristic=characteristic,
        inspection=inspection,
        instrument=known.get("instrument"),
        station=said["station"],
        supplier=said["supplier"],
    )


def _units(text: str) -> tuple[Unit, ...]:
    serials = list(dict.fromkeys(part for part in _SEPARATED.split(text) if part))
    if len(serials) > MOST_SERIALS:
        raise rules.NonconformityError(
            _("More than %(most)d serial numbers. Name their lot instead.") % {"most": MOST_SERIALS}
        )
    found = {unit.serial: unit for unit in Unit.objects.filter(serial__in=serials).select_related("item", "lot")}
    if unknown := [serial for serial in serials if serial not in found]:
        raise rules.NonconformityError(
            _("These serial numbers are not known: %(serials)s") % {"serials": ", ".join(unknown[:10])}
        )
    return tuple(found[serial] for serial in serials)


def _lots(text: str) -> tuple[Lot, ...]:
    numbers = list(dict.fromkeys(part for part in _SEPARATED.split(text) if part))
    found = list(Lot.objects.filter(number__in=numbers).select_related("item"))
    if unknown := set(numbers) - {lot.number for lot in found}:
        raise rules.NonconformityError(
            _("These lot numbers are not known: %(lots)s") % {"lots": ", ".join(sorted(unknown))}
        )
    return tuple(found)


def _new_page(request: HttpRequest, form: ReportForm, known: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {"form": form, "known": known, "query": request.GET.urlencode()}
    return render(request, "nonconformity/nonconformity_new.html", context, status=status)


@require_GET
@needs(Action.READ)
def nonconformity(request: HttpRequest, report_uid: UUID) -> HttpResponse:
    report = _report(report_uid)
    units = rules.affected_units(report).select_related("lot").order_by("serial")
    count = units.count()
    repeats = rules.repeats(report)
    open_steps = rules.steps_for(report, request.user.pk, role_of(request))
    again = report.inspection is not None and report.state == State.DECIDED
    context = {
        "report": report,
        "chip": tables.state_chip(report.state),
        "holds": tables.holds_units(report),
        "unit_count": count,
        "units": tables.unit_table(units[:SHOWN_UNITS], max(count - SHOWN_UNITS, 0)) if count else None,
        "lots": [row.lot for row in report.affected.filter(lot__isnull=False).select_related("lot")],
        "repeats": tables.repeat_table(repeats) if repeats else None,
        "repeat_count": len(repeats),
        "steps": [(kind, WAYS[kind]) for kind in open_steps if kind is not FlowStep.NOTE],
        "notes": FlowStep.NOTE in open_steps,
        "waits_for_another": report.state == State.PROPOSED and FlowStep.APPROVE not in open_steps,
        "dispositions": Disposition.choices,
        "history": report.steps.select_related("actor"),
        "photos": report.photos.select_related("document__stored"),
        "needs_inspection": again,
        "decides": role_of(request) in DECIDERS,
        "longest": LONGEST_TEXT,
        "tag": "simulated" if report.simulated else "",
    }
    return render(request, "nonconformity/nonconformity.html", context)


def _report(uid: UUID) -> Nonconformity:
    rows = Nonconformity.objects.select_related(
        "item", "characteristic__item", "inspection", "instrument", "station", "supplier", "corrective_action"
    )
    return get_object_or_404(rows, uid=uid)


@require_POST
@needs(Action.RECORD)
def nonconformity_step(request: HttpRequest, report_uid: UUID) -> HttpResponse:
    """Contain, decide, approve, carry out, inspect again, close, or write a note."""
    report, asked = _report(report_uid), request.POST.get("step", "")
    disposition = request.POST.get("disposition", "")
    if asked not in FlowStep.values:
        messages.error(request, _("Choose what to do with it."))
        return redirect("nonconformity", report_uid)
    try:
        step = rules.Step(
            FlowStep(asked),
            Recorder(actor=request.user),  # type: ignore[arg-type]
            role_of(request),
            request.POST.get("text", "")[:LONGEST_TEXT],
            Disposition(disposition) if disposition in Disposition.values else None,
        )
        rules.take(report, step)
    except rules.NonconformityError as refusal:
        messages.error(request, str(refusal))
    return redirect("nonconformity", report_uid)


@require_POST
@needs(Action.RECORD)
def nonconformity_add(request: HttpRequest, report_uid: UUID) -> HttpResponse:
    """Add a picture, or serial numbers that turned out to be affected too."""
    report = _report(report_uid)
    recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
    try:
        if photo := request.FILES.get("photo"):
            rules.add_photo(report, photo, photo.name or "photo", recorder)
        if serials := request.POST.get("serials", "").strip():
            rules.also_affects(report, _units(serials), recorder)
    except (rules.NonconformityError, VaultError) as refusal:
        messages.error(request, str(refusal))
    return redirect("nonconformity", report_uid)
