from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.attention.declaration import STAFF
from samegauge.core.notifications.notices import unread
from samegauge.core.organisations.permissions import Action, may
from samegauge.core.organisations.rules import administers_site
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from django.http import HttpRequest

    from samegauge.core.organisations.models import Membership

VERSION = version("samegauge")
# Below 1200 px these wait behind "More", so that a tablet shows the menu in one line.
LESSER = {
    "characteristic_list", "gauge_list", "nonconformity_list", "plan_list", "machine_list", "kind_list", "import_list",
    "shared_with_us",
}  # fmt: skip


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
    places = _navigation(request.path, is_staff=is_staff, records=may(membership.role, Action.RECORD))
    others = [one.organisation for one in getattr(request, "memberships", []) if one != membership]
    return {
        "version": VERSION,
        "membership": membership,
        "organisation": membership.organisation,
        "simulated": membership.organisation.is_simulated,
        "administers_site": administers_site(membership),
        "organisations": others,
        "navigation": places,
        "more_places": [place for place in places if place["lesser"]],
        "is_staff": is_staff,
        "bell": unread(membership.person).count() if is_staff else 0,
    }


def _navigation(path: str, *, is_staff: bool, records: bool) -> list[dict[str, Any]]:
    places = [
        (reverse("home"), _("Home"), "home"),
        *([(reverse("duties"), _("My duties"), "clipboard-check")] if is_staff else []),
        (reverse("unit_list"), _("Parts"), "box"),
        (reverse("quality"), _("Quality"), "chart-line"),
        (reverse("characteristic_list"), _("Characteristics"), "ruler-measure"),
        (reverse("gauge_list"), _("Gauges"), "target"),
        (reverse("nonconformity_list"), pgettext("navigation", "NCR and 8D"), "alert-octagon"),
        (reverse("plan_list"), _("Plans"), "list-check"),
        (reverse("floor"), pgettext("shop", "Floor"), "building-factory-2"),
        (reverse("machine_list"), _("Machines"), "tool"),
        *([(reverse("tablet"), _("Station tablet"), "device-tablet")] if records else []),
        (reverse("kind_list"), pgettext("master data", "Records"), "list-details"),
        (reverse("import_list"), _("Imports"), "upload"),
        *([(reverse("shared_with_us"), pgettext("navigation", "Shared"), "link")] if is_staff else []),
    ]
    below = {
        "/operations/": "/units/",
        "/parts/": "/units/",
        "/lots/": "/units/",
        "/recalls/": "/units/",
        "/events/": "/units/",
        "/inspections/": "/units/",
        "/passports/": "/units/",
        "/labels/": "/units/",
        "/jobs/": "/imports/",
        "/notices/": "/duties/",
        "/alarms/": "/quality/",
        "/procedures/": "/plans/",
        "/routes/": "/plans/",
        "/sharing/": "/shared/",
        "/corrective-actions/": "/nonconformities/",
        "/suppliers/": "/nonconformities/",
    }
    part = next((home for start, home in below.items() if path.startswith(start)), path)
    here = "/" if path == "/" else next((url for url, _label, _icon in places[1:] if part.startswith(url)), "")
    lesser = {reverse(name) for name in LESSER}
    return [
        {"url": url, "label": label, "icon": icon, "active": url == here, "lesser": url in lesser}
        for url, label, icon in places
    ]
