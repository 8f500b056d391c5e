"""The operations of one part, worked out from what its machine reported."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.signals.families import PHASES, Phase, ProgramTrace
from samegauge.engines.signals.intervals import (
    Span,
    counted_runtime_s,
    held_statistics,
    length_s,
    moving_time_s,
    phase_spans,
    silences,
    spans_where,
    without,
)
from samegauge.engines.signals.signal import TextSignal, all_times
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from samegauge.engines.signals.intervals import HeldStatistics

# Names a control shows while nothing of the part is loaded.
_SCRATCH_PREFIX = "NONAME"
_TRIGGERED = "TRIGGERED"


class Cause(Enum):
    """Why an operation stood still."""

    HELD = "feed_hold"
    STOPPED = "program_stopped"
    BETWEEN_RUNS = "between_runs"
    EMERGENCY_STOP = "emergency_stop"
    OVERRIDE_ZERO = "feed_override_zero"
    WAITING = "waiting_in_program"
    NO_DATA = "no_data"


class ProgramSource(Enum):
    """How a program's name is known: the control said that it runs, that it is loaded, or said so some time before."""

    RUNNING = "running"
    LOADED = "loaded"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class OperationRules:
    """`break_s` of silence ends an operation whose program is complete; an unfinished one or a set-up waits `carry_s`.

    While a program runs, `silence_s` without any reading is a stand-still or lost data.
    """

    break_s: float = 3600.0
    carry_s: float = 172_800.0
    silence_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ToolChange:
    """`block` is the block being executed while the tool came in: the place of its M6 in the program."""

    block: int
    tool: int


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a program; `start_stated` is False where the control's "active" is missing from the record."""

    span: Span
    completed: bool
    start_stated: bool
    program: str | None
    program_source: ProgramSource | None
    last_block: int | None
    counted_s: float
    tools: tuple[int, ...]
    tool_changes: tuple[ToolChange, ...]


@dataclass(frozen=True, slots=True)
class Interruption:
    cause: Cause
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """Times in seconds of the trace's own clock. `readings` is what was recorded, `span` what the program took.

    An operation without a run was only prepared: `span` is None, all durations are zero. `tools` are in order of use.
    """

    readings: Span
    reading_count: int
    span: Span | None
    completed: bool
    runs: tuple[Run, ...]
    main_run: Run | None
    cycle_time_s: float
    running_s: float
    cutting_s: float
    counted_s: float
    interruptions: tuple[Interruption, ...]
    feed_override_percent: HeldStatistics
    rapid_override_percent: HeldStatistics
    tools: tuple[int, ...]
    part_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PartOperations:
    operations: tuple[Operation, ...]
    method: Method


@dataclass(frozen=True, slots=True)
class _Stretch:
    span: Span
    has_run: bool
    unfinished: bool
    names: frozenset[str]


_RULES = OperationRules()


def part_operations(
    trace: ProgramTrace, *, rules: OperationRules = _RULES, background: ProgramTrace | None = None
) -> PartOperations:
    """Which operations were done on a part, when, how long, and what disturbed them?

    Parameters
    ----------
    trace : ProgramTrace
        All readings recorded for one part [s; as reported].
    rules : OperationRules
        Lengths of silence that separate and that count [s].
    background : ProgramTrace, optional
        All readings of the same machine, other parts' included: an override dial or a program name set earlier is
        found there [s; as reported].

    Returns
    -------
    PartOperations
        Operations in order of time, each reading in exactly one of them [s].

    Raises
    ------
    TooFewValuesError
        The trace holds no reading.
    InvalidOptionError
        A length of silence that is not positive.

    Notes
    -----
    Readings are cut where nothing was reported for `break_s`. Neighbouring pieces are joined again, at most `carry_s`
    apart, when the earlier one left its program unfinished, or when it holds no run at all (a set-up, an old snapshot)
    and does not name another program. Cycle time runs from the first start to the last end, interruptions included;
    cutting time is the part of it with program running, spindle turning and path moving (rapid moves included).
    The control's runtime counter starts each run with the last value of the run before and repeats an old value at
    some full minutes; both are left out of `counted_s`.

    Examples
    --------
    >>> from samegauge.engines.signals.families import program_trace
    >>> from samegauge.engines.signals.signal import text_signal
    >>> status = text_signal([0.0, 100.0, 9000.0, 9060.0], ["ACTIVE", "PROGRAM_COMPLETED"] * 2)
    >>> found = part_operations(program_trace({}, {"Program_Status": status})).operations
    >>> [operation.cycle_time_s for operation in found]
    [100.0, 60.0]

    References
    ----------
    MTConnect Part 3.0, version 1.3, EXECUTION. VDI 3423:2011 (times of a machine tool, in spirit).
    """
    if min(rules.break_s, rules.carry_s, rules.silence_s) <= 0.0:
        raise InvalidOptionError("Lengths of silence must be positive.", "靜默時間必須大於 0。")
    times = all_times(trace.signals())
    if not times.size:
        raise TooFewValuesError("The trace holds no reading.", "加工紀錄中沒有任何讀值。")
    spans = list(_joined(_stretches(trace, times, rules), rules))
    return PartOperations(
        tuple(_operation(trace, times, span, rules, background or trace) for span in spans),
        Method(
            name="operations from machine readings",
            reference="MTConnect 1.3 EXECUTION",
            estimator="pieces between silences, joined while a program is unfinished",
            constants={"break_s": rules.break_s, "carry_s": rules.carry_s, "silence_s": rules.silence_s},
            sample_size=int(times.size),
            assumed=("the two lengths of silence were chosen on the recorded box and cover parts",),
        ),
    )


