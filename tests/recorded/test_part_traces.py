"""Operations, programs and matches of the 40 recorded parts, against the split files and the stored programs."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from nist_files import plain, recorded
from trace_files import columns_of, first_and_last_s, signals_of, trace_of

from samegauge.engines.signals.assignment import assignment_test, group_test, invariant_features, oddness
from samegauge.engines.signals.evidence import Bearing, Confidence
from samegauge.engines.signals.matching import (
    InspectedUnit,
    TraceLabel,
    inspections_evidence,
    list_evidence,
    machine_evidence,
    match_units,
    odd_parts_evidence,
    order_evidence,
)
from samegauge.engines.signals.operations import Cause, OperationRules, PartOperations, ToolChange, part_operations
from samegauge.engines.signals.programs import ProgramFacts, match_program, run_balance, unusual_units
from samegauge.formats.nc import parse_nc
from samegauge.formats.qif_reader import parse_qif

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.engines.signals.families import ProgramTrace
    from samegauge.formats.qif_model import QifCharacteristic, QifDocument
    from samegauge.formats.shdr import ShdrColumns

FOLDER = "nist-smstestbed/tdp/mtc/"
MACHINES = {"Box": "Hurco02", "Cover": "Hurco04"}
QIF = {
    ("Box", "incoming"): "QIF-IncomingInspection/BoxResults_19_samples.QIF.gz",
    ("Box", "first article"): "FAIR/7_28_2017 8_16_42 AM Box_Results.qif.gz",
    ("Cover", "incoming"): "QIF-IncomingInspection/CoverResults_20_samples.QIF.gz",
    ("Cover", "first article"): "FAIR/7_18_2017 9_24_30 AM Cover_Results.qif.gz",
}


@cache
def part_columns(part: str) -> dict[int, ShdrColumns]:
    files = sorted(recorded(FOLDER + "PartData").glob(f"{part}-*.gz"))
    return {_number(path): columns_of(path) for path in files}


def _number(path: Path) -> int:
    found = re.search(r"-([0-9]{2})of20", path.name)
    assert found is not None
    return int(found[1])


@cache
def whole_machine(part: str) -> ProgramTrace:
    return trace_of(list(part_columns(part).values()))


@cache
def found_operations(part: str) -> dict[int, PartOperations]:
    background = whole_machine(part)
    return {
        number: part_operations(trace_of([columns]), background=background)
        for number, columns in part_columns(part).items()
    }


def split_spans(part: str, number: int) -> list[tuple[str, float, float]]:
    files = recorded(FOLDER + "Split").glob(f"{part}-O*-{MACHINES[part]}-{number:02d}of20.txt.gz")
    found = [(path.name.split("-")[1].upper(), *first_and_last_s(columns_of(path))) for path in files]
    return sorted(found, key=lambda one: one[1])


@cache
def stored_programs(part: str) -> tuple[ProgramFacts, ...]:
    files = sorted(recorded(FOLDER + "NC-Code").glob(f"*{part.upper()}*"))
    facts = []
    for path in files:
        program = parse_nc(plain(path), path.name)
        calls = tuple(ToolChange(one.line, one.tool) for one in program.tool_calls if one.tool is not None)
        facts.append(ProgramFacts(path.name.split(".")[0], program.title or path.name, program.blocks[-1].line, calls))
    return tuple(facts)


@cache
def inspection(part: str, kind: str) -> tuple[QifDocument, tuple[int, ...]]:
    path = recorded(FOLDER + QIF[part, kind])
    doc = parse_qif(plain(path), path.name)
    serials = [one.serial or one.derived_serial or "" for one in doc.results]
    return doc, tuple(int(re.sub(r".*_A([0-9]+)_.*", r"\1", serial)) for serial in serials)


def measured(part: str, kind: str) -> dict[tuple[str, float], np.ndarray]:
    """Values of like characteristics (same kind, same nominal or zone) as tables of parts by features."""
    doc, numbers = inspection(part, kind)
    values: dict[str, list[float]] = {}
    for result in doc.results:
        for one in result.measurements:
            values.setdefault(one.characteristic_key, []).append(np.nan if one.value is None else one.value)
    tables: dict[tuple[str, float], list[list[float]]] = {}
    for characteristic in doc.characteristics:
        if len(values[characteristic.key]) == len(numbers) and characteristic.designator != "Part Number":
            tables.setdefault(likeness(characteristic), []).append(values[characteristic.key])
    return {key: np.array(columns).T for key, columns in tables.items()}


def likeness(characteristic: QifCharacteristic) -> tuple[str, float]:
    if characteristic.nominal is None:
        return characteristic.kind, characteristic.zone or 0.0
    return "size", round(characteristic.nominal, 1)


@pytest.mark.parametrize(("part", "count"), [("Box", 84), ("Cover", 60)])
def test_operations_are_those_of_the_split_files_to_the_reading(part: str, count: int) -> None:
    compared = 0
    for number, found in found_operations(part).items():
        truth = split_spans(part, number)
        assert len(found.operations) == len(truth)
        for (_, start, end), operation in zip(truth, found.operations, strict=True):
            assert (operation.readings.start_s, operation.readings.end_s) == (start, end)
            compared += 1
    assert compared == count


@pytest.mark.parametrize(("break_s", "same"), [(2100.0, True), (6000.0, True), (1500.0, False), (7000.0, False)])
def test_agreement_holds_for_a_range_of_the_break_not_for_every_one(break_s: float, same: bool) -> None:  # noqa: FBT001
    agreed = all(
        len(part_operations(trace_of([columns]), rules=OperationRules(break_s=break_s)).operations)
        == len(split_spans(part, number))
        for part in MACHINES
        for number, columns in part_columns(part).items()
    )
    assert agreed is same


def test_series_part_runs_as_long_as_its_control_counts() -> None:
    """From part 9 on the box's last operation takes 80 minutes; counter and clock agree within the waiting found."""
    for number in (9, 10, 11, 12, 13, 15, 17, 18, 19, 20):
        last = found_operations("Box")[number].operations[-1]
        assert last.cycle_time_s == pytest.approx(4803.0, abs=6.0)
        assert last.counted_s == pytest.approx(last.running_s, abs=15.0)
        assert last.feed_override_percent.mean == pytest.approx(100.0, abs=0.5)
        assert last.completed
        assert 0.85 < last.cutting_s / last.running_s < 0.95


