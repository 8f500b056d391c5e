"""Recorded adapter logs of eight machines (NIST SMS Test Bed): the counts of SOURCE.md, and the parsers compared."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from nist_files import plain, recorded

from samegauge.formats.shdr import BadLine, Reason, parse_columns, read_lines
from samegauge.lake.intake import import_shdr
from samegauge.lake.store import Lake, OrganisationLake, Selection

ROOT = "nist-smstestbed"
ADAPTERS = ("mtc_adapter007.txt.gz", "mtc_adapter010.txt")
FOREIGN = (
    "tdp/mtc/CAD/NIST-MTC-CRADA-Models_Rev-A/nist_mtc_crada_box_rev-A.PDF",
    "SOURCE.md",
    "agent/Devices.xml",
    "tdp/mtc/Raw/1-31-2017-Hurco02.txt",  # wrapped at 80 columns: 96 of 97 lines cannot be read
)
# pattern: files, observations, tags, exact duplicate lines, backward time steps (SOURCE.md); stored by decision 0005
STRETCHES = {
    "Mazak01/*-2017*": (20, 575_751, 86, 1_548, 14, 574_203),
    "Mazak01/*-2018*": (20, 631_907, 86, 1_634, 13, 630_273),
    "Mazak03/*": (15, 521_362, 65, 910, 192, 520_452),
    "GFAgie01/*": (15, 234_732, 26, 524, 14, 234_368),
    "Hurco01/*": (15, 5_242, 17, 238, 14, 5_004),
    "Hurco02/*": (15, 1_426, 17, 221, 12, 1_205),
    "Hurco03/*": (15, 255, 17, 238, 0, 17),
    "Hurco04/*": (15, 695, 17, 238, 14, 457),
    "Hurco06/*": (15, 255, 17, 238, 0, 17),
}


@pytest.fixture
def lake(tmp_path: Path) -> OrganisationLake:
    return Lake(tmp_path).for_organisation("recorded")


def logs(pattern: str) -> list[Path]:
    return sorted(recorded(f"{ROOT}/raw").glob(pattern))


def counted(files: list[Path]) -> Counter[str]:
    """An independent count: split each line, count its second field."""
    lines = (line for path in files for line in plain(path).decode().split("\n")[:-1])
    return Counter(line.split("|")[1] for line in lines)


@pytest.mark.parametrize("pattern", STRETCHES)
def test_counts_of_a_stretch(lake: OrganisationLake, pattern: str) -> None:
    files = logs(pattern)
    report = import_shdr(lake, files)
    machine = pattern.split("/", maxsplit=1)[0]
    per_tag = report.observations_per_tag[machine]
    (stretch,) = report.stretches
    figures = len(files), report.observations, len(per_tag), stretch.duplicates, stretch.out_of_order, report.stored
    assert figures == STRETCHES[pattern]
    assert per_tag == dict(counted(files))
    assert lake.arrived_per_tag(machine) == per_tag
    assert sum(lake.counts_per_tag(machine).values()) == report.stored
    assert report.quarantined == ()


def test_two_stretches_of_one_machine_are_counted_apart(lake: OrganisationLake) -> None:
    report = import_shdr(lake, [*logs("Mazak01/*-2018*"), *logs("Mazak01/*-2017*")])
    counts = [(one.files, one.duplicates, one.out_of_order) for one in report.stretches]
    assert counts == [(20, 1_548, 14), (20, 1_634, 13)]
    assert report.stored == 574_203 + 630_273


@pytest.mark.parametrize(
    ("pattern", "machine", "lines", "fragments"),
    [("Box", "Hurco02", 818_486, 63), ("Cover", "Hurco04", 243_429, 0)],
)
def test_part_traces(lake: OrganisationLake, pattern: str, machine: str, lines: int, fragments: int) -> None:
    """SOURCE.md counts lines; 63 of the Box lines are nothing but `2017` or `20175` and so on, no reading."""
    files = sorted(recorded(f"{ROOT}/tdp/mtc/PartData").glob(f"{pattern}-*.txt.gz"))
    report = import_shdr(lake, files)
    assert sum(file.lines for file in report.files) == lines
    assert len(report.quarantined) == fragments
    assert report.observations == report.stored == lines - fragments
    assert (report.duplicates, report.out_of_order) == (0, 0)
    assert len(report.stretches) == len(lake.traces(machine)) == 20
    entry = report.files[0]
    own = lake.observations(machine, Selection(trace=entry.key.trace))
    assert len(own) == entry.observations
    assert dict(Counter(own.tag)) == entry.per_tag


def test_conflict_markers_are_set_aside_and_the_rest_goes_in(lake: OrganisationLake) -> None:
    report = import_shdr(lake, [recorded(f"{ROOT}/adapter/{name}") for name in ADAPTERS])
    assert [(line.line, line.snippet[:7], line.reason_en) for line in report.quarantined] == [
        (1, "<<<<<<<", Reason.CONFLICT_MARKER.en),
        (19, "=======", Reason.CONFLICT_MARKER.en),
        (7_015, "2017", Reason.NO_TIMESTAMP.en),
        (64_893, "20175", Reason.NO_TIMESTAMP.en),
        (65_942, ">>>>>>>", Reason.CONFLICT_MARKER.en),
    ]
    # 65,937 good lines, one of which holds 15 pairs
    assert [entry.observations for entry in report.files] == [65_951, 17]
    assert report.refused == ()


def assert_parsers_agree(data: bytes) -> None:
    columns = parse_columns(data, "recorded")
    parsed = list(read_lines(data))
    assert [columns.observation(row) for row in range(len(columns))] == [
        one for line in parsed if not isinstance(line, BadLine) for one in line
    ]
    assert list(columns.bad_lines) == [line for line in parsed if isinstance(line, BadLine)]


def all_logs() -> list[Path]:
    root = recorded(ROOT)
    folders = ("raw/*", "tdp/mtc/PartData", "tdp/mtc/Clean", "tdp/mtc/Split", "adapter")
    return sorted(path for folder in folders for path in root.glob(f"{folder}/*.txt*"))


def test_parsers_agree_on_a_seeded_slice() -> None:
    draw = random.Random(20171023)
    files = draw.sample(all_logs(), 12)
    for path in [*files, recorded(f"{ROOT}/adapter/mtc_adapter007.txt.gz")]:
        lines = plain(path).splitlines(keepends=True)
        start = draw.randrange(max(1, len(lines) - 2_000))
        assert_parsers_agree(b"".join(lines[start : start + 2_000]))


@pytest.mark.full
def test_parsers_agree_on_every_recorded_log() -> None:
    files = all_logs()
    assert len(files) > 300
    for path in files:
        assert_parsers_agree(plain(path))


@pytest.mark.parametrize("relative", FOREIGN)
def test_other_files_of_the_package_are_refused(lake: OrganisationLake, relative: str) -> None:
    report = import_shdr(lake, [recorded(f"{ROOT}/{relative}")])
    assert [one.name for one in report.refused] == [Path(relative).name]
    assert lake.machines() == ()
