"""Every route of the site, in every role, for one's own firm, for another firm's records, and for nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tenancy.canaries import unmarked_fields
from tenancy.routes import (
    CHOICES,
    EVERY_ROLE,
    LEAD_ON,
    OBJECTS,
    PERSONAL,
    PUBLIC,
    STATION_CODE,
    Route,
    Visitor,
    all_operations,
    content_of,
    fitting_body,
    guarded_routes,
    routes,
    undone,
)

from samegauge.core.organisations.models import Organisation, Role
from samegauge.core.organisations.permissions import Action, may

if TYPE_CHECKING:
    from tenancy.canaries import Firm

METHODS = ("GET", "POST")
NOT_ALLOWED = 405

# Text fields that cannot carry a mark, and why.
UNMARKABLE = {
    "StoredFile.sha256": "the hash of the content",
    "StoredFile.media_type": "told from the content",
    "Event.leaf_hash": "the hash of what the event says",
    "ReportedCapability.values_mm": "numbers",
    "Partner.country": "two letters",
    "Change.kind": "the name of a kind",
    "SearchGram.gram": "three letters",
    "SavedMatching.target": "the name of a target",
    "SignedState.note": "what was signed",
}


def test_every_text_field_of_every_owned_model_is_marked(victim: Firm) -> None:
    assert set(unmarked_fields(victim)) == UNMARKABLE.keys()


def test_every_argument_is_known() -> None:
    named = {argument for route in guarded_routes() for argument in route.arguments}
    assert named <= OBJECTS.keys() | CHOICES.keys() | PERSONAL | {STATION_CODE}


@pytest.mark.asvs("8.2.1")
@pytest.mark.threat("T18")
def test_every_route_states_its_action_or_is_public_for_a_reason() -> None:
    silent = [route.name for route in guarded_routes() if not route.is_api and not hasattr(route.callback, "needs")]
    assert silent == []
    assert all(isinstance(operation.view_func.needs, Action | frozenset) for operation in all_operations())
    assert PUBLIC.keys() == {route.name for route in routes() if route.is_public}


def test_the_api_asks_for_a_token_or_a_session_everywhere() -> None:
    assert all(len(operation.auth_callbacks) == 2 for operation in all_operations())
    assert len(all_operations()) > 40


@pytest.mark.asvs("8.2.1", "8.3.1")
@pytest.mark.threat("T18")
def test_nobody_is_asked_to_sign_in(victim: Firm) -> None:
    wrong = []
    for route in guarded_routes():
        for method in METHODS:
            answer = Visitor(None).asks(method, route.path(victim))
            expected = 401 if route.is_api else 302
            if answer.status_code not in {expected, NOT_ALLOWED}:
                wrong.append((route.name, method, answer.status_code))
            assert victim.secret not in content_of(answer), route.name
            if answer.status_code == 302 and not answer["Location"].startswith("/account/login/"):
                wrong.append((route.name, method, answer["Location"]))
    assert wrong == []


def posted(route: Route, method: str, referred: Firm) -> str | None:
    return fitting_body(route, referred) if method == "POST" and route.is_api else None


@pytest.mark.asvs("8.2.2", "8.3.1")
@pytest.mark.threat("T01", "T21")
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_another_firms_records_do_not_exist(victim: Firm, stranger: Firm, role: Role) -> None:
    visitor = Visitor(stranger, role)
    wrong, seen = [], 0
    for route in guarded_routes():
        if not route.names_objects and not PERSONAL & set(route.arguments):
            continue
        for method in METHODS:
            action = route.action(method)
            answer = visitor.asks(method, route.path(victim), posted(route, method, stranger))
            said = content_of(answer)
            expected = 404 if action and may(role, action) else 403
            seen += answer.status_code == expected
            if answer.status_code not in {expected, NOT_ALLOWED} or victim.secret in said:
                wrong.append((route.name, method, answer.status_code, victim.secret in said))
    assert wrong == []
    assert seen > 30


@pytest.mark.asvs("8.2.1")
@pytest.mark.threat("T18")
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_ones_own_records_open_to_those_whose_role_allows_it(victim: Firm, role: Role) -> None:
    visitor = Visitor(victim, role)
    wrong, opened = [], 0
    for route in guarded_routes():
        action = route.action("GET")
        if action is None:
            continue
        answer = visitor.asks("GET", route.path(victim))
        content_of(answer)
        if answer.status_code == NOT_ALLOWED:
            continue
        opened += answer.status_code == 200
        found = 302 if route.name in LEAD_ON else 200
        if answer.status_code != (found if may(role, action) else 403):
            wrong.append((route.name, route.path(victim), answer.status_code))
    assert wrong == []
    assert opened > 20


@pytest.mark.asvs("8.2.1", "8.3.1")
@pytest.mark.threat("T06", "T18")
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_a_role_without_the_action_is_refused_and_changes_nothing(victim: Firm, role: Role) -> None:
    visitor = Visitor(victim, role)
    wrong, refused = [], 0
    for route in guarded_routes():
        action = route.action("POST")
        if action is None or may(role, action):
            continue
        answer = visitor.asks("POST", route.path(victim), posted(route, "POST", victim))
        content_of(answer)
        refused += answer.status_code == 403
        if answer.status_code not in {403, NOT_ALLOWED}:
            wrong.append((route.name, answer.status_code))
    assert wrong == []
    assert refused or role == Role.OWNER


# What is sent here names nothing that the address could act on.
NOTHING_NAMED = {
    "switch_organisation": "an organisation",
    "release_unit": "a block of the unit",
    "answer_alarm": "a cause by its code",
    "hand_duty_over": "a colleague",
    "act_at_station": "a station",
    "discipline_write": "a discipline",
    "inspection_plan_begin": "an item by its number",
    "procedure_begin": "an item by its number",
    "route_begin": "an item by its number",
}


def test_the_owner_finds_every_address_that_takes_a_post(victim: Firm) -> None:
    """Else a 404 above would say nothing."""
    visitor = Visitor(victim, Role.OWNER)
    statuses = {}
    for route in guarded_routes():
        if route.action("POST") is not None:
            with undone():
                answer = visitor.asks("POST", route.path(victim), posted(route, "POST", victim))
                content_of(answer)
            statuses[route.name] = answer.status_code
    lost = {name: status for name, status in statuses.items() if status in {401, 403, 404} or status >= 500}
    assert lost == dict.fromkeys(NOTHING_NAMED, 404)
    assert len([status for status in statuses.values() if status < 300]) > 5


# Pages without the frame of the others, and what says there that nothing on them is real.
OWN_FRAME = {"tablet": "its program shows the tag: tests/system/pages/test_tablet.py"}


def test_every_page_of_a_simulated_organisation_says_so(victim: Firm) -> None:
    Organisation.objects.filter(pk=victim.organisation.pk).update(is_simulated=True)
    visitor, said, silent = Visitor(victim, Role.OWNER), 0, []
    for route in guarded_routes():
        if route.is_api or route.action("GET") is None:
            continue
        answer = visitor.asks("GET", route.path(victim))
        page = content_of(answer)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html") or "<html" not in page:
            continue
        said += "sg-ribbon" in page
        if "sg-ribbon" not in page and route.name not in OWN_FRAME:
            silent.append(route.name)
    assert silent == []
    assert said > 60
