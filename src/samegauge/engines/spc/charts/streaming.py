"""Charts point by point: frozen limits, bounded memory, and the very values the chart of all points would show."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError
from samegauge.engines.spc.charts.design import Observed, Plotted, beyond_limits, plotted, taken
from samegauge.engines.spc.charts.rules import Course

if TYPE_CHECKING:
    from types import EllipsisType

    from numpy.typing import ArrayLike, NDArray

    from samegauge.engines.spc.charts.chart import ControlChart


class ChartStream:
    """Goes on with the limits of a finished chart, of one characteristic or of many side by side.

    What it remembers does not grow: the law's own memory (a weighted average, two sums, running means) and as many
    points as the longest rule looks back. It starts empty, as after a change of stage.
    """

    def __init__(self, chart: ControlChart) -> None:
        self._design, self._rules = chart.designs[-1], chart.rules
        self._shape = self._design.sigma.shape
        self._memory = tuple(np.array(array) for array in self._design.memory)
        size = (*self._shape, chart.rules.memory)
        self._tail = Course(np.full(size, np.nan), np.full(size, np.nan), np.zeros(size, dtype=np.bool_))

    def push(self, seen: Observed) -> Plotted:
        """Plot the next points of every chart, shape (..., k); k is one or any number."""
        if seen.values.shape[: len(self._shape)] != self._shape:
            raise ShapeError(
                f"Points of shape {seen.values.shape} do not fit charts of shape {self._shape}.",
                f"形狀 {seen.values.shape} 的點與形狀 {self._shape} 的管制圖不符。",
            )
        return self._step(seen, ...)

    def arrive(self, seen: Observed, charts: ArrayLike) -> Plotted:
        """Plot points in order of arrival, each of the chart numbered beside it; arrivals are the first axis of `seen`.

        Points of different charts are plotted together, several of one chart one after the other.
        """
        places = np.asarray(charts, dtype=np.intp)
        if len(self._shape) != 1 or places.shape != seen.values.shape[:1] or not places.size:
            raise ShapeError(
                "Arrivals need charts side by side, at least one point, and a chart number for each.",
                "逐點輸入需要並列的管制圖、至少一點，且每一點都有管制圖編號。",
            )
        if places.min() < 0 or places.max() >= self._shape[0]:
            raise InvalidOptionError(
                f"There are charts 0 to {self._shape[0] - 1}; {places.min()} to {places.max()} were asked for.",
                f"管制圖編號為 0 到 {self._shape[0] - 1}；要求的是 {places.min()} 到 {places.max()}。",
            )
        turns = _turns(places)
        steps = [self._step(seen.rows(turn), places[turn]) for turn in turns]
        back = np.argsort(np.concatenate(turns))
        names = [one.name for one in fields(Plotted)]
        return Plotted(**{name: np.concatenate([getattr(one, name)[..., 0] for one in steps])[back] for name in names})

    def _step(self, seen: Observed, where: NDArray[np.intp] | EllipsisType) -> Plotted:
        design = taken(self._design, where)
        trace, memory = design.law(design.frozen, tuple(array[where] for array in self._memory), seen)
        before = self._tail.of(where)
        new = plotted(trace, self._rules, before)
        latest = Course(trace.points, trace.scores, beyond_limits(trace, strict=self._rules.strict))
        for kept, array in zip(self._memory, memory, strict=True):
            kept[where] = array
        for kept, old, fresh in zip(self._tail, before, latest, strict=True):
            whole = np.concatenate([old, fresh], axis=-1)
            kept[where] = whole[..., whole.shape[-1] - self._rules.memory :]
        return new


def _turns(places: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The first arrivals of each chart, then the second ones, and so on."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    first = np.searchsorted(ordered, ordered)
    turn = np.arange(places.size) - first
    return [order[turn == number] for number in range(int(turn.max()) + 1)]
