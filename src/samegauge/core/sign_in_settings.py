"""What a site states about signing in, read once from the environment: the company's identity provider, passwords."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from samegauge.core.site import SiteError
from samegauge.doors.http import OutgoingError, refuse_address

DEFAULT_PASSWORD_DAYS = 90


class PasswordRules(StrEnum):
    """ASVS asks for length and no known password, the Taiwan baseline, level 中, for kinds of characters and age."""

    ASVS = "asvs"
    TAIWAN_MEDIUM = "tw-medium"


@dataclass(frozen=True)
class IdentityProvider:
    """The company's OpenID provider; `hosts` are those that its answers may send this site to."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    hosts: tuple[str, ...]

    @property
    def key(self) -> str:
        """Names the accounts of this issuer: with another one no account of the old one opens anything."""
        return f"oidc-{hashlib.sha256(self.issuer.encode()).hexdigest()[:16]}"

    @property
    def origins(self) -> list[str]:
        """Where the browser may be sent after the button was pressed."""
        parts = urlsplit(self.issuer)
        return [f"{parts.scheme}://{parts.netloc}", *(f"https://{host}" for host in self.hosts[1:])]

    def as_app(self) -> dict[str, Any]:
        """The entry of allauth's settings."""
        return {
            "provider_id": self.key,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.client_secret,
            "settings": {"server_url": self.issuer, "fetch_userinfo": False, "oauth_pkce_enabled": True},
        }


def identity_provider() -> IdentityProvider | None:
    """Return the provider that the environment names; half a setting is refused instead of ignored."""
    issuer, client_id, secret = (
        os.environ.get(f"SAMEGAUGE_OIDC_{name}", "").strip() for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
    )
    if not (issuer or client_id or secret):
        return None
    if not (issuer and client_id and secret):
        raise SiteError("SAMEGAUGE_OIDC_ISSUER, SAMEGAUGE_OIDC_CLIENT_ID and SAMEGAUGE_OIDC_CLIENT_SECRET go together.")
    host = urlsplit(issuer).hostname or ""
    more = [each.strip().lower() for each in os.environ.get("SAMEGAUGE_OIDC_HOSTS", "").split(",") if each.strip()]
    try:
        refuse_address(issuer, frozenset({host}))
    except OutgoingError as error:
        raise SiteError(f"SAMEGAUGE_OIDC_ISSUER: {error}") from error
    name = os.environ.get("SAMEGAUGE_OIDC_NAME", "").strip() or host
    return IdentityProvider(issuer, client_id, secret, name[:40], (host, *more))


def password_rules() -> PasswordRules:
    asked = os.environ.get("SAMEGAUGE_PASSWORD_RULES", "").strip() or PasswordRules.ASVS
    try:
        return PasswordRules(asked)
    except ValueError as error:
        known = ", ".join(PasswordRules)
        raise SiteError(f"SAMEGAUGE_PASSWORD_RULES must be one of {known}, not {asked!r}.") from error


def password_days() -> int | None:
    """After how many days a password is to be changed; None with the rules of ASVS, which forbid to ask for that."""
    if password_rules() is not PasswordRules.TAIWAN_MEDIUM:
        return None
    asked = os.environ.get("SAMEGAUGE_PASSWORD_DAYS", "").strip() or str(DEFAULT_PASSWORD_DAYS)
    if not (asked.isascii() and asked.isdigit() and int(asked) > 0):
        raise SiteError(f"SAMEGAUGE_PASSWORD_DAYS must be a number of days, not {asked!r}.")
    return int(asked)


def password_validators() -> list[dict[str, Any]]:
    """Django's setting for the rules that the site chose."""
    django, ours = "django.contrib.auth.password_validation", "samegauge.core.organisations.passwords"
    validators: list[dict[str, Any]] = [
        {"NAME": f"{ours}.LengthValidator"},
        {"NAME": f"{django}.UserAttributeSimilarityValidator"},
        {"NAME": f"{django}.CommonPasswordValidator"},
        {"NAME": f"{ours}.ContextWordsValidator"},
    ]
    if password_rules() is PasswordRules.TAIWAN_MEDIUM:
        validators += [{"NAME": f"{ours}.KindsOfCharactersValidator"}, {"NAME": f"{ours}.NotTheLastValidator"}]
    return validators
