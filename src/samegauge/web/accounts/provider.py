"""The company's identity provider: allauth's OpenID Connect with the checks that it leaves out.

The library takes any issuer that the discovery document names, sends no nonce, and skips the signature of a token that
it fetched itself. Here each is checked, and what could be altered in the address of the button is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.urls import reverse

from samegauge.doors.crypto import random_token
from samegauge.web.accounts.id_token import Expected, IdTokenError, claims_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SCOPE = ["openid", "profile", "email"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
KEPT_CLAIMS = ("sub", "email", "name")


class CompanyAdapter(OpenIDConnectOAuth2Adapter):
    """Talks to the provider: its configuration, its keys, its tokens."""

    expected_nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_config"):
            provider = self.get_provider()
            config = self.fetched(provider.server_url)
            if config.get("issuer") != provider.app.settings["server_url"]:
                raise OAuth2Error("The configuration is that of another issuer.")
            if not all(isinstance(config.get(name), str) for name in ENDPOINTS):
                raise OAuth2Error("The configuration lacks an address.")
            self._config = config
        return self._config

    def fetched(self, url: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url)
            answer.raise_for_status()
            said = answer.json()
        if not isinstance(said, dict):
            raise OAuth2Error("The answer is no JSON object.")
        return said

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            said = super().get_access_token_data(*args, **kwargs)
        except (KeyError, TypeError) as error:  # the library reads the answer as if it could not be otherwise
            raise OAuth2Error("The answer of the provider cannot be read.") from error
        # Only the ID token counts here; the access token is not used and not kept.
        return {"access_token": said["access_token"], "id_token": said.get("id_token")}

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **told: Any) -> Any:  # noqa: ARG002 - allauth's
        id_token = told["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("There is no ID token.")
        expected = Expected(app.settings["server_url"], app.client_id, self.expected_nonce)
        try:
            claims = claims_of(id_token, self.fetched(self.openid_config["jwks_uri"]), expected)
        except IdTokenError as error:
            raise OAuth2Error(f"ID token: {error}") from error
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:  # noqa: ARG002 - allauth's
        scheme = "https" if settings.SESSION_COOKIE_SECURE else None
        return build_absolute_uri(request, reverse("company_callback"), scheme)


class CompanyProvider(OpenIDConnectProvider):
    """One provider for the site; its accounts are told apart by issuer and `sub`."""

    oauth2_adapter_class = CompanyAdapter

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:  # noqa: ARG002 - allauth's
        return reverse("company_sign_in")

    def get_callback_url(self) -> str:
        return reverse("company_callback")

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **_asked: Any
    ) -> HttpResponse:
        nonce = random_token()
        try:
            return super().redirect(
                request, process, next_url, data, scope=SCOPE, auth_params={"nonce": nonce}, nonce=nonce
            )
        except (OAuth2Error, OSError) as error:  # requests' errors are OSErrors
            return render_authentication_error(request, self, exception=error)

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        claims = data["id_token"]
        if not isinstance(claims.get("email"), str):
            return []
        return [EmailAddress(email=claims["email"], verified=claims.get("email_verified") is True, primary=True)]

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep only what the person's page shows."""
        return {name: data["id_token"][name] for name in KEPT_CLAIMS if name in data["id_token"]}


class CompanyCallback(OAuth2CallbackView):
    """The way back from the provider."""

    adapter: Any

    def _get_state(self, request: HttpRequest, provider: CompanyProvider) -> Any:
        state, answer = super()._get_state(request, provider)
        if state is not None:
            self.adapter.expected_nonce = state.get("nonce", "")
            issuer = request.GET.get("iss")
            if issuer is not None and issuer != settings.SAMEGAUGE_IDENTITY_PROVIDER.issuer:
                answer = render_authentication_error(request, provider, exception=OAuth2Error("Another issuer."))
        return state, answer


provider_classes = [CompanyProvider]
