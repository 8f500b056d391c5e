"""Charts of subgroups: mean with range (Xbar-R) and mean with standard deviation (Xbar-S), of equal or unequal size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.spc.charts.chart import DEFAULT, ChartOptions, ChartPair, Kind, drawn, known_or, redrawn
from samegauge.engines.spc.charts.design import Arrays, Design, Observed, Trace, normal_trace
from samegauge.engines.spc.constants import RangeTable, SpreadStatistic, c4
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

_RANGE, _DEVIATION = SpreadStatistic.RANGE, SpreadStatistic.DEVIATION
_SPREAD_FROM = 2  # values a range or a standard deviation needs
_GROUPED = (2, 3)  # dimensions of equal subgroups: of one characteristic, of many
Groups: TypeAlias = "ArrayLike | Sequence[ArrayLike]"
Spread = Literal["rbar", "rbar-unweighted", "sbar", "sbar-unweighted", "pooled", "pooled-biased"]


class _Constants(NamedTuple):
    """Of range and standard deviation for each subgroup's size; NaN where a subgroup has one value."""

    d2: NDArray[np.float64]
    d3: NDArray[np.float64]
    c4: NDArray[np.float64]


def subgroups(groups: Groups) -> Observed:
    """What do charts need to know of subgroups?

    Parameters
    ----------
    groups : array_like of float, shape (m, k) or (characteristics, m, k), or a sequence of m arrays of any length
        Values of each subgroup [any unit].

    Returns
    -------
    Observed
        Means, sizes, ranges and standard deviations, shape (m,) or (characteristics, m) [unit of the values].

    Raises
    ------
    ShapeError
        No subgroups, or an empty one.
    NonFiniteValuesError
        NaN or infinity among the values; a missing value is left out of its subgroup by the caller.

    Notes
    -----
    Subgroups of one value have a mean and neither range nor standard deviation (NaN). Subgroups of one size are
    summarised together, so that a stream of single subgroups gives the same bits.

    Examples
    --------
    >>> subgroups([[1.0, 2.0, 3.0], [4.0, 6.0]]).ranges.tolist()
    [2.0, 2.0]

    References
    ----------
    ISO 7870-2:2013.
    """
    rows = cast("Sequence[ArrayLike]", groups) if isinstance(groups, (list, tuple)) else ()
    if len({np.shape(row) for row in rows}) <= 1:
        array = checked_values(cast("ArrayLike", groups), dimensions=_GROUPED)
        if not array.size:
            raise ShapeError("There are no subgroups.", "沒有任何子組。")
        return _summary(array)
    ragged = [checked_values(row) for row in rows]
    sizes = np.array([row.size for row in ragged])
    if not sizes.all():
        raise ShapeError("A subgroup has no values; leave it out.", "有子組沒有任何數值；請剔除該子組。")
    columns = np.empty((4, sizes.size))
    for size in np.unique(sizes):
        places = np.flatnonzero(sizes == size)
        columns[:, places] = np.stack(_summary(np.stack([ragged[place] for place in places]))[:4])
    return Observed(values=columns[0], sizes=columns[1], ranges=columns[2], deviations=columns[3])


def _summary(array: NDArray[np.float64]) -> Observed:
    size = array.shape[-1]
    means = array.mean(axis=-1)
    if size < _SPREAD_FROM:
        ranges = deviations = np.full(means.shape, np.nan)
    else:
        # Equal values differ from their rounded mean in the last bit.
        ranges = np.ptp(array, axis=-1)
        deviations = np.where(ranges > 0.0, array.std(axis=-1, ddof=1), 0.0)
    return Observed(means, np.full(means.shape, float(size)), ranges, deviations)


