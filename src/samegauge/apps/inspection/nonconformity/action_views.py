"""The pages of 8D reports and of suppliers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from samegauge.apps.inspection.gauge_rules import quality_limits
from samegauge.apps.inspection.nonconformity import drawings, eight_d, suppliers, tables
from samegauge.apps.inspection.nonconformity.eight_d_pdf import render_eight_d
from samegauge.apps.inspection.nonconformity.flow import DECIDERS
from samegauge.apps.inspection.nonconformity.forms import CauseForm, DisciplineForm, VerificationForm
from samegauge.apps.inspection.nonconformity.models import (
    Cause,
    CauseCategory,
    CorrectiveAction,
    Discipline,
    DisciplineStep,
    Nonconformity,
)
from samegauge.apps.inspection.nonconformity.rules import NonconformityError
from samegauge.core.face import Action as Button
from samegauge.core.method_words import method_facts
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.printing import PrintError, fonts_folder
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

MONTHS = 24
LONGEST_CAUSE = 300
BUYERS = frozenset(Role) - {Role.GUEST}


def _action(uid: UUID) -> CorrectiveAction:
    return get_object_or_404(CorrectiveAction.objects.select_related("partner", "characteristic__item"), uid=uid)


@require_POST
@needs(DECIDERS)
def corrective_action_new(request: HttpRequest, report_uid: UUID) -> HttpResponse:
    report = get_object_or_404(Nonconformity.objects.select_related("supplier", "characteristic"), uid=report_uid)
    try:
        recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
        action = eight_d.open_action([report], request.POST.get("title", "")[:200] or report.title, recorder)
    except NonconformityError as refusal:
        messages.error(request, str(refusal))
        return redirect("nonconformity", report_uid)
    return redirect("corrective_action", action.uid)


@require_GET
@needs(Action.READ)
def corrective_action(request: HttpRequest, action_uid: UUID) -> HttpResponse:
    return _action_page(request, _action(action_uid))


def _action_page(
    request: HttpRequest, action: CorrectiveAction, wrong: DisciplineForm | None = None, status: int = 200
) -> HttpResponse:
    rows = list(action.disciplines.select_related("owner"))
    causes = list(action.causes.all())
    effect = eight_d.effect_of(action)
    role = request.membership.role  # type: ignore[attr-defined]
    is_open = action.closed_at is None
    writes = is_open and may(role, Action.RECORD)
    lacking = eight_d.missing(action) if is_open else []
    context = {
        "action": action,
        "chip": tables.action_chip(action, rows),
        "rows": _step_rows(rows, wrong, writes=writes),
        "done": sum(not row.is_empty for row in rows),
        "reports": tables.report_table(list(action.nonconformities.select_related("item", "supplier"))),
        "tree": drawings.cause_tree(action, causes),
        "causes": causes,
        "cause_form": CauseForm() if writes else None,
        "effect": effect,
        "effect_chart": drawings.effect_chart(action, effect) if effect else None,
        "effect_method": method_facts(effect.change.method.as_dict()) if effect and effect.change else None,
        "verification": VerificationForm(initial=_verification(action)) if writes else None,
        "lacking": lacking,
        "closes": is_open and role in DECIDERS and not lacking,
        "needs_remark": effect is not None and effect.helped is None,
        "pdf": Button(_("PDF for the customer"), reverse("corrective_action_pdf", args=[action.uid]), "printer"),
        "tag": "simulated" if action.simulated else "",
    }
    return render(request, "nonconformity/corrective_action.html", context, status=status)


def _step_rows(
    rows: list[Discipline], wrong: DisciplineForm | None, *, writes: bool
) -> list[tuple[Discipline, DisciplineForm | None, bool]]:
    """Each step with its form, if the reader may write, and whether it is late."""
    today = timezone.localdate()
    forms = {row.step: DisciplineForm(instance=row) for row in rows} if writes else {}
    if wrong is not None:
        forms[wrong.instance.step] = wrong
    return [(row, forms.get(row.step), row.is_empty and row.due_on is not None and row.due_on < today) for row in rows]


def _verification(action: CorrectiveAction) -> dict[str, object]:
    since = timezone.localtime(action.effective_from).date() if action.effective_from else None
    return {"characteristic": action.characteristic_id, "since": since}


@require_POST
@needs(Action.RECORD)
def discipline_write(request: HttpRequest, action_uid: UUID) -> HttpResponse:
    action, step = _action(action_uid), request.POST.get("step", "")
    row = get_object_or_404(Discipline, action=action, step=step)
    form = DisciplineForm(request.POST, instance=row)
    if not form.is_valid():
        return _action_page(request, action, form, status=422)
    said = form.cleaned_data
    owner = said["member"].person if said["member"] else None
    try:
        recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
        written = eight_d.Written(said["text"], owner, said["due_on"], said["done"])
        eight_d.write_discipline(action, DisciplineStep(step), written, recorder)
    except NonconformityError as refusal:
        form.add_error(None, str(refusal))
        return _action_page(request, action, form, status=422)
    return redirect(f"{reverse('corrective_action', args=[action_uid])}#{step}")


@require_POST
@needs(Action.RECORD)
def cause_new(request: HttpRequest, action_uid: UUID) -> HttpResponse:
    action = _action(action_uid)
    below = request.POST.get("below", "")
    parent = next((one for one in action.causes.all() if str(one.uid) == below), None)
    asked = request.POST.get("category", "")
    category = CauseCategory(asked) if asked in CauseCategory.values else CauseCategory.METHOD
    try:
        eight_d.add_cause(action, request.POST.get("text", "")[:LONGEST_CAUSE], category, parent)
    except NonconformityError as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('corrective_action', args=[action_uid])}#causes")


@require_POST
@needs(Action.RECORD)
def cause_mark(request: HttpRequest, cause_uid: UUID) -> HttpResponse:
    cause = get_object_or_404(Cause.objects.select_related("action"), uid=cause_uid)
    try:
        eight_d.mark_cause(cause, request.POST.get("mark", ""))
    except NonconformityError as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('corrective_action', args=[cause.action.uid])}#causes")


@require_POST
@needs(Action.RECORD)
def verification_set(request: HttpRequest, action_uid: UUID) -> HttpResponse:
    action, form = _action(action_uid), VerificationForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a characteristic and a day."))
        return redirect("corrective_action", action_uid)
    try:
        day = form.cleaned_data["since"]
        zone = timezone.get_current_timezone()
        since = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) if day else None
        eight_d.set_verification(action, form.cleaned_data["characteristic"], since)
    except NonconformityError as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('corrective_action', args=[action_uid])}#effect")


@require_POST
@needs(DECIDERS)
def corrective_action_close(request: HttpRequest, action_uid: UUID) -> HttpResponse:
    try:
        recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
        eight_d.close_action(_action(action_uid), recorder, request.POST.get("remark", "")[:500])
    except NonconformityError as refusal:
        messages.error(request, str(refusal))
    return redirect("corrective_action", action_uid)


@require_GET
@needs(Action.READ)
def corrective_action_pdf(request: HttpRequest, action_uid: UUID) -> HttpResponse:
    """The report in the reader's language, as it stands."""
    action = _action(action_uid)
    try:
        pdf = render_eight_d(action, fonts_folder(), chinese=(get_language() or "").startswith("zh"))
    except PrintError as error:
        messages.error(request, error.message_zh if (get_language() or "").startswith("zh") else error.message)
        return redirect("corrective_action", action_uid)
    name = f'attachment; filename="{action.number}.pdf"'
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": name})


