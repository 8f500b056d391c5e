"""Spans of time and what a signal did in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.signals.families import PHASES, Phase
from samegauge.engines.signals.signal import NumericSignal, TextSignal, number_held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

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
    return float(sum(span.duration_s for span in spans))


def phase_spans(words: TextSignal, end_s: float) -> list[tuple[Span, Phase]]:
    """Neighbours of one phase are one span; the last lasts until `end_s`."""
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
    """Pieces of the given spans without a reading for more than `longest_s`; `times_s` ascending."""
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
    """Mean weighted with the time each reading was in force, smallest and largest, over the spans."""
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
    """Time with spindle and path both moving; what is unknown does not count as moving."""
    total = 0.0
    for span in spans:
        edges = _grid([spindle, feed], span)
        moving = (spindle.held(edges[:-1]) > 0.0) & (feed.held(edges[:-1]) > 0.0)
        total += float(np.diff(edges)[moving].sum())
    return total


def spans_where(signal: NumericSignal, within: Sequence[Span], *, at_most: float) -> list[Span]:
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
    """Seconds a runtime counter really counted: steps back, resets and jumps beyond the elapsed time are left out."""
    usable = np.isfinite(counter.value)
    value, time = counter.value[usable], counter.time_s[usable]
    if value.size > 2:  # noqa: PLR2004 - a repeated old value needs a neighbour on each side
        stale = np.concatenate(([False], (value[1:-1] < value[:-2]) & (value[2:] >= value[:-2]), [False]))
        value, time = value[~stale], time[~stale]
    step, elapsed = np.diff(value), np.diff(time)
    return float(step[(step > 0.0) & (step <= elapsed + _TICK_SLACK_S)].sum())
