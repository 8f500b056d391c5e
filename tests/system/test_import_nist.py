"""The whole NIST package through the real command, held against counts made without the product's code."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support.import_site import ImportSite, Said

if TYPE_CHECKING:
    from pathlib import Path

# SOURCE.md of the data: observations, exact duplicate lines, backward time steps of each stretch of daily logs.
STRETCHES = {
    ("Mazak01", 2017): (20, 575_751, 1_548, 14),
    ("Mazak01", 2018): (20, 631_907, 1_634, 13),
    ("Mazak03", 2018): (15, 521_362, 910, 192),
    ("GFAgie01", 2016): (15, 234_732, 524, 14),
    ("Hurco01", 2017): (15, 5_242, 238, 14),
    ("Hurco02", 2017): (15, 1_426, 221, 12),
    ("Hurco04", 2017): (15, 695, 238, 14),
    ("Hurco03", 2017): (15, 255, 238, 0),
    ("Hurco06", 2017): (15, 255, 238, 0),
}
OBSERVATION = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\|[^|]+\|")
DAY_LOG = re.compile(r"raw/(\w+)/\1-(\d{4})\d{4}-\d{8}\.txt\.gz")
CONFLICT_MARKERS = [1, 19, 65_942]


def raw_lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return data.replace(b"\r\n", b"\n").split(b"\n")


def counted(paths: list[Path]) -> tuple[Counter[str], list[tuple[str, int, str]]]:
    """Count observations by tag in a plain loop; list the lines that are none."""
    per_tag: Counter[str] = Counter()
    odd: list[tuple[str, int, str]] = []
    for path in paths:
        for number, line in enumerate(raw_lines(path), start=1):
            if OBSERVATION.match(line):
                per_tag[line.split(b"|")[1].decode()] += 1
            elif line.strip():
                odd.append((path.name, number, line.decode().strip()))
    return per_tag, odd


@pytest.fixture(scope="module")
def package(test_data: Path) -> Path:
    return test_data / "nist-smstestbed"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    return ImportSite(tmp_path_factory.mktemp("nist") / "home")


@pytest.fixture(scope="module")
def imported(site: ImportSite, package: Path) -> Said:
    return site.command("import", "nist-tdp", package, "--json")


@pytest.fixture(scope="module")
def facts(site: ImportSite, imported: Said) -> dict[str, Any]:
    return site.facts()


@pytest.fixture(scope="module")
def traces(package: Path) -> tuple[Counter[str], list[tuple[str, int, str]]]:
    return counted(sorted((package / "tdp/mtc/PartData").glob("*.txt.gz")))


def test_statuses_are_those_counted_from_the_xml(imported: Said) -> None:
    assert imported.json["statuses"] == {
        "incoming": {"Box": {"PASS": 892, "FAIL": 1}, "Cover": {"PASS": 541}},
        "fair": {"Box": {"PASS": 852, "FAIL": 3}, "Cover": {"PASS": 559, "FAIL": 1}},
    }


def test_every_box_and_cover_is_a_unit_with_its_trace_and_its_operations(facts: dict[str, Any]) -> None:
    serials = {f"{part}-{number:02d}" for part in ("Box", "Cover") for number in range(1, 21)}
    parts = {serial for serial, (item, _events) in facts["units"].items() if item in {"Box", "Cover"}}
    assert parts == serials
    assert {(serial, machine) for _label, serial, machine, _readings in facts["traces"]} == {
        (serial, "Hurco02" if serial.startswith("Box") else "Hurco04") for serial in serials
    }
    assert {row[0] for row in facts["operations"]} == serials
    assert all(facts["units"][serial][1]["traced"] == 1 for serial in serials)


def test_events_of_each_unit_are_complete_and_sealed(imported: Said, facts: dict[str, Any]) -> None:
    kinds: Counter[str] = Counter()
    for _item, events in facts["units"].values():
        kinds.update(events)
        assert events["registered"] == 1
    # 19 boxes and 20 covers were inspected by both laboratories.
    inspected = {"inspected": 78, "matched": 78}
    assert kinds == {"registered": len(facts["units"]), "traced": 40, "made": len(facts["operations"])} | inspected
    assert facts["events"] == [imported.json["events"], 0]
    assert imported.json["operations"] == len(facts["operations"])
    assert imported.json["inspections"] == kinds["inspected"]


def test_observations_per_tag_are_those_of_the_raw_lines(
    imported: Said, package: Path, traces: tuple[Counter[str], list[Any]]
) -> None:
    days, odd = counted(sorted((package / "raw").glob("*/*.txt.gz")))
    assert odd == []
    assert imported.json["observations"] == dict(sorted((days + traces[0]).items()))
    assert imported.json["observations_total"] == days.total() + traces[0].total() == 3_033_477


def test_lines_cut_short_are_set_aside_with_file_line_and_reason(
    imported: Said, traces: tuple[Counter[str], list[tuple[str, int, str]]]
) -> None:
    report = imported.json
    assert imported.status == 3
    assert (len(traces[1]), report["quarantined"]) == (63, 63)
    found = [(one["file"].rpartition("/")[2], one["line"], one["text"]) for one in report["quarantined_lines"]]
    assert sorted(found) == sorted(traces[1])
    assert all("time stamp" in one["reason"] and "時間戳記" in one["reason_zh"] for one in report["quarantined_lines"])


def summed(counts: list[tuple[Any, tuple[int, ...]]]) -> dict[Any, tuple[int, ...]]:
    """Add up the figures that belong to the same key."""
    by_key: dict[Any, list[tuple[int, ...]]] = {}
    for key, row in counts:
        by_key.setdefault(key, []).append(row)
    return {key: tuple(sum(column) for column in zip(*rows, strict=True)) for key, rows in by_key.items()}


def test_duplicates_and_backward_steps_are_those_of_each_stretch(imported: Said, facts: dict[str, Any]) -> None:
    days = [(DAY_LOG.fullmatch(row[0]), row) for row in facts["files"]]
    counts = [((day[1], int(day[2])), (1, *row[2:5])) for day, row in days if day]
    assert summed(counts) == STRETCHES
    machines = imported.json["machines"]
    figures = ("observations", "duplicates", "out_of_order")
    stated = {name: tuple(one[figure] for figure in figures) for name, one in machines.items() if "traces" not in name}
    assert stated == summed([(machine, row[1:]) for (machine, _year), row in STRETCHES.items()])
    assert imported.json["duplicates"] == sum(figures[2] for figures in STRETCHES.values()) == 5_789
    assert imported.json["out_of_order"] == sum(figures[3] for figures in STRETCHES.values()) == 273


def test_what_is_stored_is_what_arrived_less_the_duplicates(imported: Said, facts: dict[str, Any]) -> None:
    arrived = sum(sum(tags.values()) for tags in facts["arrived"].values())
    stored = sum(sum(tags.values()) for tags in facts["stored"].values())
    traces = {name: one for name, one in imported.json["machines"].items() if name.endswith(" traces")}
    assert arrived == imported.json["observations_total"]
    assert sum(one["duplicates"] for one in traces.values()) == 0
    assert 0 < arrived - stored <= imported.json["duplicates"]


def test_a_second_import_adds_nothing(site: ImportSite, package: Path, facts: dict[str, Any]) -> None:
    rows, taken = site.table_rows(), len(facts["files"])
    again = site.command("import", "nist-tdp", package, "--json")
    report = again.json
    assert again.status == 0
    assert report["files"] == {"in": 0, "known": taken, "refused": 0}
    nothing = ("units", "events", "operations", "inspections", "observations_total", "duplicates", "out_of_order")
    assert [report[name] for name in (*nothing, "quarantined")] == [0] * 8
    assert (report["statuses"], report["observations"], report["machines"]) == ({}, {}, {})
    assert site.facts() == facts
    grown = {name: count - rows[name] for name, count in site.table_rows().items() if count != rows[name]}
    # The account of the second import itself: that it was asked for, and that it knew every file.
    assert grown == {"jobs_job": 1, "intake_importbatch": 1, "intake_importedfile": taken}


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    return ImportSite(tmp_path_factory.mktemp("adapters") / "home")


def test_an_adapter_log_with_conflict_markers_goes_in_without_them(adapters: ImportSite, package: Path) -> None:
    [path] = (package / "adapter").glob("mtc_adapter007*")
    lines = raw_lines(path)
    # Besides the markers, two values of Block_Number stand on a line of their own.
    odd = [number for number, line in enumerate(lines, start=1) if line.strip() and not OBSERVATION.match(line)]
    assert [lines[number - 1].strip() for number in odd if number not in CONFLICT_MARKERS] == [b"2017", b"20175"]
    assert all(lines[number - 1].startswith((b"<<<<<<<", b"=======", b">>>>>>>")) for number in CONFLICT_MARKERS)
    said = adapters.command("import", "shdr", path, "--json")
    report = said.json
    assert said.status == 3
    assert report["files"] == {"in": 1, "known": 0, "refused": 0}
    set_aside = [(one["line"], one["text"]) for one in report["quarantined_lines"]]
    assert set_aside == [(number, lines[number - 1].decode().strip()) for number in odd]
    assert all(f"line {number}: " in said.err for number in odd)
    assert report["observations"] == pairs(lines)


def pairs(lines: list[bytes]) -> dict[str, int]:
    """Count an adapter's lines: a time, then names and values in turn; a condition, told by its level, fills a line."""
    per_tag: Counter[str] = Counter()
    for line in lines:
        time, *fields = line.strip().split(b"|")
        if not re.fullmatch(rb"\d{4}-\d\d-\d\dT[\d:.]+Z", time):
            continue
        if len(fields) == 6 and fields[1].upper() in {b"NORMAL", b"WARNING", b"FAULT", b"UNAVAILABLE"}:
            fields = fields[:2]
        assert len(fields) % 2 == 0, line
        per_tag.update(name.decode() for name in fields[::2])
    return dict(sorted(per_tag.items()))


def test_a_clean_adapter_log_goes_in_whole(adapters: ImportSite, package: Path) -> None:
    [path] = (package / "adapter").glob("mtc_adapter010*")
    said = adapters.command("import", "shdr", path, "--json")
    assert said.status == 0
    assert said.json["quarantined"] == 0
    assert said.json["observations"] == pairs(raw_lines(path))
