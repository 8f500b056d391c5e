"""Estimators of the standard deviation within subgroups or between neighbours, with what each is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.laws.continuous import normal_quantile
from samegauge.engines.spc.constants import EXACT, RangeTable, SpreadStatistic, c4, moving_range_dof
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

_FEWEST = 2
# Median of |X - Y| over sigma.
_D4 = math.sqrt(2.0) * normal_quantile(0.75)
# P(|D1| < d4, |D2| < d4) - 1/4 of neighbouring differences (correlation -1/2), by numerical integration.
_SHARED_SIDES = 0.0266016183


class WithinEstimator(Enum):
    """The first three want subgroups, the last two single values in time order."""

    MEAN_RANGE = "mean range of subgroups / d2"
    MEAN_DEVIATION = "mean standard deviation of subgroups / c4"
    POOLED = "pooled standard deviation of subgroups"
    MEAN_MOVING_RANGE = "mean moving range / d2"
    MEDIAN_MOVING_RANGE = "median moving range / d4"

    @property
    def of_single_values(self) -> bool:
        return self in (WithinEstimator.MEAN_MOVING_RANGE, WithinEstimator.MEDIAN_MOVING_RANGE)

    @property
    def statistic(self) -> SpreadStatistic:
        return SpreadStatistic.RANGE if self is WithinEstimator.MEAN_RANGE else SpreadStatistic.DEVIATION


class DofConvention(Enum):
    """EQUIVALENT counts what an estimator is worth; VALUES counts n - 1 for every estimator, as R's qcc does."""

    EQUIVALENT = "equivalent"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class WithinSigma:
    """`dof` are the degrees of freedom of a standard deviation with the same relative variance."""

    sigma: float
    dof: float
    estimator: WithinEstimator
    constants: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WithinOptions:
    """`unbiased` divides by c4 where an estimator is used with and without it (mean and pooled deviation)."""

    unbiased: bool = True
    ranges: RangeTable = EXACT
    dof: DofConvention = DofConvention.EQUIVALENT

    def divisor(self, statistic: SpreadStatistic, size: int) -> float:
        biased = statistic is SpreadStatistic.DEVIATION and not self.unbiased
        return 1.0 if biased else statistic.divisor(size, self.ranges)


_DEFAULT = WithinOptions()


def within_sigma(
    values: ArrayLike,
    estimator: WithinEstimator,
    sizes: Sequence[int] | None = None,
    options: WithinOptions = _DEFAULT,
) -> WithinSigma:
    """How large is the short-term standard deviation, and how many degrees of freedom is its estimate worth?

    Parameters
    ----------
    values : array_like of float, shape (n,) or (m, k)
        Values in time order, or m subgroups of k values each [any unit].
    estimator : WithinEstimator
        From subgroups or from single values [1].
    sizes : sequence of int, optional
        How many of the n values belong to each subgroup; for moving ranges to each unbroken stretch [1].
    options : WithinOptions
        Unbiasing, rounding of constants, count of degrees of freedom [1].

    Returns
    -------
    WithinSigma
        Standard deviation with degrees of freedom and constants [unit of the values].

    Raises
    ------
    ShapeError
        Sizes that do not add up to the values, subgroups wanted and not given, or given and not wanted.
    TooFewValuesError
        No subgroup or stretch of two values.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Unequal subgroups are weighted by the reciprocal relative variance of their estimate: R / d2 by (d2 / d3)^2, S / c4
    by c4^2 / (1 - c4^2). The pooled deviation is divided by c4(d + 1), d = sum of (k - 1). Moving ranges span two
    values and none crosses the end of a stretch. d4 = sqrt(2) z(0.75), the median of |X - Y|; the median is unbiased
    only for long series, and its degrees of freedom are asymptotic. Normal values are assumed throughout. Subgroups of
    one value count for no estimator.

    Examples
    --------
    >>> found = within_sigma([[9.9, 10.1, 10.0], [10.2, 10.0, 10.1]], WithinEstimator.POOLED)
    >>> round(found.sigma, 4), found.dof
    (0.1064, 4.0)

    References
    ----------
    ISO 22514-2:2017 and ISO 7870-2:2013 (from memory, clauses not compared). Burr I. W., Journal of Quality Technology
    1 (1969) 163 (weights).
    """
    array = checked_values(values, dimensions=(1, 2))
    counts = _sizes(array, estimator, sizes)
    flat = array.reshape(-1)
    if estimator.of_single_values:
        return _from_moving_ranges(flat, counts, estimator, options)
    return _from_subgroups(flat, counts, estimator, options)


