from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from django.utils import timezone

from samegauge.core.organisations.models import Membership
from samegauge.core.organisations.rules import membership_of_token
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

MEMBERSHIP_KEY = "membership"


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
    """Return the membership chosen in this session, else the person's first."""
    if not request.user.is_authenticated:
        return None
    memberships = Membership.objects.filter(person=request.user).select_related("organisation", "person").order_by("pk")
    chosen = request.session.get(MEMBERSHIP_KEY)
    return (memberships.filter(pk=chosen).first() if chosen else None) or memberships.first()
