from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.apps.inspection import drawings
from samegauge.apps.inspection import rules as studies
from samegauge.apps.inspection import tables as study_tables
from samegauge.apps.inspection.control import quality as morning_rules
from samegauge.apps.inspection.control import rules, tables
from samegauge.apps.inspection.control.forms import AnswerForm, DesignForm, ReasonForm
from samegauge.apps.inspection.control.gates import standings
from samegauge.apps.inspection.control.models import Alarm, ControlDesign, Process
from samegauge.apps.inspection.control.promises import NoPromise, Promise, curve_of, promise_of
from samegauge.apps.inspection.control.showing import lines_of, pictures
from samegauge.apps.inspection.control.watching import current, design_of
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Action as Button
from samegauge.core.language import in_reader_language
from samegauge.core.measurement.models import Characteristic, Measurement
from samegauge.core.method_words import method_facts
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.production.models import Station
from samegauge.core.thread.rules import Recorder
from samegauge.core.words import characteristic_kind

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from samegauge.apps.inspection.control.charting import Watch
    from samegauge.apps.inspection.control.showing import Shown
    from samegauge.core.charts import Curve
    from samegauge.core.organisations.models import Membership

DESIGNERS = frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})
MOST_SHOWN = 20
USUAL_DAYS = 365


@require_GET
@needs(Action.READ)
def quality(request: HttpRequest) -> HttpResponse:
    """What is out of control, which gates hold which machines, capability by station, causes and yield."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in morning_rules.PERIODS} else USUAL_DAYS
    found = morning_rules.morning(morning_rules.period_of(days))
    lines, total = _open_lines()
    kind, sentence = tables.morning_sentence(total, found)
    names = {station.code: station for station in Station.objects.all()}
    chosen = next(
        (one for one in found.stations if one.station and one.station.code == request.GET.get("station")), None
    )
    context = {
        "kind": kind,
        "sentence": sentence,
        "lines": lines,
        "total": total,
        "morning": found,
        "days": days,
        "periods": morning_rules.PERIODS,
        "gates": tables.gate_table(found.gates) if found.gates else None,
        "stations": tables.station_table(found.stations) if found.stations else None,
        "chosen": chosen,
        "chosen_name": tables.station_name(chosen.station) if chosen else "",
        "chosen_table": tables.standing_table(chosen.rows, tables.station_name(chosen.station)) if chosen else None,
        "causes": tables.cause_bars(found),
        "failures": tables.failure_bars(found),
        "yields": tables.yield_table(found.yields, names) if found.yields else None,
        "month": f"{found.period.until:%Y-%m}",
    }
    return render(request, "control/quality.html", context)


@require_GET
@needs(Action.READ)
def quality_now(request: HttpRequest) -> HttpResponse:
    """The list of what is out of control, for the page that asks every few seconds."""
    lines, total = _open_lines()
    return render(request, "control/now.html", {"lines": lines, "total": total})


def _open_lines() -> tuple[list[dict[str, Any]], int]:
    rows = rules.open_alarms().select_related("process__lead__item", "process__design", "measurement__inspection__unit")
    newest = list(rows.order_by("-since", "-pk")[:MOST_SHOWN])
    lines = [tables.alarm_line(alarm, line) for alarm, line in zip(newest, lines_of(newest), strict=True)]
    return lines, len(newest) if len(newest) < MOST_SHOWN else rows.count()


@require_http_methods(["GET", "POST"])
@needs(Action.READ)
def alarm(request: HttpRequest, alarm_uid: UUID) -> HttpResponse:
    """What signalled; whoever may record answers it with cause and action."""
    found = get_object_or_404(_alarms(), uid=alarm_uid)
    membership: Membership = request.membership  # type: ignore[attr-defined]
    form = AnswerForm(request.POST or None)
    may_answer = may(membership.role, Action.RECORD)
    if request.method == "POST" and may_answer and form.is_valid():
        said = rules.Answer(form.cleaned_data["cause"], form.cleaned_data["action"], form.cleaned_data["note"])
        try:
            rules.answer(found, said, Recorder(actor=membership.person))
        except rules.ControlError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Recorded. The chart begins anew with the next value."))
        return redirect("alarm", alarm_uid)
    watch = current([found.process])[found.process.pk]
    context = {
        "alarm": found,
        "lead": found.process.lead,
        "item": tables.item_name(found.process),
        "rules": tables.rule_text(found.rules),
        "charts": _first_the_one_that_signalled(found, pictures(found.process, watch)),
        "form": form if found.is_open and may_answer else None,
        "report_url": _report_url(found) if may_answer else "",
        "reopening": found.answered_at is not None and membership.role in DESIGNERS,
        "history": tables.alarm_history(_alarms().filter(process=found.process).exclude(pk=found.pk)[:MOST_SHOWN]),
    }
    return render(request, "control/alarm.html", context)


def _report_url(alarm: Alarm) -> str:
    """Where a nonconformity is opened of the part that signalled first."""
    asked = {"characteristic": alarm.measurement.characteristic.uid, "unit": alarm.measurement.inspection.unit.uid}
    return f"{reverse('nonconformity_new')}?{urlencode(asked)}"


@require_POST
@needs(DESIGNERS)
def alarm_reopen(request: HttpRequest, alarm_uid: UUID) -> HttpResponse:
    """Take an answer back."""
    found = get_object_or_404(_alarms(), uid=alarm_uid)
    try:
        rules.reopen(found, request.POST.get("reason", ""), Recorder(actor=request.membership.person))  # type: ignore[attr-defined]
    except rules.ControlError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The answer was taken back."))
    return redirect("alarm", alarm_uid)


def _first_the_one_that_signalled(found: Alarm, charts: list[Shown]) -> list[Shown]:
    said = {one["chart"] for one in found.rules}
    return sorted(charts, key=lambda one: one.statistic not in said)


def _alarms() -> QuerySet[Alarm]:
    return Alarm.objects.select_related(
        "process__lead__item",
        "process__design",
        "measurement__inspection__unit",
        "measurement__characteristic",
        "cause",
        "action",
        "event",
    )


@require_GET
@needs(Action.READ)
def characteristic(request: HttpRequest, characteristic_uid: UUID) -> HttpResponse:
    """The live charts of a characteristic, its capability, and the values behind both."""
    found = _characteristic(characteristic_uid)
    study = studies.study_of(found)
    compared = studies.comparisons(found, study)
    process, live = _live(found)
    standing = standings([process])[0] if process else None
    judgement = standing.judgement if standing else study.judgement
    kind, sentence, reason = tables.capability_banner(study, standing)
    context = {
        "characteristic": found,
        "characteristic_kind": characteristic_kind(found.kind),
        "study": study,
        "kind": kind,
        "sentence": sentence,
        "reason": reason,
        **live,
        "histogram": drawings.histogram(found, study),
        "indices": study_tables.index_table(judgement) if judgement else None,
        "cautions": tables.capability_cautions(study, standing),
        "comparison": study_tables.comparison_table(compared, study) if compared else None,
        "values": study_tables.value_table(study, found),
        "methods": [*study_tables.methods(judgement), *live["methods"]],
        "alarms": tables.alarm_history(_alarms().filter(process=process)[:MOST_SHOWN]) if process else None,
    }
    return render(request, "control/characteristic.html", context)


@require_GET
@needs(Action.READ)
def characteristic_live(request: HttpRequest, characteristic_uid: UUID) -> HttpResponse:
    """The live charts alone, for the page that asks every few seconds."""
    found = _characteristic(characteristic_uid)
    return render(request, "control/live.html", {"characteristic": found, **_live(found)[1]})


def _live(row: Characteristic) -> tuple[Process | None, dict[str, Any]]:
    process = rules.process_of(row)
    if process is None:
        return None, {"charts": [], "methods": []}
    watch, design = current([process])[process.pk], design_of(process)
    opened = rules.open_alarms().filter(process=process).first()
    size = watch.frame.size
    kind, sentence, reason = tables.live_banner(opened, count=watch.count, needed=design.baseline_count * size)
    if watch.refusal:
        kind, sentence, reason = "warning", _("This chart cannot take the values"), in_reader_language(watch.refusal)
    return process, {
        "process": process,
        "design": design,
        "charts": pictures(process, watch),
        "live_kind": kind,
        "live_sentence": sentence,
        "live_reason": reason,
        "live_actions": [Button(_("Answer the alarm"), reverse("alarm", args=[opened.uid]), "clipboard-check")]
        if opened
        else None,
        "facts": tables.design_facts(design),
        "promises": tables.promise_sentences(promise_of(design, watch)),
        "methods": [method_facts(one.method.as_dict()) for one in watch.charts[:1]],
    }


def _characteristic(uid: UUID) -> Characteristic:
    return get_object_or_404(Characteristic.objects.select_related("item"), uid=uid)


@require_http_methods(["GET", "POST"])
@needs(DESIGNERS)
def control_design(request: HttpRequest, characteristic_uid: UUID) -> HttpResponse:
    """How a characteristic is watched, and what that promises."""
    row = _characteristic(characteristic_uid)
    process = rules.process_of(row)
    if process is None:
        messages.error(request, _("Nothing was measured yet; there is nothing to watch."))
        return redirect("characteristic", characteristic_uid)
    watch, design = current([process])[process.pk], design_of(process)
    form = _design_form(request, watch, design)
    if request.method == "POST" and form.is_valid() and _redesigned(request, process, form):
        return redirect("control_design", characteristic_uid)
    promise = promise_of(design, watch)
    context = {
        "characteristic": row,
        "design": design,
        "form": form,
        "promises": tables.promise_sentences(promise),
        "curve": _curve(promise, curve_of(design, watch)),
        "charts": pictures(process, watch)[:1],
        "facts": tables.design_facts(design),
        "revisions": process.designs.select_related("made_by").order_by("-revision"),
    }
    return render(request, "control/design.html", context)


def _curve(promise: Promise | NoPromise, curve: tuple[tuple[float, float], ...]) -> Curve | None:
    return tables.run_length_curve(promise, curve) if curve and isinstance(promise, Promise) else None


def _design_form(request: HttpRequest, watch: Watch, design: ControlDesign) -> DesignForm:
    keys = [one.key for one in watch.baseline]
    serials = dict(Measurement.everything.filter(pk__in=keys).values_list("pk", "inspection__unit__serial"))
    baseline = [(one.key, f"{serials[one.key]}: {number_text(one.actual)}") for one in watch.baseline]
    left_out = list(watch.frame.left_out)
    initial = {
        "present": design.revision,
        "reason": "",
        "left_out": left_out,
        "left_out_reason": next(iter(watch.frame.left_out.values()), ""),
    }
    instance = ControlDesign(**rules.settings_of(design))
    return DesignForm(request.POST or None, instance=instance, initial=initial, baseline=baseline)


def _redesigned(request: HttpRequest, process: Process, form: DesignForm) -> bool:
    said = form.cleaned_data
    if said["present"] != design_of(process).revision:
        form.add_error(
            None, _("Somebody has changed the design meanwhile. Look at it, and change it again if need be.")
        )
        return False
    left_out = dict.fromkeys(said["left_out"], said["left_out_reason"])
    settings = {name: said[name] for name in rules.SETTINGS}
    try:
        rules.redesign(process, rules.Revision(settings, said["reason"], left_out), request.membership.person)  # type: ignore[attr-defined]
    except rules.ControlError as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("Watched by the new settings from now on."))
    return True


@require_POST
@needs(DESIGNERS)
def control_design_undo(request: HttpRequest, characteristic_uid: UUID) -> HttpResponse:
    """Go back to the settings before."""
    process = rules.process_of(_characteristic(characteristic_uid))
    form = ReasonForm(request.POST)
    if process is None or not form.is_valid():
        messages.error(request, _("Say why."))
        return redirect("control_design", characteristic_uid)
    try:
        rules.undo_design(process, form.cleaned_data["reason"], request.membership.person)  # type: ignore[attr-defined]
    except rules.ControlError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The settings before hold again."))
    return redirect("control_design", characteristic_uid)
