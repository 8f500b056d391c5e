from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from samegauge.core.face import Cell, Chip, Column, Kind, RecordTable
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.pages import page_of
from samegauge.core.security_events.devices import device_name
from samegauge.core.security_events.models import SecurityEvent, What
from samegauge.formats.spreadsheet import write_csv

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

LONGEST_NAME = 200
# What an owner looks at first.
REFUSALS = frozenset(
    {
        What.SIGN_IN_FAILED,
        What.SIGN_IN_LOCKED,
        What.SECOND_FACTOR_FAILED,
        What.SECOND_FACTOR_LOCKED,
        What.COMPANY_SIGN_IN_REFUSED,
        What.REFUSED,
    }
)


@require_GET
@needs(Action.MANAGE_PEOPLE)
def security_events(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    page = page_of(request, _found(asked))
    columns = (
        Column(_("When")),
        Column(pgettext("happened", "What")),
        Column(pgettext("happened", "Who")),
        Column(pgettext("happened", "About whom")),
        Column(pgettext("happened", "From where")),
    )
    rows = tuple(
        (
            Cell(f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}"),
            Cell(chip=Chip(_kind(event.what), event.get_what_display()), note=event.details),
            Cell(event.person_name or _("Nobody known")),
            Cell(event.subject_name or "–"),
            Cell(event.address or _("This machine"), note=device_name(event.device) or event.device[:40]),
        )
        for event in page.rows
    )
    context = {
        "table": RecordTable(_("Security events"), columns, rows, page),
        "asked": asked,
        "choices": What.choices,
        "query": request.GET.urlencode(),
    }
    return render(request, "security_events/security_events.html", context)


@require_GET
@needs(Action.MANAGE_PEOPLE)
def security_events_csv(request: HttpRequest) -> HttpResponse:
    header = ("at_utc", "what", "meaning", "person", "about", "address", "device", "details", "occurrence")
    rows = (
        (
            event.at.astimezone(UTC).isoformat(),
            event.what,
            str(event.get_what_display()),
            event.person_name,
            event.subject_name,
            event.address or "",
            event.device,
            event.details,
            str(event.occurrence),
        )
        for event in _found(_asked(request)).iterator()
    )
    name = f"security-events-{datetime.now(UTC):%Y%m%d}.csv"
    return HttpResponse(
        write_csv(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked(request: HttpRequest) -> dict[str, str]:
    what, who = request.GET.get("what", ""), request.GET.get("who", "").strip()
    return {"what": what if what in What.values else "", "who": who[:LONGEST_NAME]}


def _found(asked: dict[str, str]) -> QuerySet[SecurityEvent]:
    found = SecurityEvent.objects.order_by("-at", "-pk")
    if asked["what"]:
        found = found.filter(what=asked["what"])
    if asked["who"]:
        found = found.filter(Q(person_name__icontains=asked["who"]) | Q(subject_name__icontains=asked["who"]))
    return found


def _kind(what: str) -> Kind:
    return "warning" if what in REFUSALS else "neutral"
