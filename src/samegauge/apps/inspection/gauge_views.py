"""The pages of gauges: which may release, their certificates and studies, and which values are in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.apps.inspection import gauge_rules, gauge_tables
from samegauge.apps.inspection.gauge_forms import CalibrationForm, QualityLimitsForm, StudyForm
from samegauge.apps.inspection.gauge_impact import impact_of
from samegauge.apps.inspection.gauge_readings import (
    WITH_REFERENCES,
    WITHOUT_OPERATORS,
    WITHOUT_PARTS,
    StudyError,
    as_file,
    readings_of_grid,
    readings_of_sheet,
)
from samegauge.apps.inspection.gauge_studies import Asked
from samegauge.apps.inspection.kinds import INSTRUMENTS
from samegauge.apps.inspection.models import (
    Calibration,
    Instrument,
    InstrumentState,
    InstrumentStudy,
    QualityLimits,
    StudyKind,
)
from samegauge.core.face import Action as Button
from samegauge.core.kinds.tables import facts
from samegauge.core.method_words import method_facts
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.vault.answers import stored_answer
from samegauge.core.vault.rules import VaultError, keep

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from samegauge.apps.inspection.gauge_readings import Reading

WRITERS = INSTRUMENTS.writers
LIMIT_WRITERS = frozenset({Role.OWNER, Role.QUALITY_MANAGER})
SHOWN_IN_DOUBT = 200
MOST_CELLS = 600
LARGEST = {"parts": 50, "operators": 10, "trials": 60}
USUAL = {
    StudyKind.CROSSED: (10, 3, 3),
    StudyKind.NESTED: (5, 3, 3),
    StudyKind.RANGE: (5, 2, 1),
    StudyKind.TYPE_ONE: (1, 1, 25),
    StudyKind.BIAS: (1, 1, 15),
    StudyKind.LINEARITY: (5, 1, 12),
    StudyKind.STABILITY: (12, 1, 5),
    StudyKind.ATTRIBUTE: (20, 3, 2),
}


@require_GET
@needs(Action.READ)
def gauge_list(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    rows = Instrument.objects.filter(retired_at__isnull=True)
    everything = list(rows)
    refused = gauge_rules.rejected_studies(everything)
    locked = {fault.number: fault.said for fault in gauge_rules.faults([row.number for row in everything])}
    view = request.GET.get("view", "")
    if view == "locked":
        rows = rows.filter(number__in=locked)
    elif view == "due":
        rows = rows.filter(state=InstrumentState.IN_USE, due_on__lte=today + timedelta(days=gauge_tables.SOON_DAYS))
    page = page_of(request, rows.order_by("number"))
    newest = _newest_studies(page.rows) | {key: studies[0] for key, studies in refused.items()}
    views = (
        (_("All"), "?", not view),
        (_("Locked"), "?view=locked", view == "locked"),
        (_("Due soon"), "?view=due", view == "due"),
    )
    context = {
        "page": page,
        "table": gauge_tables.gauge_table(page, newest, locked, views),
        "locked": len(locked),
        "count": len(everything),
        "actions": [Button(_("What studies are judged by"), reverse("gauge_limits"), "settings")],
        "register": Button(_("Register a gauge"), INSTRUMENTS.url("new"), "plus"),
    }
    return render(request, "inspection/gauge_list.html", context)


def _newest_studies(rows: list[Instrument]) -> dict[int, InstrumentStudy]:
    found: dict[int, InstrumentStudy] = {}
    studies = InstrumentStudy.objects.filter(instrument__in=rows, withdrawn_at__isnull=True)
    for row in studies.order_by("-performed_on", "-pk").defer("readings", "result"):
        found.setdefault(row.instrument_id, row)
    return found


@require_GET
@needs(Action.READ)
def gauge(request: HttpRequest, instrument_uid: UUID) -> HttpResponse:
    return _gauge_page(request, _instrument(instrument_uid), CalibrationForm())


def _instrument(uid: UUID) -> Instrument:
    return get_object_or_404(Instrument.objects.select_related("calibrated_by"), uid=uid)


def _gauge_page(request: HttpRequest, row: Instrument, form: CalibrationForm, status: int = 200) -> HttpResponse:
    doubtful = gauge_rules.values_in_doubt(row)
    shown = list(doubtful[:SHOWN_IN_DOUBT])
    impact = impact_of(set(doubtful.order_by().values_list("inspection__unit_id", flat=True)))
    faults = gauge_rules.faults([row.number])
    writes = may(request.membership.role, WRITERS)  # type: ignore[attr-defined]
    table = gauge_tables.doubt_table(shown, gauge_rules.in_doubt(shown), impact)
    total = doubtful.count()
    context = {
        "gauge": row,
        "faults": faults,
        "facts": facts(INSTRUMENTS, row),
        "record_url": INSTRUMENTS.url("record", row.uid),
        "calibrations": row.calibrations.select_related("laboratory"),
        "studies": list(row.studies.select_related("characteristic").defer("readings")),
        "form": form,
        "writes": writes,
        "doubt": replace(table, not_shown=total - len(shown)),
        "doubtful": total,
        "impact": impact,
        "report_url": f"{reverse('nonconformity_new')}?instrument={row.uid}",
        "new_study": Button(_("New study"), reverse("gauge_study_new", args=[row.uid]), "plus"),
    }
    context["calibration_table"] = gauge_tables.calibration_table(context["calibrations"])
    context["study_table"] = gauge_tables.study_table(context["studies"])
    return render(request, "inspection/gauge.html", context, status=status)


@require_POST
@needs(WRITERS)
def calibration_new(request: HttpRequest, instrument_uid: UUID) -> HttpResponse:
    row = _instrument(instrument_uid)
    form = CalibrationForm(request.POST, request.FILES, instance=Calibration(instrument=row))
    if not form.is_valid():
        return _gauge_page(request, row, form, status=422)
    file = form.cleaned_data["certificate_file"]
    try:
        if file:
            form.instance.certificate = keep(file, file.name or "certificate")
        gauge_rules.record_calibration(form.instance, request.user)  # type: ignore[arg-type]
    except (gauge_rules.GaugeError, VaultError) as refusal:
        form.add_error(None, str(refusal))
        return _gauge_page(request, row, form, status=422)
    messages.success(request, _("The certificate was recorded; the instrument's dates follow it."))
    return redirect("gauge", instrument_uid)


@require_GET
@needs(Action.READ)
def calibration_file(request: HttpRequest, calibration_uid: UUID) -> HttpResponseBase:  # noqa: ARG001 - Django
    row = get_object_or_404(Calibration.objects.select_related("certificate"), uid=calibration_uid)
    if row.certificate is None:
        raise Http404
    return stored_answer(row.certificate)


@require_POST
@needs(WRITERS)
def calibration_withdraw(request: HttpRequest, calibration_uid: UUID) -> HttpResponse:
    row = get_object_or_404(Calibration.objects.select_related("instrument"), uid=calibration_uid)
    return _withdrawn(request, row)


@require_POST
@needs(WRITERS)
def study_withdraw(request: HttpRequest, study_uid: UUID) -> HttpResponse:
    return _withdrawn(request, _study(study_uid))


def _withdrawn(request: HttpRequest, row: Calibration | InstrumentStudy) -> HttpResponse:
    try:
        gauge_rules.withdraw(row, request.user, request.POST.get("reason", "")[:500])  # type: ignore[arg-type]
    except gauge_rules.GaugeError as refusal:
        messages.error(request, str(refusal))
    return redirect("gauge", row.instrument.uid)


@require_http_methods(["GET", "POST"])
@needs(WRITERS)
def gauge_study_new(request: HttpRequest, instrument_uid: UUID) -> HttpResponse:
    row = _instrument(instrument_uid)
    if request.method == "GET":
        kind = _kind(request.GET.get("kind", ""))
        return _study_page(request, row, StudyForm(initial={"kind": kind}), kind)
    form = StudyForm(request.POST, request.FILES)
    kind = _kind(request.POST.get("kind", ""))
    if not form.is_valid():
        return _study_page(request, row, form, kind, status=422)
    try:
        study = _recorded(request, row, form.cleaned_data)
    except (StudyError, gauge_rules.GaugeError, VaultError) as refusal:
        form.add_error(None, str(refusal))
        return _study_page(request, row, form, kind, status=422)
    return redirect("gauge_study", study.uid)


def _kind(text: str) -> StudyKind:
    return StudyKind(text) if text in StudyKind.values else StudyKind.CROSSED


def _recorded(request: HttpRequest, row: Instrument, said: dict[str, Any]) -> InstrumentStudy:
    kind, characteristic, file = StudyKind(said["kind"]), said["characteristic"], said["file"]
    unit = said["unit_code"] or (characteristic.unit_code if characteristic else "")
    if file:
        source = keep(file, file.name or "readings")
        file.seek(0)
        readings: list[Reading] = readings_of_sheet(file.read(), source.name, kind, unit)
    else:
        readings = readings_of_grid(request.POST, _size(request.POST, kind), kind, unit)
        source = keep(as_file(readings), f"{row.number}-{kind}-{said['performed_on']}.csv")
    lower, upper = said["lower"], said["upper"]
    if lower is None and upper is None and characteristic:
        lower, upper = characteristic.lower_limit, characteristic.upper_limit
    asked = Asked.by(
        gauge_rules.quality_limits(),
        lower=lower,
        upper=upper,
        reference=said["reference"],
        resolution=row.resolution_um if unit == "µm" else None,
        rejecting=said["rejecting"],
    )
    about = gauge_rules.StudyOf(row, kind, said["performed_on"], source, characteristic, unit)
    return gauge_rules.record_study(about, readings, asked, request.user)  # type: ignore[arg-type]


def _size(asked: Any, kind: StudyKind) -> tuple[int, int, int]:
    """How many parts, operators and trials the grid has."""
    sizes = []
    for name, usual in zip(LARGEST, USUAL[kind], strict=True):
        text = asked.get(name, "")
        known = text.isascii() and text.isdigit() and len(text) < 4  # noqa: PLR2004
        sizes.append(min(max(int(text), 1), LARGEST[name]) if known else usual)
    parts = 1 if kind in WITHOUT_PARTS else sizes[0]
    operators = 1 if kind in WITHOUT_OPERATORS else sizes[1]
    return parts, operators, min(sizes[2], max(MOST_CELLS // (parts * operators), 1))


def _study_page(
    request: HttpRequest, row: Instrument, form: StudyForm, kind: StudyKind, status: int = 200
) -> HttpResponse:
    parts, operators, trials = _size(request.POST or request.GET, kind)
    names = request.POST

    def cell(part: int, operator: int, trial: int) -> tuple[str, str, str]:
        name = f"v{part}-{operator}-{trial}"
        said = {"part": part, "operator": operator, "trial": trial}
        return name, names.get(name, ""), _("Part %(part)d, operator %(operator)d, trial %(trial)d") % said

    grid = [
        {
            "number": part,
            "name": names.get(f"p{part}", str(part)),
            "reference": names.get(f"r{part}", ""),
            "cells": [
                cell(part, operator, trial) for operator in range(1, operators + 1) for trial in range(1, trials + 1)
            ],
        }
        for part in range(1, parts + 1)
    ]
    context = {
        "gauge": row,
        "form": form,
        "kind": kind,
        "kinds": StudyKind.choices,
        "grid": grid,
        "parts": parts,
        "operators": [(number, names.get(f"o{number}", chr(64 + number))) for number in range(1, operators + 1)],
        "trials": range(1, trials + 1),
        "trial_count": trials,
        "has_operators": kind not in WITHOUT_OPERATORS,
        "has_parts": kind not in WITHOUT_PARTS,
        "has_references": kind in WITH_REFERENCES,
        "is_rated": kind is StudyKind.ATTRIBUTE,
        "left_out": _left_out(kind),
    }
    return render(request, "inspection/gauge_study_new.html", context, status=status)


def _left_out(kind: StudyKind) -> set[str]:
    """The fields that this kind of study has no use for."""
    left_out = {"kind"}
    if kind not in WITHOUT_PARTS:
        left_out.add("reference")
    if kind is not StudyKind.ATTRIBUTE:
        left_out.add("rejecting")
    return left_out


def _study(uid: UUID) -> InstrumentStudy:
    rows = InstrumentStudy.objects.select_related("instrument", "characteristic__item", "source")
    return get_object_or_404(rows, uid=uid)


@require_GET
@needs(Action.READ)
def gauge_study(request: HttpRequest, study_uid: UUID) -> HttpResponse:
    row = _study(study_uid)
    kind, sentence, reason = gauge_tables.study_sentence(row)
    context = {
        "study": row,
        "kind": kind,
        "sentence": sentence,
        "reason": reason,
        "shares": gauge_tables.share_chart(row),
        "dots": gauge_tables.dot_charts(row),
        "figures": gauge_tables.figure_table(row),
        "method": method_facts(row.result.get("method") or {}),
        "tag": "simulated" if row.simulated else "",
        "writes": may(request.membership.role, WRITERS),  # type: ignore[attr-defined]
    }
    return render(request, "inspection/gauge_study.html", context)


@require_GET
@needs(Action.READ)
def study_file(request: HttpRequest, study_uid: UUID) -> HttpResponseBase:  # noqa: ARG001 - Django
    return stored_answer(_study(study_uid).source)


@require_http_methods(["GET", "POST"])
@needs(LIMIT_WRITERS)
def gauge_limits(request: HttpRequest) -> HttpResponse:
    """By what studies, repetitions and suppliers are judged; every change is a row of its own with its reason."""
    current = gauge_rules.quality_limits()
    form = QualityLimitsForm(request.POST or None, instance=QualityLimits(), initial=_values(current))
    if request.method == "POST" and form.is_valid():
        form.instance.actor = request.user
        form.save()
        messages.success(request, _("Saved."))
        return redirect("gauge_limits")
    context = {"form": form, "history": QualityLimits.objects.select_related("actor")[:20]}
    return render(request, "inspection/quality_limits.html", context, status=422 if form.errors else 200)


def _values(limits: QualityLimits) -> dict[str, Any]:
    own = (one for one in QualityLimits._meta.concrete_fields if one.editable and not one.primary_key)
    return {one.name: getattr(limits, one.name) for one in own if one.name not in {"organisation", "actor", "reason"}}
