"""NIST SMS Test Bed: device models, agent answers and NC programs against independent counts of the raw text."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pytest
from nist_files import plain, recorded

from samegauge.formats.mtconnect import parse_devices, parse_streams
from samegauge.formats.nc import parse_nc

BED = "nist-smstestbed"
STREAMS = [
    *(f"{BED}/raw/qdr_input/qdr_input{number}.xml.gz" for number in ("001", "009", "054", "376", "382")),
    f"{BED}/tdp/mtc/MTConnect/Cover-Hurco04-01of20.xml.gz",
    f"{BED}/tdp/mtc/MTConnect/Cover-Hurco04-02of20.xml.gz",
]
COUNTS = [10049, 2620, 10006, 5402, 10024, 11928, 24182]
BOX = f"{BED}/tdp/mtc/NC-Code/NIST_MTC_CRADA_BOX_REV-A"
SETUP = f"{BED}/tdp/d2mi/G-code/827-9999-904,"


@pytest.mark.parametrize(("path", "count"), list(zip(STREAMS, COUNTS, strict=True)))
def test_observations_equal_a_count_of_the_raw_text(path: str, count: int) -> None:
    document = parse_streams(recorded(path), path)
    raw = plain(recorded(path))
    assert len(document.observations) == len(re.findall(rb'\bsequence="', raw)) == count
    ids = Counter(match.decode() for match in re.findall(rb'dataItemId="([^"]+)"', raw))
    assert Counter(observation.data_item_id for observation in document.observations) == ids


@pytest.mark.parametrize(
    ("path", "items", "shared"),
    [
        (
            f"{BED}/agent/Devices.xml",
            {"GFAgie01": 23, "Mazak01": 65, "Mazak03": 63} | {f"Hurco0{number}": 15 for number in (1, 2, 3, 4, 6)},
            False,
        ),
        (
            f"{BED}/tdp/mtc/MTConnect/Devices.xml",
            {"GFAgie01": 24, "Mazak01": 84, "Mazak02": 84, "Mazak03": 63}
            | {f"Hurco0{number}": 15 for number in range(1, 7)},
            True,
        ),
    ],
)
def test_data_items_of_each_machine(path: str, items: dict[str, int], shared: bool) -> None:  # noqa: FBT001
    document = parse_devices(recorded(path), path)
    assert {device.name: len(list(device.all_data_items())) for device in document.devices} == items
    assert sum(items.values()) == plain(recorded(path)).count(b"<DataItem ")
    # Mazak02 was copied from Mazak01 with the ids of its axes.
    assert bool(document.shared_ids) is shared
    assert all(identity.startswith("Mazak01") for identity in document.shared_ids)


def test_units_and_constraints() -> None:
    path = f"{BED}/tdp/mtc/MTConnect/Devices.xml"
    document = parse_devices(recorded(path), path)
    hurco = next(device for device in document.devices if device.name == "Hurco02")
    by_name = {item.name: item for item in hurco.all_data_items()}
    assert (by_name["Feed_Rate"].units, by_name["Feed_Rate"].sub_type) == ("MILLIMETER/SECOND", "ACTUAL")
    assert (by_name["Block_Number"].type, by_name["Block_Number"].category) == ("LINE", "EVENT")
    constrained = [i for d in document.devices for i in d.all_data_items() if i.constraints is not None]
    assert len(constrained) == plain(recorded(path)).count(b"<Constraints>") == 8
    assert constrained[0].constraints is not None
    assert constrained[0].constraints.values == ("CONTOUR", "INDEX")


@pytest.mark.parametrize(
    ("path", "operation", "tool_lines", "lines"),
    [
        (f"{BOX} OP1 (Bottom).NC.gz", "OP1 (Bottom)", [(9, 1), (9927, 2), (15806, 5), (21919, 21)], 22034),
        (f"{BOX} OP2 (Front).NC", "OP2 (Front)", [(7, 3), (1158, 21)], 1186),
        (f"{BOX} OP3 (Back).NC.gz", "OP3 (Back)", [(8, 3), (1155, 4), (2936, 21)], 2978),
        (f"{BOX} OP4 (Left, Engraving).NC.gz", "OP4 (Left, Engraving)", [(8, 5), (2674, 6), (5184, 21)], 5223),
        (f"{BED}/tdp/mtc/NC-Code/NIST_MTC_CRADA_COVER_REV-A.NC", None, [(6, 23)], 1465),
    ],
)
def test_box_and_cover_programs(
    path: str, operation: str | None, tool_lines: list[tuple[int, int]], lines: int
) -> None:
    program = parse_nc(recorded(path), path.rpartition("/")[2])
    raw = plain(recorded(path))
    assert (program.revision_hint, program.operation, program.length_unit) == ("A", operation, "inch")
    assert [(call.line, call.tool) for call in program.tool_calls] == tool_lines
    assert (program.line_count, len(program.blocks)) == (lines, len(re.findall(rb"(?m)^N", raw)))
    assert program.sha256 == hashlib.sha256(raw).hexdigest()
    assert len(program.feeds) == len(re.findall(rb"(?m)^N.*F[\d.]", raw))


def test_every_m6_of_the_cavity_program_is_a_tool_call() -> None:
    path = f"{BOX} OP5 (Cavity Side).NC.gz"
    program = parse_nc(recorded(path), "OP5")
    assert [c.line for c in program.tool_calls] == [
        line for line, text in enumerate(plain(recorded(path)).split(b"\n"), start=1) if text.endswith(b"M6")
    ]
    assert len(program.tool_calls) == 17


@pytest.mark.parametrize(("setup", "number", "calls"), [("OP1", 1001, 11), ("OP2", 1002, 11), ("FIXT", 1003, 7)])
def test_programs_with_macro_lines_and_staged_tools(setup: str, number: int, calls: int) -> None:
    path = f"{SETUP} {setup}.NC"
    program = parse_nc(recorded(path), path.rpartition("/")[2])
    raw = plain(recorded(path))
    assert program.number == number
    assert len(program.tool_calls) == len(re.findall(rb"\bM0?6\b", raw)) == calls
    assert all(call.tool is not None for call in program.tool_calls)


def tool_change_blocks(path: str) -> list[int]:
    """Block_Number at each moment when the spindle lets go of its tool (Current_Tool 0)."""
    block, changes = 0, []
    for line in plain(recorded(path)).decode().splitlines():
        _, _, rest = line.partition("|")
        tag, _, value = rest.partition("|")
        if tag == "Block_Number":
            block = int(float(value or 0))
        elif tag == "Current_Tool" and float(value or 1) == 0:
            changes.append(block)
    return changes


def test_a_control_counts_blocks_by_file_line_and_so_tells_which_text_ran() -> None:
    """Tool changes happen at the file lines of M6 for 14 of 20 boxes.

    Box 1 ran a text that differs after line 15806; boxes 4, 8 and 13 went on with one that changes tools at 6120.
    """
    program = parse_nc(recorded(f"{BOX} OP1 (Bottom).NC.gz"), "OP1")
    published = [call.line for call in program.tool_calls]
    ran = {
        number: tool_change_blocks(f"{BED}/tdp/mtc/Split/Box-OP1-Hurco02-{number:02d}of20.txt.gz")
        for number in range(1, 21)
    }
    assert ran[3] == published == [9, 9927, 15806, 21919]
    assert ran[1] == [9, 9927, 15806, 17971]
    assert sum(1 for blocks in ran.values() if blocks == published) == 14
