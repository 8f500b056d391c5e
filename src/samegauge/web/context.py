from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.organisations.models import Membership
from samegauge.core.organisations.rules import administers_site

if TYPE_CHECKING:
    from django.http import HttpRequest

VERSION = version("samegauge")


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page shows."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"version": VERSION, "navigation": [], "organisation": None, "organisations": []}
    others = Membership.active().filter(person_id=membership.person_id).exclude(pk=membership.pk)
    return {
        "version": VERSION,
        "membership": membership,
        "organisation": membership.organisation,
        "simulated": membership.organisation.is_simulated,
        "administers_site": administers_site(membership),
        "organisations": [other.organisation for other in others.select_related("organisation")],
        "navigation": _navigation(request.path),
    }


def _navigation(path: str) -> list[dict[str, Any]]:
    places = [
        (reverse("home"), _("Home"), "home"),
        (reverse("unit_list"), _("Parts"), "box"),
        (reverse("characteristic_list"), _("Characteristics"), "ruler-measure"),
        (reverse("machine_list"), _("Machines"), "tool"),
        (reverse("kind_list"), pgettext("master data", "Records"), "list-details"),
        (reverse("import_list"), _("Imports"), "upload"),
    ]
    below = {
        "/operations/": "/units/",
        "/inspections/": "/units/",
        "/passports/": "/units/",
        "/labels/": "/units/",
        "/jobs/": "/imports/",
    }
    part = next((home for start, home in below.items() if path.startswith(start)), path)
    here = "/" if path == "/" else next((url for url, _label, _icon in places[1:] if part.startswith(url)), "")
    return [{"url": url, "label": label, "icon": icon, "active": url == here} for url, label, icon in places]
