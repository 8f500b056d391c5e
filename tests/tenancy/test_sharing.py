"""With a live grant the receiver finds at every address what the grant names and nothing else; then nothing at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tenancy.canaries import rows_of
from tenancy.crawl import leaks, questions
from tenancy.routes import Visitor, content_of, guarded_routes

from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope
from samegauge.core.sharing.models import Covers, Grant
from samegauge.core.sharing.rules import Offer, revoke, share
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenancy.canaries import Firm

# Marks name their model: of these the grant shows rows, of all others none.
NAMED = {
    "AsBuiltEdge",
    "Characteristic",
    "Document",
    "Event",
    "Grant",
    "Inspection",
    "Item",
    "Lot",
    "Passport",
    "Revision",
    "StoredFile",
    "Unit",
}


@pytest.fixture
def grant(victim: Firm, stranger: Firm) -> Grant:
    """The victim shares its unit with the stranger; another unit and everything else stay its own."""
    with organisation_scope(victim.organisation):
        unit = Unit.objects.select_related("item").get(pk=victim.records["thread.Unit"].pk)
        return share(unit, stranger.organisation, Offer(Covers.BOTH, "x"), Recorder(actor=victim.people[Role.OWNER]))


def told(visiting: Firm, role: Role, other: Firm, grant: Grant) -> Iterator[tuple[str, str]]:
    """Each address that the grant opens, asked as the visitor, with its answer."""
    visitor, foreign = Visitor(visiting, role), other.records | {"sharing.Grant": grant}
    firm = type(other)(other.organisation, other.marks, other.people, other.tokens, foreign)
    for route in guarded_routes():
        if "grant_uid" in route.arguments:
            answer = visitor.asks("GET", route.path(firm))
            said = content_of(answer)
            if answer.status_code == 200:
                yield route.name, said


def test_what_is_found_is_what_the_grant_names(victim: Firm, stranger: Firm, grant: Grant) -> None:
    opened = dict(told(stranger, Role.ENGINEER, victim, grant))
    assert len(opened) > 15
    assert all("shared" in name for name in opened)
    said = "".join(opened.values())
    models = set(re.findall(rf"{victim.secret}-(\w+)\.", said))
    assert models <= NAMED
    assert {"Unit", "Item", "Event", "Document", "Inspection"} <= models
    assert [role for role in Role if f"{victim.secret} {role}" in said] == []  # no person's name


def test_elsewhere_nothing_but_the_lists_of_what_is_shared_tells_of_it(
    victim: Firm, stranger: Firm, grant: Grant
) -> None:
    # Whoever has shared something is offered by name when one shares something oneself.
    found = {path.partition("?")[0] for path, _around in leaks(stranger, Role.OWNER, victim)}
    found -= {path for path in found if path.endswith("/share/")}
    assert found <= {"/shared/", "/api/shared"} | SEARCHES
    assert "/shared/" in found


# Where a search may name what is shared now.
SEARCHES = {"/search/", "/search/suggestions/"}


def test_a_third_firm_and_a_guest_find_nothing(victim: Firm, stranger: Firm, grant: Grant) -> None:
    assert dict(told(stranger, Role.GUEST, victim, grant)) == {}
    with organisation_scope(victim.organisation):
        Grant.objects.filter(pk=grant.pk).update(receiver=victim.records["sharing.Grant"].receiver)
    assert dict(told(stranger, Role.OWNER, victim, grant)) == {}


def test_revoked_every_address_is_as_if_it_had_never_been(victim: Firm, stranger: Firm, grant: Grant) -> None:
    with organisation_scope(victim.organisation):
        revoke(grant, "x", Recorder(actor=victim.people[Role.OWNER]))
    assert dict(told(stranger, Role.OWNER, victim, grant)) == {}
    visitor = Visitor(stranger, Role.OWNER)
    shared = [path for path in questions(stranger, victim) if "shar" in path]
    assert all(victim.secret not in content_of(visitor.asks("GET", path)) for path in shared)


def test_the_receiver_changes_nothing(victim: Firm, stranger: Firm, grant: Grant) -> None:
    before, visitor = rows_of(victim), Visitor(stranger, Role.OWNER)
    firm = type(victim)(
        victim.organisation, victim.marks, victim.people, victim.tokens, victim.records | {"sharing.Grant": grant}
    )
    statuses = set()
    for route in guarded_routes():
        if "grant_uid" in route.arguments:
            answer = visitor.asks("POST", route.path(firm), '{"reason": "x"}' if route.is_api else {"reason": "x"})
            content_of(answer)
            statuses.add(answer.status_code)
    assert statuses == {404, 405}
    assert rows_of(victim) == before
