"""Changing a member's role, switching one off and on again: on the page, and as a rule."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import translation
from support.accounts import sign_in_confirmed

from samegauge.core.organisations import permissions
from samegauge.core.organisations.models import Membership, Role
from samegauge.core.organisations.permissions import Action
from samegauge.core.organisations.rules import MemberChange, MemberChangeError, change_member, issue_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person


@pytest.fixture
def owner(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return person_with_role(Role.OWNER, organisation)


@pytest.fixture
def engineer(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return person_with_role(Role.ENGINEER, organisation)


def seen_by(person: Person, language: str = "en") -> Client:
    client = Client(headers={"Accept": "text/html", "Accept-Language": language})
    return sign_in_confirmed(client, person)


def membership_of(person: Person) -> Membership:
    return Membership.objects.get(person=person)


class TestPage:
    def test_a_role_is_changed_after_it_was_shown_once_more(self, owner: Person, engineer: Person) -> None:
        browser, page = seen_by(owner), f"/people/{engineer.uid}/"
        assert page in browser.get("/people/").content.decode()
        assert browser.get(page).status_code == 200
        asked = browser.post(page, {"role": "inspector", "active": "on"}).content.decode()
        assert "Engineer → <strong>Inspector</strong>" in asked
        assert membership_of(engineer).role == Role.ENGINEER
        done = browser.post(page, {"role": "inspector", "active": "on", "confirmed": "yes"}, follow=True)
        assert done.redirect_chain == [("/people/", 302)]
        assert membership_of(engineer).role == Role.INSPECTOR

    @pytest.mark.asvs("7.4.2")
    @pytest.mark.threat("T14", "T18")
    def test_one_switched_off_is_out_at_the_next_request_tokens_included(self, owner: Person, engineer: Person) -> None:
        _record, text = issue_token(membership_of(engineer), "script")
        theirs, program = seen_by(engineer), Client(headers={"Authorization": f"Bearer {text}"})
        assert [theirs.get("/units/").status_code, program.get("/api/units").status_code] == [200, 200]
        browser, page = seen_by(owner), f"/people/{engineer.uid}/"
        browser.post(page, {"role": "engineer", "active": "off", "confirmed": "yes"})
        assert [theirs.get("/units/").status_code, program.get("/api/units").status_code] == [403, 401]
        assert "Switched off" in browser.get("/people/").content.decode()
        browser.post(page, {"role": "engineer", "active": "on", "confirmed": "yes"})
        assert [theirs.get("/units/").status_code, program.get("/api/units").status_code] == [200, 401]

    def test_nothing_different_is_said(self, owner: Person, engineer: Person) -> None:
        answer = seen_by(owner).post(f"/people/{engineer.uid}/", {"role": "engineer", "active": "on", "confirmed": "1"})
        assert "Nothing is different" in answer.content.decode()

    def test_ones_own_role_stays(self, owner: Person) -> None:
        browser, page = seen_by(owner), f"/people/{owner.uid}/"
        assert "<select" not in browser.get(page).content.decode()
        answer = browser.post(page, {"role": "guest", "active": "on", "confirmed": "yes"})
        assert answer.status_code == 422
        assert membership_of(owner).role == Role.OWNER

    def test_others_may_not(self, owner: Person, engineer: Person) -> None:
        answer = seen_by(engineer).post(f"/people/{owner.uid}/", {"role": "guest", "active": "off", "confirmed": "yes"})
        assert answer.status_code == 403
        assert membership_of(owner).role == Role.OWNER

    def test_it_is_in_chinese_too(self, owner: Person, engineer: Person) -> None:
        browser, page = seen_by(owner, "zh-hant"), f"/people/{engineer.uid}/"
        assert "可使用" in browser.get(page).content.decode()
        assert "永久失效" in browser.post(page, {"role": "engineer", "active": "off"}).content.decode()


class TestRule:
    def test_what_happened_is_written_down(
        self, owner: Person, engineer: Person, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "samegauge.core.security_events"):
            change_member(membership_of(engineer), MemberChange(Role.GUEST, active=False), membership_of(owner))
        [line] = caplog.messages
        assert line.startswith(f"role_changed by {owner.username!r} about {engineer.username!r}")
        assert line.endswith("'engineer, on -> guest, off'")

    def test_of_two_owners_who_demote_each_other_one_stays(
        self, owner: Person, person_with_role: Callable[..., Person], organisation: Organisation
    ) -> None:
        mine, theirs = membership_of(owner), membership_of(person_with_role(Role.OWNER, organisation))
        change_member(theirs, MemberChange(Role.GUEST, active=True), mine)
        with translation.override("en"), pytest.raises(MemberChangeError, match="may not"):
            change_member(mine, MemberChange(Role.GUEST, active=True), theirs)
        assert membership_of(owner).role == Role.OWNER

    @pytest.mark.threat("T18")
    @pytest.mark.parametrize(
        "change", [MemberChange(Role.OWNER, active=False), MemberChange(Role.ENGINEER, active=True)]
    )
    def test_the_last_owner_stays_whoever_manages_people(
        self, owner: Person, engineer: Person, monkeypatch: pytest.MonkeyPatch, change: MemberChange
    ) -> None:
        managers = frozenset({Role.OWNER, Role.ENGINEER})
        monkeypatch.setitem(permissions.ALLOWED, Action.MANAGE_PEOPLE, managers)
        with translation.override("en"), pytest.raises(MemberChangeError, match="last owner"):
            change_member(membership_of(owner), change, membership_of(engineer))

    def test_a_member_of_another_organisation_is_not_there(
        self, owner: Person, person_with_role: Callable[..., Person], other_organisation: Organisation
    ) -> None:
        stranger = membership_of(person_with_role(Role.ENGINEER, other_organisation))
        with pytest.raises(Membership.DoesNotExist):
            change_member(stranger, MemberChange(Role.GUEST, active=True), membership_of(owner))
