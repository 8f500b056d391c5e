"""Pages of what people work by: lists, and each revision with its lines and its life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.apps.inspection.plans import drafting, rules, tables
from samegauge.apps.inspection.plans.effectivity import Bounds, in_force
from samegauge.apps.inspection.plans.forms import NewPlanForm, ReasonForm, ReleaseForm
from samegauge.apps.inspection.plans.judged_tables import judged_facts
from samegauge.apps.inspection.plans.models import InspectionPlan, Procedure, Revised, RevisionState, Route
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.core.measurement.models import InspectionKind
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from samegauge.core.organisations.models import Person

KINDS: dict[str, type[Revised]] = {"procedures": Procedure, "routes": Route}


@require_GET
@needs(Action.READ)
def plan_list(request: HttpRequest) -> HttpResponse:
    what, state = request.GET.get("what", ""), request.GET.get("state", "")
    found = KINDS.get(what, InspectionPlan)._default_manager.all()
    if what in InspectionKind.values:
        found = found.filter(kind=what)
    if state in RevisionState.values:
        found = found.filter(state=state)
    if item := request.GET.get("item"):
        found = found.filter(item__number=item)
    page = page_of(request, found.select_related("item").order_by("code", "-revision"))
    table = tables.revision_table(page, _views(what))
    return render(request, "plans/plan_list.html", {"page": page, "table": table, "writes": _writes(request)})


@require_http_methods(["GET", "POST"])
@needs(SUPERVISORS)
def new_plan(request: HttpRequest) -> HttpResponse:
    """Draft a plan from a template, or from what an import said is measured."""
    form = NewPlanForm(request.POST or None, initial={"origin": drafting.origin_for(request.GET.get("item", ""))})
    if request.method == "GET" or not form.is_valid():
        return render(request, "plans/new_plan.html", {"form": form}, status=200 if request.method == "GET" else 422)
    origin, actor = form.cleaned_data["origin"], cast("Person", request.user)
    if template := drafting.templates().get(origin):
        made = drafting.plan_from_template(form.cleaned_data["found"], template, actor)
    else:
        made = drafting.plan_from_characteristics(form.cleaned_data["found"], origin.partition("\n")[2], actor)
    messages.success(request, _("A new draft. Change it, then release it."))
    return redirect("plan", made.uid)


def _views(what: str) -> tuple[tuple[str, str, bool], ...]:
    named = [
        ("", _("All plans")),
        *((kind.value, str(kind.label)) for kind in InspectionKind if kind != InspectionKind.FIRST_ARTICLE),
        ("procedures", _("Procedures")),
        ("routes", _("Routes")),
    ]
    return tuple((label, f"?what={name}" if name else "?", what == name) for name, label in named)


def _writes(request: HttpRequest) -> bool:
    return may(request.membership.role, SUPERVISORS)  # type: ignore[attr-defined]


@require_GET
@needs(Action.READ)
def plan(request: HttpRequest, plan_uid: UUID) -> HttpResponse:
    found = get_object_or_404(_revisions(InspectionPlan), uid=plan_uid)
    lines = list(found.lines.select_related("characteristic").order_by("sequence"))
    return _shown(request, found, len(lines), {"table": tables.line_table(lines), **judged_facts(found)})


@require_GET
@needs(Action.READ)
def procedure(request: HttpRequest, procedure_uid: UUID) -> HttpResponse:
    found = get_object_or_404(_revisions(Procedure), uid=procedure_uid)
    steps = list(found.steps.select_related("item", "characteristic", "picture").order_by("sequence"))
    return _shown(request, found, len(steps), {"table": tables.step_table(found, steps)})


@require_GET
@needs(Action.READ)
def route(request: HttpRequest, route_uid: UUID) -> HttpResponse:
    found = get_object_or_404(_revisions(Route), uid=route_uid)
    stops = list(found.stops.select_related("station").order_by("sequence", "procedure_code"))
    counted = Procedure.objects.filter(code__in={stop.procedure_code for stop in stops}).annotate(
        required=Count("steps", Q(steps__required=True))
    )
    now, zone = timezone.now(), timezone.get_current_timezone()
    standing = {one.code: one for one in counted.order_by("revision") if in_force(one, now, zone)}  # type: ignore[arg-type]
    return _shown(request, found, len(stops), {"table": tables.stop_table(stops, standing)})


def _revisions(kind: type[Any]) -> Any:
    return kind.objects.select_related("item", "drafted_by", "released_by", "withdrawn_by")


def _shown(request: HttpRequest, found: Revised, lines: int, more: dict[str, Any]) -> HttpResponse:
    verdict, sentence, reason = tables.verdict_of(found, lines)
    others = type(found)._default_manager.filter(code=found.code).select_related("item").order_by("-revision")
    context = {
        "revised": found,
        "kind": verdict,
        "sentence": sentence,
        "reason": reason,
        "facts": tables.life_facts(found),
        "others": tables.other_revisions(found, others),
        "writes": _writes(request),
        "release_form": ReleaseForm(initial={name: getattr(found, name) for name in ReleaseForm.base_fields}),
        "change_url": f"{tables.address_of(found)}change/",
        "edit_url": f"{tables.address_of(found)}edit/",
        **more,
    }
    return render(request, "plans/revision.html", context)


@require_POST
@needs(SUPERVISORS)
def change_plan(request: HttpRequest, plan_uid: UUID) -> HttpResponse:
    return _changed(request, get_object_or_404(InspectionPlan, uid=plan_uid))


@require_POST
@needs(SUPERVISORS)
def change_procedure(request: HttpRequest, procedure_uid: UUID) -> HttpResponse:
    return _changed(request, get_object_or_404(Procedure, uid=procedure_uid))


@require_POST
@needs(SUPERVISORS)
def change_route(request: HttpRequest, route_uid: UUID) -> HttpResponse:
    return _changed(request, get_object_or_404(Route, uid=route_uid))


def _changed(request: HttpRequest, found: Revised) -> HttpResponse:
    """Release, withdraw, or begin the next revision, as the button says."""
    form = (ReleaseForm if request.POST.get("act") == "release" else ReasonForm)(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
        return redirect(tables.address_of(found))
    try:
        found = _act(request, found, form.cleaned_data)
    except rules.RevisionError as refusal:
        messages.error(request, str(refusal))
    return redirect(tables.address_of(found))


def _act(request: HttpRequest, found: Revised, said: dict[str, Any]) -> Revised:
    actor: Any = request.user
    if request.POST.get("act") == "release":
        rules.release(found, actor, Bounds(**said))
        messages.success(request, pgettext("revision", "Released."))
    elif request.POST.get("act") == "withdraw":
        rules.withdraw(found, actor, said["reason"])
        messages.success(request, pgettext("revision", "Withdrawn."))
    else:
        found = rules.next_revision(found, actor, said["reason"])
        messages.success(request, _("A new draft. Change it, then release it."))
    return found