def _stretches(trace: ProgramTrace, times: NDArray[np.float64], rules: OperationRules) -> Iterator[_Stretch]:
    edges = np.flatnonzero(np.diff(times) > rules.break_s)
    starts = np.concatenate(([0], edges + 1))
    ends = np.concatenate((edges, [times.size - 1]))
    for start, end in zip(times[starts], times[ends], strict=True):
        span = Span(float(start), float(end))
        phases = _phases(trace, span)
        running = [one for one, phase in phases if phase is Phase.RUNNING]
        completed = [one.start_s for one, phase in phases if phase is Phase.COMPLETED]
        names = frozenset(name for name in _names(trace, span) if not name.startswith(_SCRATCH_PREFIX))
        yield _Stretch(
            span,
            bool(running or completed),
            bool(running) and (not completed or running[-1].start_s > completed[-1]),
            names,
        )


def _joined(stretches: Iterator[_Stretch], rules: OperationRules) -> Iterator[Span]:
    current: _Stretch | None = None
    for one in stretches:
        if current is not None and _belongs(current, one, rules):
            current = _Stretch(
                Span(current.span.start_s, one.span.end_s),
                current.has_run or one.has_run,
                one.unfinished if one.has_run else current.unfinished,
                current.names | one.names,
            )
            continue
        if current is not None:
            yield current.span
        current = one
    if current is not None:
        yield current.span


def _belongs(earlier: _Stretch, later: _Stretch, rules: OperationRules) -> bool:
    if later.span.start_s - earlier.span.end_s > rules.carry_s:
        return False
    if earlier.unfinished:
        return True
    other_program = bool(earlier.names and later.names and not earlier.names & later.names)
    return not earlier.has_run and not other_program


def _names(trace: ProgramTrace, span: Span) -> Iterator[str]:
    for signal in (trace.program_running, trace.program_loaded):
        yield from (name for name in signal.clipped(span.start_s, span.end_s).value if name)


def _phases(trace: ProgramTrace, span: Span) -> list[tuple[Span, Phase]]:
    """Phases within the span; before the first word of the control, a counting runtime shows that it ran."""
    words = trace.execution.clipped(span.start_s, span.end_s)
    first_word = float(words.time_s[0]) if words.value else span.end_s
    runtime = trace.runtime_s.clipped(span.start_s, first_word)
    ticks = runtime.time_s[1:][np.diff(runtime.value) == 1.0]
    if ticks.size and (not words.value or PHASES.get(words.value[0]) is not Phase.RUNNING):
        words = TextSignal(np.concatenate((ticks[:1] - 1.0, words.time_s)), ("ACTIVE", *words.value))
    return phase_spans(words, span.end_s)


def _operation(
    trace: ProgramTrace, times: NDArray[np.float64], readings: Span, rules: OperationRules, background: ProgramTrace
) -> Operation:
    inside = times[(times >= readings.start_s) & (times <= readings.end_s)]
    phases = _phases(trace, readings)
    running = [one for one, phase in phases if phase is Phase.RUNNING]
    quiet = silences(inside, running, rules.silence_s)
    working = without(running, quiet)
    runs = tuple(_runs(trace, phases, background, readings.start_s))
    span = Span(running[0].start_s, running[-1].end_s) if running else None
    completed_runs = [one for one in runs if one.completed]
    main = max(completed_runs or runs, key=lambda one: one.span.duration_s, default=None)
    return Operation(
        readings=readings,
        reading_count=int(inside.size),
        span=span,
        completed=bool(runs) and runs[-1].completed,
        runs=runs,
        main_run=main,
        cycle_time_s=span.duration_s if span is not None else 0.0,
        running_s=length_s(working),
        cutting_s=moving_time_s(trace.spindle_speed, trace.feed_rate, working),
        counted_s=sum(one.counted_s for one in runs),
        interruptions=tuple(_interruptions(trace, phases, running, quiet, span)) if span is not None else (),
        feed_override_percent=held_statistics(background.feed_override_percent, working),
        rapid_override_percent=held_statistics(background.rapid_override_percent, working),
        tools=_tools(trace, readings),
        part_counts=_whole(trace.part_count.clipped(readings.start_s, readings.end_s).value),
    )


