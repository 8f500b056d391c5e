"""Ways in: guessed passwords, links used twice, sessions planted by somebody else, rights that were taken away."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from support.accounts import sign_in_confirmed
from tenancy.canaries import Firm, founded

from samegauge.core.organisations.models import ApiToken, Membership, Person, Role
from samegauge.core.organisations.rules import first_start_link

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

PHRASE = "a long enough phrase"
FOUNDED = {
    "organisation_name": "Works",
    "kind": "foundry",
    "display_name": "Owner",
    "username": "owner",
    "password": PHRASE,
}


@pytest.fixture
def staffed(folder: Path, db: None) -> Firm:
    firm = founded("firm", ("zugvogel", "Rotkehlchen"))
    person = firm.people[Role.ENGINEER]
    person.set_password(PHRASE)
    person.save()
    return firm


@pytest.fixture
def one_guard(settings: Any) -> None:
    """Only the count of failures in the database: the library's own limits count in each process."""
    settings.ACCOUNT_RATE_LIMITS = False


def sign_in(name: str, password: str = PHRASE, client: Client | None = None, **headers: str) -> int:
    answer = (client or Client()).post("/account/login/", {"login": name, "password": password}, headers=headers)
    return answer.status_code


@pytest.mark.asvs("6.3.1")
@pytest.mark.threat("T12")
def test_after_five_wrong_passwords_the_right_one_does_not_open_either(staffed: Firm, one_guard: None) -> None:
    name = staffed.people[Role.ENGINEER].username
    assert [sign_in(name, f"wrong {turn}") for turn in range(5)][-1] == 429
    assert sign_in(name) == 429
    assert sign_in("somebody-else", "wrong") == 200


@pytest.mark.asvs("6.3.1")
@pytest.mark.threat("T12")
def test_other_spellings_of_a_name_do_not_give_more_guesses(staffed: Firm, one_guard: None) -> None:
    name = staffed.people[Role.ENGINEER].username
    spellings = ["".join(each) for each in itertools.islice(itertools.product(*[{c, c.upper()} for c in name]), 3)]
    guesses = [sign_in(spelling, "wrong") for spelling in (*spellings, f" {name}", f"{name} ")]
    assert guesses[-1] == 429
    assert {sign_in(name), sign_in(name.upper()), sign_in(f" {name.title()} ")} == {429}


@pytest.mark.asvs("6.3.1")
@pytest.mark.threat("T12")
def test_a_forged_sender_address_does_not_give_more_guesses(staffed: Firm, one_guard: None) -> None:
    name = staffed.people[Role.ENGINEER].username
    for turn in range(5):
        sign_in(name, "wrong", **{"X-Forwarded-For": f"10.0.0.{turn}", "X-Real-IP": f"10.0.0.{turn}"})
    assert sign_in(name, **{"X-Forwarded-For": "10.9.9.9"}) == 429


@pytest.mark.threat("T12")
def test_a_wrong_name_and_a_wrong_password_are_told_the_same(staffed: Firm, one_guard: None) -> None:
    known = staffed.people[Role.ENGINEER].username
    pages = []
    for name in (known, "x" * len(known)):
        page = Client().post("/account/login/", {"login": name, "password": "wrong"}).content.decode()
        pages.append(re.sub(r'(csrfmiddlewaretoken" value=)"[^"]*"', r"\1", page.replace(name, "NAME")))
    assert pages[0] == pages[1]


@pytest.mark.threat("T12")
def test_asking_for_a_letter_tells_nobody_who_has_an_account(staffed: Firm) -> None:
    person = staffed.people[Role.ENGINEER]
    person.email = "engineer@firm.example"
    person.save()
    asked = [
        Client().post("/account/password/reset/", {"email": address}) for address in (person.email, "no@firm.example")
    ]
    assert [(answer.status_code, answer.headers["Location"]) for answer in asked] == [
        (302, "/account/password/reset/done/")
    ] * 2
    assert all(letter.to == [person.email] for letter in mail.outbox)


@pytest.mark.asvs("7.2.4", "7.4.1")
@pytest.mark.threat("T12")
def test_a_session_planted_before_signing_in_is_not_the_one_afterwards(staffed: Firm) -> None:
    client = Client()
    client.cookies["sessionid"] = "planted" * 4
    assert sign_in(staffed.people[Role.ENGINEER].username, client=client) == 302
    cookie = client.cookies["sessionid"]
    assert "planted" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    ended = Client()
    ended.cookies["sessionid"] = cookie.value
    assert ended.get("/").status_code == 200
    client.post("/account/logout/")
    assert ended.get("/").status_code == 302


