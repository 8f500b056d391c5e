"""The event hashes that the EPCIS event hash generator publishes, value for value, from JSON and from XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from samegauge.formats.canonical import parse_json
from samegauge.formats.epcis.event_hash import event_hash, namespaces_of, nodes_of, pre_hash
from samegauge.formats.epcis.xml_form import events_from_xml

if TYPE_CHECKING:
    from pathlib import Path

CASES = (
    "CertificationInfoAndSensorReportWithCRS",
    "ReferenceEventHashAlgorithm",
    "SensorDataExamples",
    "epcisDocHavingEventWithComment",
    "epcisDocWith2DifferentTransformationEvents",
    "epcisDocWithCustomSchemaInContext",
    "epcisDocWithSensorComponent",
    "epcisDocWithShippingAndTransportingEvent",
    "epcisDocWithTransformationEventWithExtension",
    "epcisDocWithVariousEventTypes",
    "epcisEventWithCURIEs",
    "epcisQueryDocument",
    "persistentDisposition",
)
# Its published text is of another state of the same document: its hash is not that of the text.
STALE_TEXT = {"epcisDocWithCustomSchemaInContext", "epcisDocHavingEventWithComment"}
EQUAL = (
    "ReferenceEventHashAlgorithm.json",
    "differentRepresentationsOfObjectEvent.xml",
    "differentRepresentationsOfTransformationEvent.xml",
    "numberPrecision.xml",
    "timestampTimeZone.xml",
    "timestampTimeZone3.xml",
)


def events_of(path: Path) -> tuple[list[Any], dict[str, str]]:
    if path.suffix == ".xml":
        return events_from_xml(path.read_bytes(), path.name), {}
    document = cast("Any", parse_json(path.read_bytes()))
    body = document["epcisBody"]
    events = (body.get("queryResults", {}).get("resultsBody") or body)["eventList"]
    return events, namespaces_of(document["@context"])


@pytest.mark.parametrize("case", CASES)
def test_published_hashes_are_met_value_for_value(test_data: Path, case: str) -> None:
    folder = test_data / "epcis" / "event-hash"
    expected = (folder / f"{case}.hashes").read_text().split()
    forms = [folder / f"{case}{form}" for form in (".jsonld", ".xml") if (folder / f"{case}{form}").exists()]
    assert forms
    for form in forms:
        events, namespaces = events_of(form)
        assert [event_hash(event, namespaces) for event in events] == expected, form.name
        if case not in STALE_TEXT:
            texts = (folder / f"{case}.prehashes").read_text("utf-8").splitlines()
            assert [pre_hash(nodes_of(event, namespaces)) for event in events] == [line for line in texts if line]


@pytest.mark.parametrize("name", EQUAL)
def test_events_written_otherwise_have_one_hash(test_data: Path, name: str) -> None:
    events, namespaces = events_of(test_data / "epcis" / "event-hash" / "expected_equal" / name)
    assert len(events) > 1
    assert len({event_hash(event, namespaces) for event in events}) == 1
