"""From a design and a series to judged points: the engines' charts, their limits frozen, going on point by point."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from samegauge.apps.inspection.control.models import Chart
from samegauge.engines.errors import EngineError
from samegauge.engines.spc.charts.attributes import c_chart, counted, np_chart, p_chart, u_chart
from samegauge.engines.spc.charts.chart import ChartOptions, ControlChart
from samegauge.engines.spc.charts.design import Observed, Plotted
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.rules import LIMITS_ONLY, RuleChoice
from samegauge.engines.spc.charts.short_run import dnom_charts, members, z_mr_charts
from samegauge.engines.spc.charts.streaming import ChartStream
from samegauge.engines.spc.charts.subgroups import subgroups, xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.charts.weighted import CusumOptions, cusum_charts, ewma_chart
from samegauge.quantities.method import Exclusion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from samegauge.apps.inspection.control.models import ControlDesign
    from samegauge.apps.inspection.control.series import Place, Value

GROUPED = frozenset({Chart.XBAR_R, Chart.XBAR_S, Chart.P, Chart.NP, Chart.U})
OF_VERDICTS = frozenset({Chart.P, Chart.NP})
OF_COUNTS = frozenset({Chart.C, Chart.U})
OF_FAMILIES = frozenset({Chart.DNOM, Chart.Z_MR})
_USUAL_WIDTH = 3.0


@dataclass(frozen=True)
class Frame:
    """What a design takes from the records: nominal values by characteristic, and why values set no limit, by key."""

    design: ControlDesign
    nominals: Mapping[int, float | None] = field(default_factory=dict[int, "float | None"])
    left_out: Mapping[int, str] = field(default_factory=dict[int, str])

    @property
    def size(self) -> int:
        """Values in a point."""
        return self.design.subgroup if self.design.chart in GROUPED else 1


@dataclass(frozen=True)
class Signal:
    """One rule of one chart that a point completes."""

    chart: str
    rule: int
    text_en: str
    text_zh: str

    def as_dict(self) -> dict[str, Any]:
        return {"chart": self.chart, "rule": self.rule, "en": self.text_en, "zh": self.text_zh}


@dataclass(frozen=True)
class Stretch:
    """Points judged from an empty memory on, one `Plotted` for each chart; the first is `first`, in points."""

    first: int
    values: list[Value]
    plotted: tuple[Plotted, ...]


class Watch:
    """The charts of one process: limits from the baseline, the points since; new ones are added by `take`.

    `waiting` are values that fill no point yet. Without enough values for a baseline there are no charts.
    """

    def __init__(self, frame: Frame, series: Sequence[Value], restarts: Sequence[Place] = ()) -> None:
        self.frame = frame
        self.charts: tuple[ControlChart, ...] = ()
        self.stretches: list[Stretch] = []
        self.refusal: dict[str, str] | None = None
        self.last = series[-1].place if series else None
        self.count = len(series)
        size = frame.size
        first, end = _baseline(frame, series)
        self.baseline = list(series[first:end])
        self.parts = {
            key: place for place, key in enumerate(dict.fromkeys(one.characteristic for one in self.baseline))
        }
        rest = self._known(series[end:])
        self.waiting = rest[len(rest) // size * size :]
        if len(self.baseline) < frame.design.baseline_count * size and frame.design.baseline_to is None:
            return
        whole = rest[: len(rest) // size * size]
        edges = sorted({0, *(sum(one.place <= restart for one in whole) // size * size for restart in restarts)})
        try:
            self.charts = _drawn(frame, self.baseline, self.parts)
            for start, stop in zip(edges, [*edges[1:], len(whole)], strict=True):
                self._begin(start, whole[start:stop])
        except EngineError as error:
            self._refuse(error)

    def _refuse(self, error: EngineError) -> None:
        """Values that the chart cannot take, as a negative count, are a matter of the chart: nobody's record waits."""
        self.charts, self.stretches = (), []
        self.refusal = {"en": str(error), "zh": error.reason_zh}

    def _known(self, values: Sequence[Value]) -> list[Value]:
        """Standardised values need a member of the family that the baseline knows."""
        if self.frame.design.chart != Chart.Z_MR:
            return list(values)
        return [one for one in values if one.characteristic in self.parts]

    def _begin(self, start: int, values: list[Value]) -> None:
        self._streams = [ChartStream(chart) for chart in self.charts]
        plotted = tuple(stream.push(self._observed(values)) for stream in self._streams) if values else ()
        self.stretches.append(Stretch(start // self.frame.size, values, plotted))

    def copied(self) -> Watch:
        """The same charts for a writer to go on with, while a page may still read these."""
        other = copy(self)
        other.stretches = list(self.stretches)
        return other

    def take(self, values: Sequence[Value]) -> Stretch | None:
        """Judge new values, each later than all before; None while they fill no point."""
        self.last, self.count = values[-1].place, self.count + len(values)
        known, size = [*self.waiting, *self._known(values)], self.frame.size
        whole = known[: len(known) // size * size]
        self.waiting = known[len(whole) :]
        if not whole or not self.charts:
            return None
        try:
            plotted = tuple(stream.push(self._observed(whole)) for stream in self._streams)
        except EngineError as error:
            self._refuse(error)
            return None
        new, last = Stretch(0, whole, plotted), self.stretches[-1]
        self.stretches[-1] = Stretch(last.first, [*last.values, *whole], _joined(last.plotted, plotted))
        return new

    def _observed(self, values: Sequence[Value]) -> Observed:
        return _observed(self.frame, values, self.parts)


def _joined(before: tuple[Plotted, ...], new: tuple[Plotted, ...]) -> tuple[Plotted, ...]:
    if not before:
        return new
    names = [one.name for one in fields(Plotted)]
    return tuple(
        Plotted(**{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names})
        for one, other in zip(before, new, strict=True)
    )


def signals(charts: Sequence[ControlChart], plotted: Sequence[Plotted], point: int) -> list[Signal]:
    """What a point of a stretch breaks."""
    found = []
    for chart, one in zip(charts, plotted, strict=True):
        bits = int(one.alarms[point])
        usual = chart.method.constants["limits_sigma"] == _USUAL_WIDTH
        for rule in chart.rules.rules:
            if bits >> (rule.number - 1) & 1:
                said = rule if usual or rule.number != 1 else LIMITS_ONLY.rules[0]
                found.append(Signal(chart.statistic, rule.number, said.text_en, said.text_zh))
    return found


def signalled(plotted: Sequence[Plotted]) -> list[int]:
    """Places of the points of a stretch that break any rule."""
    if not plotted:
        return []
    return np.flatnonzero(np.logical_or.reduce([one.alarms > 0 for one in plotted])).tolist()


def _baseline(frame: Frame, series: Sequence[Value]) -> tuple[int, int]:
    design = frame.design
    if design.baseline_from is None or design.baseline_to is None:
        return 0, min(design.baseline_count * frame.size, len(series))
    first = sum(one.place.taken_at < design.baseline_from for one in series)
    end = sum(one.place.taken_at <= design.baseline_to for one in series)
    return first, first + (end - first) // frame.size * frame.size


def _grouped(frame: Frame, values: Sequence[Value]) -> NDArray[np.float64]:
    held = [float(one.failed) if frame.design.chart in OF_VERDICTS else one.actual for one in values]
    return np.array(held, dtype=np.float64).reshape(-1, frame.size)


def _nominals(frame: Frame, values: Sequence[Value]) -> NDArray[np.float64]:
    return np.array([frame.nominals.get(one.characteristic) or 0.0 for one in values])


def _observed(frame: Frame, values: Sequence[Value], parts: Mapping[int, int]) -> Observed:
    groups, chart = _grouped(frame, values), frame.design.chart
    if chart == Chart.DNOM:
        return Observed(groups[:, 0] - _nominals(frame, values))
    if chart == Chart.Z_MR:
        return members(groups[:, 0], [parts[one.characteristic] for one in values])
    return observed_of(frame, groups)


def observed_of(frame: Frame, groups: NDArray[np.float64]) -> Observed:
    """The points of one process, groups (points, values), or of many side by side, (processes, points, values)."""
    if frame.design.chart in (Chart.XBAR_R, Chart.XBAR_S):
        return subgroups(groups)
    if frame.design.chart in OF_VERDICTS | OF_COUNTS:
        return counted(groups.sum(axis=-1), np.full(groups.shape[-2], float(frame.size)))
    return Observed(groups[..., 0])


def _drawn(frame: Frame, values: Sequence[Value], parts: Mapping[int, int]) -> tuple[ControlChart, ...]:
    design, groups = frame.design, _grouped(frame, values)
    options = ChartOptions(RuleChoice(design.rules), width=design.width, excluded=_excluded(frame, values))
    if design.chart == Chart.DNOM:
        pair = dnom_charts(groups[:, 0], _nominals(frame, values), options)
        return pair.location, pair.dispersion
    if design.chart == Chart.Z_MR:
        return family_charts(groups[:, 0], [parts[one.characteristic] for one in values], options)
    return charts_of(frame, groups, options)


def family_charts(values: NDArray[np.float64], parts: Sequence[int], options: ChartOptions) -> tuple[ControlChart, ...]:
    pair = z_mr_charts(values, parts, options, sigma="family")
    return pair.location, pair.dispersion


def charts_of(frame: Frame, groups: NDArray[np.float64], options: ChartOptions) -> tuple[ControlChart, ...]:
    """The charts of one process, groups (points, values), or of many side by side, (processes, points, values)."""
    design = frame.design
    if design.chart in (Chart.XBAR_R, Chart.XBAR_S):
        pair = (xbar_r_charts if design.chart == Chart.XBAR_R else xbar_s_charts)(groups, options)
        return pair.location, pair.dispersion
    if design.chart == Chart.C:
        return (c_chart(groups.sum(axis=-1), options),)
    if design.chart in OF_VERDICTS | OF_COUNTS:
        draw = {Chart.P: p_chart, Chart.NP: np_chart, Chart.U: u_chart}[Chart(design.chart)]
        return (draw(groups.sum(axis=-1), np.full(groups.shape[-2], float(frame.size)), options),)
    return _of_singles(design, groups[..., 0], options)


def _of_singles(design: ControlDesign, values: Any, options: ChartOptions) -> tuple[ControlChart, ...]:
    estimator: Any = design.estimator
    pair = imr_charts(values, options, estimator=estimator)
    if design.chart == Chart.I_MR:
        return pair.location, pair.dispersion
    if design.chart == Chart.CUSUM:
        sums = cusum_charts(pair.location, CusumOptions(design.reference, design.memory_width))
        return sums.upper, sums.lower
    average = ewma_chart(pair.location, design.weight, design.memory_width, steady=True)
    return (average,) if design.chart == Chart.EWMA else (pair.location, average)


def _excluded(frame: Frame, values: Sequence[Value]) -> tuple[Exclusion, ...]:
    """A point is left out when one of its values is."""
    found: dict[int, str] = {}
    for place, one in enumerate(values):
        if one.key in frame.left_out:
            found.setdefault(place // frame.size, frame.left_out[one.key])
    return tuple(Exclusion(place, reason, reason) for place, reason in found.items())
