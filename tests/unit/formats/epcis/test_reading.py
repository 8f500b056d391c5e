"""Whatever comes as an EPCIS document is read or refused with its field: nothing else happens."""

from __future__ import annotations

import copy
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.formats.epcis.document import MOST_BYTES, ReadEvent, read_document, written
from samegauge.formats.epcis.event_hash import event_hash, pre_hash
from samegauge.formats.epcis.event_hash import nodes_of as nodes
from samegauge.formats.epcis.model import (
    NAMESPACES,
    AssociationEvent,
    Common,
    ErrorDeclaration,
    ObjectEvent,
    Reading,
    TransformationEvent,
    as_json,
)
from samegauge.formats.errors import FormatError

AT = datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=UTC)
READINGS = (Reading("B1", 10.01, "mm", 9.9, 10.1, True), Reading("odd", 3.0, "turns"))  # noqa: FBT003 - conforms
EVENTS = (
    ObjectEvent(Common(AT, 480, "inspecting", AT, "conformant", "urn:x:place", READINGS, {"kind": "k"}), ("urn:x:1",)),
    AssociationEvent(Common(AT, -330, "assembling"), "urn:x:p", ("urn:x:1",), "ADD"),
    TransformationEvent(
        Common(AT, 0, "commissioning", made={"item": "X"}, error=ErrorDeclaration(AT, ("urn:x:e",))),
        ("urn:x:1",),
        ("urn:x:lot",),
        ("urn:x:2",),
        "urn:x:batch",
    ),
)
DATA = b"".join(written(EVENTS, AT))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def outcome(data: bytes) -> list[ReadEvent] | FormatError:
    try:
        return read_document(data, "supplier.json")
    except FormatError as error:
        return error


def test_what_is_written_is_read() -> None:
    read = read_document(DATA, "own.json")
    assert [event.event_id for event in read] == [as_json(event)["eventID"] for event in EVENTS]
    assert [event.declared_wrong for event in read] == [False, False, True]
    assert read[1].whole["eventTimeZoneOffset"] == "-05:30"
    assert read[0].at == AT.replace(microsecond=123000)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_changes_nothing_that_counts(place: int, value: int) -> None:
    """Free of the hash are white space, the document's own date, when an event was recorded, and declarations.

    An ID that does not call itself a hash any more is taken as any other name; an event without one is given its own.
    """
    found = outcome(DATA[:place] + bytes([value]) + DATA[place + 1 :])
    stated = {str(as_json(event)["eventID"]) for event in EVENTS}
    if not isinstance(found, FormatError):
        kept = {str(event.whole.get("eventID")) for event in found}
        assert {one for one in kept if one.startswith("ni:")} <= stated


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_part_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    said: Any = json.loads(DATA)
    for event in said["epcisBody"]["eventList"]:
        event.pop("eventID")
    here: Any = said
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(here[key], dict | list) and here[key] and data.draw(st.booleans()):
            here = here[key]
            continue
        if data.draw(st.booleans()):
            here[key] = data.draw(JSON)
        else:
            del here[key]
        break
    found = outcome(json.dumps(said).encode())
    assert isinstance(found, FormatError) or len(found) <= len(EVENTS)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    refused = outcome(data)
    assert isinstance(refused, FormatError)
    assert refused.message_en.startswith("supplier.json")
    assert refused.message_zh.startswith("supplier.json")


@pytest.mark.parametrize("start", [b"", b'{"type":"EPCISDocument"', b"<epcis:EPCISDocument "])
def test_ten_megabytes_of_rubbish_are_refused(start: bytes) -> None:
    assert isinstance(outcome(start + random.Random(7).randbytes(10 << 20)), FormatError)


def test_depth_size_and_doubled_keys_are_refused() -> None:
    event = b'{"type":"ObjectEvent","x:a":' + b"[" * 3000 + b"]" * 3000 + b"}"
    deep = DATA.replace(b'{"type":"ObjectEvent"', event + b',{"type":"ObjectEvent"', 1)
    shallow = DATA.replace(b'{"type":"ObjectEvent"', b'{"x:a":' + b"[" * 40 + b"]" * 40 + b',"type":"ObjectEvent"', 1)
    for data in (
        deep,
        shallow,
        b"[" * 200_000,
        DATA.replace(b'"type":"EPCISDocument"', b'"type":[]'),  # found by the test above
        b"<a>" * 5000,
        DATA.replace(b'"action":"OBSERVE"', b'"action":"OBSERVE","action":"ADD"'),
        b" " * (MOST_BYTES + 1),
        b'{"type":"EPCISDocument","schemaVersion":"2.0","epcisBody":{"eventList":[' + b"1," * 100_000 + b"1]}}",
        b'<!DOCTYPE a [<!ENTITY b "c">]><EPCISDocument/>',
    ):
        assert isinstance(outcome(data), FormatError)


@settings(deadline=None, max_examples=40)
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_and_lists_does_not_touch_the_hash(order: random.Random) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            order.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        if isinstance(value, list):
            return order.sample([shuffled(part) for part in value], len(value))
        return value

    for event in json.loads(DATA)["epcisBody"]["eventList"]:
        assert event_hash(shuffled(copy.deepcopy(event)), NAMESPACES) == event["eventID"]


def test_every_value_of_an_event_is_in_its_hash() -> None:
    text = pre_hash(nodes(as_json(EVENTS[0]), NAMESPACES))
    for part in ("eventType=ObjectEvent", "2026-11-21T08:00:00.123Z", "+08:00", "urn:x:place", "10.01", "MMT", "B1"):
        assert part in text
    assert "{urn:samegauge:epcis:}kind=k" in text
