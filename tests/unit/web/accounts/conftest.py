from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client
from support.accounts import sign_in_confirmed

from samegauge.core.organisations.models import Membership, Organisation, Person, Role
from samegauge.core.scope import all_organisations
from samegauge.core.security_events.models import SecurityEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PHRASE = "a long enough phrase"


@pytest.fixture(autouse=True)
def site(settings: Any, tmp_path: Path) -> None:
    """A data folder of each test's own, and no count of requests from the test before."""
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    settings.SAMEGAUGE_HOME.mkdir()
    cache.clear()


@pytest.fixture
def owner(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return with_phrase(person_with_role(Role.OWNER, organisation))


@pytest.fixture
def engineer(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return with_phrase(person_with_role(Role.ENGINEER, organisation))


def with_phrase(person: Person) -> Person:
    person.set_password(PHRASE)
    person.save()
    return person


@pytest.fixture
def browser() -> Client:
    return a_browser()


def a_browser(language: str = "en") -> Client:
    return Client(headers={"Accept": "text/html", "Accept-Language": language, "User-Agent": "Firefox/140.0 Linux"})


def confirmed(person: Person, language: str = "en") -> Client:
    """A browser whose person said a moment ago who it is."""
    return sign_in_confirmed(a_browser(language), person)


def membership_of(person: Person) -> Membership:
    return Membership.objects.get(person=person)


def happened(*whats: str) -> list[tuple[str, str, str]]:
    """Everything written down so far, or what of these kinds: what, who, details."""
    with all_organisations("a test looks at all of them"):
        events = SecurityEvent.objects.order_by("pk")
        if whats:
            events = events.filter(what__in=whats)
        return [(event.what, event.person_name, event.details) for event in events]