def _sizes(array: NDArray[np.float64], estimator: WithinEstimator, sizes: Sequence[int] | None) -> NDArray[np.int64]:
    if array.ndim > 1 and (sizes is not None or estimator.of_single_values):
        raise ShapeError(
            "Rows are subgroups already: give no sizes, and an estimator of subgroups.",
            "每一列已是一個子組：不要再指定大小，並選用子組的估計法。",
        )
    if array.ndim > 1:
        return np.repeat(np.int64(array.shape[1]), array.shape[0])
    if sizes is None and not estimator.of_single_values:
        raise ShapeError(
            f"The {estimator.value} needs subgroups; the values are single ones.",
            "這個估計法需要子組，但數值是單一值。",
        )
    counts = np.asarray([array.size] if sizes is None else sizes, dtype=np.int64)
    if counts.sum() != array.size or (counts < 1).any():
        raise ShapeError(
            f"Sizes that add up to {counts.sum()} do not fit {array.size} values.",
            f"大小合計 {counts.sum()}，與 {array.size} 個數值不符。",
        )
    return counts


def _from_moving_ranges(
    flat: NDArray[np.float64], counts: NDArray[np.int64], estimator: WithinEstimator, options: WithinOptions
) -> WithinSigma:
    within = np.ones(max(flat.size - 1, 0), dtype=np.bool_)
    within[np.cumsum(counts)[:-1] - 1] = False
    ranges = np.abs(np.diff(flat))[within]
    if not ranges.size:
        raise TooFewValuesError(
            "No two neighbouring values are left, so there is no moving range.",
            "沒有相鄰的兩筆數值，無法計算移動全距。",
        )
    if estimator is WithinEstimator.MEAN_MOVING_RANGE:
        name, middle, dof = "d2", float(ranges.mean()), moving_range_dof(ranges.size + 1)
        divisor = options.ranges.d2(_FEWEST)
    else:
        name, middle, dof = "d4", float(np.median(ranges)), ranges.size * _median_dof_per_range()
        divisor = _D4 if options.ranges.d2_digits is None else round(_D4, options.ranges.d2_digits)
    return _result(middle / divisor, dof, flat.size, estimator, options, {name: divisor})


def _median_dof_per_range() -> float:
    """Half the reciprocal of the squared relative standard error, from the density at the median of |X - Y|."""
    half = _D4 / math.sqrt(2.0)
    density = math.sqrt(2.0) * math.exp(-(half**2) / 2.0) / math.sqrt(2.0 * math.pi)
    variance = (0.25 + 2.0 * _SHARED_SIDES) / density**2
    return _D4**2 / (2.0 * variance)


def _from_subgroups(
    flat: NDArray[np.float64], counts: NDArray[np.int64], estimator: WithinEstimator, options: WithinOptions
) -> WithinSigma:
    groups = [group for group in np.split(flat, np.cumsum(counts)[:-1]) if group.size >= _FEWEST]
    if not groups:
        raise TooFewValuesError(
            "No subgroup has two values, so none has a spread.", "沒有任何子組有兩筆以上的數值，無法估計組內變異。"
        )
    if estimator is WithinEstimator.POOLED:
        sigma, dof, constants = _pooled(groups, options)
    else:
        sigma, dof, constants = _weighted(groups, estimator, options)
    size = {"subgroup": float(groups[0].size)} if len({group.size for group in groups}) == 1 else {}
    return _result(sigma, dof, flat.size, estimator, options, {**constants, **size})


