"""The API's doors: a bearer token or the browser's session, always one person in one organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ninja.security import HttpBearer, SessionAuth

if TYPE_CHECKING:
    from django.http import HttpRequest


class TokenAuth(HttpBearer):
    """The middleware has looked the token up and opened its organisation's scope."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:  # noqa: ARG002 - ninja's signature
        return request.membership if getattr(request, "by_token", False) else None  # type: ignore[attr-defined]


class MemberSession(SessionAuth):
    """A signed-in browser; changes need the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ARG002 - ninja's signature
        return getattr(request, "membership", None)


DOORS = [TokenAuth(), MemberSession()]
