"""The builder's own machining: the same bytes each time, readable as a control's, and as disturbed as was planted."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from samegauge.engines.signals.families import family_of, program_trace
from samegauge.engines.signals.intervals import Span
from samegauge.engines.signals.operations import Cause, ToolChange, part_operations
from samegauge.engines.signals.programs import ProgramFacts, match_program
from samegauge.engines.signals.signal import NumericSignal, TextSignal, numeric_signal, text_signal
from samegauge.engines.signals.states import MachineState, machine_states
from samegauge.formats.mtconnect import parse_devices
from samegauge.formats.nc import parse_nc
from samegauge.formats.shdr import BadLine, read_lines
from samegauge.lake.intake import guess_from_name
from samegauge.simulators.builder.company import simulated
from samegauge.simulators.machining.plan import HARDNESS_HB, ITEM, LOAD_PER_HB, MACHINES, planned
from samegauge.simulators.machining.shop import machining

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.formats.shdr import Observation
    from samegauge.simulators.builder.records import Company
    from samegauge.simulators.machining.plan import Job
    from samegauge.simulators.machining.shop import Machining, Written

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def company() -> Company:
    return simulated(7, START)


@pytest.fixture(scope="module")
def made(company: Company) -> Machining:
    return machining(company)


@pytest.fixture(scope="module")
def jobs(company: Company) -> dict[str, Job]:
    return {job.serial: job for day in planned(company) for job in day.jobs}


def observations(file: Written) -> Iterator[Observation]:
    for line in read_lines(file.content):
        assert not isinstance(line, BadLine), line.snippet
        yield from line


def signals(file: Written) -> tuple[dict[str, NumericSignal], dict[str, TextSignal]]:
    said: dict[str, list[Observation]] = defaultdict(list)
    for one in observations(file):
        said[one.tag].append(one)
    numbers, texts = {}, {}
    for tag, found in said.items():
        times = [one.time_ns / 1e9 for one in found]
        values = [one.number for one in found if one.number is not None]
        if len(values) == len(found):
            numbers[tag] = numeric_signal(times, values)
        else:
            texts[tag] = text_signal(times, [one.value for one in found])
    return numbers, texts


def test_the_same_seed_leaves_the_same_bytes_and_another_one_others(company: Company, made: Machining) -> None:
    assert machining(company) == made
    other = machining(simulated(8, START))
    assert {one.content for one in other.traces}.isdisjoint(one.content for one in made.traces)


def test_the_work_lies_between_incoming_inspection_and_assembly(company: Company, jobs: dict[str, Job]) -> None:
    parts = {part.serial: part for part in company.parts}
    built_in = {edge.child: edge.installed_at for edge in company.installations}
    inspected = {one.serial: one.performed_at for one in company.inspections if one.kind == "incoming"}
    assert len(jobs) == 8
    for serial, job in jobs.items():
        assert parts[serial].item == ITEM
        assert inspected[serial] < job.started_at < job.started_at + timedelta(hours=4) < built_in[serial]


def test_no_machine_does_two_things_at_once(company: Company, made: Machining) -> None:
    spans = defaultdict(list)
    for trace in made.traces:
        times = [one.time_ns for one in observations(trace)]
        spans[guess_from_name(trace.name).machine].append((times[0], times[-1]))
    assert set(spans) == set(MACHINES)
    for some in spans.values():
        ordered = sorted(some)
        assert all(end < following for (_start, end), (following, _end) in pairwise(ordered))
    assert len({(day.machine, day.date) for day in planned(company)}) == len(made.logs)


def test_names_say_machine_days_and_trace(made: Machining, jobs: dict[str, Job]) -> None:
    for log in made.logs:
        guess = guess_from_name(log.name)
        assert guess.machine in MACHINES
        assert guess.trace is None
        assert guess.first is not None
        assert guess.end == guess.first + timedelta(days=1)
    for trace in made.traces:
        guess = guess_from_name(trace.name)
        assert (guess.machine, guess.trace) == (jobs[trace.serial].machine, jobs[trace.serial].trace)


def test_a_trace_is_a_stretch_of_its_day(made: Machining) -> None:
    days = b"".join(log.content for log in made.logs)
    assert all(trace.content in days for trace in made.traces)


def test_a_day_has_the_states_that_were_planted(company: Company, made: Machining) -> None:
    for day, log in zip(planned(company), made.logs, strict=True):
        numbers, texts = signals(log)
        family = family_of(frozenset(numbers) | frozenset(texts))
        assert family is not None
        assert family.name == "mazak"
        start_s = day.midnight.timestamp()
        found = machine_states(numbers, texts, Span(start_s, start_s + 86_400.0), family_name="mazak")
        total_s = found.total_s
        emergency_s = sum(stop.lasts_s for job in day.jobs for stop in job.stops if stop.is_emergency)
        assert total_s[MachineState.ALARM] == pytest.approx(emergency_s - 45.0 if emergency_s else 0.0)
        assert total_s[MachineState.SETUP] > 900
        assert total_s[MachineState.OFF] > 12 * 3600
        assert total_s[MachineState.NO_DATA] <= 1.0
        assert total_s[MachineState.RUNNING] > 6500 * len(day.jobs)


def test_each_casting_shows_one_operation_of_the_program_and_what_disturbed_it(
    made: Machining, jobs: dict[str, Job]
) -> None:
    nc = parse_nc(made.program.content, made.program.name)
    assert (nc.revision_hint, nc.operation, nc.length_unit) == ("B", "OP10", "mm")
    calls = tuple(ToolChange(one.line, one.tool) for one in nc.tool_calls if one.tool is not None)
    stored = ProgramFacts("stored", nc.title or "", max(block.line for block in nc.blocks), calls)
    for trace in made.traces:
        job = jobs[trace.serial]
        [operation] = part_operations(program_trace(*signals(trace), "mazak")).operations
        assert operation.completed
        assert operation.main_run is not None
        match = match_program(operation.main_run, [stored])
        assert (match.same_revision, match.matching_changes) == (True, match.observed_changes)
        causes = {one.cause for one in operation.interruptions}
        assert (Cause.HELD in causes) == bool(job.stops)
        assert (Cause.EMERGENCY_STOP in causes) == any(stop.is_emergency for stop in job.stops)
        mean = operation.feed_override_percent.mean
        assert mean is not None
        assert (mean < 99.0) == bool(job.slowed_tool)


def test_the_spindle_load_grows_with_the_hardness_of_the_casting(company: Company, made: Machining) -> None:
    hardness = {
        one.serial: reading.value
        for one in company.inspections
        for reading in one.readings
        if one.kind == "incoming" and reading.key == "hardness"
    }
    found, expected = [], []
    for trace in made.traces:
        numbers = signals(trace)[0]
        load, tool = numbers["Sload"], numbers["Tool_number"]
        by_first = load.time_s < tool.time_s[tool.value > 1.0][0]
        found.append(float(np.median(load.value[by_first & (load.value > 40.0)])))
        expected.append(61.0 * (1.0 + LOAD_PER_HB * (hardness[trace.serial] - HARDNESS_HB)) + 3.0)
    assert found == pytest.approx(expected, abs=2.0)
    assert np.corrcoef(found, expected)[0, 1] > 0.9


def test_the_devices_describe_every_tag_that_is_reported(made: Machining) -> None:
    devices = parse_devices(made.devices.content, made.devices.name).devices
    assert {one.name for one in devices} == set(MACHINES)
    described = {item.name for component in devices[0].all_components() for item in component.data_items}
    reported = {tag for log in made.logs for group in signals(log) for tag in group}
    assert reported == described
