"""Duties and notices through the API do what the pages do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from unit.core.attention.conftest import finding

from samegauge.core.attention.models import Incident
from samegauge.core.attention.refreshing import refresh
from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from unit.core.attention.conftest import Plant

    from samegauge.core.organisations.models import Membership, Organisation

JSON = "application/json"
Api = tuple[Client, "Membership"]


@pytest.fixture
def api(plant: Plant, member: Callable[[str], Membership], organisation: Organisation) -> Api:
    plant.found = [finding("bent"), finding("loose")]
    caller = member(Role.QUALITY_MANAGER)
    with organisation_scope(organisation):
        refresh()
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(caller.person)
    return client, caller


def _listed(client: Client, view: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/duties?view={view}")
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def test_a_duty_is_taken_given_back_and_put_off_with_its_reason(api: Api) -> None:
    client, caller = api
    duty = _listed(client)[0]
    assert duty["said"]["en"] == "bent is odd"
    address = f"/api/duties/{duty['uid']}"
    assert client.post(f"{address}/take").json()["taken_by"] == str(caller.person)
    assert [one["uid"] for one in _listed(client, "mine")] == [duty["uid"]]
    assert client.post(f"{address}/give-back").json()["taken_by"] == ""
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    put_off = client.post(f"{address}/put-off", {"until": until, "reason": "Part ordered"}, content_type=JSON)
    assert put_off.status_code == 200, put_off.content
    assert [one["uid"] for one in _listed(client, "put_off")] == [duty["uid"]]
    assert len(_listed(client)) == 1
    assert client.post(f"{address}/resume").json()["put_off_until"] is None
    kinds = [step["kind"] for step in client.get(f"{address}/steps").json()["items"]]
    assert kinds == ["appeared", "taken", "left", "put_off", "resumed"]


def test_it_is_handed_to_a_colleague_only(api: Api, member: Callable[[str], Membership]) -> None:
    client, _caller = api
    inspector = member(Role.INSPECTOR)
    address = f"/api/duties/{_listed(client)[0]['uid']}/hand-over"
    answer = client.post(address, {"person_uid": str(inspector.person.uid)}, content_type=JSON)
    assert answer.json()["taken_by"] == str(inspector.person)
    nobody = {"person_uid": "00000000-0000-4000-8000-000000000000"}
    assert client.post(address, nobody, content_type=JSON).status_code == 404


def test_a_refusal_says_why(api: Api, organisation: Organisation) -> None:
    client, _caller = api
    duty = _listed(client)[0]
    past = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    answer = client.post(f"/api/duties/{duty['uid']}/put-off", {"until": past, "reason": "later"}, content_type=JSON)
    assert (answer.status_code, answer.json()["detail"]) == (400, "Choose a day from tomorrow to a year from now.")
    with organisation_scope(organisation):
        Incident.objects.filter(uid=duty["uid"]).update(cleared_at=datetime.now(UTC))
    answer = client.post(f"/api/duties/{duty['uid']}/take")
    assert (answer.status_code, answer.json()["detail"]) == (400, "Its cause is gone already.")


def test_notices_are_listed_and_marked_read(api: Api) -> None:
    client, _caller = api
    told = client.get("/api/notices?unread=true").json()
    assert told["count"] == client.post("/api/notices/read").json()["marked"] > 0
    assert client.get("/api/notices?unread=true").json()["count"] == 0
    assert client.get("/api/notices").json()["items"][0]["read_at"] is not None
