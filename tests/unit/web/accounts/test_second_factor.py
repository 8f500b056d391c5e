"""Codes from an app and recovery codes: set up, asked for, good once, locked, sealed, reset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import TestCase
from unit.web.accounts.conftest import PHRASE, a_browser, confirmed, happened, membership_of

from samegauge.core.organisations.models import Role
from samegauge.core.organisations.sign_in_rules import SignInRules, change_rules
from samegauge.web.accounts.second_factor import SecondFactorAdapter, _secret, use_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from samegauge.core.organisations.models import Organisation, Person

START = datetime(2026, 11, 21, 8, 0, 1, tzinfo=UTC)
SET_UP, STEP = "/account/second-factor/totp/activate/", "/account/second-factor/authenticate/"
CODES = "/account/second-factor/recovery-codes/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(datetime.now(UTC).timestamp()) // 30))


def set_up(client: Client) -> str:
    """Set up an app with codes as a person does; return the secret in it."""
    secret = client.get(SET_UP).context["form"].secret
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert client.post(SET_UP, {"code": code_of(secret)}).headers["Location"] == CODES
    return secret


@pytest.fixture
def secret(engineer: Person, clock: time_machine.Traveller) -> str:
    found = set_up(confirmed(engineer))
    clock.shift(timedelta(seconds=30))
    return found


def sign_in(client: Client, person: Person) -> Any:
    return client.post("/account/login/", {"login": person.username, "password": PHRASE})


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.threat("T12")
@pytest.mark.asvs("6.4.3", "7.2.4")
def test_the_password_alone_no_longer_opens_the_account(engineer: Person, secret: str) -> None:
    client = a_browser()
    assert sign_in(client, engineer).headers["Location"] == STEP
    assert not is_in(client)
    before = client.cookies["sessionid"].value
    assert client.post(STEP, {"code": code_of(secret)}).headers["Location"] == "/"
    assert is_in(client)
    assert client.cookies["sessionid"].value != before
    assert happened("signed_in") == [("signed_in", engineer.username, "password + totp")]


@pytest.mark.asvs("6.5.1", "6.5.5")
def test_a_code_is_good_once_and_for_thirty_seconds(
    engineer: Person, secret: str, clock: time_machine.Traveller
) -> None:
    code = code_of(secret)
    first, second = a_browser(), a_browser()
    for client in (first, second):
        sign_in(client, engineer)
    assert first.post(STEP, {"code": code}).status_code == 302
    cache.clear()  # as another process of the same site, which remembers nothing of it
    assert "used already" in second.post(STEP, {"code": code}).content.decode()
    clock.shift(timedelta(seconds=31))
    assert second.post(STEP, {"code": code}).status_code == 200
    assert second.post(STEP, {"code": code_of(secret)}).status_code == 302


@pytest.mark.asvs("6.5.1")
def test_of_two_that_bring_the_same_code_one_is_let_in(engineer: Person, secret: str) -> None:
    authenticator = Authenticator.objects.get(user=engineer, type="totp")
    assert [use_once(authenticator), use_once(authenticator)] == [True, False]


def test_the_code_that_set_the_app_up_opens_nothing(engineer: Person) -> None:
    secret = set_up(confirmed(engineer))
    client = a_browser()
    sign_in(client, engineer)
    assert client.post(STEP, {"code": code_of(secret)}).status_code == 200
    assert not is_in(client)


@pytest.mark.threat("T12")
@pytest.mark.asvs("6.3.1")
def test_after_five_wrong_codes_the_right_one_does_not_open_for_fifteen_minutes(
    engineer: Person, secret: str, clock: time_machine.Traveller
) -> None:
    client = a_browser()
    sign_in(client, engineer)
    for _turn in range(5):
        cache.clear()  # the count is the site's, not the process's
        assert client.post(STEP, {"code": "000000"}).status_code == 200
    elsewhere = a_browser()
    sign_in(elsewhere, engineer)
    for one in (client, elsewhere):
        assert "Wait 15 minutes" in one.post(STEP, {"code": code_of(secret)}, REMOTE_ADDR="10.0.0.9").content.decode()
    assert len(happened("second_factor_failed")) == 5
    assert len(happened("second_factor_locked")) == 2
    clock.shift(timedelta(minutes=15, seconds=1))
    sign_in(elsewhere, engineer)
    assert elsewhere.post(STEP, {"code": code_of(secret)}).status_code == 302


def test_recovery_codes_are_shown_once_and_open_once(engineer: Person) -> None:
    client = confirmed(engineer)
    set_up(client)
    shown = re.findall(r"<li>(\d{8})</li>", client.get(CODES).content.decode())
    assert len(set(shown)) == 10
    again = client.get(CODES).content.decode()
    assert not any(code in again for code in shown)
    assert client.get(f"{CODES}download/").status_code == 403
    first, second = a_browser(), a_browser()
    for one in (first, second):
        sign_in(one, engineer)
    assert first.post(STEP, {"code": shown[0]}).status_code == 302
    assert second.post(STEP, {"code": shown[0]}).status_code == 200
    assert ("recovery_code_used", engineer.username, "9 left") in happened()


@pytest.mark.asvs("6.5.4")
def test_new_recovery_codes_make_the_old_ones_useless(engineer: Person) -> None:
    client = confirmed(engineer)
    set_up(client)
    old = re.findall(r"<li>(\d{8})</li>", client.get(CODES).content.decode())
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(f"{CODES}generate/")
    new = re.findall(r"<li>(\d{8})</li>", client.get(CODES).content.decode())
    assert len(new) == 10
    assert set(old) & set(new) == set()
    other = a_browser()
    sign_in(other, engineer)
    assert other.post(STEP, {"code": old[0]}).status_code == 200
    assert len(happened("recovery_codes_made")) == 2


def test_what_is_kept_is_sealed_with_a_secret_beside_the_database(engineer: Person, secret: str, settings: Any) -> None:
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    file = settings.SAMEGAUGE_HOME / "keys" / "second-factor.secret"
    assert (len(file.read_bytes()), file.stat().st_mode & 0o777) == (32, 0o600)
    adapter = SecondFactorAdapter()
    assert adapter.encrypt("text") != adapter.encrypt("text")
    assert adapter.decrypt(adapter.encrypt("text")) == "text"


def test_with_the_secret_lost_it_says_what_to_do(engineer: Person, secret: str, settings: Any) -> None:
    (settings.SAMEGAUGE_HOME / "keys" / "second-factor.secret").write_bytes(bytes(32))
    _secret.cache_clear()
    client = a_browser()
    sign_in(client, engineer)
    answer = client.post(STEP, {"code": code_of(secret)})
    assert answer.status_code == 200
    assert "Ask the owner of your organisation to reset it" in answer.content.decode()
    _secret.cache_clear()


@pytest.mark.asvs("7.5.1")
def test_setting_up_and_removing_ask_first_who_it_is(engineer: Person) -> None:
    client = a_browser()
    sign_in(client, engineer)
    asked = client.get(SET_UP)
    assert asked.headers["Location"].startswith("/account/reauthenticate/")
    assert client.post(asked.headers["Location"], {"password": "wrong"}).status_code == 200
    assert client.post(asked.headers["Location"], {"password": PHRASE}).headers["Location"] == SET_UP
    assert client.get(SET_UP).status_code == 200
    assert happened("confirmed") == [("confirmed", engineer.username, "password")]


@pytest.mark.asvs("7.4.3")
def test_removing_the_app_ends_the_other_sessions(engineer: Person, secret: str, clock: time_machine.Traveller) -> None:
    other = a_browser()
    sign_in(other, engineer)
    other.post(STEP, {"code": code_of(secret)})
    assert is_in(other)
    client = confirmed(engineer)
    assert client.post("/account/second-factor/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=engineer).exists()
    assert not is_in(other)
    assert is_in(client)
    assert [what for what, _who, _why in happened("second_factor_removed")] == ["second_factor_removed"] * 2


class TestAskedFor:
    """The organisation asks for a second factor."""

    @pytest.fixture(autouse=True)
    def rule(self, owner: Person) -> None:
        change_rules(SignInRules(frozenset({Role.ENGINEER}), 60), membership_of(owner))

    def test_who_has_none_is_led_to_it_and_can_do_nothing_else(self, engineer: Person) -> None:
        client = confirmed(engineer)
        for page in ("/", "/units/", "/tokens/"):
            assert client.get(page).headers["Location"] == "/account/second-factor/"
        assert "asks for a second factor" in client.get("/account/second-factor/").content.decode()
        assert client.post("/tokens/", {"name": "x"}).status_code == 403
        assert client.get("/api/units").status_code == 403
        set_up(client)
        assert client.get("/units/").status_code == 200

    def test_a_token_opens_nothing_either(self, engineer: Person) -> None:
        from samegauge.core.organisations.rules import issue_token

        _token, text = issue_token(membership_of(engineer), "script")
        headers = {"Authorization": f"Bearer {text}"}
        assert a_browser().get("/api/units", headers=headers).status_code == 403
        set_up(confirmed(engineer))
        assert a_browser().get("/api/units", headers=headers).status_code == 200

    def test_other_roles_go_on(self, owner: Person) -> None:
        assert confirmed(owner).get("/units/").status_code == 200

    def test_the_last_one_stays(self, engineer: Person) -> None:
        client = confirmed(engineer)
        set_up(client)
        answer = client.post("/account/second-factor/totp/deactivate/")
        assert "Set up another one before" in answer.content.decode()
        assert Authenticator.objects.filter(user=engineer, type="totp").exists()

    def test_who_changed_the_rule_is_kept(self, owner: Person) -> None:
        page = confirmed(owner).get("/administration/sign-in/").content.decode()
        assert happened("rules_changed") == [("rules_changed", owner.username, "–; 60 min -> engineer; 60 min")]
        assert "–; 60 min -&gt; engineer; 60 min" in page


class TestLost:
    """The device is lost."""

    def test_the_owner_resets_it_and_every_session_ends(self, owner: Person, engineer: Person, secret: str) -> None:
        theirs = a_browser()
        sign_in(theirs, engineer)
        theirs.post(STEP, {"code": code_of(secret)})
        assert is_in(theirs)
        client = confirmed(owner)
        answer = client.post(f"/people/{engineer.uid}/help/", {"what": "second_factor"})
        assert answer.headers["Location"] == f"/people/{engineer.uid}/"
        assert not Authenticator.objects.filter(user=engineer).exists()
        assert not is_in(theirs)
        assert not UserSession.objects.filter(user=engineer).exists()
        assert happened("second_factor_reset") == [("second_factor_reset", owner.username, "")]

    @pytest.mark.asvs("6.4.1", "6.4.3")
    def test_a_new_password_by_link_does_not_pass_by_the_second_factor(
        self, owner: Person, engineer: Person, secret: str
    ) -> None:
        page = confirmed(owner).post(f"/people/{engineer.uid}/help/", {"what": "link"}).content.decode()
        link = re.search(r"http://testserver(/join/[^\"]+)", page)
        assert link
        client, chosen = a_browser(), {"new_password1": "another long phrase", "new_password2": "another long phrase"}
        assert client.post(link[1], chosen).headers["Location"] == STEP
        assert not is_in(client)
        assert client.post(STEP, {"code": code_of(secret)}).status_code == 302
        assert is_in(client)
        assert a_browser().get(link[1]).status_code == 404

    def test_an_owner_gets_no_way_into_an_account_of_two_organisations(
        self, owner: Person, engineer: Person, other_organisation: Organisation
    ) -> None:
        from samegauge.core.organisations.models import Membership

        Membership.objects.create(person=engineer, organisation=other_organisation, role=Role.OWNER)
        set_up(confirmed(engineer))
        client = confirmed(owner)
        for what in ("link", "second_factor"):
            answer = client.post(f"/people/{engineer.uid}/help/", {"what": what}, follow=True)
            assert "also works for another organisation" in answer.content.decode()
        assert Authenticator.objects.filter(user=engineer).exists()

    def test_others_may_not(
        self, engineer: Person, person_with_role: Callable[..., Person], organisation: Organisation
    ) -> None:
        other = person_with_role(Role.INSPECTOR, organisation)
        assert confirmed(engineer).post(f"/people/{other.uid}/help/", {"what": "link"}).status_code == 403


@pytest.mark.parametrize(("language", "word"), [("zh-hant", "雙重驗證"), ("en", "Second factor")])
def test_the_pages_are_in_both_languages(engineer: Person, language: str, word: str) -> None:
    client = confirmed(engineer, language)
    for page in ("/account/", "/account/second-factor/"):
        assert word in client.get(page).content.decode()


@pytest.mark.parametrize("host", [("localhost:8000", True), ("127.0.0.1:8000", False), ("hub.example.tw", False)])
def test_keys_are_offered_where_browsers_allow_them(engineer: Person, settings: Any, host: tuple[str, bool]) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "hub.example.tw"]
    name, offered = host
    page = confirmed(engineer).get("/account/second-factor/", headers={"Host": name}).content.decode()
    assert ("/account/second-factor/webauthn/add/" in page) == offered
