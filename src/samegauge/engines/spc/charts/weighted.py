"""Charts with a memory of all points: exponentially weighted moving average (EWMA) and two-sided tabular CUSUM.

Both redraw a chart of locations (individuals, means, shares, Q statistics), whose centre and sigma they keep.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.charts.chart import ControlChart, redrawn
from samegauge.engines.spc.charts.design import Arrays, Design, Law, Observed, Trace, deviations, normal_trace
from samegauge.engines.spc.charts.rules import LIMITS_ONLY


@dataclass(frozen=True, slots=True)
class CusumCharts:
    """`upper` sums deviations above the centre, `lower` those below, as values not above zero."""

    upper: ControlChart
    lower: ControlChart


@dataclass(frozen=True, slots=True)
class CusumOptions:
    """How sums are drawn: reference value k, decision interval h and head start, all in sigmas of the plotted point.

    `standardised` plots the sums in sigmas, else in the unit of the points.
    """

    reference: float = 0.5
    decision: float = 4.0
    head_start: float = 0.0
    standardised: bool = False


_CUSUM = CusumOptions()


def ewma_chart(
    chart: ControlChart, weight: float = 0.2, width: float = 3.0, *, steady: bool = False, strict: bool = True
) -> ControlChart:
    """Does a weighted average of all points so far show a small shift?

    Parameters
    ----------
    chart : ControlChart
        Chart of locations, whose centre and sigma are kept; give `Known(mean=...)` there for a target [any unit].
    weight : float
        Weight lambda of the newest point, above 0 and at most 1 [1].
    width : float
        Half width L of the limits in standard deviations of the average [1].
    steady : bool
        Limits of a long-running chart from the first point on [1].
    strict : bool
        False counts a point on a limit as beyond [1].

    Returns
    -------
    ControlChart
        Averages with limits, checked against limits alone [unit of the points].

    Raises
    ------
    InvalidOptionError
        Weight or width out of range.

    Notes
    -----
    z_t = lambda x_t + (1 - lambda) z_(t-1) from the centre on, kept as deviations from it; its variance is v_t =
    lambda^2 s_t^2 + (1 - lambda)^2 v_(t-1), s_t the sigma of point t, which for equal s is the usual lambda / (2 -
    lambda) (1 - (1 - lambda)^(2 t)) s^2. Neighbouring averages are alike, so run rules do not apply. A point that does
    not exist is passed over.

    Examples
    --------
    >>> from samegauge.engines.spc.charts.chart import ChartOptions, Known
    >>> from samegauge.engines.spc.charts.individuals import imr_charts
    >>> chart = imr_charts([1.0, 1.0, 1.0, 1.0], ChartOptions(known=Known(mean=0.0, sigma=1.0))).location
    >>> ewma_chart(chart, 0.5).points.round(4).tolist()
    [0.5, 0.75, 0.875, 0.9375]

    References
    ----------
    Lucas J. M., Saccucci M. S., Technometrics 32 (1990) 1, doi:10.1080/00401706.1990.10484583. ISO 7870-6:2016.
    """
    if not (0.0 < weight <= 1.0 and width > 0.0):
        raise InvalidOptionError(
            f"A weight of {weight} is not above 0 and at most 1, or the width {width} not positive.",
            f"權重 {weight} 須大於 0 且不超過 1，界限寬度 {width} 須為正。",
        )

    def design(old: Design) -> Design:
        start = np.zeros(old.sigma.shape)
        law = _Ewma(old.law, len(old.memory), weight, width, steady)
        return replace(old, law=law, memory=(*old.memory, start, start))

    method = replace(
        chart.method,
        name=f"EWMA of: {chart.method.name}",
        reference="Lucas and Saccucci 1990; ISO 7870-6:2016",
        constants={**chart.method.constants, "weight": weight, "limits_sigma": width, "steady_limits": float(steady)},
    )
    rules = replace(LIMITS_ONLY, strict=strict)
    return redrawn(chart, "EWMA", design, replace(method, rule_set=rules.record), rules)


def cusum_charts(chart: ControlChart, design: CusumOptions = _CUSUM, *, strict: bool = True) -> CusumCharts:
    """Do summed deviations from the centre, less an allowance, show a small lasting shift?

    Parameters
    ----------
    chart : ControlChart
        Chart of locations, whose centre and sigma are kept; give `Known(mean=...)` there for a target [any unit].
    design : CusumOptions
        Reference value, decision interval, head start and scale [1].
    strict : bool
        False counts a point on a limit as beyond [1].

    Returns
    -------
    CusumCharts
        Sums above and below the centre with their decision intervals [unit of the points, or 1 if standardised].

    Raises
    ------
    InvalidOptionError
        Reference value or head start negative, or a decision interval that is not positive.

    Notes
    -----
    C+_t = max(0, C+_(t-1) + z_t - k), C-_t = min(0, C-_(t-1) + z_t + k), z_t the point's deviation in its own sigmas;
    both start at the head start (0, or h / 2 for a fast initial response) and are not set back after a signal. Without
    spread there is nothing to sum up against: a deviation is shown as it is, in the unit, and is beyond.

    Examples
    --------
    >>> from samegauge.engines.spc.charts.chart import ChartOptions, Known
    >>> from samegauge.engines.spc.charts.individuals import imr_charts
    >>> chart = imr_charts([1.0, 2.0, 3.0], ChartOptions(known=Known(mean=0.0, sigma=1.0))).location
    >>> cusum_charts(chart).upper.points.tolist()
    [0.5, 2.0, 4.5]

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., 9.1. ISO 7870-4:2021.
    """
    if not (design.reference >= 0.0 and design.decision > 0.0 and design.head_start >= 0.0):
        raise InvalidOptionError(
            f"k = {design.reference}, h = {design.decision}, head start = {design.head_start}: k and head start may "
            "not be negative, h must be positive.",
            f"k = {design.reference}、h = {design.decision}、起始值 = {design.head_start}："
            "k 與起始值不可為負，h 須為正。",
        )
    rules = replace(LIMITS_ONLY, strict=strict)
    constants = {
        **chart.method.constants,
        "reference_k": design.reference,
        "decision_h": design.decision,
        "head_start": design.head_start,
    }
    method = replace(
        chart.method,
        name=f"tabular CUSUM of: {chart.method.name}",
        reference="ISO 7870-4:2021; Montgomery, 7th ed., 9.1",
        constants=constants,
        rule_set=rules.record,
    )

    def one_sided(side: float) -> ControlChart:
        def sided(old: Design) -> Design:
            start = np.full(old.sigma.shape, design.head_start)
            return replace(old, law=_Cusum(old.law, len(old.memory), design, side), memory=(*old.memory, start))

        return redrawn(chart, "upper CUSUM" if side > 0.0 else "lower CUSUM", sided, method, rules)

    return CusumCharts(one_sided(1.0), one_sided(-1.0))


@dataclass(frozen=True, slots=True)
class _Ewma:
    base: Law
    remembered: int  # arrays of memory that belong to the law below
    weight: float
    width: float
    steady: bool

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:
        trace, below = self.base(frozen, memory[: self.remembered], seen)
        deviation, variance = memory[self.remembered :]
        kept = 1.0 - self.weight
        deviations, variances = np.empty(trace.points.shape), np.empty(trace.points.shape)
        steps = trace.points - trace.center
        for now in range(trace.points.shape[-1]):
            exists = ~np.isnan(steps[..., now])
            deviation = np.where(exists, self.weight * steps[..., now] + kept * deviation, deviation)
            added = (self.weight * trace.spread[..., now]) ** 2 + kept**2 * variance
            variance = np.where(exists, added, variance)
            deviations[..., now] = np.where(exists, deviation, np.nan)
            variances[..., now] = variance
        if self.steady:
            variances = self.weight / (2.0 - self.weight) * trace.spread**2
        shown, _ = normal_trace(trace.center + deviations, trace.center, np.sqrt(variances), self.width)
        return shown, (*below, deviation, variance)


@dataclass(frozen=True, slots=True)
class _Cusum:
    base: Law
    remembered: int
    design: CusumOptions
    side: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:
        trace, below = self.base(frozen, memory[: self.remembered], seen)
        total = memory[self.remembered]
        steps = self.side * trace.scores - self.design.reference
        sums = np.empty(steps.shape)
        for now in range(steps.shape[-1]):
            exists = ~np.isnan(steps[..., now])
            total = np.where(exists, np.maximum(total + steps[..., now], 0.0), total)
            sums[..., now] = np.where(exists, total, np.nan)
        flat, one = trace.spread == 0.0, np.ones(sums.shape)
        alone = np.maximum(self.side * deviations(trace.points, trace.center), 0.0)
        spread = np.where(flat, 0.0, one) if self.design.standardised else one * trace.spread
        points = self.side * np.where(flat, alone, sums * spread) + 0.0
        zero, far = np.zeros(sums.shape), np.full(sums.shape, np.inf)
        limit = self.design.decision * spread
        lower, upper = (-far, limit) if self.side > 0.0 else (-limit, far)
        bounds = (0.0, np.inf) if self.side > 0.0 else (-np.inf, 0.0)
        return Trace(points, zero, lower, upper, spread, self.side * sums, *bounds), (*below, total)
