"""Spans of time and what a signal did in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.signals.families import PHASES, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from samegauge.engines.signals.signal import NumericSignal, TextSignal

_TICK_SLACK_S = 2.0  # a counter of whole seconds may be read up to this much late


@dataclass(frozen=True, slots=True, order=True)
class Span:
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class HeldStatistics:
    """Time-weighted; None where no reading was in force. `known_s` is the time the figures cover."""

    mean: float | None
    minimum: float | None
    maximum: float | None
    known_s: float


def length_s(spans: Iterable[Span]) -> float:
    """How long are spans together?

    Parameters
    ----------
    spans : iterable of Span
        Spans that do not overlap [s].

    Returns
    -------
    float
        Sum of their lengths [s].

    Notes
    -----
    Overlapping parts would count twice.

    Examples
    --------
    >>> length_s([Span(0.0, 2.0), Span(5.0, 6.0)])
    3.0

    References
    ----------
    None: a sum.
    """
    return float(sum(span.duration_s for span in spans))


def phase_spans(words: TextSignal, end_s: float) -> list[tuple[Span, Phase]]:
    """What did a control do with its program, from when to when?

    Parameters
    ----------
    words : TextSignal
        Its words for that [s].
    end_s : float
        End of the last span [s].

    Returns
    -------
    list of (Span, Phase)
        In order, neighbours of one phase joined [s].

    Notes
    -----
    A word holds until the next one. An unknown word is `Phase.UNKNOWN`, never a stop.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import text_signal
    >>> phase_spans(text_signal([0.0, 4.0], ["ACTIVE", "READY"]), 9.0)[0]
    (Span(start_s=0.0, end_s=4.0), <Phase.RUNNING: 'running'>)

    References
    ----------
    MTConnect Part 3.0, version 1.3, EXECUTION.
    """
    found: list[tuple[Span, Phase]] = []
    for place, word in enumerate(words.value):
        phase = PHASES.get(word, Phase.UNKNOWN)
        start = float(words.time_s[place])
        end = float(words.time_s[place + 1]) if place + 1 < len(words.value) else end_s
        if found and found[-1][1] is phase:
            found[-1] = (Span(found[-1][0].start_s, end), phase)
        else:
            found.append((Span(start, end), phase))
    return found


def silences(times_s: NDArray[np.float64], within: Sequence[Span], longest_s: float) -> list[Span]:
    """Where in the given spans did nothing report for too long?

    Parameters
    ----------
    times_s : ndarray of float, shape (n,)
        Times of all readings, ascending [s].
    within : sequence of Span
        Spans to look in [s].
    longest_s : float
        Longest silence that means nothing [s].

    Returns
    -------
    list of Span
        Silences cut to the spans, each longer than `longest_s` [s].

    Notes
    -----
    A silence that reaches over the end of a span counts with the part inside.

    Examples
    --------
    >>> silences(np.array([0.0, 1.0, 50.0]), [Span(0.0, 40.0)], 30.0)
    [Span(start_s=1.0, end_s=40.0)]

    References
    ----------
    None: elementary.
    """
    gaps = np.flatnonzero(np.diff(times_s) > longest_s)
    found: list[Span] = []
    for gap in gaps:
        start, end = float(times_s[gap]), float(times_s[gap + 1])
        for span in within:
            low, high = max(start, span.start_s), min(end, span.end_s)
            if high - low > longest_s:
                found.append(Span(low, high))
    return found


def without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What is left of spans where others are cut out?

    Parameters
    ----------
    spans : sequence of Span
        Spans to cut [s].
    holes : sequence of Span
        Spans to take away [s].

    Returns
    -------
    list of Span
        The pieces left, none of length zero [s].

    Notes
    -----
    The order of the spans is kept.

    Examples
    --------
    >>> without([Span(0.0, 9.0)], [Span(2.0, 3.0)])
    [Span(start_s=0.0, end_s=2.0), Span(start_s=3.0, end_s=9.0)]

    References
    ----------
    None: elementary.
    """
    left: list[Span] = list(spans)
    for hole in holes:
        left = [piece for span in left for piece in _cut(span, hole)]
    return left


def _cut(span: Span, hole: Span) -> Iterator[Span]:
    if hole.end_s <= span.start_s or hole.start_s >= span.end_s:
        yield span
        return
    if hole.start_s > span.start_s:
        yield Span(span.start_s, hole.start_s)
    if hole.end_s < span.end_s:
        yield Span(hole.end_s, span.end_s)


def _grid(signals: Sequence[NumericSignal], span: Span) -> NDArray[np.float64]:
    inside = [one.time_s[(one.time_s > span.start_s) & (one.time_s < span.end_s)] for one in signals]
    return np.unique(np.concatenate([*inside, [span.start_s, span.end_s]]))


