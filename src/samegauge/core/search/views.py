"""The one box: what it suggests while somebody types, the page of all that was found, and where a scan leads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from samegauge.core.labels.rules import scanned_path
from samegauge.core.language import script_of
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.search.declaration import readable
from samegauge.core.search.finding import hits_of, named_exactly, nearest
from samegauge.core.search.folding import LONGEST_QUESTION
from samegauge.core.search.sources import found_groups

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from samegauge.core.organisations.models import Membership
    from samegauge.core.search.declaration import Hit

SUGGESTED, SHOWN = 4, 10


@require_GET
@needs(Action.READ)
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found, by kind; the code of a label and the exact number of a unit lead on at once."""
    asked, only = _asked(request), request.GET.get("in", "")
    if not only and (place := scanned_path(asked) or _called_so(request, asked)):
        return redirect(place)
    groups = found_groups(asked, SHOWN, _member(request), only)
    context = {
        "asked": asked,
        "asked_lang": script_of(asked),
        "query": asked,
        "groups": groups,
        "only": only,
        "nearest": [] if groups else _nearest(request, asked),
        "back_url": f"{reverse('search')}?{urlencode({'q': asked})}",
    }
    return render(request, "search/search.html", context)


@require_GET
@needs(Action.READ)
def suggestions(request: HttpRequest) -> HttpResponse:
    """The list below the box, for what has been typed so far."""
    asked = _asked(request)
    groups = found_groups(asked, SUGGESTED, _member(request))
    context = {"asked": asked, "groups": groups, "count": sum(len(group.hits) for group in groups)}
    return render(request, "search/suggestions.html", context)


def _asked(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUESTION]


def _member(request: HttpRequest) -> Membership:
    return request.membership  # type: ignore[attr-defined]


def _called_so(request: HttpRequest, asked: str) -> str:
    """The address of the one record of this number, among kinds that open at once."""
    called = named_exactly(asked, [one for one in readable(_member(request).role) if one.opens])
    hits = hits_of(called[0], [called[1]]) if called else []
    return hits[0].url if hits else ""


def _nearest(request: HttpRequest, asked: str) -> list[Hit]:
    return [hit for one in readable(_member(request).role) if one.opens for hit in nearest(asked, one)]
