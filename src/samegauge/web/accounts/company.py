"""Signing in with the company's account: who may, and what is said when it does not work."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from samegauge.core.organisations.permissions import public
from samegauge.core.public_rate import limited
from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, record
from samegauge.doors.http import OutgoingSession
from samegauge.web.accounts.provider import CompanyAdapter, CompanyCallback

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest, HttpResponse

    from samegauge.core.organisations.models import Person

log = logging.getLogger(__name__)


class CompanyRules(DefaultSocialAccountAdapter):
    """Only people who already have an account come in: by a connection of their own, or by the address on file."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002 - allauth's
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[Person, str] | None:
        """Match an address that both the provider and the owner vouch for; only the first time, later `sub` counts."""
        for address in sociallogin.email_addresses:
            if not address.verified:
                continue
            ours = EmailAddress.objects.filter(email__iexact=address.email, verified=True, user__is_active=True)
            others = SocialAccount.objects.filter(provider=sociallogin.account.provider).values("user")
            found = ours.exclude(user__in=others).select_related("user").first()
            if found is not None:
                return found.user, found.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") == AuthProcess.CONNECT or sociallogin.is_existing:
            return
        address = sociallogin.email_addresses[0].email if sociallogin.email_addresses else ""
        record(What.COMPANY_SIGN_IN_REFUSED, Concerned(name=address or sociallogin.account.uid), "no account here")
        raise ImmediateHttpResponse(render(request, "socialaccount/unknown_person.html", status=403))

    def on_authentication_error(
        self,
        request: HttpRequest,  # noqa: ARG002 - allauth's signature
        provider: Any,  # noqa: ARG002
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        why = f"{type(exception).__name__}: {exception}" if exception else str(error)
        where = "on the way back" if extra_context else "on the way there"
        log.warning("company sign-in, %s: %r", where, why[:500])
        record(What.COMPANY_SIGN_IN_REFUSED, Concerned(), f"{where}: {why}")

    def get_requests_session(self) -> OutgoingSession:
        return OutgoingSession(settings.SAMEGAUGE_IDENTITY_PROVIDER.hosts)

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:  # noqa: ARG002
        return "/account/"


@public
@require_POST
@limited
def company_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider; to connect one's own account one says first that it is really oneself."""
    if request.GET.get("process") == AuthProcess.CONNECT:
        raise_if_reauthentication_required(request, app="allauth.socialaccount")
    adapter = _adapter(request)
    return adapter.get_provider().redirect_from_request(request)


@public
@require_GET
@limited
def company_callback(request: HttpRequest) -> HttpResponse:
    return CompanyCallback.adapter_view(_adapter(request))(request)


def _adapter(request: HttpRequest) -> CompanyAdapter:
    provider = settings.SAMEGAUGE_IDENTITY_PROVIDER
    if provider is None:
        raise Http404
    return CompanyAdapter(request, provider.key)