def xbar_r_charts(groups: Groups, options: ChartOptions = DEFAULT, *, estimator: Spread = "rbar") -> ChartPair:
    """Do mean and range of subgroups say that a process is stable?

    Parameters
    ----------
    groups : array_like of float, shape (m, k) or (characteristics, m, k), or a sequence of m arrays of any length
        Subgroups in time order [any unit].
    options : ChartOptions
        Baseline and exclusions (of subgroups), stages, rules, known mean and sigma [1].
    estimator : {"rbar", "rbar-unweighted", "sbar", "sbar-unweighted", "pooled", "pooled-biased"}
        What sigma is estimated from [1].

    Returns
    -------
    ChartPair
        Charts of means and of ranges [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 subgroups that may set limits, or none with two values.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Unknown estimator, or options that do not fit the subgroups.

    Notes
    -----
    Centre: mean of all values. Limits: centre +- width sigma / sqrt(n_i); ranges d2(n_i) sigma +- width d3(n_i) sigma,
    not below 0. sigma from ranges: sum(f_i R_i / d2(n_i)) / sum(f_i), f = (d2 / d3)^2, or unweighted; from standard
    deviations with f = c4^2 / (1 - c4^2); pooled: square root of the pooled variance, divided by c4(1 + degrees of
    freedom) unless "biased". Zone rules use sigma / sqrt(n_i), also where mean and sigma are known beforehand.

    Examples
    --------
    >>> pair = xbar_r_charts([[9.9, 10.1], [10.0, 10.2], [9.8, 10.0]])
    >>> round(float(pair.location.upper[0]), 4), round(float(pair.dispersion.upper[0]), 4)
    (10.376, 0.6533)

    References
    ----------
    ISO 7870-2:2013. Burr I. W., Journal of Quality Technology 1 (1969) 163 (weights for unequal subgroups).
    """
    return _charts("range", groups, options, estimator)


def xbar_s_charts(groups: Groups, options: ChartOptions = DEFAULT, *, estimator: Spread = "sbar") -> ChartPair:
    """Do mean and standard deviation of subgroups say that a process is stable?

    Parameters
    ----------
    groups : array_like of float, shape (m, k) or (characteristics, m, k), or a sequence of m arrays of any length
        Subgroups in time order [any unit].
    options : ChartOptions
        Baseline and exclusions (of subgroups), stages, rules, known mean and sigma [1].
    estimator : {"rbar", "rbar-unweighted", "sbar", "sbar-unweighted", "pooled", "pooled-biased"}
        What sigma is estimated from [1].

    Returns
    -------
    ChartPair
        Charts of means and of standard deviations [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 subgroups that may set limits, or none with two values.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Unknown estimator, or options that do not fit the subgroups.

    Notes
    -----
    As `xbar_r_charts`; standard deviations c4(n_i) sigma +- width sigma sqrt(1 - c4(n_i)^2), not below 0.

    Examples
    --------
    >>> pair = xbar_s_charts([[9.9, 10.1], [10.0, 10.2], [9.8, 10.0]])
    >>> round(float(pair.dispersion.upper[0]), 4)
    0.462

    References
    ----------
    ISO 7870-2:2013. Burr I. W., Journal of Quality Technology 1 (1969) 163 (weights for unequal subgroups).
    """
    return _charts("standard deviation", groups, options, estimator)


def _charts(statistic: str, groups: Groups, options: ChartOptions, estimator: Spread) -> ChartPair:
    if estimator not in _WORDS:
        raise InvalidOptionError(
            f'"{estimator}" is no estimator of sigma; known are {", ".join(_WORDS)}.',
            f"沒有「{estimator}」這種標準差估計法；可用：{'、'.join(_WORDS)}。",
        )
    seen, known = subgroups(groups), options.known.sigma
    words = f"sigma from {_WORDS[estimator]}" if known is None else "sigma known beforehand"

    def located(part: Observed, used: NDArray[np.bool_]) -> Design:
        sizes = np.compress(used, part.sizes, axis=-1)
        total = (np.compress(used, part.values, axis=-1) * sizes).sum(axis=-1) / sizes.sum(axis=-1)
        mean = known_or(options.known.mean, np.asarray(total))
        sigma = _sigma(part, used, estimator, options.constants) if known is None else known_or(known, mean)
        return Design(_Means(options.width), (mean, sigma), sigma, words, _used_constants(part, options))

    def dispersed(old: Design) -> Design:
        return replace(old, law=_Spreads(statistic, options.width, options.constants), frozen=(old.sigma,))

    name = f"mean and {statistic} chart of subgroups"
    location = drawn(Kind("mean", name, "ISO 7870-2:2013", located, options.rules), seen, options)
    rules = options.dispersion_rules
    method = replace(location.method, rule_set=rules.record)
    return ChartPair(location, redrawn(location, statistic, dispersed, method, rules))


