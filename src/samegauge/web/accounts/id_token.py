"""Whether an ID token is our provider's, for us, for this sign-in, and still valid (OpenID Connect Core, 3.1.3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from samegauge.doors.crypto import CryptoError, same_secret, signed_claims


class IdTokenError(Exception):
    """Why a token opens nothing."""


@dataclass(frozen=True)
class Expected:
    issuer: str
    client_id: str
    nonce: str


def claims_of(token: str, keys: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Return what the token says, once everything about it is right; `keys` is the provider's JSON Web Key Set."""
    try:
        claims = signed_claims(token, keys, expected.issuer, expected.client_id)
    except CryptoError as error:
        raise IdTokenError(str(error)) from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp")
    if (several and party is None) or (party is not None and party != expected.client_id):
        raise IdTokenError("The token is for another party.")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not same_secret(nonce.encode(), expected.nonce.encode()):
        raise IdTokenError("The token answers another sign-in.")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise IdTokenError("The token names nobody.")
    return claims
