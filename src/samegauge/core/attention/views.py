from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from samegauge.core.attention import duties as rules
from samegauge.core.attention.declaration import STAFF, all_concerns
from samegauge.core.attention.models import Incident, Look
from samegauge.core.attention.refreshing import refresh
from samegauge.core.attention.start import shown
from samegauge.core.face import Action as Button
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.organisations.permissions import needs
from samegauge.core.pages import page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from samegauge.core.organisations.models import Membership


@require_GET
@needs(STAFF)
def duties(request: HttpRequest) -> HttpResponse:
    """What is mine, what concerns my role, what is put off, and what is over because its cause is gone."""
    membership = _membership(request)
    view, about = request.GET.get("view", ""), request.GET.get("concern", "")
    rows = rules.listed(view, membership)
    if about:
        rows = rows.filter(concern=about)
    page = page_of(request, rows.select_related("taken_by"))
    titles = {concern.name: concern for concern in all_concerns()}
    context = {
        "page": page,
        "lines": [shown(row) for row in page.rows],
        "views": [(one.label, f"?view={one.value}" if one else "?", one == view) for one in rules.View],
        "view": view,
        "about": titles.get(about),
        "now": datetime.now(UTC),
        "looks": [(look, titles.get(look.concern)) for look in Look.objects.order_by("concern")],
    }
    return render(request, "attention/duties.html", context)


@require_GET
@needs(STAFF)
def incident(request: HttpRequest, incident_uid: UUID) -> HttpResponse:
    found = _found(incident_uid)
    membership, line = _membership(request), shown(found)
    concern = next((one for one in all_concerns() if one.name == found.concern), None)
    context = {
        "incident": found,
        "shown": line,
        "actions": [Button(line.step, found.address, "arrow-right")],
        "concern": concern,
        "is_mine": found.taken_by_id == membership.person_id,
        "colleagues": rules.colleagues(membership),
        "steps": found.steps.select_related("person", "to"),
        "tomorrow": timezone.localdate() + timedelta(days=1),
        "longest_reason": LONGEST_REASON,
    }
    return render(request, "attention/incident.html", context)


@require_POST
@needs(STAFF)
def incident_step(request: HttpRequest, incident_uid: UUID) -> HttpResponse:
    """Take, give back, hand over, put off or take up again."""
    found, by = _found(incident_uid), _membership(request)
    steps: dict[str, Callable[[], None]] = {
        "take": lambda: rules.take(found, by),
        "give_back": lambda: rules.give_back(found, by),
        "hand_over": lambda: rules.hand_over(found, by, _colleague(request, by)),
        "put_off": lambda: rules.put_off(found, by, _morning(request), request.POST.get("reason", "")),
        "resume": lambda: rules.resume(found, by),
    }
    step = steps.get(request.POST.get("step", ""), _unknown_step)
    try:
        step()
    except rules.DutyError as refusal:
        messages.error(request, str(refusal))
    return redirect("incident", incident_uid)


def _unknown_step() -> None:
    raise rules.DutyError(_("Choose what to do with it."))


@require_POST
@needs(STAFF)
def check_now(request: HttpRequest) -> HttpResponse:
    """Look at every concern at once, instead of waiting for the worker."""
    refresh()
    messages.success(request, _("Everything was looked at just now."))
    return redirect("home")


def _membership(request: HttpRequest) -> Membership:
    return request.membership  # type: ignore[attr-defined]


def _found(incident_uid: UUID) -> Incident:
    return get_object_or_404(Incident.objects.select_related("taken_by"), uid=incident_uid)


def _colleague(request: HttpRequest, by: Membership) -> Any:
    chosen = rules.colleagues(by).filter(person__uid__in=_uids(request.POST.get("person", ""))).first()
    if chosen is None:
        raise rules.DutyError(_("Choose a colleague."))
    return chosen.person


def _uids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []


def _morning(request: HttpRequest) -> datetime:
    """The first moment of the day that was chosen, in the organisation's zone."""
    try:
        day = date.fromisoformat(request.POST.get("until", ""))
        return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise rules.DutyError(_("Choose a day from tomorrow to a year from now.")) from error
