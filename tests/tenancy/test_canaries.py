"""Nothing that marks one firm's records ever reaches another one, whatever its people ask or send."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from tenancy.canaries import rows_of
from tenancy.crawl import leaks, questions
from tenancy.routes import EVERY_ROLE, OBJECTS, Visitor, content_of, fitting_body, guarded_routes, undone

from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenancy.canaries import Firm
    from tenancy.routes import Route


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_nobody_of_another_firm_ever_reads_a_mark(victim: Firm, stranger: Firm, role: Role) -> None:
    assert list(leaks(stranger, role, victim)) == []


@pytest.mark.asvs("8.2.1")
@pytest.mark.threat("T01")
def test_who_belongs_nowhere_reads_nothing(victim: Firm, stranger: Firm) -> None:
    nobody = Visitor(stranger, Role.OWNER)
    stranger.people[Role.OWNER].memberships.all().delete()
    statuses = set()
    for path in questions(stranger, victim):
        answer = nobody.asks("GET", path)
        statuses.add(answer.status_code)
        said = content_of(answer).replace(stranger.people[Role.OWNER].display_name, "")
        assert victim.secret not in said, path
        assert stranger.secret not in said, path
    assert statuses == {401, 403, 405}


def test_the_firm_itself_reads_the_marks_of_all_it_owns(victim: Firm, stranger: Firm) -> None:
    """Else not reading them above would say nothing."""
    visitor = Visitor(victim, Role.OWNER)
    said = "".join(content_of(visitor.asks("GET", path)) for path in questions(victim, stranger))
    unseen = {
        label
        for label, record in victim.records.items()
        if "." in label and f"{victim.secret}-{type(record).__name__}." not in said
    }
    assert unseen == NEVER_SHOWN


# Records of numbers and references, the search's own and the log's: nobody is shown a text of theirs.
NEVER_SHOWN = {
    "measurement.ReportedCapability",
    "notifications.NotificationSettings",
    "search.SearchEntry",
    "search.SearchGram",
    "sharing.GrantedUnit",
    "control.Process",
    "control.ProcessMember",
    "control.LeftOut",  # said under a chart, and one value makes none
    "nonconformity.Affected",
    "nonconformity.Photo",
    "merkle_log.Log",
    "merkle_log.Entry",
    "merkle_log.Tile",
    "merkle_log.SignedState",
    "merkle_log.Waiting",
    "merkle_log.RowSeal",
    "stations.Effect",
}


def bodies(route: Route, visiting: Firm, other: Firm) -> Iterator[Any]:
    """What a stranger could send: the other firm's identifiers in every place that takes one."""
    if route.is_api:
        yield fitting_body(route, other)
        for label in OBJECTS.values():
            body = json.loads(fitting_body(route, other) or "{}")
            foreign = str(other.records[label].uid)
            yield json.dumps({name: foreign if name.endswith("_uid") else value for name, value in body.items()})
        return
    foreign = {name: str(other.records[label].uid) for name, label in OBJECTS.items()}
    yield foreign | {
        "organisation": str(other.organisation.uid),
        "person": other.people[Role.OWNER].username,
        "username": other.people[Role.OWNER].username,
        "display_name": "x",
        "role": "owner",
        "name": "x",
        "reason": "x",
        "kind": "qif",
        "sha256": other.records["vault.StoredFile"].sha256,
        "stored": str(other.records["vault.StoredFile"].uid),
    }


def sent_by(visiting: Firm, other: Firm) -> Iterator[tuple[Route, str, Any]]:
    """Every address with everything a stranger could send to it, each once."""
    for route in guarded_routes():
        sent = list(bodies(route, visiting, other))
        for address in (route.path(visiting), route.path(other)):
            for place, body in enumerate(sent):
                if body not in sent[:place]:
                    yield route, address, body


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
@pytest.mark.parametrize(
    "role", [Role.OWNER, *(pytest.param(role, marks=pytest.mark.full) for role in (Role.ENGINEER, Role.GUEST))]
)
def test_nobody_of_another_firm_changes_or_points_to_anything(victim: Firm, stranger: Firm, role: Role) -> None:
    before = rows_of(victim)
    visitor = Visitor(stranger, role)
    failed = []
    for route, everything in groupby(sent_by(stranger, victim), key=itemgetter(0)):
        with undone():
            told = [victim.secret in content_of(visitor.asks("POST", *asked)) for _route, *asked in everything]
            if any(told) or rows_of(victim) != before or points_to(stranger, victim):
                failed.append(route.name)
    assert failed == []