@dataclass(frozen=True, slots=True)
class _Means:
    width: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:  # noqa: ARG002
        center, sigma = (array[..., None] for array in frozen)
        return normal_trace(seen.values, center, sigma / np.sqrt(seen.sizes), self.width)


@dataclass(frozen=True, slots=True)
class _Spreads:
    statistic: str
    width: float
    table: RangeTable

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:  # noqa: ARG002
        sigma = frozen[0][..., None]
        by_size = _constants(seen.sizes, self.table)
        values = seen.ranges if self.statistic == "range" else seen.deviations
        if self.statistic == "range":
            center, spread = by_size.d2 * sigma, by_size.d3 * sigma
        else:
            center, spread = by_size.c4 * sigma, np.sqrt(1.0 - by_size.c4**2) * sigma
        return normal_trace(values, center, spread, self.width, (0.0, np.inf))


def _constants(sizes: NDArray[np.float64], ranges: RangeTable) -> _Constants:
    different, places = np.unique(sizes, return_inverse=True)
    table = np.full((3, different.size), np.nan)
    for column, size in enumerate(different.astype(int).tolist()):
        if size >= _SPREAD_FROM:
            table[:, column] = ranges.d2(size), ranges.d3(size), c4(size)
    return _Constants(*(row[places].reshape(sizes.shape) for row in table))


def _used_constants(part: Observed, options: ChartOptions) -> dict[str, float]:
    different = np.unique(part.sizes)
    table = _constants(different, options.constants)
    return {
        f"{name}({size:g})": float(value)
        for name in ("d2", "d3", "c4")
        for size, value in zip(different, getattr(table, name), strict=True)
        if size >= _SPREAD_FROM
    }


_WORDS = {
    "rbar": "ranges / d2, weighted by (d2 / d3)^2",
    "rbar-unweighted": "mean of range / d2",
    "sbar": "standard deviations / c4, weighted by c4^2 / (1 - c4^2)",
    "sbar-unweighted": "mean of standard deviation / c4",
    "pooled": "pooled variance, square root divided by c4",
    "pooled-biased": "pooled variance, square root",
}


def _sigma(part: Observed, used: NDArray[np.bool_], estimator: str, table: RangeTable) -> NDArray[np.float64]:
    # Subgroups have the same sizes in all characteristics, so one of them tells which have a spread.
    spreads = used & (part.sizes.reshape(-1, part.length)[0] >= _SPREAD_FROM)
    if not spreads.any():
        raise TooFewValuesError(
            "No subgroup with two values is left, so there is no range or standard deviation.",
            "沒有任何含兩筆數值的子組，無法計算全距或標準差。",
        )
    sizes, ranges, deviations = (
        np.compress(spreads, array, axis=-1) for array in (part.sizes, part.ranges, part.deviations)
    )
    if estimator.startswith("pooled"):
        dof = sizes - 1.0
        pooled = np.sqrt((dof * deviations**2).sum(axis=-1) / dof.sum(axis=-1))
        total = round(float(dof.reshape(-1, dof.shape[-1])[0].sum()))
        return pooled if estimator == "pooled-biased" else pooled / c4(total + 1)
    statistic, spread = (_RANGE, ranges) if estimator.startswith("rbar") else (_DEVIATION, deviations)
    single = spread / _each(lambda size: statistic.divisor(size, table), sizes)
    if estimator.endswith("unweighted"):
        return np.asarray(single.mean(axis=-1))
    weight = _each(statistic.weight, sizes)
    return np.asarray((weight * single).sum(axis=-1) / weight.sum(axis=-1))


def _each(constant: Callable[[int], float], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    different, places = np.unique(sizes, return_inverse=True)
    return np.array([constant(size) for size in different.astype(int).tolist()])[places].reshape(sizes.shape)
