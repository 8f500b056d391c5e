"""What the libraries tell about signing in becomes security events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.signals import (
    authentication_step_completed,
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from allauth.socialaccount.signals import social_account_added, social_account_removed
from allauth.usersessions.models import UserSession
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver

from samegauge.core.organisations.models import Person
from samegauge.core.organisations.sign_in_rules import end_sessions
from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, record
from samegauge.web.accounts.adapter import counted_name
from samegauge.web.accounts.sessions import HAS_SECOND_FACTOR

if TYPE_CHECKING:
    from django.http import HttpRequest


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: Person, **_told: Any) -> None:
    records = request.session.get("account_authentication_methods", [])
    record(What.SIGNED_IN, Concerned(user), " + ".join(each.get("type") or each["method"] for each in records))


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_told: Any) -> None:
    if request is not None:
        record(What.SIGN_IN_FAILED, _tried(counted_name(request, credentials)))


@receiver(user_locked_out)
def _locked(username: str, **_told: Any) -> None:
    record(What.SIGN_IN_LOCKED, _tried(username or ""))


def _tried(name: str) -> Concerned:
    """Whose account it would have been; a name that nobody has stays a name."""
    person = Person.objects.filter(username__iexact=name).first()
    return Concerned(person, name=name)


@receiver(user_logged_out)
def _signed_out(user: Person | None, **_told: Any) -> None:
    if user is not None:
        record(What.SIGNED_OUT, Concerned(user))


@receiver(authentication_step_completed)
def _confirmed(request: HttpRequest, user: Person, method: str, **told: Any) -> None:
    if told.get("reauthenticated"):
        before = request.session.session_key
        request.session.cycle_key()
        UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
        record(What.CONFIRMED, Concerned(user), told.get("type") or method)


@receiver([password_changed, password_set, password_reset])
def _password_changed(request: HttpRequest, user: Person, **_told: Any) -> None:
    record(What.PASSWORD_CHANGED, Concerned(user))
    end_sessions(user, but=request.session.session_key or "")


@receiver(authenticator_added)
def _added(user: Person, authenticator: Authenticator, **_told: Any) -> None:
    codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    # The code that proved the app is used up; so is a key's answer.
    Authenticator.objects.filter(pk=authenticator.pk).update(last_used_at=authenticator.created_at)
    record(What.RECOVERY_CODES_MADE if codes else What.SECOND_FACTOR_ADDED, Concerned(user), authenticator.type)


@receiver(authenticator_reset)
def _codes_made(user: Person, **_told: Any) -> None:
    record(What.RECOVERY_CODES_MADE, Concerned(user))


@receiver(authenticator_removed)
def _removed(request: HttpRequest, user: Person, authenticator: Authenticator, **_told: Any) -> None:
    request.session.pop(HAS_SECOND_FACTOR, None)
    record(What.SECOND_FACTOR_REMOVED, Concerned(user), authenticator.type)
    end_sessions(user, but=request.session.session_key or "")


@receiver(authenticator_used)
def _used(user: Person, authenticator: Authenticator, **_told: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        now = Authenticator.objects.get(pk=authenticator.pk)  # the one handed over does not know what was just used
        left = len(now.wrap().get_unused_codes())
        record(What.RECOVERY_CODE_USED, Concerned(user), f"{left} left")


@receiver(authentication_failed)
def _code_failed(user: Person, authenticator: Authenticator, **_told: Any) -> None:
    record(What.SECOND_FACTOR_FAILED, Concerned(user), authenticator.type)


@receiver(social_account_added)
def _connected(sociallogin: Any, **_told: Any) -> None:
    record(What.CONNECTION_ADDED, Concerned(sociallogin.user), sociallogin.account.provider)


@receiver(social_account_removed)
def _disconnected(socialaccount: Any, **_told: Any) -> None:
    record(What.CONNECTION_REMOVED, Concerned(socialaccount.user), socialaccount.provider)
