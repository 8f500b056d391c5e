"""Pages and commands by name: what a person types when they know what they want to do but not where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from samegauge.core.attention.declaration import STAFF
from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import Action, may
from samegauge.core.organisations.rules import administers_site
from samegauge.core.search.folding import filed_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.core.kinds.declaration import RecordKind
    from samegauge.core.organisations.models import Membership
    from samegauge.core.organisations.permissions import Needed

    # A name that is said in whatever language is on, and an address.
    Offered = tuple[Callable[[], str], str]

LANGUAGES = ("en", "zh-hant")


@dataclass(frozen=True)
class Command:
    """`filed` holds the name in every language, so that 備份 is found from an English page too."""

    title: str
    url: str
    filed: str


@dataclass(frozen=True)
class _Place:
    name: Any
    url_name: str
    needed: Needed = Action.READ
    site: bool = False


_PLACES = (
    _Place(_("Home"), "home"),
    _Place(_("My duties"), "duties", STAFF),
    _Place(_("Notices"), "notices", STAFF),
    _Place(_("Notification settings"), "notification_settings", STAFF),
    _Place(_("How often people are told"), "notification_report", Action.MANAGE_PEOPLE),
    _Place(_("Parts"), "unit_list"),
    _Place(_("Characteristics"), "characteristic_list"),
    _Place(_("Machines"), "machine_list"),
    _Place(_("Quality"), "quality"),
    _Place(pgettext_lazy("shop", "Floor"), "floor"),
    _Place(_("Station tablet"), "tablet", Action.RECORD),
    _Place(_("Plans and procedures"), "plan_list"),
    _Place(_("Draft a plan"), "new_plan", frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})),
    _Place(_("Begin an empty plan"), "new_blank_plan", frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})),
    _Place(_("Draft a procedure"), "new_procedure", frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})),
    _Place(_("Draft a route"), "new_route", frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})),
    _Place(_("Gauges"), "gauge_list"),
    _Place(_("What is judged by what"), "gauge_limits", frozenset({Role.OWNER, Role.QUALITY_MANAGER})),
    _Place(_("Nonconformities"), "nonconformity_list"),
    _Place(_("Open a nonconformity"), "nonconformity_new", Action.RECORD),
    _Place(_("Suppliers"), "supplier_scores", STAFF),
    _Place(_("Check a part"), "part_check"),
    _Place(_("Swap a part"), "part_swap", Action.RECORD),
    _Place(_("Recalls"), "recall_list"),
    _Place(_("Who is affected?"), "recall_new", frozenset({Role.OWNER, Role.QUALITY_MANAGER, Role.SERVICE})),
    _Place(pgettext_lazy("master data", "Records"), "kind_list"),
    _Place(_("Imports"), "import_list"),
    _Place(_("New import"), "import_new", Action.IMPORT),
    _Place(_("Take over your data"), "take_over"),
    _Place(_("Shared with us"), "shared_with_us", Action.READ_SHARED),
    _Place(_("Shared by us"), "shared_by_us", Action.READ_SHARED),
    _Place(_("Labels"), "labels"),
    _Place(_("People"), "people", Action.MANAGE_PEOPLE),
    _Place(_("Access tokens"), "tokens", Action.MANAGE_TOKENS),
    _Place(_("Sign-in rules"), "sign_in_rules", Action.MANAGE_PEOPLE),
    _Place(_("Security events"), "security_events", Action.MANAGE_PEOPLE),
    _Place(_("Backup"), "backup", Action.ADMINISTER_SITE, site=True),
    _Place(_("Health"), "health_page", Action.ADMINISTER_SITE, site=True),
    _Place(_("Seal log"), "seal_log"),
    _Place(_("Software components"), "software", Action.ADMINISTER_SITE, site=True),
    _Place(_("My account"), "my_account"),
    _Place(_("Second factor"), "mfa_index"),
    _Place(_("Change password"), "account_change_password"),
    _Place(_("Check a passport"), "verify_upload"),
)


def commands_for(membership: Membership) -> list[Command]:
    """Return what this person may open, named in their language and filed in all."""
    offered = [*_places(membership), *_kinds(membership.role)]
    filed: list[list[str]] = []
    for language in LANGUAGES:
        with override(language):
            filed.append([name() for name, _url in offered])
    return [
        Command(name(), url, filed_text(names))
        for (name, url), names in zip(offered, zip(*filed, strict=True), strict=True)
    ]


def _places(membership: Membership) -> Iterator[Offered]:
    administers = administers_site(membership)
    for place in _PLACES:
        if may(membership.role, place.needed) and (administers or not place.site):
            yield partial(str, place.name), reverse(place.url_name)


def _kinds(role: str) -> Iterator[Offered]:
    for kind in all_kinds():
        if may(role, kind.readers):
            yield partial(str, kind.many), kind.url("list")
        if may(role, kind.writers):
            yield partial(_new, kind), kind.url("new")


def _new(kind: RecordKind) -> str:
    return _("New: %(kind)s") % {"kind": kind.one}
