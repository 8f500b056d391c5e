"""Who guards the guards: with any one guard taken away, the checks of this folder must see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tenancy.canaries import owned_models, rows_of
from tenancy.crawl import openings
from tenancy.routes import Visitor, content_of, guarded_routes
from tenancy.walls import take_database_wall_down, take_queries_wall_down

from samegauge.core import scope
from samegauge.core.organisations import permissions
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import ALLOWED, Action
from samegauge.core.scope import ScopeError, organisation_scope

if TYPE_CHECKING:
    from tenancy.canaries import Firm

# Reached by every page and operation through a record of another model only, which its own wall hides, or through
# the person who is signed in.
# Their walls are proven by asking each model directly.
ONLY_THROUGH_OTHERS = {
    "intake.ImportedFile",
    "production.DataItem",
    "production.ProgramRevision",
    "measurement.ReportedCapability",
    "thread.AsBuiltEdge",
    "thread.Block",
    "history.RecalledMachine",
    "thread.Revision",
    "kinds.Change",
    "sharing.GrantUse",
    "sharing.GrantedUnit",
    "search.SearchEntry",
    "search.SearchGram",
    "attention.IncidentStep",
    "plans.PlannedCharacteristic",
    "plans.ProcedureStep",
    "plans.RouteStop",
    "stations.StationEntry",
    "stations.Effect",
    "control.Process",
    "control.ProcessMember",
    "control.ControlDesign",
    "control.LeftOut",
    "merkle_log.Log",
    "merkle_log.Entry",
    "merkle_log.Tile",
    "merkle_log.Waiting",
    "merkle_log.RowSeal",
    "merkle_log.SignedState",
    "nonconformity.Affected",
    "nonconformity.Cause",
    "nonconformity.Discipline",
    "nonconformity.Photo",
    "nonconformity.ReportStep",
    "notifications.NotificationSettings",
    "notifications.Notice",
}


@pytest.fixture
def queries_alone(victim: Firm, stranger: Firm) -> None:
    """What is guarded here is the wall in the queries: the database's own would hide that it is gone."""
    take_database_wall_down()


def strangers_rows(visiting: Firm, model: Any) -> list[Any]:
    """Rows of any other firm that the model's managers give out in the scope of this one."""
    with organisation_scope(visiting.organisation):
        managers = [*model._meta.managers, model._base_manager, model._default_manager]
        return [row for manager in managers for row in manager.exclude(organisation=visiting.organisation)]


def by_label(labels: set[str]) -> Any:
    models = [model for model in owned_models() if model._meta.label in labels]
    return pytest.mark.parametrize("model", models, ids=lambda model: model._meta.label)


ALL = {model._meta.label for model in owned_models()}


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
@by_label(ALL)
@pytest.mark.usefixtures("queries_alone")
def test_a_wall_taken_away_is_seen_in_the_rows(
    victim: Firm, stranger: Firm, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert strangers_rows(stranger, model) == []
    take_queries_wall_down(monkeypatch, [model])
    assert strangers_rows(stranger, model) != []


@by_label(ALL - ONLY_THROUGH_OTHERS)
@pytest.mark.usefixtures("queries_alone")
def test_a_wall_taken_away_is_seen_in_the_answers(
    victim: Firm, stranger: Firm, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_queries_wall_down(monkeypatch, [model])
    assert next(openings(stranger, victim), None) is not None


@pytest.mark.full
@by_label(ONLY_THROUGH_OTHERS)
@pytest.mark.usefixtures("queries_alone")
def test_what_is_reached_through_others_stays_so(
    victim: Firm, stranger: Firm, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when an address begins to ask for the model directly: then it belongs to the test above."""
    take_queries_wall_down(monkeypatch, [model])
    assert next(openings(stranger, victim), None) is None


def test_with_every_wall_standing_nothing_is_open(victim: Firm, stranger: Firm) -> None:
    assert list(openings(stranger, victim)) == []


def test_the_models_reached_through_others_are_owned() -> None:
    assert ALL > ONLY_THROUGH_OTHERS


def wrongly_let_in(firm: Firm) -> list[str]:
    """Addresses that a guest may not use and that do not refuse him."""
    visitor = Visitor(firm, Role.GUEST)
    found = []
    for route in guarded_routes():
        for method in ("GET", "POST"):
            action = route.action(method)
            if action is None or Role.GUEST in EXPECTED.get(action, action):
                continue
            answer = visitor.asks(method, route.path(firm), "{}" if route.is_api and method == "POST" else None)
            content_of(answer)
            if answer.status_code not in {403, 405}:
                found.append(f"{method} {route.name}: {answer.status_code}")
    return found


EXPECTED = dict(ALLOWED)


@pytest.mark.asvs("8.2.1")
@pytest.mark.threat("T18")
@pytest.mark.parametrize("action", [action for action in Action if Role.GUEST not in EXPECTED[action]])
def test_an_action_opened_to_everybody_is_seen(victim: Firm, action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(permissions.ALLOWED, action, frozenset(Role))
    assert wrongly_let_in(victim) != []


def test_with_the_table_as_it_is_a_guest_is_refused_everywhere(victim: Firm) -> None:
    assert wrongly_let_in(victim) == []


def test_a_scope_left_open_to_all_is_seen(victim: Firm, stranger: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the middleware opened every organisation's records for each request."""
    from samegauge.core.organisations import middleware

    monkeypatch.setattr(middleware, "organisation_scope", lambda _key: scope.all_organisations("a mistake"))
    assert next(openings(stranger, victim), None) is not None


def test_a_middleware_that_opens_no_scope_shows_nothing(
    victim: Firm, stranger: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    from samegauge.core.organisations import middleware

    monkeypatch.setattr(middleware, "organisation_scope", lambda _key: nullcontext())
    with pytest.raises(ScopeError):
        Visitor(stranger, Role.OWNER).asks("GET", "/units/")
    assert rows_of(victim)["thread.Unit"] != []