@require_GET
@needs(BUYERS)
def supplier_scores(request: HttpRequest) -> HttpResponse:
    """The two years up to the one asked for, by default the present one."""
    last = _asked_month(request.GET.get("until", ""))
    months = [_month_before(last, back) for back in range(MONTHS - 1, -1, -1)]
    since, until = date(*months[0], 1), date(*_month_before(last, -1), 1)
    rows = suppliers.scores(since, until)
    asked = request.GET.get("supplier", "")
    chosen = next((one for one in rows if one.partner.number == asked), rows[0] if rows else None)
    apart = [one for one in rows if one.rank and (one.rank.best, one.rank.worst) != (1, len(rows))]
    ranked = next((one.rank for one in rows if one.rank), None)
    context = {
        "rows": rows,
        "table": tables.score_table(rows),
        "chart": drawings.supplier_chart(rows) if rows else None,
        "trend": drawings.trend_chart(chosen, months) if chosen else None,
        "apart": len(apart),
        "worst": rows[-1] if rows and rows[-1].rank and rows[-1].rank.best > 1 else None,
        "since": since,
        "last": f"{last[0]}-{last[1]:02d}",
        "limits": quality_limits(),
        "method": method_facts(ranked.method.as_dict()) if ranked else None,
        "deliveries": Button(_("Deliveries"), reverse("delivery_list"), "package"),
        "tag": "simulated" if request.membership.organisation.is_simulated else "",  # type: ignore[attr-defined]
    }
    return render(request, "nonconformity/supplier_scores.html", context)


def _asked_month(text: str) -> suppliers.Month:
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        day = timezone.localdate()
    return (day.year, day.month) if 1900 < day.year < 2200 else (timezone.localdate().year, timezone.localdate().month)  # noqa: PLR2004


def _month_before(month: suppliers.Month, back: int) -> suppliers.Month:
    place = month[0] * 12 + month[1] - 1 - back
    return place // 12, place % 12 + 1
