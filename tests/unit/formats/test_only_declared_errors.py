"""Damaged inputs may be refused or, by luck, accepted; nothing but the declared error leaves a reader."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from aqdef_samples import dfq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qif_samples import qif

from samegauge.formats.aqdef import parse_aqdef
from samegauge.formats.capability_report import parse_capability_report
from samegauge.formats.container import read_archive, read_bytes
from samegauge.formats.errors import FormatError
from samegauge.formats.mtconnect import parse_devices, parse_streams
from samegauge.formats.nc import parse_nc
from samegauge.formats.qif import parse_qif, status_disagreements
from samegauge.formats.spreadsheet import read_sheet

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
STREAMS = b"""<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.3"><Header instanceId="1"/><Streams>
<DeviceStream name="M"><ComponentStream component="L" componentId="x"><Samples><Position dataItemId="x1" sequence="1"
timestamp="2016-09-28T17:26:13.102350Z">1.5</Position></Samples></ComponentStream></DeviceStream></Streams>
</MTConnectStreams>"""
DEVICES = b"""<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:1.3"><Devices>
<Device id="d" name="M" uuid="u"><DataItems><DataItem id="a" type="T" category="EVENT">
<Constraints><Minimum>1</Minimum></Constraints></DataItem></DataItems></Device></Devices></MTConnectDevices>"""


def _judged(data: bytes, name: str) -> object:
    return status_disagreements(parse_qif(data, name))


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Features", "Specification", "A01", "Upper Tolerance", "Nominal", "Lower Tolerance"])
    sheet.append(["D", "", 1.0, 0.1, 1.0, -0.1])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


READERS: dict[str, tuple[Callable[[bytes, str], Any], bytes]] = {
    "qif": (_judged, qif()),
    "aqdef": (parse_aqdef, dfq()),
    "streams": (parse_streams, STREAMS),
    "devices": (parse_devices, DEVICES),
    "nc": (parse_nc, b"%\nO1(A)\nN1G20\nN2T1M6\nN3G1X1.F5.\n%\n"),
    "workbook": (parse_capability_report, _workbook()),
    "sheet": (read_sheet, _workbook()),
    "csv": (read_sheet, '料號;品名\r\n1;"滾珠"\r\n'.encode("cp950")),
    "archive": (read_archive, _workbook()),
    "bytes": (read_bytes, b"\x1f\x8b\x08\x00"),
}


def _outcome(reader: Callable[[bytes, str], Any], data: bytes) -> str:
    try:
        reader(data, "fuzz")
    except FormatError as error:
        return error.message_zh
    return "accepted"


@pytest.mark.parametrize("kind", READERS)
@RUNS
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes(kind: str, data: bytes) -> None:
    assert _outcome(READERS[kind][0], data)


@pytest.mark.parametrize("kind", READERS)
@RUNS
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 8)), min_size=1, max_size=4))
def test_damaged_documents(kind: str, changes: list[tuple[float, bytes, int]]) -> None:
    reader, data = READERS[kind]
    for share, inserted, removed in changes:
        place = int(share * len(data))
        data = data[:place] + inserted + data[place + removed :]
    assert _outcome(reader, data)


@RUNS
@given(text=st.text(max_size=30))
def test_any_text_as_a_value(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    data = qif().decode().replace("<Value>6.7<", f"<Value>{escaped}<").encode("utf-8", "surrogatepass")
    assert _outcome(_judged, data)
