"""Individuals and moving range chart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.laws.continuous import normal_quantile
from samegauge.engines.spc.charts.chart import DEFAULT, ChartOptions, ChartPair, Kind, drawn, known_or, redrawn
from samegauge.engines.spc.charts.design import Arrays, Design, Observed, Trace, normal_trace
from samegauge.engines.spc.charts.rules import RULE_SETS, RuleChoice, Violation, run_rule_violations
from samegauge.engines.spc.constants import EXACT, RangeTable
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from samegauge.quantities.method import Exclusion, Method

__all__ = [
    "RULE_SETS",
    "IndividualsChart",
    "Violation",
    "imr_charts",
    "individuals_chart",
    "run_rule_violations",
]

_SPAN = 2  # values per moving range
_TABLE_DIGITS = 3  # d2 in printed tables
Spread = Literal["mean-moving-range", "median-moving-range", "standard-deviation"]


@dataclass(frozen=True, slots=True)
class IndividualsChart(ChartPair):
    """Both charts of one series without stages, and its limits as single numbers. Unit: that of the values.

    `sigma` is zero where all moving ranges are: the limits then have no width, every other value is beyond them, zone
    rules are not asked, and `has_spread` is False.
    """

    @property
    def values(self) -> NDArray[np.float64]:
        return self.location.points

    @property
    def used(self) -> NDArray[np.bool_]:
        return self.location.used

    @property
    def center(self) -> float:
        return float(self.location.center[0])

    @property
    def sigma(self) -> float:
        return float(self.location.sigma[0])

    @property
    def lower_limit(self) -> float:
        return float(self.location.lower[0])

    @property
    def upper_limit(self) -> float:
        return float(self.location.upper[0])

    @property
    def moving_range(self) -> NDArray[np.float64]:
        return self.dispersion.points[1:]

    @property
    def range_center(self) -> float:
        return float(self.dispersion.center[0])

    @property
    def range_upper_limit(self) -> float:
        return float(self.dispersion.upper[0])

    @property
    def range_lower_limit(self) -> float:
        return float(self.dispersion.lower[0])

    @property
    def has_spread(self) -> bool:
        return self.sigma > 0.0

    @property
    def violations(self) -> tuple[Violation, ...]:
        return self.location.violations

    @property
    def range_violations(self) -> tuple[int, ...]:
        """Places of values whose moving range lies beyond its limit."""
        return self.dispersion.out_of_limits

    @property
    def method(self) -> Method:
        return self.location.method


def individuals_chart(
    values: ArrayLike,
    *,
    rule_set: str = "nelson",
    baseline: int | None = None,
    excluded: Sequence[Exclusion] = (),
    rounded_d2: bool = False,
) -> IndividualsChart:
    """Is the process behind single values in time order stable, and where is it not?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Values in time order [any unit].
    rule_set : {"nelson", "western-electric", "shewhart"}
        Named set of run rules [1].
    baseline : int, optional
        Number of leading values that set the limits; all if None [1].
    excluded : sequence of Exclusion
        Values that set no limit, each with its reason; they stay on the chart [1].
    rounded_d2 : bool
        Use d2 = 1.128 as printed tables do, to compare with their figures [1].

    Returns
    -------
    IndividualsChart
        Limits, moving ranges of shape (n - 1,), violations [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 values that are neither excluded nor after the baseline.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Unknown rule set, or a baseline or exclusion outside the values.

    Notes
    -----
    The chart of `imr_charts` for one series without stages: sigma = mean moving range / d2(2), limits at centre +- 3
    sigma. Rules look at all values, excluded ones included, since the chart shows them.

    Examples
    --------
    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    >>> chart = individuals_chart(flow, rounded_d2=True)
    >>> round(chart.upper_limit, 4), round(chart.lower_limit, 4)
    (55.8041, 45.8159)

    References
    ----------
    ISO 7870-2:2013. NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
    """
    table = RangeTable(d2_digits=_TABLE_DIGITS) if rounded_d2 else EXACT
    options = ChartOptions(rules=RuleChoice(rule_set), baseline=baseline, excluded=tuple(excluded), constants=table)
    pair = imr_charts(checked_values(values), options)
    return IndividualsChart(pair.location, pair.dispersion)


def imr_charts(
    values: ArrayLike, options: ChartOptions = DEFAULT, *, estimator: Spread = "mean-moving-range"
) -> ChartPair:
    """Are the processes behind single values in time order stable, characteristic by characteristic?

    Parameters
    ----------
    values : array_like of float, shape (n,) or (characteristics, n)
        Values in time order [any unit].
    options : ChartOptions
        Baseline, exclusions, stages, rules, known mean and sigma [1].
    estimator : {"mean-moving-range", "median-moving-range", "standard-deviation"}
        What sigma is estimated from [1].

    Returns
    -------
    ChartPair
        Charts of the values and of their moving ranges; the first of a stage has no range (NaN) [unit of the values].

    Raises
    ------
    TooFewValuesError
        A stage without two neighbouring values that may set limits.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Options that do not fit the values.

    Notes
    -----
    sigma = mean moving range / d2(2), median moving range / (sqrt(2) z(0.75)) or the sample standard deviation (n - 1,
    not unbiased). A moving range counts where both its values do: a range across an excluded value would join values
    that were not neighbours. Range limits d2 sigma +- width d3 sigma. Moving ranges share values, so by default only
    rule 1 is asked of them.

    Examples
    --------
    >>> from samegauge.engines.spc.constants import PRINTED
    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    >>> pair = imr_charts(flow, ChartOptions(constants=PRINTED))
    >>> round(float(pair.dispersion.center[-1]), 4), round(float(pair.location.upper[-1]), 4)
    (1.8778, 55.8041)

    References
    ----------
    ISO 7870-2:2013. NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2. Clifford P. C., Industrial
    Quality Control 15 (1959), for medians: the formula follows from the normal law, no outside number found.
    """
    seen = Observed(checked_values(values, dimensions=(1, 2)))
    if estimator not in _WORDS:
        raise InvalidOptionError(
            f'"{estimator}" is no estimator of sigma; known are {", ".join(_WORDS)}.',
            f"沒有「{estimator}」這種標準差估計法；可用：{'、'.join(_WORDS)}。",
        )
    known = options.known.sigma
    constant, scatter = options.constants.d2(_SPAN), options.constants.d3(_SPAN)
    constants = {"d2": constant, "d3": scatter}

    def located(part: Observed, used: NDArray[np.bool_]) -> Design:
        mean = known_or(options.known.mean, _kept(part.values, used).mean(axis=-1))
        sigma = _ESTIMATORS[estimator](part.values, used, constant) if known is None else known_or(known, mean)
        return Design(_Values(options.width), (mean, sigma), sigma, words, constants)

    def ranged(old: Design) -> Design:
        frozen = (constant * old.sigma, scatter * old.sigma)
        return replace(old, law=_MovingRanges(options.width), frozen=frozen, memory=(np.full(old.sigma.shape, np.nan),))

    words = f"sigma = {_WORDS[estimator]}" if known is None else "sigma known beforehand"
    name, reference = "individuals and moving range chart", "ISO 7870-2:2013"
    location = drawn(Kind("value", name, reference, located, options.rules), seen, options)
    rules = options.dispersion_rules
    method = replace(location.method, rule_set=rules.record)
    return ChartPair(location, redrawn(location, "moving range", ranged, method, rules))


@dataclass(frozen=True, slots=True)
class _Values:
    width: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:  # noqa: ARG002
        center, sigma = (array[..., None] for array in frozen)
        return normal_trace(seen.values, center, sigma, self.width)


@dataclass(frozen=True, slots=True)
class _MovingRanges:
    width: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:
        center, spread = (array[..., None] for array in frozen)
        ranges = np.empty_like(seen.values)
        np.subtract(seen.values[..., 0], memory[0], out=ranges[..., 0])
        np.subtract(seen.values[..., 1:], seen.values[..., :-1], out=ranges[..., 1:])
        trace, _ = normal_trace(np.abs(ranges, out=ranges), center, spread, self.width, (0.0, np.inf))
        return trace, (seen.values[..., -1],)


def _kept(values: NDArray[np.float64], which: NDArray[np.bool_]) -> NDArray[np.float64]:
    return values if which.all() else np.compress(which, values, axis=-1)


def _counted(values: NDArray[np.float64], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    counted = used[1:] & used[:-1]
    if not counted.any():
        raise TooFewValuesError(
            "No two neighbouring values are left, so there is no moving range.",
            "沒有相鄰的兩筆數值，無法計算移動全距。",
        )
    ranges = np.diff(values)
    return _kept(np.abs(ranges, out=ranges), counted)


def _from_mean(values: NDArray[np.float64], used: NDArray[np.bool_], constant: float) -> NDArray[np.float64]:
    return np.asarray(_counted(values, used).mean(axis=-1) / constant)


def _from_median(values: NDArray[np.float64], used: NDArray[np.bool_], _: float) -> NDArray[np.float64]:
    median = np.asarray(np.median(_counted(values, used), axis=-1))
    return median / (math.sqrt(2.0) * normal_quantile(0.75))


def _from_all(values: NDArray[np.float64], used: NDArray[np.bool_], _: float) -> NDArray[np.float64]:
    given = _kept(values, used)
    # Equal values differ from their rounded mean in the last bit.
    return np.where(np.ptp(given, axis=-1) > 0.0, given.std(axis=-1, ddof=1), 0.0)


_WORDS = {
    "mean-moving-range": "mean moving range / d2",
    "median-moving-range": "median moving range / (sqrt(2) z(0.75))",
    "standard-deviation": "sample standard deviation (n - 1)",
}
_ESTIMATORS: dict[str, Callable[[NDArray[np.float64], NDArray[np.bool_], float], NDArray[np.float64]]] = {
    "mean-moving-range": _from_mean,
    "median-moving-range": _from_median,
    "standard-deviation": _from_all,
}
