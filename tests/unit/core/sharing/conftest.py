from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from support.shared_machine import Firm, Machine, built, firm
from tenancy.canaries import owned_models
from tenancy.walls import take_database_wall_down, take_queries_wall_down

from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope
from samegauge.core.sharing.models import Covers, Grant
from samegauge.core.sharing.rules import Offer, share
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable


ON_POSTGRESQL = bool(os.environ.get("SAMEGAUGE_DATABASE_URL"))
# Of SQLite, which knows no sessions, nobody expects what is proven there.
collect_ignore = [] if ON_POSTGRESQL else ["test_postgresql.py"]


@pytest.fixture(params=["both", "queries", "database"] if ON_POSTGRESQL else ["queries"])
def walls(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two walls stand while the test runs."""
    if request.param == "queries":
        take_database_wall_down()
    if request.param == "database":
        take_queries_wall_down(monkeypatch, owned_models())


@pytest.fixture
def giver(db: None) -> Firm:
    cache.clear()
    return firm("Giver")


@pytest.fixture
def receiver(db: None) -> Firm:
    return firm("Receiver")


@pytest.fixture
def third(db: None) -> Firm:
    return firm("Third")


@pytest.fixture
def machine(giver: Firm) -> Machine:
    with organisation_scope(giver.organisation):
        return built(giver.people[Role.OWNER])


@pytest.fixture
def give(giver: Firm, receiver: Firm, machine: Machine) -> Callable[..., Grant]:
    """Share a unit of the giver's, the spindle's history and passports unless said otherwise."""

    def given(covers: Covers = Covers.BOTH, serial: str = "SPINDLE-1", **offer: Any) -> Grant:
        with organisation_scope(giver.organisation):
            unit = machine.units[serial]
            said = Offer(covers, **{"reason": "for your records", **offer})
            return share(unit, receiver.organisation, said, Recorder(actor=giver.people[Role.OWNER]))

    return given
