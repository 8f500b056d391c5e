"""The page that prints labels, the sheets themselves, and the short addresses that their codes lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from samegauge.core.labels.forms import QUESTIONS, LabelForm
from samegauge.core.labels.rules import LabelError, pages_of
from samegauge.core.labels.selection import labels_of
from samegauge.core.labels.sheets import render_labels, render_preview
from samegauge.core.language import reads_chinese
from samegauge.core.organisations.models import Membership
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.printing import PrintError, fonts_folder
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item, Unit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from samegauge.core.labels.rules import Label

NAMES = {
    "units": gettext_lazy("Parts"),
    "machines": gettext_lazy("Machines"),
    "items": gettext_lazy("Items"),
    "stations": gettext_lazy("Stations"),
    "people": gettext_lazy("People"),
}


@require_GET
@needs(Action.READ)
def labels(request: HttpRequest) -> HttpResponse:
    """Choose what to print on which sheet, and see the first one; a question with a format is answered."""
    what = request.GET.get("what", "units")
    if what not in _offered(request):
        raise Http404
    if "format" not in request.GET:
        return _page(request, what, LabelForm(what, None))
    form = LabelForm(what, request.GET)
    try:
        found = _found(request, what, form) if form.is_valid() else []
    except LabelError as error:
        return _page(request, what, form, error=error, wrong=200)
    return _page(request, what, form, found=found, wrong=200)


@require_GET
@needs(Action.READ)
def record_labels(request: HttpRequest, what: str) -> HttpResponse:
    return _paper(request, what)


@require_GET
@needs(Action.MANAGE_PEOPLE)
def people_labels(request: HttpRequest) -> HttpResponse:
    return _paper(request, "people")


@require_GET
@needs(Action.READ)
def scanned_unit(_request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    return redirect("unit_thread", get_object_or_404(Unit, uid=unit_uid).uid)


@require_GET
@needs(Action.READ)
def scanned_item(_request: HttpRequest, item_uid: UUID) -> HttpResponse:
    item = get_object_or_404(Item, uid=item_uid)
    return redirect(f"{reverse('unit_list')}?{urlencode({'item': item.number})}")


@require_GET
@needs(Action.READ)
def scanned_station(_request: HttpRequest, station_uid: UUID) -> HttpResponse:
    return redirect("station_record", get_object_or_404(Station, uid=station_uid).uid)


@require_GET
@needs(Action.MANAGE_PEOPLE)
def scanned_person(request: HttpRequest, person_uid: UUID) -> HttpResponse:
    members = Membership.objects.filter(organisation=request.membership.organisation)  # type: ignore[attr-defined]
    return redirect("member", get_object_or_404(members, person__uid=person_uid).person.uid)


def _offered(request: HttpRequest) -> list[str]:
    manages = may(request.membership.role, Action.MANAGE_PEOPLE)  # type: ignore[attr-defined]
    return [what for what in QUESTIONS if manages or what != "people"]


def _found(request: HttpRequest, what: str, form: LabelForm) -> list[Label]:
    site = request.build_absolute_uri("/") if form.cleaned_data.get("site") else ""
    return labels_of(what, form.cleaned_data, request.membership.organisation, site)  # type: ignore[attr-defined]


def _paper(request: HttpRequest, what: str) -> HttpResponse:
    form = LabelForm(what, request.GET)
    if not form.is_valid():
        return _page(request, what, form)
    sheet, first_place = form.cleaned_data["sheet"], form.cleaned_data["start"] - 1
    try:
        found = _found(request, what, form)
        if request.GET.get("as") == "svg":
            picture = render_preview(found, sheet, first_place, fonts_folder())
            return HttpResponse(picture, content_type="image/svg+xml")
        pdf = render_labels(found, sheet, first_place, fonts_folder())
    except (LabelError, PrintError) as error:
        return _page(request, what, form, error=error)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="labels-{what}.pdf"'
    return response


def _page(
    request: HttpRequest,
    what: str,
    form: LabelForm,
    *,
    found: list[Label] | None = None,
    error: LabelError | PrintError | None = None,
    wrong: int = 422,
) -> HttpResponse:
    """Answer with the choice; `wrong` is the status when what was asked for cannot be printed."""
    context = {
        "what": what,
        "kinds": [(kind, NAMES[kind], kind == what) for kind in _offered(request)],
        "form": form,
        "paper_url": reverse(f"{what}_labels"),
        "summary": _summary(found, form) if found else "",
        "picture_url": f"{reverse(f'{what}_labels')}?{_picture_query(request)}" if found else "",
    }
    if error is not None:
        context["refusal"] = error.message_zh if reads_chinese() else error.message
    is_wrong = error is not None or (form.is_bound and not form.is_valid())
    return render(request, "labels/labels.html", context, status=wrong if is_wrong else 200)


def _summary(found: list[Label], form: LabelForm) -> str:
    pages = len(pages_of(found, form.cleaned_data["sheet"], form.cleaned_data["start"] - 1))
    return _("Labels: %(labels)d, pages: %(pages)d. The first page:") % {"labels": len(found), "pages": pages}


def _picture_query(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked["as"] = "svg"
    return asked.urlencode()
