"""What a machine did all day: intervals of state, with gaps that stay gaps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.signals.families import MANUAL_MODES, PHASES, UNAVAILABLE, Phase, TagFamily, family
from samegauge.engines.signals.intervals import Span
from samegauge.engines.signals.signal import EMPTY_TEXT, NumericSignal, TextSignal, all_times
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

_FAULT, _WARNING = "fault", "warning"
_TRIGGERED, _OFF = "TRIGGERED", "OFF"


class MachineState(Enum):
    RUNNING = "running"
    WAITING = "waiting"
    SETUP = "setup"
    ALARM = "alarm"
    OFF = "off"
    NO_DATA = "no_data"


class Reason(Enum):
    """Why the state is what it is, as a key for the texts of the page."""

    PROGRAM_ACTIVE = "program_active"
    ACTIVE_IN_MANUAL_MODE = "active_in_manual_mode"
    MOVED_BY_HAND = "moved_by_hand"
    FEED_HOLD = "feed_hold"
    PROGRAM_STOPPED = "program_stopped"
    PROGRAM_COMPLETED = "program_completed"
    READY = "ready"
    EMERGENCY_STOP = "emergency_stop"
    FAULT = "fault"
    POWER_OFF = "power_off"
    UNAVAILABLE = "unavailable"
    SILENT_WHILE_RUNNING = "silent_while_running"
    OUTSIDE_RECORD = "outside_record"


@dataclass(frozen=True, slots=True)
class StateRules:
    """A running machine silent for `silence_s` has lost its link; movement counts for `motion_s` after each change."""

    silence_s: float = 120.0
    motion_s: float = 60.0


@dataclass(frozen=True, slots=True)
class StateInterval:
    state: MachineState
    reason: Reason
    span: Span


@dataclass(frozen=True, slots=True)
class AlarmSpan:
    """One condition of the control from its appearance to the next reading of the same tag; `text` as reported."""

    tag: str
    level: str
    code: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class DayStates:
    """Intervals cover the window without overlap; `total_s` holds every state, zero included."""

    window: Span
    intervals: tuple[StateInterval, ...]
    total_s: Mapping[MachineState, float]
    alarms: tuple[AlarmSpan, ...]
    method: Method


_RULES = StateRules()


def machine_states(
    numbers: Mapping[str, NumericSignal],
    texts: Mapping[str, TextSignal],
    window: Span,
    *,
    family_name: str,
    rules: StateRules = _RULES,
) -> DayStates:
    """In which state was a machine, from when to when?

    Parameters
    ----------
    numbers : mapping of str to NumericSignal
        Readings that are numbers, by tag [s; as reported].
    texts : mapping of str to TextSignal
        Readings that are words, by tag; conditions as `Level|code|severity|qualifier|text` [s].
    window : Span
        Time to account for, such as a day [s].
    family_name : {"hurco", "mazak", "agie"}
        Tag family, which decides the rules [1].
    rules : StateRules
        Lengths of silence and movement [s].

    Returns
    -------
    DayStates
        Intervals, totals and alarms [s].

    Raises
    ------
    InvalidOptionError
        Unknown family, an empty window, or a length that is not positive.

    Notes
    -----
    In this order: outside the record, unavailable or without a word of the control: no data; power off: off; emergency
    stop or a fault: alarm; program active: running, in a manual mode set-up; silent while running: no data; otherwise
    movement by hand: set-up, else waiting. Values hold until the next reading, also those older than the window (the
    snapshot a log starts with). After the last reading nothing is known. No data is never counted as standing still.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import text_signal
    >>> words = {"execution": text_signal([10.0, 40.0, 60.0], ["ACTIVE", "READY", "READY"])}
    >>> day = machine_states({}, words, Span(0.0, 100.0), family_name="agie")
    >>> [(one.state.value, one.span.duration_s) for one in day.intervals]
    [('no_data', 10.0), ('running', 30.0), ('waiting', 20.0), ('no_data', 40.0)]

    References
    ----------
    MTConnect Part 3.0, version 1.3, EXECUTION, CONTROLLER_MODE. ISO 22400-2:2014 (in spirit).
    """
    tags = family(family_name)
    if window.duration_s <= 0.0 or min(rules.silence_s, rules.motion_s) <= 0.0:
        raise InvalidOptionError("The window and the lengths of time must be positive.", "時間窗與時間長度必須大於 0。")
    times = all_times((*numbers.values(), *texts.values()))
    times = times[times <= window.end_s]
    conditions = {tag: signal for tag, signal in texts.items() if _is_condition(signal)}
    alarms = tuple(sorted(_alarms(conditions, window), key=lambda one: one.span.start_s))
    moving = _moving_spans([numbers[tag] for tag in tags.motion if tag in numbers], window, rules.motion_s)
    silent = _silent_spans(times, window, rules.silence_s)
    known = _known_span(times, window)
    faults = [one.span for one in alarms if one.level == _FAULT]
    roles = _roles(texts, tags)
    edges = _edges(window, [signal.time_s for signal in roles.values()], [*moving, *silent, *faults, known])
    held = {role: _held_words(signal, edges[:-1]) for role, signal in roles.items()}
    masks = {
        "known": _covered(edges, [known]),
        "moving": _covered(edges, moving),
        "silent": _covered(edges, silent),
        "fault": _covered(edges, faults),
    }
    intervals = tuple(_merged(edges, [_decided(place, held, masks) for place in range(edges.size - 1)]))
    totals = {
        state: float(sum(one.span.duration_s for one in intervals if one.state is state)) for state in MachineState
    }
    return DayStates(window, intervals, totals, alarms, _method(tags, rules, int(times.size)))


def _method(tags: TagFamily, rules: StateRules, readings: int) -> Method:
    return Method(
        name="machine states of a day",
        reference="MTConnect 1.3 EXECUTION and CONTROLLER_MODE",
        estimator="words of the control, held until the next reading",
        constants={"silence_s": rules.silence_s, "motion_s": rules.motion_s},
        rule_set=f"tag family {tags.name}",
        sample_size=readings,
        assumed=("movement without an active program is set-up",),
    )


def _roles(texts: Mapping[str, TextSignal], tags: TagFamily) -> dict[str, TextSignal]:
    names = {
        "execution": tags.execution,
        "mode": tags.mode,
        "availability": tags.availability,
        "emergency_stop": tags.emergency_stop,
        "power": tags.power,
    }
    return {role: texts.get(tag, EMPTY_TEXT) for role, tag in names.items()}


def _decided(
    place: int, held: Mapping[str, Sequence[str]], masks: Mapping[str, NDArray[np.bool_]]
) -> tuple[MachineState, Reason]:
    phase = PHASES.get(held["execution"][place], Phase.UNKNOWN)
    unknown = _not_known(place, held, known=bool(masks["known"][place]), phase=phase)
    if unknown is not None:
        return unknown
    if held["emergency_stop"][place] == _TRIGGERED:
        return MachineState.ALARM, Reason.EMERGENCY_STOP
    if masks["fault"][place]:
        return MachineState.ALARM, Reason.FAULT
    if phase is Phase.RUNNING:
        return _while_active(by_hand=held["mode"][place] in MANUAL_MODES, silent=bool(masks["silent"][place]))
    if phase is not Phase.HELD and masks["moving"][place]:
        return MachineState.SETUP, Reason.MOVED_BY_HAND
    return MachineState.WAITING, _WAITING[phase]


def _not_known(
    place: int, held: Mapping[str, Sequence[str]], *, known: bool, phase: Phase
) -> tuple[MachineState, Reason] | None:
    if not known:
        return MachineState.NO_DATA, Reason.OUTSIDE_RECORD
    if held["power"][place] == _OFF:
        return MachineState.OFF, Reason.POWER_OFF
    if held["availability"][place] == UNAVAILABLE or phase is Phase.UNKNOWN:
        return MachineState.NO_DATA, Reason.UNAVAILABLE
    return None


_WAITING = {
    Phase.HELD: Reason.FEED_HOLD,
    Phase.STOPPED: Reason.PROGRAM_STOPPED,
    Phase.COMPLETED: Reason.PROGRAM_COMPLETED,
    Phase.READY: Reason.READY,
}


def _while_active(*, by_hand: bool, silent: bool) -> tuple[MachineState, Reason]:
    if silent:
        return MachineState.NO_DATA, Reason.SILENT_WHILE_RUNNING
    if by_hand:
        return MachineState.SETUP, Reason.ACTIVE_IN_MANUAL_MODE
    return MachineState.RUNNING, Reason.PROGRAM_ACTIVE


def _merged(edges: NDArray[np.float64], decided: Sequence[tuple[MachineState, Reason]]) -> Iterator[StateInterval]:
    first = 0
    for place in range(1, len(decided) + 1):
        if place == len(decided) or decided[place] != decided[first]:
            state, reason = decided[first]
            yield StateInterval(state, reason, Span(float(edges[first]), float(edges[place])))
            first = place


def _edges(window: Span, times: Sequence[NDArray[np.float64]], spans: Sequence[Span]) -> NDArray[np.float64]:
    ends = np.array([edge for span in spans for edge in (span.start_s, span.end_s)], dtype=np.float64)
    every = np.concatenate([*times, ends])
    inside = every[(every > window.start_s) & (every < window.end_s)]
    return np.unique(np.concatenate([inside, [window.start_s, window.end_s]]))


def _held_words(signal: TextSignal, times_s: NDArray[np.float64]) -> list[str]:
    places = np.searchsorted(signal.time_s, times_s, side="right") - 1
    return [signal.value[place] if place >= 0 else "" for place in places]


def _covered(edges: NDArray[np.float64], spans: Sequence[Span]) -> NDArray[np.bool_]:
    starts = edges[:-1]
    covered = np.zeros(starts.size, dtype=np.bool_)
    for span in spans:
        covered |= (starts >= span.start_s) & (starts < span.end_s)
    return covered


def _known_span(times: NDArray[np.float64], window: Span) -> Span:
    inside = times[times >= window.start_s]
    if not inside.size:
        return Span(window.start_s, window.start_s)
    # A reading older than the window is the snapshot a log starts with: it holds from the start of the window.
    start = window.start_s if times[0] < window.start_s else float(inside[0])
    return Span(start, float(inside[-1]))


def _silent_spans(times: NDArray[np.float64], window: Span, longest_s: float) -> list[Span]:
    gaps = np.flatnonzero(np.diff(times) > longest_s)
    return [
        Span(max(float(times[gap]), window.start_s), float(times[gap + 1]))
        for gap in gaps
        if times[gap + 1] > window.start_s
    ]


def _moving_spans(signals: Sequence[NumericSignal], window: Span, hold_s: float) -> list[Span]:
    changes = [_change_times(signal) for signal in signals if signal.time_s.size > 1]
    if not changes:
        return []
    times = np.sort(np.concatenate(changes))
    times = times[(times >= window.start_s - hold_s) & (times < window.end_s)]
    if not times.size:
        return []
    breaks = np.flatnonzero(np.diff(times) > hold_s)
    starts = times[np.concatenate(([0], breaks + 1))]
    ends = times[np.concatenate((breaks, [times.size - 1]))] + hold_s
    return [
        Span(max(float(start), window.start_s), min(float(end), window.end_s))
        for start, end in zip(starts, ends, strict=True)
    ]


def _change_times(signal: NumericSignal) -> NDArray[np.float64]:
    step = np.diff(signal.value)
    return signal.time_s[1:][np.isfinite(step) & (step != 0.0)]


def _is_condition(signal: TextSignal) -> bool:
    return any("|" in value for value in signal.value)


def _alarms(conditions: Mapping[str, TextSignal], window: Span) -> Iterator[AlarmSpan]:
    for tag, signal in conditions.items():
        for place, value in enumerate(signal.value):
            level, code, _, _, text = (*value.split("|", 4), "", "", "", "")[:5]
            if level.lower() not in {_FAULT, _WARNING}:
                continue
            start = max(float(signal.time_s[place]), window.start_s)
            later = float(signal.time_s[place + 1]) if place + 1 < signal.time_s.size else window.end_s
            end = min(later, window.end_s)
            if end > start:
                yield AlarmSpan(tag, level.lower(), code, text.strip(), Span(start, end))