def test_disturbed_first_part_shows_its_disturbances() -> None:
    last = found_operations("Box")[1].operations[-1]
    seconds = dict.fromkeys(Cause, 0.0)
    for one in last.interruptions:
        seconds[one.cause] += one.span.duration_s
    assert last.cycle_time_s == pytest.approx(15_768.3, abs=0.1)
    assert last.running_s == pytest.approx(7763.7, abs=0.1)
    assert seconds[Cause.STOPPED] == pytest.approx(5774.9, abs=0.1)
    assert seconds[Cause.WAITING] == pytest.approx(2229.6, abs=0.1)
    assert len(last.runs) == 2
    assert [run.completed for run in last.runs] == [False, True]


def test_programs_and_their_revisions_are_recognised_by_content() -> None:
    matched = {
        (number, place): match_program(operation.main_run, stored_programs("Box"))
        for number, found in found_operations("Box").items()
        for place, operation in enumerate(one for one in found.operations if one.main_run is not None)
        if operation.main_run is not None
    }
    names = [f"OP{place}" for place in (1, 2, 3, 5)]
    # From part 6 on every operation but the few named ran the stored revision, though the control seldom named it.
    other = {(8, 0), (13, 0), (20, 0), (20, 2)}
    for number in range(6, 21):
        for place, name in enumerate(names):
            if (number, place) in other:
                continue
            found = matched[number, place]
            assert found.program is not None
            assert name in found.program.key
            assert found.same_revision
    assert sum(one.confidence is Confidence.STATED for one in matched.values()) == 10
    # The first parts ran earlier revisions of OP2 and OP3: other last lines, some tool changes at other lines.
    for number in (1, 2, 3, 4, 5):
        found = matched[number, 1]
        assert found.program is not None
        assert "OP2" in found.program.key
        assert found.same_revision is False


def test_third_operation_is_filed_with_the_wrong_parts_at_the_end() -> None:
    """20 complete runs for 20 parts, yet file 16 holds two and file 20 none: from there the files may be one off."""
    runs = [
        (number, run.span.start_s)
        for number, found in found_operations("Box").items()
        for operation in found.operations
        for run in operation.runs
        if run.completed
        and (program := match_program(run, stored_programs("Box")).program) is not None
        and "OP3" in program.key
    ]
    balance = run_balance("OP3", runs, range(1, 21))
    assert {unit: count for unit, count in balance.runs_per_unit.items() if count != 1} == {16: 2, 20: 0}
    assert [(one.unit_by_file, one.unit_by_order) for one in balance.conflicts] == [
        (16, 17),
        (17, 18),
        (18, 19),
        (19, 20),
    ]


