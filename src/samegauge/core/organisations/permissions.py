"""Who may do what: one table, one decorator; every view and API operation names its action."""

from __future__ import annotations

from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required  # type: ignore[attr-defined]
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


# For views that anyone may open; the generated tests list each with its reason.
public: Any = login_not_required


class Action(StrEnum):
    READ = "read"
    IMPORT = "import"
    UNDO_IMPORT = "undo_import"
    RECORD = "record"
    ISSUE_PASSPORT = "issue_passport"
    SHARE = "share"
    READ_SHARED = "read_shared"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_TOKENS = "manage_tokens"
    ADMINISTER_SITE = "administer_site"


_EVERY_MEMBER = frozenset(Role)
_STAFF = _EVERY_MEMBER - {Role.GUEST}

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.READ: _EVERY_MEMBER,
    Action.MANAGE_TOKENS: _STAFF,
    Action.RECORD: frozenset(
        {Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER, Role.INSPECTOR, Role.ASSEMBLER, Role.SERVICE}
    ),
    Action.IMPORT: frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER, Role.INSPECTOR}),
    Action.UNDO_IMPORT: frozenset({Role.OWNER, Role.QUALITY_MANAGER}),
    Action.ISSUE_PASSPORT: frozenset({Role.OWNER, Role.QUALITY_MANAGER}),
    Action.SHARE: frozenset({Role.OWNER, Role.QUALITY_MANAGER}),
    # What another firm shares, it shares with the firm, not with the firm's guests.
    Action.READ_SHARED: _STAFF,
    Action.MANAGE_PEOPLE: frozenset({Role.OWNER}),
    Action.ADMINISTER_SITE: frozenset({Role.OWNER}),
}


# An action of the table, or the roles that the declaration of a record kind lists.
Needed = Action | frozenset[Role]


def may(role: str, action: Needed) -> bool:
    return role in (ALLOWED[action] if isinstance(action, Action) else action)


def needs(action: Needed) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Let a view run only for members whose role allows the action."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            require(request, action)
            return view(request, *args, **kwargs)

        guarded.needs = action  # type: ignore[attr-defined]
        return guarded

    return decorate


def require(request: HttpRequest, action: Needed) -> None:
    membership = getattr(request, "membership", None)
    if membership is None:
        if lost := getattr(request, "lost_organisation", ""):
            raise PermissionDenied(
                _("You are no longer a member of %(organisation)s. Nothing was changed.") % {"organisation": lost}
            )
        raise PermissionDenied(_("This account belongs to no organisation. Ask the owner to add it."))
    if not may(membership.role, action):
        raise PermissionDenied(_("This role may not do that. Ask the owner of the organisation."))
