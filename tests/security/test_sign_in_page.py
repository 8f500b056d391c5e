"""What the page about guessed passwords says is what is set, and nobody is kept out by somebody else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from samegauge.core import public_rate
from samegauge.core.organisations.models import Role
from samegauge.web.wsgi import sender

if TYPE_CHECKING:
    from tenancy.canaries import Firm

SECURITY = Path(__file__).resolve().parents[2] / "docs" / "explanations" / "security"
ROW = re.compile(r"^\| [^|]+ \| (\d+) \| `(\w+)` \|$", re.MULTILINE)


def is_taken(password: str) -> bool:
    try:
        validate_password(password)
    except ValidationError:
        return False
    return True


def figures() -> dict[str, int]:
    return {
        "AXES_FAILURE_LIMIT": settings.AXES_FAILURE_LIMIT,
        "AXES_COOLOFF_TIME": round(settings.AXES_COOLOFF_TIME * 60),
        "ACCOUNT_RATE_LIMITS": int(re.findall(r"^(\d+)/15m/ip$", settings.ACCOUNT_RATE_LIMITS["login_failed"])[0]),
        "RATE": int(public_rate.RATE.removesuffix("/m")),
        "AUTH_PASSWORD_VALIDATORS": next(
            length for length in range(1, 30) if is_taken("qvx kwz jbn mtr plsdfghcaeiou"[:length])
        ),
        "SESSION_COOKIE_AGE": settings.SESSION_COOKIE_AGE // 3600,
    }


@pytest.mark.asvs("6.1.1")
@pytest.mark.threat("T12")
@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["", ".zh-Hant"])
def test_the_figures_are_those_that_are_set(suffix: str) -> None:
    page = (SECURITY / f"sign-in{suffix}.md").read_text(encoding="utf-8")
    assert {name: int(figure) for figure, name in ROW.findall(page)} == figures()


@pytest.mark.asvs("6.1.1")
@pytest.mark.threat("T12")
@pytest.mark.django_db
def test_who_fails_on_purpose_keeps_nobody_else_out(firm: Firm) -> None:
    person = firm.people[Role.INSPECTOR]
    person.set_password("a long enough phrase")
    person.save()

    def attempt(password: str, address: str) -> int:
        form = {"login": person.username, "password": password}
        return Client(REMOTE_ADDR=address).post("/account/login/", form).status_code

    failures = [attempt(f"wrong {turn}", "203.0.113.9") for turn in range(settings.AXES_FAILURE_LIMIT)]
    assert failures[-1] == 429
    assert attempt("a long enough phrase", "203.0.113.9") == 429
    assert attempt("a long enough phrase", "198.51.100.7") == 302


@pytest.mark.threat("T12")
@pytest.mark.parametrize(
    ("peer", "named", "found"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_sender_is_whom_the_proxy_on_this_machine_names(peer: str, named: str, found: str) -> None:
    environ: dict[str, Any] = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": named}
    assert sender(environ) == found


@pytest.mark.asvs("6.4.2")
@pytest.mark.threat("T12")
def test_an_account_keeps_no_hint_and_no_question() -> None:
    fields = {field.name for field in get_user_model()._meta.get_fields()}
    assert "password" in fields
    assert not [name for name in fields if re.search(r"hint|question|answer|reminder|secret", name)]
