"""A unit's pages for people of another organisation: the same pages, through the window of a grant."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from samegauge.apps.history import passport_views, tables, views
from samegauge.apps.history.models import Passport
from samegauge.core.measurement.models import Inspection
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.sharing.models import GrantedUnit, UsedPage
from samegauge.core.sharing.rules import Use, note_use
from samegauge.core.sharing.windows import NoGrantError, window
from samegauge.core.thread.models import Document, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from samegauge.core.sharing.models import Grant

NAMED = {"inspection_uid": Inspection, "document_uid": Document, "passport_uid": Passport}


@contextmanager
def looked_through(
    request: HttpRequest, grant_uid: UUID, page: UsedPage, named: Mapping[str, Any]
) -> Iterator[tuple[Grant, Unit | None]]:
    """Open the grant's window on what the address names, and write the use down once the answer is made."""
    try:
        with window(grant_uid) as grant:
            unit = _unit_with_thread(named["unit_uid"]) if "unit_uid" in named else None
            told = [get_object_or_404(NAMED[name], uid=value) for name, value in named.items() if name in NAMED]
            subject = " ".join(str(each) for each in [unit, *told] if each is not None)
            yield grant, unit
    except NoGrantError as over:
        raise Http404 from over
    by_program = getattr(request, "by_token", False)
    note_use(grant, Use(page, subject or grant.serial, by_program), request.user)  # type: ignore[arg-type]


def _unit_with_thread(unit_uid: UUID) -> Unit:
    """Of what was taken out a window tells the name; it has no thread there."""
    granted = GrantedUnit.objects.filter(unit__uid=unit_uid, with_thread=True).select_related("unit")
    return get_object_or_404(granted).unit


def _through_window(page: UsedPage, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @require_GET
    @needs(Action.READ_SHARED)
    def shown(request: HttpRequest, grant_uid: UUID, **named: Any) -> HttpResponseBase:
        with looked_through(request, grant_uid, page, named):
            return view(request, **named)

    return shown


unit_thread = _through_window(UsedPage.UNIT_THREAD, views.unit_thread)
unit_tree = _through_window(UsedPage.UNIT_TREE, views.unit_tree)
unit_events = _through_window(UsedPage.UNIT_EVENTS, views.unit_events)
inspection = _through_window(UsedPage.INSPECTION, views.inspection)
document = _through_window(UsedPage.DOCUMENT, views.document)
passport_file = _through_window(UsedPage.PASSPORT_FILE, passport_views.passport_file)


@require_GET
@needs(Action.READ_SHARED)
def shared(request: HttpRequest, grant_uid: UUID) -> HttpResponse:
    """Lead to what is shared: the history at once, unless there are passports too."""
    with looked_through(request, grant_uid, UsedPage.PASSPORTS, {}) as (grant, _unit):
        unit = get_object_or_404(Unit.objects.select_related("item", "revision", "lot"), pk=grant.unit_id)
        if not grant.covers_passports:
            return redirect("shared_unit_thread", grant.uid, unit.uid)
        issued = Passport.objects.filter(unit=unit).select_related("unit").order_by("-issued_at", "-pk")
        context = {"unit": unit, "grant": grant, "table": tables.passport_table(issued)}
        return render(request, "history/shared.html", context)
