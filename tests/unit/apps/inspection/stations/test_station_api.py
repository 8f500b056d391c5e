"""The tablet's doors and the supervisors' pages, through HTTP."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from unit.apps.inspection.stations.conftest import DAWN, Line

from samegauge.apps.inspection.stations.models import StationEntry
from samegauge.core.thread.models import Event

if TYPE_CHECKING:
    from django.test import Client

    from samegauge.apps.inspection.stations.receiving import Sent

PICTURE = b"\xff\xd8\xff\xe0 a picture"
SHA256 = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def tablet(client: Client, line: Line) -> Client:
    client.force_login(line.assembler.person)
    return client


def said(entry: Sent) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "unit": str(entry.unit),
        "station": entry.station,
        "procedure": str(entry.procedure),
        "step": entry.step,
        "kind": entry.kind,
        "device_time": entry.device_time.isoformat(),
        "payload": entry.payload,
    }


def post(client: Client, *entries: Sent, **headers: str) -> Any:
    body = {"entries": [said(entry) for entry in entries], "device": {"uid": "t-1", "clock_offset_ms": 0}}
    return client.post("/api/stations/entries", body, content_type="application/json", headers=headers)


def test_a_shift_is_fetched_and_sent_back(tablet: Client, line: Line) -> None:
    line.send([line.entry(900, 1, "clean", "check", done=True)])
    start = tablet.get("/api/stations/bootstrap").json()
    assert (start["person"]["role"], [one["code"] for one in start["stations"]]) == ("assembler", ["S01", "S02", "S03"])
    shift = tablet.get("/api/stations/S01/work").json()
    (unit,) = shift["units"]
    assert (unit["serial"], unit["state"], unit["waits_for"]) == ("TT5-001", "here", [])
    assert [step["key"] for step in unit["procedure"]["steps"]] == ["clean", "bore", "rail", "photo", "sign"]
    assert [entry["step"] for entry in unit["entries"]] == ["clean"]
    assert {one["number"]: one["usable"] for one in shift["instruments"]} == {"DI-01": True, "DI-02": False}
    assert shift["parts"][0].keys() == {"uid", "serial", "item", "state", "used_in"}
    waiting = tablet.get("/api/stations/S02/work").json()["units"][0]
    assert (waiting["state"], [one["code"] for one in waiting["waits_for"]]) == ("waiting", ["S01"])
    answer = post(tablet, *line.work(10)).json()
    assert [one["outcome"] for one in answer["results"]] == ["taken"] * 5
    (stands,) = answer["units"]
    assert (stands["state"], stands["station"], len(stands["entries"])) == ("released", "S01", 6)
    assert tablet.get("/api/stations/S01/work").json()["units"] == []
    assert tablet.get("/api/stations/S02/work").json()["units"][0]["state"] == "here"


def test_what_somebody_else_recorded_on_the_tablet_is_not_taken_as_ones_own(tablet: Client, line: Line) -> None:
    work = line.work(0)
    person, organisation = str(line.assembler.person.uid), str(line.organisation.uid)
    assert post(tablet, *work, **{"X-Person": str(line.chief.person.uid)}).status_code == 409
    assert StationEntry.objects.count() == 0
    assert post(tablet, *work, **{"X-Person": person, "X-Organisation": organisation}).status_code == 200


def test_a_photo_counts_when_its_picture_is_there(tablet: Client, line: Line) -> None:
    entry = line.entry(1, 1, "photo", "photo", sha256=SHA256, name="a.jpg", bytes=len(PICTURE))
    (first,) = post(tablet, entry).json()["results"]
    assert first["reason"]["en"] == "Its picture has not arrived yet."

    def put(content: bytes, sha256: str = SHA256) -> int:
        return tablet.put(f"/api/stations/photos/{sha256}", content, content_type="image/jpeg").status_code

    assert put(PICTURE + b"!") == 400
    assert put(b"GIF89a", hashlib.sha256(b"GIF89a").hexdigest()) == 415
    assert [put(PICTURE), put(PICTURE)] == [200, 200]
    assert StationEntry.objects.get().reason == {}
    shown = tablet.get("/api/stations/S01/work").json()["units"][0]["entries"][0]
    assert shown["has_picture"] is True


def test_the_floor_shows_what_holds_and_a_supervisor_may_let_pass(client: Client, line: Line) -> None:
    client.force_login(line.chief.person)
    english = {"accept-language": "en"}
    assert b"No machine is on the line" in client.get("/floor/", headers=english).content
    client.post("/floor/start/", {"serial": "TT5-002"})
    assert line.stop("TT5-002").state == "here"
    line.send(line.work(0, rail="RL-001")[:4])
    line.send([line.entry(60, 60, "rail", "part", unit="TT5-002", serial="RL-001")])
    page = client.get("/floor/", headers=english).content.decode()
    assert "1 of 2 machines has entries that conflict" in page
    assert "RL-001 is in TT5-001. Scan the right one" in page
    place = f"/floor/{line.units['TT5-002'].uid}/"
    assert "0 of 4 required steps done" in client.get(place, headers=english).content.decode()
    client.post(f"{place}act/", {"station": "S01", "act": "override", "reason": ""})
    assert line.stop("TT5-002").state == "here"
    client.post(f"{place}act/", {"station": "S01", "act": "override", "reason": "rail comes tomorrow"})
    assert line.stop("TT5-002").override_reason == "rail comes tomorrow"
    assert Event.objects.filter(kind="station_overridden", actor=line.chief.person).exists()
    assert "1 of 1 stations past a gate: 100.0" in client.get("/floor/", headers=english).content.decode()
    client.force_login(line.assembler.person)
    assert client.post(f"{place}act/", {"station": "S02", "act": "override", "reason": "x"}).status_code == 403


def test_the_answer_to_a_scan_takes_few_questions(
    tablet: Client, line: Line, django_assert_max_num_queries: Any
) -> None:
    """Below 200 ms is measured on a quiet machine; what grows unnoticed is the number of questions."""
    for station in ("S01", "S02"):
        line.send(line.work(100 if station == "S01" else 200, station=station, rail=f"RL-0{station[1:]}"))
    scan = line.entry(300, 300, "rail", "part", station="S03", serial="BED-1")
    with django_assert_max_num_queries(60):
        (result,) = post(tablet, scan).json()["results"]
    assert result["reason"]["en"] == "BED-1 is a BED; this step needs a RAIL."


def test_the_api_tells_where_every_machine_stands(tablet: Client, line: Line) -> None:
    line.send(line.work(0))
    (machine,) = tablet.get("/api/floor").json()["items"]
    assert (machine["serial"], machine["passed"]) == ("TT5-001", 1)
    assert machine["stations"][0]["completed_at"] == (DAWN + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
