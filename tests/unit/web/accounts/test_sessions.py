"""Sessions: what they are, how long they live, who ends them."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from unit.web.accounts.conftest import PHRASE, a_browser, confirmed, happened, membership_of

from samegauge.core.organisations.models import Organisation, Role
from samegauge.core.organisations.sign_in_rules import SignInRules, change_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from samegauge.core.organisations.models import Person

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def signed_in(person: Person, **headers: str) -> Client:
    client = a_browser()
    assert client.post("/account/login/", {"login": person.username, "password": PHRASE}, headers=headers).status_code
    return client


def is_in(client: Client) -> bool:
    return client.get("/units/").status_code == 200


@pytest.mark.asvs("7.2.1", "7.2.2", "7.2.3")
def test_the_key_of_a_session_is_drawn_and_only_known_keys_open(engineer: Person) -> None:
    keys = [signed_in(engineer).cookies["sessionid"].value for _turn in range(3)]
    assert len(set(keys)) == 3
    assert {len(key) for key in keys} == {32}
    assert set("".join(keys)) <= set(string.ascii_lowercase + string.digits)  # 32 of 36 signs: 165 bits
    forged = a_browser()
    forged.cookies["sessionid"] = keys[0][:-1] + ("a" if keys[0][-1] != "a" else "b")
    assert not is_in(forged)


@pytest.mark.asvs("7.2.4")
def test_saying_again_who_one_is_changes_the_key_and_the_old_one_dies(engineer: Person) -> None:
    client, old = signed_in(engineer), a_browser()
    old.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post("/account/reauthenticate/", {"password": PHRASE})
    assert client.cookies["sessionid"].value != old.cookies["sessionid"].value
    assert [is_in(client), is_in(old)] == [True, False]
    assert UserSession.objects.get(user=engineer).session_key == client.cookies["sessionid"].value


@pytest.mark.asvs("7.4.1")
def test_after_signing_out_the_cookie_opens_nothing(engineer: Person) -> None:
    client = signed_in(engineer)
    kept = client.cookies["sessionid"].value
    assert is_in(client)
    client.post("/account/logout/")
    replayed = a_browser()
    replayed.cookies["sessionid"] = kept
    assert not is_in(replayed)
    assert happened("signed_in", "signed_out") == [
        ("signed_in", engineer.username, "password"),
        ("signed_out", engineer.username, ""),
    ]


@pytest.mark.asvs("7.4.2")
def test_who_is_switched_off_is_out_with_every_session(engineer: Person) -> None:
    clients = [signed_in(engineer) for _turn in range(2)]
    assert all(is_in(client) for client in clients)
    engineer.is_active = False
    engineer.save()
    assert not any(is_in(client) for client in clients)


@pytest.mark.asvs("7.3.1")
def test_without_a_step_it_ends_after_the_time_that_the_organisation_chose(
    owner: Person, engineer: Person, clock: time_machine.Traveller
) -> None:
    change_rules(SignInRules(frozenset(), 30), membership_of(owner))
    client = signed_in(engineer)
    assert is_in(client)
    clock.shift(timedelta(minutes=29))
    assert is_in(client)
    clock.shift(timedelta(minutes=31))
    answer = client.get("/units/")
    assert answer.headers["Location"] == "/account/login/?next=/units/"
    assert "nothing was done for a while" in client.get("/account/login/").content.decode()
    assert happened("session_expired", "signed_out") == [("session_expired", engineer.username, "")]
    assert not UserSession.objects.filter(user=engineer).exists()


@pytest.mark.asvs("7.3.2")
def test_after_twelve_hours_it_ends_whatever_is_done(
    owner: Person, engineer: Person, clock: time_machine.Traveller
) -> None:
    change_rules(SignInRules(frozenset(), 720), membership_of(owner))
    client = signed_in(engineer)
    for _hour in range(12):
        assert is_in(client)
        clock.shift(timedelta(hours=1))
    clock.shift(timedelta(seconds=1))
    assert not is_in(client)


def test_a_program_with_a_token_has_no_session_that_could_end(engineer: Person, clock: time_machine.Traveller) -> None:
    from samegauge.core.organisations.rules import issue_token

    _token, text = issue_token(membership_of(engineer), "script")
    program = a_browser()
    for _day in range(3):
        assert program.get("/api/units", headers={"Authorization": f"Bearer {text}"}).status_code == 200
        clock.shift(timedelta(days=1))


def test_an_expired_session_gets_the_answer_of_nobody_from_the_api(
    engineer: Person, clock: time_machine.Traveller
) -> None:
    client = signed_in(engineer)
    assert client.get("/api/units").status_code == 200
    clock.shift(timedelta(hours=2))
    assert client.get("/api/units").status_code == 401


@pytest.mark.asvs("7.5.2")
def test_a_person_sees_the_open_sessions_and_ends_one_or_all_others(engineer: Person) -> None:
    one, two = (signed_in(engineer, **{"User-Agent": f"Chrome/1 {name}"}) for name in ("Windows", "Android"))
    client = confirmed(engineer)
    page = client.get("/account/").content.decode()
    assert "Chrome · Windows" in page
    assert "Chrome · Android" in page
    assert "Firefox · Linux" in page
    assert page.count("This one") == 1
    session = UserSession.objects.get(session_key=one.cookies["sessionid"].value)
    assert client.post(f"/account/sessions/{session.pk}/end/").status_code == 302
    assert [is_in(one), is_in(two), is_in(client)] == [False, True, True]
    client.post("/account/sessions/end/")
    assert [is_in(two), is_in(client)] == [False, True]
    assert len(happened("session_ended")) == 2


def test_nobody_ends_anothers_session(engineer: Person, owner: Person) -> None:
    victim = signed_in(engineer)
    session = UserSession.objects.get(user=engineer)
    assert confirmed(owner).post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert is_in(victim)


@pytest.mark.asvs("7.4.5")
def test_the_owner_signs_a_member_out_everywhere(owner: Person, engineer: Person) -> None:
    victim = signed_in(engineer)
    confirmed(owner).post(f"/people/{engineer.uid}/help/", {"what": "sessions"})
    assert not is_in(victim)
    assert happened("session_ended") == [("session_ended", owner.username, "1")]


@pytest.mark.asvs("6.2.2", "6.2.3", "7.4.3")
def test_changing_the_password_needs_the_old_one_and_ends_the_other_sessions(engineer: Person) -> None:
    client, other = signed_in(engineer), signed_in(engineer)
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    for wrong in ({}, {"oldpassword": "wrong"}):
        assert client.post("/account/password/change/", wrong | new).status_code == 200
    assert client.post("/account/password/change/", {"oldpassword": PHRASE} | new).status_code == 302
    assert [is_in(client), is_in(other)] == [True, False]
    assert happened("password_changed") == [("password_changed", engineer.username, "")]


@pytest.mark.asvs("7.5.1")
@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("/people/", {"display_name": "New", "username": "new", "role": "guest"}),
        ("/tokens/", {"name": "script"}),
        ("/administration/sign-in/", {"idle_minutes": "15"}),
    ],
)
def test_what_changes_rights_asks_again_who_it_is_and_then_goes_on(
    owner: Person, page: str, said: dict[str, Any]
) -> None:
    client = signed_in(owner)
    asked = client.post(page, said)
    assert asked.headers["Location"].startswith("/account/reauthenticate/")
    done = client.post(asked.headers["Location"], {"password": PHRASE})
    assert done.status_code in {200, 302}
    made = {"/people/": "person_added", "/tokens/": "token_made", "/administration/sign-in/": "rules_changed"}
    assert [what for what, _who, _details in happened(*made.values())] == [made[page]]


def test_an_account_page_changes_the_name(engineer: Person) -> None:
    client = confirmed(engineer)
    assert client.post("/account/", {"display_name": "林小姐"}).status_code == 302
    assert "林小姐" in client.get("/account/").content.decode()


def test_the_role_in_two_organisations_does_not_double_what_is_written_here(
    engineer: Person, other_organisation: Organisation
) -> None:
    from samegauge.core.organisations.models import Membership
    from samegauge.core.scope import all_organisations
    from samegauge.core.security_events.models import SecurityEvent

    Membership.objects.create(person=engineer, organisation=other_organisation, role=Role.GUEST)
    signed_in(engineer)
    with all_organisations("a test looks at all of them"):
        rows = list(SecurityEvent.objects.filter(what="signed_in").values_list("organisation", "occurrence"))
    assert len({organisation for organisation, _occurrence in rows}) == 2
    assert len({occurrence for _organisation, occurrence in rows}) == 1
