from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, happening_from, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

FORBIDDEN = 403


class CircumstancesMiddleware:
    """Remembers from where the request comes, and writes down what a member was refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with happening_from(request.META.get("REMOTE_ADDR"), request.headers.get("User-Agent", "")):
            response = self.get_response(request)
            membership = getattr(request, "membership", None)
            if response.status_code == FORBIDDEN and membership is not None:
                where = Concerned(membership.person, organisation_id=membership.organisation_id)
                record(What.REFUSED, where, f"{request.method} {request.path}")
            return response
