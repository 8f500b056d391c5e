"""A person's own account on one page, and the sessions that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import reauthentication_required
from allauth.socialaccount.internal.flows.connect import validate_disconnect
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_removed
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from samegauge.core.organisations.forms import AccountForm
from samegauge.core.organisations.models import ApiToken
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.organisations.sign_in_rules import end_sessions, needs_second_factor
from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, record
from samegauge.web.accounts.second_factor import factors_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

confirmed: Any = reauthentication_required(allow_get=True)


@require_http_methods(["GET", "POST"])
@needs(Action.READ)
def my_account(request: HttpRequest) -> HttpResponse:
    membership = request.membership  # type: ignore[attr-defined]
    person = membership.person
    form = AccountForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("my_account")
    tokens = ApiToken.objects.filter(membership=membership, revoked_at__isnull=True)
    context = {
        "form": form,
        "person": person,
        **factors_of(person),
        "must_have_second_factor": needs_second_factor(membership),
        "sessions": _sessions(request),
        "connections": SocialAccount.objects.filter(user=person),
        "token_count": tokens.count() if may(membership.role, Action.MANAGE_TOKENS) else None,
    }
    return render(request, "account/my_account.html", context)


@require_POST
@needs(Action.READ)
@confirmed
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one open session of one's own, for a tablet that was left somewhere."""
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    session.end()
    record(What.SESSION_ENDED, Concerned(session.user), f"{session.ip}")
    messages.success(request, _("The session was ended."))
    return redirect("my_account")


@require_POST
@needs(Action.READ)
@confirmed
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    person = request.membership.person  # type: ignore[attr-defined]
    ended = end_sessions(person, but=request.session.session_key or "")
    record(What.SESSION_ENDED, Concerned(person), f"{ended}")
    messages.success(request, _("Every other session was ended."))
    return redirect("my_account")


@require_POST
@needs(Action.READ)
@confirmed
def remove_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    connection = get_object_or_404(SocialAccount, pk=connection_id, user=request.user)
    try:
        validate_disconnect(request, connection)
    except ValidationError:
        messages.error(request, _("Without a password this is your only way in. Set a password first."))
        return redirect("my_account")
    connection.delete()
    social_account_removed.send(sender=SocialAccount, request=request, socialaccount=connection)
    messages.success(request, _("Your company account is disconnected."))
    return redirect("my_account")


def _sessions(request: HttpRequest) -> list[UserSession]:
    person = request.membership.person  # type: ignore[attr-defined]
    manager: Any = UserSession.objects
    found: list[UserSession] = manager.purge_and_list(person)
    return sorted(found, key=lambda session: session.last_seen_at, reverse=True)