def _pooled(groups: list[NDArray[np.float64]], options: WithinOptions) -> tuple[float, float, dict[str, float]]:
    dof = float(sum(group.size - 1 for group in groups))
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    divisor = c4(int(dof) + 1) if options.unbiased else 1.0
    return math.sqrt(squares / dof) / divisor, dof, {"c4": divisor}


def _weighted(
    groups: list[NDArray[np.float64]], estimator: WithinEstimator, options: WithinOptions
) -> tuple[float, float, dict[str, float]]:
    statistic, sizes = estimator.statistic, sorted({group.size for group in groups})
    divisors = {one: options.divisor(statistic, one) for one in sizes}
    weight = np.array([statistic.weight(group.size) for group in groups])
    scaled = np.array([_spread(group, statistic) / divisors[group.size] for group in groups])
    sigma = float((weight * scaled).sum() / weight.sum())
    name = "d2" if statistic is SpreadStatistic.RANGE else "c4"
    constants = {name if len(sizes) == 1 else f"{name}({one})": divisors[one] for one in sizes}
    return sigma, float(weight.sum()) / 2.0, constants


def _spread(group: NDArray[np.float64], statistic: SpreadStatistic) -> float:
    return float(np.ptp(group)) if statistic is SpreadStatistic.RANGE else float(group.std(ddof=1))


def _result(
    sigma: float,
    dof: float,
    count: int,
    estimator: WithinEstimator,
    options: WithinOptions,
    constants: dict[str, float],
) -> WithinSigma:
    counted = dof if options.dof is DofConvention.EQUIVALENT else count - 1.0
    return WithinSigma(sigma, counted, estimator, {**constants, "dof_within": counted})


def overall_sigma(values: ArrayLike, *, unbiased: bool = False) -> float:
    """How large is the standard deviation over all values, drift and jumps between subgroups included?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        All values, n >= 2 [any unit].
    unbiased : bool
        Divide by c4(n), as some programs do [1].

    Returns
    -------
    float
        Sample standard deviation; exactly zero for equal values [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 values.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    sqrt(sum of (x - mean)^2 / (n - 1)).

    Examples
    --------
    >>> round(overall_sigma([1.0, 2.0, 3.0]), 6), round(overall_sigma([1.0, 2.0, 3.0], unbiased=True), 6)
    (1.0, 1.128379)

    References
    ----------
    ISO 22514-2:2017 (standard deviation of the performance indices; clause from memory).
    """
    flat = checked_values(values)
    if flat.size < _FEWEST:
        raise TooFewValuesError(
            f"A standard deviation needs at least {_FEWEST} values, not {flat.size}.",
            f"標準差至少需要 {_FEWEST} 筆數值，目前 {flat.size} 筆。",
        )
    # Equal values differ from their rounded mean in the last bit; their spread is zero, not 1e-17.
    if float(np.ptp(flat)) == 0.0:
        return 0.0
    return float(flat.std(ddof=1)) / (c4(flat.size) if unbiased else 1.0)


def resolved_estimator(estimator: WithinEstimator | None, *, subgroups: bool) -> WithinEstimator:
    """Which estimator serves where none is named?

    Parameters
    ----------
    estimator : WithinEstimator, optional
        The one asked for [1].
    subgroups : bool
        Whether the values come in subgroups [1].

    Returns
    -------
    WithinEstimator
        The one asked for, else mean range for subgroups and mean moving range for single values [1].

    Raises
    ------
    InvalidOptionError
        An estimator of subgroups for single values or the other way round.

    Notes
    -----
    The defaults are those of the classical charts.

    Examples
    --------
    >>> resolved_estimator(None, subgroups=True).name
    'MEAN_RANGE'

    References
    ----------
    ISO 7870-2:2013 (from memory).
    """
    if estimator is None:
        return WithinEstimator.MEAN_RANGE if subgroups else WithinEstimator.MEAN_MOVING_RANGE
    if estimator.of_single_values == subgroups:
        raise InvalidOptionError(
            f"The {estimator.value} does not fit {'subgroups' if subgroups else 'single values'}.",
            f"「{estimator.value}」不適用於{'子組' if subgroups else '單一數值'}。",
        )
    return estimator