@pytest.mark.asvs("1.2.2")
@pytest.mark.threat("T17")
@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "///evil.example"]
)
def test_signing_in_leads_nowhere_else(staffed: Firm, target: str) -> None:
    name = staffed.people[Role.ENGINEER].username
    answer = Client().post("/account/login/", {"login": name, "password": PHRASE, "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    answer = Client().post("/language/", {"language": "en", "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


@pytest.mark.asvs("2.3.1", "6.3.2", "6.4.1")
@pytest.mark.threat("T19")
def test_the_first_link_makes_one_owner(folder: Path, db: None) -> None:
    link = first_start_link()
    assert link is not None
    newer = first_start_link()
    assert newer is not None
    assert Client().get(link).status_code == 404
    assert Client().post(newer, FOUNDED).status_code == 302
    assert Client().post(newer, FOUNDED | {"username": "second"}).status_code == 404
    assert first_start_link() is None
    assert [person.username for person in Person.objects.all()] == ["owner"]


@pytest.mark.asvs("6.2.1", "6.2.4")
@pytest.mark.threat("T12")
@pytest.mark.parametrize("password", ["short", "password1234", "owner-owner-1", ""])
def test_a_weak_password_makes_no_owner(folder: Path, db: None, password: str) -> None:
    link = first_start_link()
    assert link is not None
    weak = FOUNDED | {"username": "owner-owner", "password": password}
    assert Client().post(link, weak).status_code == 200
    assert not Person.objects.exists()


@pytest.mark.asvs("2.3.1", "6.4.1")
@pytest.mark.threat("T19")
def test_a_link_to_join_works_once_and_only_for_whom_it_was_made(staffed: Firm) -> None:
    owner = sign_in_confirmed(Client(), staffed.people[Role.OWNER])
    added = {"display_name": "New", "username": "newcomer", "role": "guest"}
    owner.post("/people/", added)
    newcomer, other = Person.objects.get(username="newcomer"), staffed.people[Role.SALES]
    token = default_token_generator.make_token(newcomer)
    chosen = {"new_password1": PHRASE, "new_password2": PHRASE}
    assert Client().post(f"/join/{other.uid}/{token}/", chosen).status_code == 404
    assert Client().post(f"/join/{newcomer.uid}/{token}/", chosen).status_code == 302
    assert Client().post(f"/join/{newcomer.uid}/{token}/", chosen).status_code == 404
    assert Client().get(f"/join/{newcomer.uid}/{token}/").status_code == 404


@pytest.mark.asvs("7.4.2")
@pytest.mark.threat("T14", "T18")
def test_rights_taken_away_are_gone_with_the_next_request(staffed: Firm) -> None:
    person = staffed.people[Role.QUALITY_MANAGER]
    client, headers = Client(), {"Authorization": f"Bearer {staffed.tokens[Role.QUALITY_MANAGER]}"}
    client.force_login(person)
    assert (client.get("/imports/new/").status_code, client.get("/api/units", headers=headers).status_code) == (
        200,
    ) * 2

    Membership.objects.filter(person=person).update(role=Role.GUEST)
    assert client.get("/imports/new/").status_code == 403
    assert client.get("/tokens/").status_code == 403

    ApiToken.objects.filter(membership__person=person).update(revoked_at="2026-11-21T00:00:00Z")
    assert Client().get("/api/units", headers=headers).status_code == 401

    Membership.objects.filter(person=person).delete()
    assert client.get("/units/").status_code == 403

    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get("/units/").status_code == 302


@pytest.mark.asvs("3.5.1")
@pytest.mark.threat("T17")
def test_nothing_changes_without_the_token_against_forged_requests(staffed: Firm) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staffed.people[Role.OWNER])
    pages = [
        "/people/",
        "/tokens/",
        "/imports/new/",
        "/organisation/switch/",
        "/language/",
        "/account/logout/",
        "/verify/",
    ]
    assert {client.post(page, {"name": "x"}).status_code for page in pages} == {403}
    assert client.post("/api/imports", {"kind": "qif"}).status_code == 403
    assert ApiToken.objects.filter(name="x").count() == 0
