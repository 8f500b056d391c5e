from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter

if TYPE_CHECKING:
    from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """People are added by their organisation's owner; nobody signs up alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the name under which failed sign-ins are counted: one for all spellings that open the same account."""
    given = credentials or {}
    name = given.get("username") or given.get("email") or request.POST.get("login", "")
    return unicodedata.normalize("NFKC", name).strip().casefold()
