"""The search of one firm finds nothing of another, and counts nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tenancy.routes import Visitor, content_of, guarded_routes
from tenancy.walls import take_database_wall_down, take_queries_wall_down

from samegauge.core.organisations.models import Membership, Role
from samegauge.core.scope import organisation_scope
from samegauge.core.search.commands import commands_for
from samegauge.core.search.declaration import readable
from samegauge.core.search.finding import find
from samegauge.core.search.models import SearchEntry, SearchGram
from samegauge.core.sharing.models import Covers
from samegauge.core.sharing.rules import Offer, revoke, share
from samegauge.core.thread.models import Item, Unit
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from django.http import HttpResponse
    from tenancy.canaries import Firm

HANG_FROM_ANOTHER = ("/records/", "/search/", "/administration/backup/go-back/")
ADDRESSES = ("/search/?q=", "/search/?in=unit&q=", "/search/suggestions/?q=")


def said_to(firm: Firm, role: Role, asked: str) -> str:
    visitor = Visitor(firm, role)
    return "".join(content_of(visitor.asks("GET", f"{address}{asked}")) for address in ADDRESSES)


def with_units(firm: Firm, serials: list[str]) -> None:
    with organisation_scope(firm.organisation):
        item = Item.objects.create(number="I", name="cover", kind="part")
        Unit.objects.bulk_create([Unit(serial=serial, item=item) for serial in serials])


def as_answered(said: str) -> list[str]:
    """What an answer says without what differs from one request to the next."""
    return [line for line in said.splitlines() if "csrfmiddlewaretoken" not in line and "nonce" not in line]


@pytest.mark.parametrize("role", [Role.OWNER, Role.GUEST])
def test_an_answer_is_the_same_whether_the_other_firm_has_such_records_or_not(
    victim: Firm, stranger: Firm, role: Role
) -> None:
    with_units(stranger, ["QX-0001"])
    before = {asked: as_answered(said_to(stranger, role, asked)) for asked in ("qx-0", "QX-0001", "qx-0002", "法")}
    with_units(victim, ["QX-0001", *(f"QX-{place:04d}" for place in range(2, 40))])
    assert {asked: as_answered(said_to(stranger, role, asked)) for asked in before} == before


def counted(firm: Firm, asked: str) -> list[int]:
    with organisation_scope(firm.organisation):
        return [group.count for group in find(asked, readable(Role.OWNER))]


def test_a_wall_taken_from_the_index_is_seen_in_what_is_counted(
    victim: Firm, stranger: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_units(victim, [f"QX-{place:04d}" for place in range(5)])
    assert (counted(stranger, "qx-0"), counted(victim, "qx-0")) == ([], [5])
    take_database_wall_down()
    take_queries_wall_down(monkeypatch, [SearchEntry, SearchGram])
    assert counted(stranger, "qx-0") == [5]
    # The records stand behind a wall of their own.
    assert "QX-" not in said_to(stranger, Role.OWNER, "qx-0").replace("qx-0", "")


def test_people_and_commands_are_found_by_who_may_use_them(victim: Firm) -> None:
    name = "-".join(victim.marks)
    assert "/people/" in said_to(victim, Role.OWNER, victim.marks[1])
    for role in set(Role) - {Role.OWNER}:
        said = said_to(victim, role, f"{name} engineer")
        assert "/people/" not in said, role
    assert "/imports/new/" in said_to(victim, Role.ENGINEER, "new import")
    assert "/imports/new/" not in said_to(victim, Role.GUEST, "new import")
    assert "/administration/backup/" not in said_to(victim, Role.ENGINEER, "備份")


def test_every_page_that_needs_no_record_is_found_by_its_name(victim: Firm) -> None:
    """Each is offered to whom it opens, and to nobody else."""
    asked = {route.path(victim) for route in guarded_routes() if not route.arguments and not route.is_api}
    reached = {one.partition("?")[0]: one for one in asked if not one.startswith(HANG_FROM_ANOTHER)}
    for role in (Role.OWNER, Role.INSPECTOR, Role.GUEST):
        visitor = Visitor(victim, role)
        pages = {page for page, question in reached.items() if is_page(visitor.asks("GET", question))}
        member = Membership.objects.select_related("organisation").get(person=victim.people[role])
        with organisation_scope(victim.organisation):
            offered = {command.url for command in commands_for(member)}
        assert pages == offered & reached.keys(), role


def is_page(answer: HttpResponse) -> bool:
    said = content_of(answer)
    return answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html") and "<main" in said


def test_records_of_a_kind_are_found_by_its_readers_alone(victim: Firm) -> None:
    number = victim.records["partners.Partner"].number
    found = {role: f"{number}" in said_to(victim, role, "Partner") for role in Role}
    assert found == {role: role != Role.GUEST for role in Role}


def test_what_is_shared_is_found_until_the_next_question_after_it_was_revoked(victim: Firm, stranger: Firm) -> None:
    unit = victim.records["child"]
    owner = victim.people[Role.OWNER]
    with organisation_scope(victim.organisation):
        grant = share(unit, stranger.organisation, Offer(Covers.BOTH, "theirs"), Recorder(actor=owner))
    assert f"/shared/{grant.uid}/" in said_to(stranger, Role.OWNER, victim.marks[0])
    assert f"/shared/{grant.uid}/" not in said_to(stranger, Role.GUEST, victim.marks[0])
    with organisation_scope(victim.organisation):
        revoke(grant, "no longer", Recorder(actor=owner))
    assert str(grant.uid) not in said_to(stranger, Role.OWNER, victim.marks[0])