@pytest.mark.parametrize(
    ("part", "machine", "fitting"), [("Box", "Hurco02", {"Hurco02"}), ("Cover", "Hurco04", {"Hurco01", "Hurco04"})]
)
def test_counters_name_the_machine(part: str, machine: str, fitting: set[str]) -> None:
    """Spindle hours alone leave two machines for the covers; but one log goes on where their counters end."""
    counters = signals_of(list(part_columns(part).values()))[0]
    logs = {
        name: signals_of([columns_of(path) for path in sorted(recorded(f"nist-smstestbed/raw/{name}").glob("*.gz"))])[0]
        for name in ("Hurco01", "Hurco02", "Hurco04")
    }
    hours = machine_evidence(
        counters["Spindle_Time"], {name: log["Spindle_Time"] for name, log in logs.items()}, "Spindle_Time"
    )
    assert {name for name, one in hours.items() if one.bearing is Bearing.SUPPORTS} == fitting
    parts = machine_evidence(counters["Part_Count"], {name: log["Part_Count"] for name, log in logs.items()}, "parts")
    assert parts[machine].bearing is Bearing.SUPPORTS
    for found in (hours, parts):
        going_on = {name for name, one in found.items() if one.code == "counter_continues"}
        assert going_on == ({"Hurco04"} if part == "Cover" else set())


@pytest.mark.parametrize(("part", "ranked_first", "least_score"), [("Box", 6, 4.5), ("Cover", 11, 7.0)])
def test_both_inspections_measured_the_same_parts(part: str, ranked_first: int, least_score: float) -> None:
    first, second = measured(part, "incoming"), measured(part, "first article")
    one, other = inspection(part, "incoming")[1], inspection(part, "first article")[1]
    assert set(one) == set(other)
    numbers = sorted(one)
    left, right = [one.index(n) for n in numbers], [other.index(n) for n in numbers]
    # Only patterns that both inspections measured as a group, or both as a single feature, can be compared.
    keys = [key for key in first if key in second and (first[key].shape[1] == 1) == (second[key].shape[1] == 1)]
    test = assignment_test(
        np.hstack([invariant_features(first[key][left]) for key in keys]),
        np.hstack([invariant_features(second[key][right]) for key in keys]),
    )
    assert test.p_value < 1e-4
    assert test.score > least_score
    assert max(figure for _, figure in test.shift_statistics) < 0.35 * test.statistic
    # As a whole certain, for a single part mostly not: the parts are too much alike.
    assert sum(rank == 1 for rank in test.rank) == ranked_first
    codes = {one.code for one in inspections_evidence(test, numbers)[numbers[0]] if one.bearing is Bearing.SUPPORTS}
    assert "inspections_agree" in codes


@pytest.mark.parametrize("part", ["Box", "Cover"])
def test_trace_and_inspected_part_are_tied_by_numbering_only(part: str) -> None:
    operations = found_operations(part)
    traces = [
        TraceLabel(
            f"{number:02d}of20",
            number,
            {split_spans(part, number)[place][0]: one.readings.start_s for place, one in enumerate(found.operations)},
        )
        for number, found in operations.items()
    ]
    numbers = inspection(part, "incoming")[1]
    units = [InspectedUnit(f"A{number:02d}", number, stated=True) for number in numbers]
    odd = unusual_units(operations)
    scores = oddness(np.hstack(list(measured(part, "incoming").values())))
    test = group_test([number in odd for number in numbers], scores)
    link = odd_parts_evidence(test, "incoming")
    assert order_evidence(traces).figure == 0.0
    assert list_evidence(units, traces).bearing is Bearing.SUPPORTS
    assert 0.05 < test.p_value < 0.25
    matches = match_units(units, traces, shared=[link, order_evidence(traces), list_evidence(units, traces)])
    assert {one.confidence for one in matches} == {Confidence.UNCERTAIN}
    assert all(one.trace is not None and int(one.trace[:2]) == int(one.unit[1:]) for one in matches)
