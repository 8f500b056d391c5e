"""The thread as EPCIS, valid against GS1's schema and hashed right; a supplier's events, taken in whole or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from qif_samples import QIF
from support.import_here import rows_by_model, take_in

from samegauge.apps.history.epcis_export import Asked, document
from samegauge.apps.history.epcis_names import Names
from samegauge.core.intake.batches import undo
from samegauge.core.intake.models import ImportBatch
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, correct, install, record, remove
from samegauge.formats.epcis.document import read_document
from samegauge.formats.epcis.event_hash import event_hash
from samegauge.formats.epcis.identifiers import stated_serial

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BY = Recorder(actor_name="tester", receive_time=NOW)
CONTEXT = {"samegauge": "urn:samegauge:epcis:"}


@pytest.fixture(scope="module")
def schema(test_data: Path) -> Any:
    return json.loads((test_data / "epcis" / "EPCIS-JSON-Schema.json").read_text("utf-8"))


@pytest.fixture
def thread(in_scope: Organisation) -> Organisation:
    """A casting that was poured, treated, measured, built in and taken out again, and one event that was wrong."""
    castings = Item.objects.create(number="BED-1", name="Bed", kind=ItemKind.CASTING)
    machines = Item.objects.create(number="TX", name="Machine", kind=ItemKind.MACHINE)
    bed = Unit.objects.create(serial="BED 一/7", item=castings)
    machine = Unit.objects.create(serial="TX-1", item=machines, simulated=True)
    record(Fact("cast", NOW - timedelta(days=9), {"melt": "M1"}, unit=bed), BY)
    record(Fact("heat_treated", NOW - timedelta(days=8), {"batch": "H1"}, unit=bed), BY)
    install(bed, machine, NOW - timedelta(days=7), BY, "bed")
    remove(bed, NOW - timedelta(days=6), BY, "cracked")
    values = [{"characteristic": "level", "value": 3.5, "unit": "µm", "lower": None, "upper": 5.0, "conforms": True}]
    wrong = record(Fact("station_completed", NOW, {"station": "A 10", "values": values}, unit=machine), BY)
    correct(wrong, {"station": "A 20"}, "wrong station", BY)
    record(Fact("running_hours", NOW, {"running_hours_h": 12.5}, unit=machine), BY)
    take_in("qif", {"part.qif": QIF.encode()})
    return in_scope


def exported(organisation: Organisation, asked: Asked | None = None) -> dict[str, Any]:
    return json.loads(b"".join(document(organisation, asked or Asked())))


def events_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    return said["epcisBody"]["eventList"]


def test_the_export_is_valid_and_every_hash_is_right(thread: Organisation, schema: Any) -> None:
    said = exported(thread)
    jsonschema.Draft7Validator(schema).validate(said)
    events = events_of(said)
    assert len(events) == Event.objects.filter(unit__isnull=False).count()
    assert all(event["eventID"] == event_hash(event, CONTEXT) for event in events)
    assert [event["eventTime"] for event in events] == sorted(event["eventTime"] for event in events)
    assert {event["type"] for event in events} == {"ObjectEvent", "AssociationEvent", "TransformationEvent"}
    by_kind = {event["samegauge:kind"]: event for event in events}
    assert by_kind["removed"]["action"] == "DELETE"
    assert by_kind["cast"]["inputQuantityList"][0]["epcClass"].endswith("/lot/melt/M1")
    report = by_kind["inspected"]["sensorElementList"][0]["sensorReport"]
    assert (report[0]["type"], report[0]["uom"], report[0]["value"]) == ("Length", "MMT", 6.7)
    assert {event.get("samegauge:simulated") for event in events} == {None, "true"}


def test_an_event_that_was_wrong_declares_itself_so(thread: Organisation) -> None:
    events = events_of(exported(thread))
    (wrong,) = [event for event in events if "errorDeclaration" in event]
    (right,) = [event for event in events if event["eventID"] == wrong["errorDeclaration"]["correctiveEventIDs"][0]]
    assert (wrong["readPoint"]["id"][-6:], right["readPoint"]["id"][-6:]) == ("A%2010", "A%2020")
    assert wrong["sensorElementList"][0]["sensorReport"][0]["samegauge:upperLimit"] == "5.0"


def test_one_unit_and_a_stretch_of_time(thread: Organisation) -> None:
    machine = Unit.objects.get(serial="TX-1")
    assert {event["samegauge:kind"] for event in events_of(exported(thread, Asked(machine)))} == {
        "station_completed",
        "running_hours",
    }
    week = Asked(None, NOW - timedelta(days=8), NOW - timedelta(days=6))
    assert [event["samegauge:kind"] for event in events_of(exported(thread, week))] == ["heat_treated", "installed"]
    assert events_of(exported(thread, Asked(None, NOW + timedelta(days=900)))) == []


def test_gs1_keys_are_used_where_there_is_a_prefix() -> None:
    plain, keyed = Names("https://a.example/id/x"), Names("https://a.example/id/x", "4012345")
    assert plain.unit("S 1/ä", "012345") == "https://a.example/id/x/unit/S%201%2F%C3%A4"
    assert keyed.unit("S1", "012345") == "https://id.gs1.org/01/04012345123456/21/S1"
    assert keyed.unit("S1", "TX") == "https://id.gs1.org/8004/4012345S1"
    assert keyed.unit("序", "TX").startswith("https://a.example/")
    assert keyed.unit("S" * 30, "TX").startswith("https://a.example/")
    assert stated_serial(keyed.unit("S1", "012345")) == ("S1", "04012345123456")
    assert stated_serial(plain.unit("S 1/ä", "")) == ("S 1/ä", "")


def test_another_site_takes_the_export_in_once_and_can_undo_it(
    thread: Organisation, other_organisation: Organisation
) -> None:
    data = b"".join(document(thread, Asked()))
    with organisation_scope(other_organisation):
        report = take_in("epcis", {"supplier.jsonld": data})
        assert report["files"] == {"in": 1, "known": 0, "refused": 0}
        bed = Unit.objects.select_related("item").get(serial="BED 一/7")
        assert bed.item.number == "BED-1"
        edge = AsBuiltEdge.objects.get(child=bed)
        assert (edge.valid_from, edge.valid_to) == (NOW - timedelta(days=7), NOW - timedelta(days=6))
        kinds = set(Event.objects.values_list("kind", flat=True))
        assert kinds == {"registered", "supplier_event", "installed", "removed"}
        before = rows_by_model()
        again = take_in("epcis", {"copy.jsonld": data.replace(b"\n", b" ")})
        assert again["files"]["in"] == 1
        assert again["events"] == 0
        assert rows_by_model() == before
        batch = ImportBatch.objects.order_by("pk")[0]
        undo(batch, "wrong supplier", BY)
        assert not Unit.objects.exists()
        assert take_in("epcis", {"third.jsonld": data + b" "})["units"] > 0


def supplied(*events: dict[str, Any]) -> bytes:
    common = {"eventTime": "2026-11-01T08:00:00Z", "eventTimeZoneOffset": "+08:00"}
    said = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-01T08:00:00Z",
        "epcisBody": {"eventList": [{**common, **event} for event in events]},
    }
    return json.dumps(said).encode()


SEEN = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:4012345.011111.98"]}
PUT_IN = {
    "type": "AssociationEvent",
    "action": "ADD",
    "parentID": "urn:epc:id:giai:4012345.P1",
    "childEPCs": ["urn:epc:id:giai:4012345.C1"],
}


def test_what_becomes_part_of_something_is_built_into_it(in_scope: Organisation) -> None:
    mixed = {
        "type": "TransformationEvent",
        "inputEPCList": ["urn:epc:id:giai:4012345.C1", "urn:epc:id:giai:4012345.C2"],
        "outputEPCList": ["urn:epc:id:sgtin:4012345.011111.7"],
    }
    packed = {"type": "AggregationEvent", "action": "ADD", "parentID": "urn:x:box", "childEPCs": ["urn:x:C9"]}
    wrong = {**PUT_IN, "errorDeclaration": {"declarationTime": "2026-11-02T08:00:00Z"}}
    emptied = {**PUT_IN, "action": "DELETE", "childEPCs": [], "eventTime": "2026-11-03T08:00:00Z"}
    put_in = {**PUT_IN, "childEPCs": ["urn:x:C5"]}
    report = take_in("epcis", {"a.json": supplied(SEEN, mixed, packed, wrong, put_in, emptied)})
    assert report["refused"] == []
    edges = AsBuiltEdge.objects.order_by("pk").values_list("parent__serial", "child__serial", "valid_to")
    assert {(parent, child, bool(until)) for parent, child, until in edges} == {
        ("7", "4012345C1", False),
        ("7", "4012345C2", False),
        ("4012345P1", "C5", True),
    }
    assert Unit.objects.get(serial="98").item.number == "04012345111118"
    assert in_scope.name


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (supplied({**SEEN, "eventID": "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"}), "eventList/0/eventID"),
        (supplied(SEEN, {**SEEN, "eventTime": "yesterday"}), "eventList/1/eventTime"),
        (supplied({**SEEN, "eventTimeZoneOffset": "8"}), "eventList/0/eventTimeZoneOffset"),
        (supplied({**SEEN, "action": "LOOK"}), "eventList/0/action"),
        (supplied({**SEEN, "epcList": ["not a uri"]}), "eventList/0/epcList/0"),
        (supplied({**SEEN, "type": "PartyEvent"}), "eventList/0/type"),
        (supplied({**PUT_IN, "parentID": None}), "eventList/0/parentID"),
        (supplied(PUT_IN, {**PUT_IN, "parentID": "urn:x:other", "eventTime": "2026-11-02T08:00:00Z"}), "eventList/1"),
        (supplied(SEEN).replace(b'"2.0"', b'"1.2"'), "schemaVersion"),
        (b'{"type": "EPCISDocument", "type": "EPCISDocument"}', "type"),
        (b"{", "JSON"),
        (b"<EPCISDocument><EventList>", "XML"),
        (b"<html/>", "EPCIS"),
    ],
)
def test_a_document_that_is_wrong_is_refused_whole_with_its_field(
    in_scope: Organisation, data: bytes, field: str
) -> None:
    before = rows_by_model()
    report = take_in("epcis", {"bad.json": data})
    assert report["files"] == {"in": 0, "known": 0, "refused": 1}
    assert field in report["refused"][0]["reason"]
    assert report["refused"][0]["reason_zh"]
    assert rows_by_model() == before
    assert in_scope.name


def test_xml_of_a_supplier_goes_in_too(in_scope: Organisation, test_data: Path) -> None:
    folder = test_data / "epcis" / "event-hash"
    report = take_in("epcis", {"b.xml": (folder / "epcisDocWith2DifferentTransformationEvents.xml").read_bytes()})
    assert report["refused"] == []
    assert Event.objects.filter(kind="supplier_event").count() == 3
    assert in_scope.name
    assert len(read_document((folder / "SensorDataExamples.xml").read_bytes(), "s.xml")) == 12
