from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.attention.declaration import STAFF
from samegauge.core.notifications.notices import unread
from samegauge.core.organisations.rules import administers_site
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from django.http import HttpRequest

    from samegauge.core.organisations.models import Membership

VERSION = version("samegauge")


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page shows."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"version": VERSION, "navigation": [], "organisation": None, "organisations": []}
    # Also on a page seen through another organisation's window the frame is that of whoever looks.
    with organisation_scope(membership.organisation_id):
        return _frame_of(membership, request)


def _frame_of(membership: Membership, request: HttpRequest) -> dict[str, Any]:
    is_staff = membership.role in STAFF
    others = [one.organisation for one in getattr(request, "memberships", []) if one != membership]
    return {
        "version": VERSION,
        "membership": membership,
        "organisation": membership.organisation,
        "simulated": membership.organisation.is_simulated,
        "administers_site": administers_site(membership),
        "organisations": others,
        "navigation": _navigation(request.path, is_staff=is_staff),
        "is_staff": is_staff,
        "bell": unread(membership.person).count() if is_staff else 0,
    }


def _navigation(path: str, *, is_staff: bool) -> list[dict[str, Any]]:
    places = [
        (reverse("home"), _("Home"), "home"),
        *([(reverse("duties"), _("My duties"), "clipboard-check")] if is_staff else []),
        (reverse("unit_list"), _("Parts"), "box"),
        (reverse("characteristic_list"), _("Characteristics"), "ruler-measure"),
        (reverse("machine_list"), _("Machines"), "tool"),
        (reverse("kind_list"), pgettext("master data", "Records"), "list-details"),
        (reverse("import_list"), _("Imports"), "upload"),
        *([(reverse("shared_with_us"), pgettext("navigation", "Shared"), "link")] if is_staff else []),
    ]
    below = {
        "/operations/": "/units/",
        "/inspections/": "/units/",
        "/passports/": "/units/",
        "/labels/": "/units/",
        "/jobs/": "/imports/",
        "/notices/": "/duties/",
        "/sharing/": "/shared/",
    }
    part = next((home for start, home in below.items() if path.startswith(start)), path)
    here = "/" if path == "/" else next((url for url, _label, _icon in places[1:] if part.startswith(url)), "")
    return [{"url": url, "label": label, "icon": icon, "active": url == here} for url, label, icon in places]
