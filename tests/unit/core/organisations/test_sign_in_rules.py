"""What an owner, and whoever holds the machine, can do for an account that nobody gets into any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.test import Client

from samegauge.cli import account_reset
from samegauge.cli.main import main
from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
from samegauge.core.organisations.rules import add_person
from samegauge.core.organisations.sign_in_rules import (
    AccountRefusedError,
    SignInRules,
    change_rules,
    make_link,
    reset_second_factor,
    rules_of,
)
from samegauge.core.scope import all_organisations
from samegauge.core.security_events.models import SecurityEvent

if TYPE_CHECKING:
    from collections.abc import Callable

PHRASE = "a long enough phrase"


@pytest.fixture
def owner(person_with_role: Callable[..., Person], organisation: Organisation) -> Membership:
    return Membership.objects.get(person=person_with_role(Role.OWNER, organisation))


def test_the_last_owner_gets_in_again_with_a_command(
    owner: Membership, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(account_reset, "open_site", lambda: None)
    person = owner.person
    Authenticator.objects.create(user=person, type="totp", data={"secret": "of a lost phone"})
    for _turn in range(5):
        Client().post("/account/login/", {"login": person.username, "password": "wrong"})
    assert AccessAttempt.objects.filter(username=person.username).exists()
    assert main(["account-reset", person.username.upper(), "--json"]) == 0
    link = json.loads(capsys.readouterr().out.splitlines()[-1])["link"]
    assert not Authenticator.objects.exists()
    assert not AccessAttempt.objects.exists()
    browser, chosen = Client(), {"new_password1": "another long phrase", "new_password2": "another long phrase"}
    assert browser.post(link, chosen).headers["Location"] == "/"
    assert browser.get("/units/").status_code == 200
    with all_organisations("a test looks at all of them"):
        made = SecurityEvent.objects.get(what="second_factor_reset")
    assert (made.address, made.person, made.subject) == (None, None, person)


def test_a_name_that_nobody_has_is_said(
    owner: Membership, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(account_reset, "open_site", lambda: None)
    assert main(["account-reset", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize("action", [make_link, reset_second_factor])
def test_nobody_helps_oneself(owner: Membership, action: Callable[..., Any]) -> None:
    with pytest.raises(AccountRefusedError):
        action(owner, owner)


def test_a_simulated_organisation_beside_the_real_one_is_no_reason_to_refuse(
    owner: Membership, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    person = person_with_role(Role.ENGINEER, organisation)
    simulated = Organisation.objects.create(name="Show", kind=OrganisationKind.FOUNDRY, is_simulated=True)
    Membership.objects.create(person=person, organisation=simulated, role=Role.OWNER)
    assert make_link(Membership.objects.get(person=person, organisation=organisation), owner).startswith("/join/")


def test_rules_are_kept_in_an_order_that_does_not_depend_on_how_they_were_chosen(owner: Membership) -> None:
    rules = SignInRules(frozenset({Role.QUALITY_MANAGER, Role.OWNER}), 15)
    change_rules(rules, owner)
    kept = Organisation.objects.get(pk=owner.organisation_id)
    assert kept.second_factor_roles == ["owner", "quality_manager"]
    assert rules_of(kept) == rules


@pytest.mark.asvs("6.3.2", "6.4.1")
def test_who_is_added_has_no_password_until_choosing_one(owner: Membership) -> None:
    added = add_person(Person(username="new", email="new@firm.example"), Role.GUEST, owner)
    assert not added.person.has_usable_password()
    assert [address.verified for address in added.person.emailaddress_set.all()] == [True]
    assert Client().post("/account/login/", {"login": "new", "password": ""}).status_code == 200


@pytest.mark.asvs("6.4.2")
def test_no_account_has_a_hint_or_a_secret_question() -> None:
    names = {field.name for field in Person._meta.get_fields()}
    assert not any(word in name for name in names for word in ("hint", "question", "answer"))