def points_to(firm: Firm, other: Firm) -> bool:
    """Whether a row of the firm refers to a row of the other one."""
    keys = {label: {row["id"] for row in rows} for label, rows in rows_of(other).items()}
    for label, rows in rows_of(firm).items():
        columns = type(firm.records[label])._meta.concrete_fields
        for column in columns:
            foreign = keys.get(column.related_model._meta.label) if column.related_model else None
            if foreign and any(row[column.attname] in foreign for row in rows):
                return True
    return False


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
def test_two_memberships_of_one_person_do_not_mix(victim: Firm, stranger: Firm) -> None:
    person = victim.people[Role.ENGINEER]
    person.memberships.create(organisation=stranger.organisation, role=Role.GUEST)
    visitor = Visitor(victim, Role.ENGINEER)
    visitor.asks("POST", "/organisation/switch/", {"organisation": str(stranger.organisation.uid)})
    for route in guarded_routes():
        if route.names_objects and not route.is_api:
            assert visitor.asks("GET", route.path(victim)).status_code in {403, 404, 405}, route.name
    assert victim.records["child"].serial not in content_of(visitor.asks("GET", "/units/"))
    visitor.asks("POST", "/organisation/switch/", {"organisation": str(victim.organisation.uid)})
    assert victim.records["child"].serial in content_of(visitor.asks("GET", "/units/"))


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
@pytest.mark.parametrize("organisation", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_switching_to_a_firm_one_does_not_belong_to_fails(victim: Firm, stranger: Firm, organisation: str) -> None:
    visitor = Visitor(stranger, Role.OWNER)
    for asked in (organisation, str(victim.organisation.uid)):
        assert visitor.asks("POST", "/organisation/switch/", {"organisation": asked}).status_code == 404
    assert victim.secret not in content_of(visitor.asks("GET", "/"))


@pytest.mark.asvs("7.4.2")
@pytest.mark.threat("T18")
def test_a_removed_membership_ends_at_the_next_request(victim: Firm) -> None:
    visitor = Visitor(victim, Role.ENGINEER)
    assert visitor.asks("GET", "/units/").status_code == 200
    assert visitor.asks("GET", "/api/units").status_code == 200
    victim.people[Role.ENGINEER].memberships.all().delete()
    assert visitor.asks("GET", "/units/").status_code == 403
    assert visitor.asks("GET", "/api/units").status_code == 401


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
def test_counts_say_nothing_about_another_firm(victim: Firm, stranger: Firm) -> None:
    """The answer to every question of the stranger is the same whether the other firm is there or not."""
    visitor = Visitor(stranger, Role.OWNER)
    lists = [
        route.path(stranger)
        for route in guarded_routes()
        if route.is_api and not route.arguments and route.action("GET") is not None
    ]
    counts = {path: json.loads(visitor.asks("GET", path).getvalue()) for path in lists}
    numbers = [len(answer) if isinstance(answer, list) else answer.get("count", 0) for answer in counts.values()]
    assert max(numbers) <= 4
    own = rows_of(stranger)
    assert counts["/api/units"]["count"] == len(own["thread.Unit"])
    assert counts["/api/events"]["count"] == len(own["thread.Event"])
    assert counts["/api/imports"]["count"] == len(own["intake.ImportBatch"])


@pytest.mark.threat("T01")
def test_the_same_serial_number_may_be_used_by_both(victim: Firm, stranger: Firm) -> None:
    """A refusal as taken would tell that the other firm has it."""
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Unit

    serial = victim.records["child"].serial
    with organisation_scope(stranger.organisation):
        made = Unit.objects.create(serial=serial, item=stranger.records["thread.Item"])
    answer = Visitor(stranger, Role.OWNER).asks("GET", f"/api/units/by-serial?serial={serial}")
    assert answer.json()["uid"] == str(made.uid)
