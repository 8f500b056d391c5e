"""How long a session lives, and what is asked of a person before anything else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from samegauge.core.organisations.passwords import is_expired
from samegauge.core.organisations.sign_in_rules import has_second_factor, needs_second_factor
from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

BEGAN = "session_began"
SEEN = "session_seen"
HAS_SECOND_FACTOR = "has_second_factor"
# When somebody was last there is written down no more often, so that reading pages does not write at every step.
SEEN_PRECISION_S = 60.0
# Where somebody may go who has to set up a second factor or to change a password first.
ALWAYS_OPEN = ("/account/", "/language/", "/static/", "/health/")


class SessionLifeMiddleware:
    """Ends a session that is too old, or that nobody used for as long as the organisation allows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership = getattr(request, "membership", None)
        if not request.user.is_authenticated or getattr(request, "by_token", False):
            return self.get_response(request)
        now, session = time.time(), request.session
        began, seen = session.get(BEGAN, now), session.get(SEEN, 0.0)
        idle_s = 60.0 * membership.organisation.idle_minutes if membership else settings.SESSION_COOKIE_AGE
        if now - began > settings.SESSION_COOKIE_AGE or (seen and now - seen > idle_s):
            return self._run_out(request)
        if now - seen > SEEN_PRECISION_S:
            session[BEGAN], session[SEEN] = began, now
            _keep_seen(request)
        return self.get_response(request)

    def _run_out(self, request: HttpRequest) -> HttpResponse:
        record(What.SESSION_EXPIRED, Concerned(request.user))  # type: ignore[arg-type]
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        request.session.flush()
        request.user, request.membership = AnonymousUser(), None  # type: ignore[attr-defined]
        if request.path.startswith("/api/"):
            return self.get_response(request)
        messages.info(request, _("You were signed out because nothing was done for a while. Sign in again."))
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


def _keep_seen(request: HttpRequest) -> None:
    key = request.session.session_key
    if not UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now()):
        manager: Any = UserSession.objects
        manager.create_from_request(request)


class FirstThingsMiddleware:
    """Leads who must have a second factor, or a new password, to it; nothing else is open before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership = getattr(request, "membership", None)
        if membership is None or request.path.startswith(ALWAYS_OPEN):
            return self.get_response(request)
        if needs_second_factor(membership) and not _is_secured(request):
            text = _("Your organisation asks for a second factor. Set one up to go on.")
            return _led(request, "mfa_index", text)
        if _has_old_password(request):
            return _led(request, "account_change_password", _("Your password is too old. Choose a new one to go on."))
        return self.get_response(request)


def _is_secured(request: HttpRequest) -> bool:
    """Ask the database until the answer is yes; who takes a factor away ends the sessions, or forgets the answer."""
    if getattr(request, "by_token", False):
        return has_second_factor(request.user)  # type: ignore[arg-type]
    if not request.session.get(HAS_SECOND_FACTOR) and has_second_factor(request.user):  # type: ignore[arg-type]
        request.session[HAS_SECOND_FACTOR] = True
    return bool(request.session.get(HAS_SECOND_FACTOR))


def _has_old_password(request: HttpRequest) -> bool:
    days = settings.SAMEGAUGE_PASSWORD_DAYS
    return days is not None and is_expired(request.user, days)  # type: ignore[arg-type]


def _led(request: HttpRequest, page: str, text: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": text}, status=403)
    if not _wants_page(request):
        raise PermissionDenied(text)
    messages.warning(request, text)
    return redirect(page)


def _wants_page(request: HttpRequest) -> bool:
    return request.method == "GET" and "HX-Request" not in request.headers
