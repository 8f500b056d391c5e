"""What a password must be, by the rules of ASVS and, where a site chose them, by those of the Taiwan baseline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator, get_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samegauge.core import sign_in_settings
from samegauge.core.organisations.models import KeptPassword, Organisation, Person, Role
from samegauge.core.organisations.passwords import context_words, is_expired
from samegauge.core.sign_in_settings import PasswordRules, password_days, password_rules, password_validators
from samegauge.core.site import SiteError
from samegauge.web import settings as product

if TYPE_CHECKING:
    from collections.abc import Callable

PHRASE = "a long enough phrase"
STRONG = "Grease-the-Ways-{}"


def accepted(password: str, person: Person | None = None, validators: list[Any] | None = None) -> bool:
    try:
        validate_password(password, person, validators)
    except ValidationError:
        return False
    return True


@pytest.fixture
def stricter(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[Any]:
    """The site chose the rules of the Taiwan baseline."""
    monkeypatch.setenv("SAMEGAUGE_PASSWORD_RULES", "tw-medium")
    settings.AUTH_PASSWORD_VALIDATORS = password_validators()
    settings.SAMEGAUGE_PASSWORD_DAYS = password_days()
    return get_password_validators(settings.AUTH_PASSWORD_VALIDATORS)


@pytest.mark.asvs("6.2.1", "6.2.9")
@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("x9q" * 3 + "xy", False),
        ("x9q" * 4, True),
        ("床軌刮花要均勻油膜才留得住", True),
        ("床軌刮花要均勻油膜才", False),
        ("wq 7" * 16, True),
        ("wq 7" * 250, True),
        ("w" * 1_000_000, False),
    ],
)
def test_length_is_counted_in_characters(organisation: Organisation, password: str, *, good: bool) -> None:
    assert accepted(password) == good


@pytest.mark.asvs("6.2.4")
def test_the_known_passwords_are_refused(organisation: Organisation) -> None:
    known = sorted(CommonPasswordValidator().passwords)
    long_enough = [word for word in known if len(word) >= 12]
    assert len(known) > 3000
    assert len(long_enough) > 20
    assert [word for word in long_enough if accepted(word)] == []


@pytest.mark.asvs("6.2.5")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.text(min_size=20, max_size=60))
def test_any_characters_will_do(organisation: Organisation, password: str) -> None:
    words = set(context_words())
    if not any(word in password.casefold() for word in words):
        assert accepted(password)


@pytest.mark.asvs("6.2.11")
@pytest.mark.parametrize(
    "password",
    [
        "Samegauge2026!",
        "samegauge-samegauge",
        "Alpha Works 2026",
        "甲工廠同規密碼甲工廠同規密碼",
        "Quality_Manager1",
        "Owner-Engineer-1",
    ],
)
def test_names_that_belong_to_this_place_are_refused(organisation: Organisation, password: str) -> None:
    assert not accepted(password)


def test_a_sentence_may_hold_such_a_name(organisation: Organisation) -> None:
    assert accepted("the samegauge is in drawer nine")


@pytest.mark.asvs("6.2.8")
def test_a_password_counts_as_it_was_typed(organisation: Organisation, settings: Any) -> None:
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    long = "Ä" * 80
    person = Person.objects.create_user("person", password=long)
    assert person.password.startswith("argon2$argon2id$")
    assert [person.check_password(each) for each in (long, long[:-1], long.lower(), f"{long} ", long[:73])] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_argon2_has_the_strength_that_is_advised() -> None:
    hasher = Argon2PasswordHasher()
    assert product.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert hasher.memory_cost >= 19_456
    assert hasher.time_cost >= 2


@pytest.mark.asvs("6.2.6", "6.2.7")
@pytest.mark.parametrize("page", ["/account/login/", "/account/password/change/"])
def test_password_fields_hide_and_let_managers_fill_them(
    person_with_role: Callable[..., Person], organisation: Organisation, page: str
) -> None:
    client = Client()
    if "change" in page:
        client.force_login(person_with_role(Role.OWNER, organisation))
    text = client.get(page).content.decode()
    fields = [
        part.partition(">")[0] for part in text.split("<input")[1:] if 'type="password"' in part.partition(">")[0]
    ]
    assert fields
    assert all("autocomplete=" in field and "onpaste" not in field for field in fields)
    assert all('autocomplete="off"' not in field for field in fields)
    assert text.count("data-show-password") == len(fields)


@pytest.mark.asvs("6.2.10")
def test_a_password_grows_old_only_where_the_site_says_so(organisation: Organisation, stricter: list[Any]) -> None:
    person = Person.objects.create_user("person", password=STRONG.format(1))
    later = datetime.now(UTC) + timedelta(days=91)
    with time_machine.travel(later, tick=False):
        assert [is_expired(person, days) for days in (None, 90, 365)] == [False, True, False]


class TestTaiwanMedium:
    """The stricter rules."""

    pytestmark = pytest.mark.usefixtures("organisation", "stricter")

    @pytest.mark.parametrize(
        ("password", "good"),
        [
            (STRONG.format(1), True),
            ("grease-the-ways-1", False),
            ("GREASE-THE-WAYS-1", False),
            ("Grease-the-Ways-x", False),
            ("GreasetheWays1x", False),
        ],
    )
    def test_four_kinds_of_characters(self, stricter: list[Any], password: str, *, good: bool) -> None:
        assert accepted(password, validators=stricter) == good

    def test_the_last_three_are_refused_the_fourth_is_not(self, stricter: list[Any]) -> None:
        person = Person.objects.create_user("person", password=STRONG.format(0))
        for number in range(1, 4):
            person.set_password(STRONG.format(number))
            person.save()
        tried = [accepted(STRONG.format(number), person, stricter) for number in range(5)]
        assert tried == [True, False, False, False, True]
        assert KeptPassword.objects.filter(person=person).count() == 3

    def test_who_has_an_old_one_changes_it_before_anything_else(
        self, person_with_role: Callable[..., Person], organisation: Organisation
    ) -> None:
        person = person_with_role(Role.ENGINEER, organisation)
        client = Client(headers={"Accept": "text/html", "Accept-Language": "en"})
        with time_machine.travel(datetime.now(UTC) + timedelta(days=91), tick=False):
            client.force_login(person)
            assert client.get("/units/").headers["Location"] == "/account/password/change/"
            new = {"oldpassword": PHRASE, "password1": STRONG.format(2), "password2": STRONG.format(2)}
            assert client.post("/account/password/change/", new).status_code == 302
            assert client.get("/tokens/").status_code == 200


def test_without_a_choice_the_rules_are_those_of_asvs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMEGAUGE_PASSWORD_RULES", raising=False)
    assert password_rules() is PasswordRules.ASVS
    assert password_days() is None
    assert not any("Kinds" in each["NAME"] or "NotTheLast" in each["NAME"] for each in password_validators())


@pytest.mark.parametrize(
    ("name", "value"), [("PASSWORD_RULES", "strong"), ("PASSWORD_DAYS", "soon"), ("PASSWORD_DAYS", "0")]
)
def test_a_setting_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("SAMEGAUGE_PASSWORD_RULES", "tw-medium")
    monkeypatch.setenv(f"SAMEGAUGE_{name}", value)
    with pytest.raises(SiteError, match=f"SAMEGAUGE_{name}"):
        sign_in_settings.password_days()


def test_nobody_has_a_password_before_choosing_one(organisation: Organisation) -> None:
    assert not Person(username="x", password=make_password(None)).has_usable_password()
