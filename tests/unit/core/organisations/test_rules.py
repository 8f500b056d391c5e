from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError

from samegauge.core.organisations.models import (
    ApiToken,
    Organisation,
    OrganisationKind,
    Person,
    Role,
    SetupLink,
)
from samegauge.core.organisations.rules import (
    LINK_LIFE,
    SetupLinkUsedError,
    fingerprint,
    first_start_link,
    found_organisation,
    issue_token,
    membership_of_token,
    open_setup_link,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def token_of(path: str | None) -> str:
    assert path is not None
    return path.split("/")[2]


def new_organisation(name: str = "Gamma") -> Organisation:
    return Organisation(name=name, kind=OrganisationKind.END_USER)


@pytest.mark.django_db
class TestFirstStart:
    @pytest.mark.threat("T19")
    def test_only_the_hash_of_the_link_is_kept(self) -> None:
        token = token_of(first_start_link())
        assert SetupLink.objects.get().token_sha256 == fingerprint(token)
        assert len(token) >= 32

    def test_the_newest_link_alone_works(self) -> None:
        first, second = token_of(first_start_link()), token_of(first_start_link())
        assert open_setup_link(first) is None
        assert open_setup_link(second) is not None

    @pytest.mark.threat("T19")
    @pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "\x00", "溫" * 1000])
    def test_a_wrong_link_opens_nothing(self, token: str) -> None:
        first_start_link()
        assert open_setup_link(token) is None

    def test_the_link_makes_the_owner_once(self) -> None:
        token = token_of(first_start_link())
        link = open_setup_link(token)
        membership = found_organisation(link, new_organisation(), Person(username="first"))
        assert membership.role == Role.OWNER
        assert open_setup_link(token) is None
        with pytest.raises(SetupLinkUsedError):
            found_organisation(link, new_organisation(), Person(username="second"))
        assert list(Person.objects.values_list("username", flat=True)) == ["first"]
        assert Organisation.objects.count() == 1

    def test_with_an_account_there_is_no_link(
        self, person_with_role: Callable[..., Person], organisation: Organisation
    ) -> None:
        token = token_of(first_start_link())
        link = open_setup_link(token)
        person_with_role(Role.GUEST, organisation)
        assert first_start_link() is None
        with pytest.raises(SetupLinkUsedError):
            found_organisation(link, new_organisation(), Person(username="late"))
        assert SetupLink.objects.get().used_at is None

    @pytest.mark.asvs("6.4.1")
    @pytest.mark.threat("T19")
    def test_the_link_expires(self) -> None:
        token = token_of(first_start_link())
        SetupLink.objects.update(created_at=datetime.now(UTC) - LINK_LIFE + timedelta(minutes=1))
        assert open_setup_link(token) is not None
        SetupLink.objects.update(created_at=datetime.now(UTC) - LINK_LIFE)
        assert open_setup_link(token) is None

    def test_when_the_owner_cannot_be_saved_nothing_is(self) -> None:
        token = token_of(first_start_link())
        unfit = Person(username=None)
        with pytest.raises(DatabaseError):
            found_organisation(open_setup_link(token), new_organisation(), unfit)
        assert not Organisation.objects.filter(name="Gamma").exists()
        assert open_setup_link(token) is not None


@pytest.mark.django_db
class TestTokens:
    @pytest.mark.asvs("7.2.2")
    @pytest.mark.threat("T14")
    def test_the_text_is_kept_nowhere(
        self, person_with_role: Callable[..., Person], organisation: Organisation
    ) -> None:
        record, text = issue_token(person_with_role(Role.ENGINEER, organisation).memberships.get(), "a script")
        assert text.startswith("sg_")
        assert text not in repr(ApiToken.objects.values().get())
        assert record.token_sha256 == fingerprint(text)

    @pytest.mark.threat("T14")
    def test_it_opens_its_own_membership_only(
        self,
        person_with_role: Callable[..., Person],
        organisation: Organisation,
        other_organisation: Organisation,
    ) -> None:
        mine, theirs = person_with_role(Role.OWNER, organisation), person_with_role(Role.GUEST, other_organisation)
        _record, text = issue_token(mine.memberships.get(), "a")
        _record, other = issue_token(theirs.memberships.get(), "b")
        assert membership_of_token(text) == mine.memberships.get()
        assert membership_of_token(other).organisation == other_organisation

    @pytest.mark.parametrize("text", ["", "sg_", "sg_x", "\x00", "sg_" + "A" * 43])
    def test_a_wrong_token_opens_nothing(
        self, person_with_role: Callable[..., Person], organisation: Organisation, text: str
    ) -> None:
        issue_token(person_with_role(Role.OWNER, organisation).memberships.get(), "a")
        assert membership_of_token(text) is None

    @pytest.mark.asvs("7.4.2")
    @pytest.mark.threat("T14")
    def test_revoked_or_inactive_or_removed_opens_nothing(
        self, person_with_role: Callable[..., Person], organisation: Organisation
    ) -> None:
        person = person_with_role(Role.OWNER, organisation)
        record, text = issue_token(person.memberships.get(), "a")
        person.is_active = False
        person.save()
        assert membership_of_token(text) is None
        person.is_active = True
        person.save()
        assert membership_of_token(text) is not None
        record.revoked_at = datetime.now(UTC)
        record.save()
        assert membership_of_token(text) is None
        _record, text = issue_token(person.memberships.get(), "b")
        person.memberships.all().delete()
        assert membership_of_token(text) is None

    def test_its_last_use_is_written_at_most_every_five_minutes(
        self,
        person_with_role: Callable[..., Person],
        organisation: Organisation,
        django_assert_num_queries: Callable[..., object],
    ) -> None:
        _record, text = issue_token(person_with_role(Role.OWNER, organisation).memberships.get(), "a")
        membership_of_token(text)
        first = ApiToken.objects.get().last_used_at
        assert first is not None
        with django_assert_num_queries(1):
            membership_of_token(text)
        long_ago = first - timedelta(minutes=6)
        ApiToken.objects.update(last_used_at=long_ago)
        membership_of_token(text)
        assert ApiToken.objects.get().last_used_at > long_ago
