from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from samegauge.formats.errors import FormatError
from samegauge.formats.mtconnect import parse_devices, parse_streams

DEVICES = """<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:1.3">
<Header creationTime="2015-08-28T10:56:27Z" sender="localhost" instanceId="1" version="1.3"/>
<Devices><Device id="d" name="M1" uuid="u1">
<Description manufacturer="Maker" model="X" serialNumber="7">Mill</Description>
<DataItems><DataItem id="avail" type="AVAILABILITY" category="EVENT" name="avail"/></DataItems>
<Components><Axes id="ax" name="axes"><Components><Linear id="x" name="X"><DataItems>
<DataItem id="x1" type="POSITION" category="SAMPLE" subType="ACTUAL" units="MILLIMETER" nativeUnits="INCH">
<Source>xpos</Source><Constraints><Maximum>500</Maximum><Minimum>-1.5</Minimum></Constraints></DataItem>
</DataItems></Linear></Components></Axes></Components></Device></Devices></MTConnectDevices>"""
STREAMS = """<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.3" xmlns:x="urn:maker">
<Header creationTime="2016-09-28T17:26:15Z" sender="s" instanceId="9"
 firstSequence="1" lastSequence="3" nextSequence="4"/>
<Streams><DeviceStream name="M1" uuid="u1"><ComponentStream component="Linear" name="X" componentId="x">
<Samples><Position dataItemId="x1" timestamp="2016-09-28T17:26:13.102350Z" sequence="1"
 subType="ACTUAL">1.5</Position></Samples>
<Events><x:Unit dataItemId="u" timestamp="2016-09-28T17:26:13Z" sequence="2">MM</x:Unit></Events>
<Condition><Fault dataItemId="c" type="SYSTEM" nativeCode="E7" timestamp="2016-09-28T17:26:14Z"
 sequence="3">Stop</Fault></Condition>
</ComponentStream></DeviceStream></Streams></MTConnectStreams>"""


def test_device_model() -> None:
    document = parse_devices(DEVICES.encode(), "Devices.xml")
    (device,) = document.devices
    assert (device.manufacturer, device.model, device.serial_number, device.description) == ("Maker", "X", "7", "Mill")
    assert [item.id for item in device.all_data_items()] == ["avail", "x1"]
    assert [component.kind for component in device.all_components()] == ["Axes", "Linear"]
    position = list(device.all_data_items())[1]
    assert (position.units, position.native_units, position.sub_type) == ("MILLIMETER", "INCH", "ACTUAL")
    assert (position.source, position.component_id) == ("xpos", "x")
    assert position.constraints is not None
    assert (position.constraints.minimum, position.constraints.maximum) == (-1.5, 500.0)
    assert document.created == datetime(2015, 8, 28, 10, 56, 27, tzinfo=UTC)


def test_observations() -> None:
    document = parse_streams(gzip.compress(STREAMS.encode()), "s.xml.gz")
    sample, event, condition = document.observations
    assert (sample.kind, sample.value, sample.sequence, sample.component) == ("Position", "1.5", 1, "Linear")
    assert sample.timestamp == datetime(2016, 9, 28, 17, 26, 13, 102350, tzinfo=UTC)
    assert (event.category, event.kind) == ("EVENT", "Unit")
    assert condition.condition is not None
    assert (condition.kind, condition.condition.native_code, condition.value) == ("Fault", "E7", "Stop")
    assert (document.first_sequence, document.last_sequence, document.next_sequence) == (1, 3, 4)


DEVICE_FAULTS = {
    "id twice": ('id="x1"', 'id="avail"'),
    "no id": ('<DataItem id="avail"', "<DataItem"),
    "category": ('category="SAMPLE"', 'category="OTHER"'),
    "bound": ("<Maximum>500<", "<Maximum>inf<"),
    "other namespace": ("MTConnectDevices:1.3", "MTConnectDevices:2.0x"),
    "time": ("2015-08-28T10:56:27Z", "2015-13-41T10:56:27Z"),
}
STREAM_FAULTS = {
    "no zone": ("17:26:13.102350Z", "17:26:13.102350"),
    "month 13": ("2016-09-28T17:26:13.102350Z", "2016-13-28T17:26:13.102350Z"),
    "year beyond": ("2016-09-28T17:26:13.102350Z", "0001-01-01T00:00:00+23:59"),
    "sequence twice": ('sequence="2"', 'sequence="1"'),
    "sequence text": ('sequence="2"', 'sequence="two"'),
    "sequence huge": ('sequence="2"', f'sequence="{"9" * 400}"'),
    "level": ("Fault", "Oops"),
    "container": ("Events>", "Others>"),
    "no data item": ('dataItemId="u"', ""),
    "condition without type": ('type="SYSTEM" ', ""),
    "header": ("Header", "Footer"),
}


@pytest.mark.parametrize("case", DEVICE_FAULTS)
def test_faulty_device_models_are_refused(case: str) -> None:
    text = DEVICES.replace(*DEVICE_FAULTS[case])
    assert text != DEVICES
    with pytest.raises(FormatError) as caught:
        parse_devices(text.encode(), "Devices.xml")
    assert caught.value.file == "Devices.xml"


@pytest.mark.parametrize("case", STREAM_FAULTS)
def test_faulty_streams_are_refused(case: str) -> None:
    text = STREAMS.replace(*STREAM_FAULTS[case])
    assert text != STREAMS
    with pytest.raises(FormatError) as caught:
        parse_streams(text.encode(), "s.xml")
    assert caught.value.reason_zh


def test_ids_shared_between_devices_are_reported() -> None:
    first, second = "<Devices><Device ", '<Devices><Device id="e" name="M2" uuid="u2"><DataItems><DataItem id="x1" '
    text = DEVICES.replace(first, f'{second}type="AVAILABILITY" category="EVENT"/></DataItems></Device><Device ')
    assert parse_devices(text.encode(), "Devices.xml").shared_ids == ("x1",)


def test_a_model_without_devices_is_refused() -> None:
    with pytest.raises(FormatError, match="describes no device"):
        parse_devices(b'<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:1.3"/>', "Devices.xml")


def test_one_kind_of_document_is_not_the_other() -> None:
    with pytest.raises(FormatError, match="not a supported MTConnectStreams"):
        parse_streams(DEVICES.encode(), "Devices.xml")
