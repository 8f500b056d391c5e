"""Security events: who sees which, that none changes, and what leaves as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from support.accounts import sign_in_confirmed

from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
from samegauge.core.scope import all_organisations, organisation_scope
from samegauge.core.security_events.models import AppendOnlyError, SecurityEvent, What
from samegauge.core.security_events.rules import Concerned, happening_from, is_second_factor_locked, record

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE, FILE = "/administration/security-events/", "/administration/security-events/csv/"


@pytest.fixture
def owner(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return person_with_role(Role.OWNER, organisation)


@pytest.fixture
def engineer(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return person_with_role(Role.ENGINEER, organisation)


def seen_by(person: Person) -> Client:
    return sign_in_confirmed(Client(headers={"Accept": "text/html", "Accept-Language": "en"}), person)


@pytest.mark.asvs("16.2.1", "16.3.1")
def test_a_sign_in_that_failed_says_who_when_from_where(owner: Person, engineer: Person) -> None:
    attempt = {"login": engineer.username.upper(), "password": "wrong"}
    Client(headers={"User-Agent": "Firefox/140.0"}).post("/account/login/", attempt, REMOTE_ADDR="10.1.2.3")
    page = seen_by(owner).get(PAGE).content.decode()
    for said in ("Sign-in failed", engineer.username, "10.1.2.3", "Firefox"):
        assert said in page
    with all_organisations("a test looks at all of them"):
        assert SecurityEvent.objects.get(what="sign_in_failed").person == engineer


def test_a_name_that_nobody_has_is_told_to_who_runs_the_site(owner: Person, other_organisation: Organisation) -> None:
    Client().post("/account/login/", {"login": "nobody", "password": "wrong"})
    with organisation_scope(other_organisation):
        assert not SecurityEvent.objects.exists()
    assert "nobody" in seen_by(owner).get(PAGE).content.decode()


@pytest.mark.asvs("16.3.2")
def test_what_a_role_was_refused_is_there(owner: Person, engineer: Person) -> None:
    assert seen_by(engineer).get("/people/").status_code == 403
    page = seen_by(owner).get(f"{PAGE}?what=refused&who={engineer.username}").content.decode()
    assert "GET /people/" in page


@pytest.mark.parametrize("page", [PAGE, FILE])
def test_only_the_owner_reads_them(engineer: Person, page: str) -> None:
    assert seen_by(engineer).get(page).status_code == 403


def test_the_list_can_be_narrowed(owner: Person, engineer: Person) -> None:
    record(What.SIGNED_IN, Concerned(engineer))
    record(What.TOKEN_MADE, Concerned(owner), "reader of the lathe")
    browser = seen_by(owner)
    assert "reader of the lathe" not in browser.get(f"{PAGE}?what=signed_in").content.decode()
    assert "reader of the lathe" in browser.get(f"{PAGE}?who={owner.username}").content.decode()
    assert "Nothing of this kind happened" in browser.get(f"{PAGE}?who=nobody").content.decode()
    assert browser.get(f"{PAGE}?what=<b>&page=9").status_code == 200


@pytest.mark.asvs("1.2.10", "16.4.1")
def test_the_file_holds_what_the_page_shows_and_nothing_runs_in_it(owner: Person) -> None:
    record(What.SIGN_IN_FAILED, Concerned(name="=cmd|'/c calc'!A1\r\nx"))
    answer = seen_by(owner).get(f"{FILE}?what=sign_in_failed")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    header, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header[:4] == ["at_utc", "what", "meaning", "person"]
    assert row[0].endswith("+00:00")
    assert row[3].startswith("'=cmd")


@pytest.mark.asvs("16.4.1")
def test_a_name_with_line_ends_stays_on_one_line_of_the_log(owner: Person, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "samegauge.core.security_events"):
        record(What.SIGN_IN_FAILED, Concerned(name="x\r\n2026 INFO forged \x1b[2J"))
    assert len(caplog.messages) == 1
    assert not set(caplog.messages[0]) & {"\r", "\n", "\x1b"}


@pytest.mark.asvs("16.4.2")
def test_nothing_is_changed_or_deleted_by_nobody(owner: Person, organisation: Organisation) -> None:
    record(What.SIGNED_IN, Concerned(owner))
    with organisation_scope(organisation):
        event = SecurityEvent.objects.get()
        for change in (event.save, event.delete):
            with pytest.raises(AppendOnlyError):
                change()
        for tried in (
            lambda: SecurityEvent.objects.update(details="nothing happened"),
            lambda: SecurityEvent.objects.filter(pk=event.pk)._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                tried()
        assert SecurityEvent.objects.get().details == ""


def test_each_organisation_of_a_person_sees_it_and_a_simulated_one_does_not(
    engineer: Person, organisation: Organisation, other_organisation: Organisation
) -> None:
    simulated = Organisation.objects.create(name="Show", kind=OrganisationKind.FOUNDRY, is_simulated=True)
    for each in (other_organisation, simulated):
        Membership.objects.create(person=engineer, organisation=each, role=Role.GUEST)
    record(What.SIGNED_IN, Concerned(engineer))
    with all_organisations("a test looks at all of them"):
        rows = list(SecurityEvent.objects.values_list("organisation", "occurrence"))
    assert {organisation_id for organisation_id, _one in rows} == {organisation.pk, other_organisation.pk}
    assert len({occurrence for _organisation, occurrence in rows}) == 1


def test_long_names_and_devices_are_cut(organisation: Organisation) -> None:
    with happening_from("10.0.0.1", "x" * 5000):
        record(What.SIGN_IN_FAILED, Concerned(name="y" * 5000), "z" * 5000)
    with organisation_scope(organisation):
        event = SecurityEvent.objects.get()
    assert (len(event.device), len(event.person_name), len(event.details)) == (200, 200, 500)


def test_before_there_is_an_organisation_nothing_fails(db: None) -> None:
    record(What.SIGN_IN_FAILED, Concerned(name="nobody"))
    with all_organisations("a test looks at all of them"):
        assert not SecurityEvent.objects.exists()


def test_failures_are_counted_once_whatever_organisations_see_them(
    engineer: Person, other_organisation: Organisation
) -> None:
    Membership.objects.create(person=engineer, organisation=other_organisation, role=Role.GUEST)
    for _turn in range(4):
        record(What.SECOND_FACTOR_FAILED, Concerned(engineer))
    assert not is_second_factor_locked(engineer)
    record(What.SECOND_FACTOR_FAILED, Concerned(engineer))
    assert is_second_factor_locked(engineer)
    record(What.SIGNED_IN, Concerned(engineer))
    assert not is_second_factor_locked(engineer)