def _runs(
    trace: ProgramTrace, phases: Sequence[tuple[Span, Phase]], background: ProgramTrace, since_s: float
) -> Iterator[Run]:
    start: Span | None = None
    for span, phase in phases:
        if phase is Phase.RUNNING:
            start = start or span
        elif start is not None and phase is not Phase.HELD:
            yield _run(
                trace, Span(start.start_s, span.start_s), background, since_s, completed=phase is Phase.COMPLETED
            )
            start = None
    if start is not None:
        yield _run(trace, Span(start.start_s, phases[-1][0].end_s), background, since_s, completed=False)


def _run(trace: ProgramTrace, span: Span, background: ProgramTrace, since_s: float, *, completed: bool) -> Run:
    blocks = trace.block.clipped(span.start_s, span.end_s).value
    blocks = blocks[np.isfinite(blocks)]
    program, source = _program(trace, span, background, since_s)
    return Run(
        span=span,
        completed=completed,
        start_stated=bool(trace.execution.clipped(span.start_s, span.start_s).value),
        program=program,
        program_source=source,
        last_block=int(blocks.max()) if blocks.size else None,
        counted_s=counted_runtime_s(trace.runtime_s.clipped(span.start_s, span.end_s)),
        tools=_tools(trace, span),
        tool_changes=tuple(_tool_changes(trace, span)),
    )


def _tool_changes(trace: ProgramTrace, span: Span) -> Iterator[ToolChange]:
    tools = trace.tool.clipped(span.start_s, span.end_s)
    blocks = trace.block.clipped(span.start_s, span.end_s).held(tools.time_s)
    for tool, block in zip(tools.value, blocks, strict=True):
        if np.isfinite(block) and tool > 0.0:
            yield ToolChange(int(block), int(tool))


def _program(
    trace: ProgramTrace, span: Span, background: ProgramTrace, since_s: float
) -> tuple[str | None, ProgramSource | None]:
    """Name in force during the run: a control may tell it a moment after it has started."""
    stated = [name for name in trace.program_running.clipped(span.start_s, span.end_s).value if name]
    if stated:
        return stated[-1], ProgramSource.RUNNING
    loaded = [
        name
        for name in trace.program_loaded.clipped(since_s, span.start_s).value
        if name and not name.startswith(_SCRATCH_PREFIX)
    ]
    if loaded:
        return loaded[-1], ProgramSource.LOADED
    carried = background.program_running.held(span.end_s)
    return (carried, ProgramSource.CARRIED) if carried else (None, None)


def _tools(trace: ProgramTrace, span: Span) -> tuple[int, ...]:
    """Pockets in order; 0 means that the spindle is empty while tools are changed."""
    numbers = _whole(trace.tool.clipped(span.start_s, span.end_s).value)
    used = [number for number in numbers if number > 0]
    return tuple(number for place, number in enumerate(used) if place == 0 or used[place - 1] != number)


def _whole(values: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(int(value) for value in values[np.isfinite(values)])


def _interruptions(
    trace: ProgramTrace,
    phases: Sequence[tuple[Span, Phase]],
    running: Sequence[Span],
    quiet: Sequence[Span],
    whole: Span,
) -> Iterator[Interruption]:
    causes = {Phase.HELD: Cause.HELD, Phase.STOPPED: Cause.STOPPED}
    found: list[Interruption] = []
    for span, phase in phases:
        if phase is not Phase.RUNNING and span.start_s < whole.end_s and span.start_s >= whole.start_s:
            found.append(Interruption(causes.get(phase, Cause.BETWEEN_RUNS), span))
    for span in quiet:
        counted = counted_runtime_s(trace.runtime_s.clipped(span.start_s, span.end_s))
        # A counter that went on shows that the program did too: then readings are missing, not work.
        cause = Cause.NO_DATA if counted > span.duration_s / 2.0 else Cause.WAITING
        found.append(Interruption(cause, span))
    found.extend(
        Interruption(Cause.OVERRIDE_ZERO, span)
        for span in spans_where(trace.feed_override_percent, running, at_most=0.0)
    )
    found.extend(Interruption(Cause.EMERGENCY_STOP, span) for span in _triggered(trace.emergency_stop, whole))
    yield from sorted(found, key=lambda one: one.span.start_s)


def _triggered(signal: TextSignal, whole: Span) -> Iterator[Span]:
    for place, (start, word) in enumerate(zip(signal.time_s, signal.value, strict=True)):
        if word == _TRIGGERED and whole.start_s <= start < whole.end_s:
            end = signal.time_s[place + 1] if place + 1 < signal.time_s.size else whole.end_s
            yield Span(float(start), float(min(end, whole.end_s)))
