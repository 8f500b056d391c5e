"""Capability of very many characteristics in one pass: the figures of a whole plant's morning table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.spc.capability.dispersion import DofConvention, WithinEstimator, resolved_estimator
from samegauge.engines.spc.capability.indices import Conventions, Estimates, IndexTable, Tolerances, index_table
from samegauge.engines.spc.capability.nonconforming import ExpectedTable, expected_nonconforming
from samegauge.engines.spc.constants import SpreadStatistic, c4, moving_range_dof
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

_FEWEST = 2


@dataclass(frozen=True, slots=True)
class TableOptions:
    """`subgroup` is the number of values in each subgroup of every characteristic; 1 means single values."""

    subgroup: int = 1
    confidence: float = 0.95
    conventions: Conventions = field(default_factory=Conventions)


@dataclass(frozen=True, slots=True)
class CapabilityTable:
    """One place per characteristic; indices are NaN where they do not exist. `beyond` counts values out of limits."""

    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    sigma_within: NDArray[np.float64]
    dof_within: NDArray[np.float64]
    sigma_overall: NDArray[np.float64]
    within: IndexTable
    overall: IndexTable
    expected_within: ExpectedTable
    expected_overall: ExpectedTable
    beyond: NDArray[np.int64]
    method: Method


class _Segments(NamedTuple):
    """The values of characteristic i begin at starts[i] and are counts[i]."""

    values: NDArray[np.float64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]


_DEFAULT = TableOptions()


def capability_of_many(
    values: ArrayLike, counts: ArrayLike, limits: Tolerances, options: TableOptions = _DEFAULT
) -> CapabilityTable:
    """How capable are the processes behind many characteristics, all at once?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The values of the first characteristic in time order, then those of the second, and so on [any unit each].
    counts : array_like of int, shape (c,)
        How many values each characteristic has, at least 2 [1].
    limits : Tolerances
        Limits and targets of the c characteristics [unit of the values].
    options : TableOptions
        Subgroups, confidence and conventions [1].

    Returns
    -------
    CapabilityTable
        Statistics [unit of the values], indices with bounds [1] and expected shares [parts per million].

    Raises
    ------
    ShapeError
        Counts that do not add up to the values or do not fit the limits or the subgroups.
    TooFewValuesError
        A characteristic of fewer than 2 values.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        An estimator that does not fit, or the median of moving ranges, which has no form for many.

    Notes
    -----
    The same equations and conventions as for one characteristic, with the same figures to rounding. No cautions are
    given: stability and normality are asked of one characteristic at a time. Exact noncentral t bounds cost about a
    millisecond per characteristic; the default does not.

    Examples
    --------
    >>> from samegauge.engines.spc.capability.indices import tolerances
    >>> table = capability_of_many([1.0, 2.0, 3.0, 5.0, 6.0, 9.0], [3, 3], tolerances([0.0, 0.0], [4.0, 9.0]))
    >>> table.overall.nearest.value.round(4).tolist()
    [0.6667, 0.3736]

    References
    ----------
    ISO 22514-2:2017.
    """
    conventions = options.conventions
    segments = _segments(checked_values(values), counts, limits, options)
    estimator = resolved_estimator(conventions.estimator, subgroups=options.subgroup > 1)
    mean, sample = _mean_and_deviation(segments)
    within, dof = _within(segments, estimator, options)
    within = np.where(sample > 0.0, within, 0.0)
    count = segments.counts.astype(np.float64)
    overall = sample / _each(c4, segments.counts) if conventions.unbiased_overall else sample
    short = Estimates(count, mean, within, dof, sample)
    long = Estimates(count, mean, overall, count - 1.0, sample)
    low, high = (np.repeat(one, segments.counts) for one in (limits.lower, limits.upper))
    outside = (segments.values < low) | (segments.values > high)
    return CapabilityTable(
        segments.counts,
        mean,
        within,
        dof,
        overall,
        index_table(limits, short, options.confidence, conventions),
        index_table(limits, long, options.confidence, conventions),
        expected_nonconforming(limits, short, options.confidence, conventions),
        expected_nonconforming(limits, long, options.confidence, conventions),
        np.add.reduceat(outside, segments.starts, dtype=np.int64),
        Method(
            name="process capability and performance of many characteristics",
            reference="ISO 22514-2:2017 (dispersion: 6 sigma of a normal distribution)",
            estimator=conventions.text(estimator),
            constants={"subgroup": float(options.subgroup)},
            confidence=options.confidence,
            sample_size=segments.values.size,
            data_hash=hash_of_data(segments.values, segments.counts, limits.lower, limits.upper, limits.target),
            assumed=("values are independent and normally distributed",),
        ),
    )


def _segments(values: NDArray[np.float64], counts: ArrayLike, limits: Tolerances, options: TableOptions) -> _Segments:
    sizes = np.asarray(counts, dtype=np.int64)
    if sizes.ndim != 1 or sizes.sum() != values.size or limits.lower.shape != sizes.shape:
        raise ShapeError(
            f"{sizes.size} counts that add up to {sizes.sum()} do not fit {values.size} values of "
            f"{limits.lower.size} characteristics.",
            f"{sizes.size} 個筆數（合計 {sizes.sum()}）與 {limits.lower.size} 個特性的 {values.size} 個數值不符。",
        )
    if options.subgroup < 1 or (sizes % options.subgroup).any():
        raise ShapeError(
            f"The values of each characteristic do not make whole subgroups of {options.subgroup}.",
            f"各特性的筆數不是子組大小 {options.subgroup} 的整數倍。",
        )
    if (sizes < _FEWEST).any():
        place = int(np.flatnonzero(sizes < _FEWEST)[0])
        raise TooFewValuesError(
            f"Characteristic {place} has {sizes[place]} values; capability needs at least {_FEWEST}.",
            f"第 {place} 個特性只有 {sizes[place]} 筆；計算製程能力至少需要 {_FEWEST} 筆。",
        )
    return _Segments(values, np.cumsum(sizes) - sizes, sizes)


def _mean_and_deviation(segments: _Segments) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values, starts, counts = segments
    mean = np.add.reduceat(values, starts) / counts
    rest = np.repeat(mean, counts)
    np.subtract(values, rest, out=rest)  # in place: a fresh array of a million values costs more than the sum
    correction = np.add.reduceat(rest, starts) / counts
    np.multiply(rest, rest, out=rest)
    squares = np.add.reduceat(rest, starts) - counts * correction**2
    # Equal values differ from their rounded mean in the last bit; their spread is zero, not 1e-17.
    spread = np.maximum.reduceat(values, starts) > np.minimum.reduceat(values, starts)
    return mean + correction, np.where(spread, np.sqrt(np.maximum(squares, 0.0) / (counts - 1)), 0.0)


def _within(
    segments: _Segments, estimator: WithinEstimator, options: TableOptions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    settings, size = options.conventions.within, options.subgroup
    if estimator is WithinEstimator.MEDIAN_MOVING_RANGE:
        raise InvalidOptionError(
            "The median of moving ranges is for one characteristic at a time.", "移動全距中位數一次只能計算一個特性。"
        )
    groups = segments.counts // size
    if size == 1:
        sigma = _mean_moving_range(segments) / settings.ranges.d2(_FEWEST)
        dof = _each(moving_range_dof, segments.counts)
    elif estimator is WithinEstimator.POOLED:
        dof = groups * (size - 1.0)
        sigma = np.sqrt(_mean_per_characteristic(_squares(segments.values, size), segments, size) / (size - 1))
        if settings.unbiased:
            sigma /= _each(c4, dof.astype(np.int64) + 1)
    else:
        of_groups = _SPREADS[estimator.statistic](segments.values, size)
        sigma = _mean_per_characteristic(of_groups, segments, size) / settings.divisor(estimator.statistic, size)
        dof = groups * estimator.statistic.weight(size) / 2.0
    counted = dof if settings.dof is DofConvention.EQUIVALENT else segments.counts - 1.0
    return np.asarray(sigma, dtype=np.float64), np.asarray(counted, dtype=np.float64)


def _mean_moving_range(segments: _Segments) -> NDArray[np.float64]:
    ranges = np.empty_like(segments.values)
    np.subtract(segments.values[1:], segments.values[:-1], out=ranges[:-1])
    ranges[segments.starts + segments.counts - 1] = 0.0  # no range joins two characteristics
    np.abs(ranges, out=ranges)
    return np.add.reduceat(ranges, segments.starts) / (segments.counts - 1)


def _ranges(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Column by column: numpy's reduction over a short last axis is ten times slower."""
    columns = values.reshape(-1, size).T
    high, low = columns[0].copy(), columns[0].copy()
    for column in columns[1:]:
        np.maximum(high, column, out=high)
        np.minimum(low, column, out=low)
    return high - low


def _deviations(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.sqrt(_squares(values, size) / (size - 1))


def _squares(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Sum of squared deviations from the mean of each subgroup."""
    columns = values.reshape(-1, size).T
    mean, squares = np.zeros(columns.shape[1]), np.zeros(columns.shape[1])
    for column in columns:
        mean += column / size
    for column in columns:
        squares += (column - mean) ** 2
    return squares


_SPREADS = {SpreadStatistic.RANGE: _ranges, SpreadStatistic.DEVIATION: _deviations}


def _mean_per_characteristic(of_groups: NDArray[np.float64], segments: _Segments, size: int) -> NDArray[np.float64]:
    return np.add.reduceat(of_groups, segments.starts // size) / (segments.counts // size)


def _each(function: Callable[[int], float], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """A constant for each size, computed once for equal ones."""
    distinct, places = np.unique(sizes, return_inverse=True)
    return np.array([function(int(one)) for one in distinct])[places]
