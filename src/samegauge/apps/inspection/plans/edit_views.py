"""Pages on which drafts are begun and their lines written, and the pictures that steps show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from samegauge.apps.inspection.plans.edit_forms import HeadForm, NewRevisionForm
from samegauge.apps.inspection.plans.editing import Edit, StaleError, begin, rewrite, stated_lines, version_of
from samegauge.apps.inspection.plans.line_forms import (
    MOST_OFFERED,
    empty_form,
    forms_of,
    lines_read,
    read_forms,
)
from samegauge.apps.inspection.plans.lines import LinesError
from samegauge.apps.inspection.plans.models import (
    InspectionPlan,
    Procedure,
    ProcedureStep,
    Revised,
    RevisionState,
    Route,
)
from samegauge.apps.inspection.plans.pictures import picture_url
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.apps.inspection.plans.rules import RevisionError
from samegauge.apps.inspection.plans.tables import address_of
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import Item
from samegauge.core.vault.answers import stored_answer
from samegauge.core.vault.models import StoredFile
from samegauge.quantities.units import units

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import FileResponse, HttpRequest, HttpResponse

    from samegauge.apps.inspection.plans.line_forms import LineForm
    from samegauge.core.organisations.models import Person


@require_http_methods(["GET", "POST"])
@needs(SUPERVISORS)
def new_blank_plan(request: HttpRequest) -> HttpResponse:
    return _begun(request, InspectionPlan)


@require_http_methods(["GET", "POST"])
@needs(SUPERVISORS)
def new_procedure(request: HttpRequest) -> HttpResponse:
    return _begun(request, Procedure)


@require_http_methods(["GET", "POST"])
@needs(SUPERVISORS)
def new_route(request: HttpRequest) -> HttpResponse:
    return _begun(request, Route)


def _begun(request: HttpRequest, kind: type[Revised]) -> HttpResponse:
    form = NewRevisionForm(kind, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = begin(kind(**form.cleaned_data), cast("Person", request.user))
        except RevisionError as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect(edit_address(made))
    what = {InspectionPlan: _("Begin an empty plan"), Procedure: _("Draft a procedure")}.get(kind, _("Draft a route"))
    items = Item.objects.filter(retired_at=None).order_by("number")[:MOST_OFFERED]
    context = {"form": form, "what": what, "items": items}
    return render(request, "plans/new_revision.html", context, status=422 if form.errors else 200)


def edit_address(revised: Revised) -> str:
    return f"{address_of(revised)}edit/"


@require_http_methods(["GET", "POST"])
@needs(SUPERVISORS)
def edit_plan(request: HttpRequest, plan_uid: UUID) -> HttpResponse:
    return _edited(request, get_object_or_404(InspectionPlan.objects.select_related("item"), uid=plan_uid))


@require_http_methods(["GET", "POST"])
@needs(SUPERVISORS)
def edit_procedure(request: HttpRequest, procedure_uid: UUID) -> HttpResponse:
    return _edited(request, get_object_or_404(Procedure.objects.select_related("item"), uid=procedure_uid))


@require_http_methods(["GET", "POST"])
@needs(SUPERVISORS)
def edit_route(request: HttpRequest, route_uid: UUID) -> HttpResponse:
    return _edited(request, get_object_or_404(Route.objects.select_related("item"), uid=route_uid))


def _edited(request: HttpRequest, revised: Revised) -> HttpResponse:
    if request.method == "POST":
        return _written(request, revised)
    if revised.state != RevisionState.DRAFT:
        said = _("%(revision)s is no draft any more: a change makes the next revision.")
        messages.error(request, said % {"revision": revised})
        return redirect(address_of(revised))
    head = HeadForm(revised, initial={name: getattr(revised, name, "") for name in HeadForm.base_fields})
    return _editor(request, revised, head, forms_of(revised, stated_lines(revised)))


def _written(request: HttpRequest, revised: Revised) -> HttpResponse:
    head, line_forms = HeadForm(revised, request.POST), read_forms(revised, request.POST, request.FILES)
    # All of them are checked before anything is said, so that every fault shows at once.
    if not all([head.is_valid(), *(form.is_valid() for form in line_forms)]):
        return _editor(request, revised, head, line_forms, status=422)
    edit = Edit(seen=request.POST.get("seen", ""), lines=lines_read(line_forms), **head.cleaned_data)
    try:
        rewrite(revised, edit, cast("Person", request.user))
    except LinesError as refusal:
        for fault in refusal.faults:
            form: Any = line_forms[min(fault.line, len(line_forms)) - 1] if fault.line else head
            form.add_error({"sequence": "beside"}.get(fault.field, fault.field), fault.text)
        return _editor(request, revised, head, line_forms, status=422)
    except StaleError as refusal:
        said = _("What you see is yours; saved once more, it stands in the place of theirs.")
        return _editor(request, revised, head, line_forms, status=409, refusal=f"{refusal} {said}")
    except RevisionError as refusal:
        return _editor(request, revised, head, line_forms, status=409, refusal=str(refusal))
    messages.success(request, _("Saved. Nobody works by it until it is released."))
    return redirect(address_of(revised) if request.POST.get("then") == "view" else edit_address(revised))


def _editor(
    request: HttpRequest,
    revised: Revised,
    head: HeadForm,
    line_forms: list[LineForm],
    *,
    status: int = 200,
    refusal: str = "",
) -> HttpResponse:
    context = {
        "revised": revised,
        "head": head,
        "forms": line_forms,
        "empty": empty_form(revised),
        "faults": _faults_of(line_forms),
        "refusal": refusal,
        "seen": version_of(revised),
        "back": address_of(revised),
        "kind": type(revised).__name__.lower(),
        "units": units().values(),
        "pictures": _pictures(revised),
        **_lists(revised),
    }
    return render(request, "plans/edit.html", context, status=status)


def _faults_of(line_forms: list[LineForm]) -> list[tuple[int, Any, str]]:
    return [
        (place, form[name], " ".join(map(str, texts)))
        for place, form in enumerate(line_forms, 1)
        for name, texts in form.errors.items()
    ]


def _lists(revised: Revised) -> dict[str, Any]:
    """What texts that name records are completed with."""
    if isinstance(revised, Procedure):
        return {"items": Item.objects.filter(retired_at=None).order_by("number")[:MOST_OFFERED]}
    if isinstance(revised, Route):
        rows = Procedure.objects.filter(item=revised.item).order_by("code").values_list("code", "title").distinct()
        return {"procedures": rows[:MOST_OFFERED]}
    return {}


def _pictures(revised: Revised) -> dict[str, str]:
    """Addresses of the pictures that the saved steps show, by their SHA-256."""
    if not isinstance(revised, Procedure):
        return {}
    steps = revised.steps.exclude(picture=None).select_related("picture")
    return {step.picture.sha256: picture_url(revised, step.picture) for step in steps if step.picture}


@require_GET
@needs(Action.READ)
def step_picture(request: HttpRequest, procedure_uid: UUID, file_uid: UUID) -> FileResponse:  # noqa: ARG001 - Django's
    """A picture that a step of this procedure shows; the tablet's own program keeps it for work without network."""
    shown = ProcedureStep.objects.filter(procedure__uid=procedure_uid).values("picture")
    return stored_answer(get_object_or_404(StoredFile, uid=file_uid, pk__in=shown))