def held_statistics(signal: NumericSignal, spans: Sequence[Span]) -> HeldStatistics:
    """What was a reading on average, at least and at most, over some spans?

    Parameters
    ----------
    signal : NumericSignal
        Readings, such as those of an override dial [s; any unit].
    spans : sequence of Span
        Spans to cover [s].

    Returns
    -------
    HeldStatistics
        Mean weighted with the time in force, smallest and largest [unit of the readings], time covered [s].

    Notes
    -----
    Time before the first reading, or with an unusable one, is not covered: a dial nobody turned is unknown, not 100 %.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import numeric_signal
    >>> signal = numeric_signal([0.0, 6.0], [100.0, 50.0])
    >>> held_statistics(signal, [Span(0.0, 10.0)]).mean
    80.0

    References
    ----------
    None: a weighted mean.
    """
    values: list[NDArray[np.float64]] = []
    weights: list[NDArray[np.float64]] = []
    for span in spans:
        edges = _grid([signal], span)
        values.append(signal.held(edges[:-1]))
        weights.append(np.diff(edges))
    value = np.concatenate(values) if values else np.empty(0)
    weight = np.concatenate(weights) if weights else np.empty(0)
    known = np.isfinite(value) & (weight > 0.0)
    total = float(weight[known].sum())
    if total <= 0.0:
        return HeldStatistics(None, None, None, 0.0)
    return HeldStatistics(
        float((value[known] * weight[known]).sum() / total), float(value[known].min()), float(value[known].max()), total
    )


def moving_time_s(spindle: NumericSignal, feed: NumericSignal, spans: Sequence[Span]) -> float:
    """How long did spindle and path move at the same time?

    Parameters
    ----------
    spindle : NumericSignal
        Spindle speed [s; any unit].
    feed : NumericSignal
        Speed along the path [s; any unit].
    spans : sequence of Span
        Spans to look in [s].

    Returns
    -------
    float
        Time with both above zero [s].

    Notes
    -----
    Rapid moves with the spindle on are included. What is unknown does not count as moving.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import numeric_signal
    >>> on = numeric_signal([0.0], [1.0])
    >>> moving_time_s(on, numeric_signal([2.0, 5.0], [1.0, 0.0]), [Span(0.0, 9.0)])
    3.0

    References
    ----------
    None: elementary.
    """
    total = 0.0
    for span in spans:
        edges = _grid([spindle, feed], span)
        moving = (spindle.held(edges[:-1]) > 0.0) & (feed.held(edges[:-1]) > 0.0)
        total += float(np.diff(edges)[moving].sum())
    return total


def spans_where(signal: NumericSignal, within: Sequence[Span], *, at_most: float) -> list[Span]:
    """When was a reading at or below a figure?

    Parameters
    ----------
    signal : NumericSignal
        Readings [s; any unit].
    within : sequence of Span
        Spans to look in [s].
    at_most : float
        Highest reading that counts [unit of the readings].

    Returns
    -------
    list of Span
        Neighbours joined [s].

    Notes
    -----
    An unknown reading does not count.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import numeric_signal
    >>> dial = numeric_signal([0.0, 3.0, 5.0], [100.0, 0.0, 90.0])
    >>> spans_where(dial, [Span(0.0, 9.0)], at_most=0.0)
    [Span(start_s=3.0, end_s=5.0)]

    References
    ----------
    None: elementary.
    """
    found: list[Span] = []
    for span in within:
        edges = _grid([signal], span)
        low = signal.held(edges[:-1]) <= at_most
        for start, end in zip(edges[:-1][low], edges[1:][low], strict=True):
            if found and found[-1].end_s == start:
                found[-1] = Span(found[-1].start_s, float(end))
            else:
                found.append(Span(float(start), float(end)))
    return found


def counted_runtime_s(counter: NumericSignal) -> float:
    """How many seconds did a control's runtime counter really count?

    Parameters
    ----------
    counter : NumericSignal
        Readings of the counter [s; s].

    Returns
    -------
    float
        Sum of its steps forward [s].

    Notes
    -----
    Left out are steps back (a reset), jumps beyond the time that passed (plus 2 s, since a counter of whole seconds may
    be read late) and a single old value between two newer ones, which the recorded controls show at some full minutes.

    Examples
    --------
    >>> from samegauge.engines.signals.signal import numeric_signal
    >>> counted_runtime_s(numeric_signal([0.0, 0.1, 1.0, 2.0], [1500.0, 0.0, 1.0, 2.0]))
    2.0

    References
    ----------
    MTConnect Part 3.0, version 1.3, ACCUMULATED_TIME.
    """
    usable = np.isfinite(counter.value)
    value, time = counter.value[usable], counter.time_s[usable]
    if value.size > 2:  # noqa: PLR2004 - a repeated old value needs a neighbour on each side
        stale = np.concatenate(([False], (value[1:-1] < value[:-2]) & (value[2:] >= value[:-2]), [False]))
        value, time = value[~stale], time[~stale]
    step, elapsed = np.diff(value), np.diff(time)
    return float(step[(step > 0.0) & (step <= elapsed + _TICK_SLACK_S)].sum())
