from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from samegauge.core.attention.start import start_page
from samegauge.core.backup.health import states
from samegauge.core.database import reach
from samegauge.core.organisations.permissions import Action, needs, public
from samegauge.core.organisations.rules import administers_site

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_GET
@needs(Action.READ)
def home(request: HttpRequest) -> HttpResponse:
    """What needs the attention of this role, the worst first, and what it works with."""
    return render(request, "home.html", start_page(request.membership))  # type: ignore[attr-defined]


@public
@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Say that the web process answers and reaches its database; those who run the site see its parts too."""
    reach()
    membership = getattr(request, "membership", None)
    if membership is None or not administers_site(membership):
        return JsonResponse({"status": "ok"})
    return JsonResponse({"status": "ok", **states(settings.SAMEGAUGE_HOME)})
