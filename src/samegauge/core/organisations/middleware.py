from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext as _

from samegauge.core.language import named
from samegauge.core.organisations.models import Membership, Organisation
from samegauge.core.organisations.rules import membership_of_token
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

ORGANISATION_KEY = "organisation"


class ScopeMiddleware:
    """Opens the wall for the person's current organisation while the request runs, and sets its time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership = _by_token(request) or current_membership(request)
        request.membership = membership  # type: ignore[attr-defined]
        if membership is None:
            return self.get_response(request)
        with (
            organisation_scope(membership.organisation_id),
            timezone.override(zoneinfo.ZoneInfo(membership.organisation.time_zone)),
        ):
            return self.get_response(request)


def _by_token(request: HttpRequest) -> Membership | None:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not request.path.startswith("/api/"):
        return None
    membership = membership_of_token(token.strip())
    if membership is not None:
        request.user = membership.person  # type: ignore[attr-defined]
        request.by_token = True  # type: ignore[attr-defined]
    return membership


def current_membership(request: HttpRequest) -> Membership | None:
    """Return the membership in the organisation that this session works for; at its start the person's first one."""
    if not request.user.is_authenticated:
        return None
    mine = list(Membership.active().filter(person=request.user).select_related("organisation").order_by("pk"))
    for one in mine:
        one.person = request.user  # type: ignore[assignment]
    request.memberships = mine  # type: ignore[attr-defined]
    first = next(iter(mine), None)
    organisation_id = request.session.get(ORGANISATION_KEY)
    if organisation_id is not None:
        chosen = next((one for one in mine if one.organisation_id == organisation_id), None)
        return chosen or _after_the_lost_one(request, organisation_id, first)
    if first is not None:
        request.session[ORGANISATION_KEY] = first.organisation_id
    return first


def _after_the_lost_one(request: HttpRequest, lost_id: int, other: Membership | None) -> Membership | None:
    """Go over to another organisation at a page that says so; what was meant for the lost one is done in none."""
    lost = Organisation.objects.filter(pk=lost_id).first()
    request.lost_organisation = named(lost) if lost else "–"  # type: ignore[attr-defined]
    if other is None or not _opens_a_page(request):
        return None
    request.session[ORGANISATION_KEY] = other.organisation_id
    names = {"lost": request.lost_organisation, "other": named(other.organisation)}  # type: ignore[attr-defined]
    messages.warning(request, _("You are no longer a member of %(lost)s. You are now working for %(other)s.") % names)
    return other


def _opens_a_page(request: HttpRequest) -> bool:
    """A person sees the answer as a whole page, with its messages."""
    accepted, by_script = request.headers.get("Accept", ""), "HX-Request" in request.headers
    return request.method == "GET" and "text/html" in accepted and not by_script
