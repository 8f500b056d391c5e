"""Charts of counts: nonconforming items (p, np), nonconformities (c, u), and Laney's p' and u' for overdispersion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError
from samegauge.engines.spc.charts.chart import DEFAULT, ChartOptions, ControlChart, Kind, drawn, known_or
from samegauge.engines.spc.charts.design import Arrays, Design, Observed, Trace, normal_trace
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_REFERENCE = "ISO 7870-2:2013"


def counted(counts: ArrayLike, sizes: ArrayLike = 1.0, *, at_most_size: bool = False) -> Observed:
    """Are counts and the sizes they were counted in fit for a chart?

    Parameters
    ----------
    counts : array_like of float, shape (n,) or (characteristics, n)
        Nonconforming items or nonconformities [1].
    sizes : array_like of float, broadcastable to the shape of counts
        Items inspected [1], or area of opportunity [any unit].
    at_most_size : bool
        No more can be nonconforming than were inspected [1].

    Returns
    -------
    Observed
        Counts and sizes of one shape [1].

    Raises
    ------
    NonFiniteValuesError
        NaN or infinity among the numbers.
    ShapeError
        Sizes that do not fit the counts.
    InvalidOptionError
        A negative count, a size that is not positive, more nonconforming than inspected.

    Notes
    -----
    Counts need not be whole: averages of several inspectors are counts too.

    Examples
    --------
    >>> counted([1, 2], 50).sizes.tolist()
    [50.0, 50.0]

    References
    ----------
    ISO 7870-2:2013.
    """
    found = checked_values(counts, dimensions=(1, 2))
    size = checked_values(sizes, dimensions=(0, 1, 2))
    if size.shape not in ((), found.shape, found.shape[-1:]):
        raise ShapeError(
            f"Sizes of shape {size.shape} do not fit counts of shape {found.shape}.",
            f"樣本數的形狀 {size.shape} 與計數的形狀 {found.shape} 不符。",
        )
    size = np.broadcast_to(size, found.shape)
    wrong = np.flatnonzero((found < 0.0) | (size <= 0.0) | (at_most_size & (found > size)))
    if wrong.size:
        raise InvalidOptionError(
            f"Index {wrong[0]}: {found.flat[wrong[0]]:g} in {size.flat[wrong[0]]:g} is no possible count. Correct it.",
            f"索引 {wrong[0]}：{size.flat[wrong[0]]:g} 中有 {found.flat[wrong[0]]:g}，不是可能的計數，請更正。",
        )
    return Observed(found, size)


def p_chart(
    nonconforming: ArrayLike, inspected: ArrayLike, options: ChartOptions = DEFAULT, *, laney: bool = False
) -> ControlChart:
    """Is the share of nonconforming items stable?

    Parameters
    ----------
    nonconforming : array_like of float, shape (n,) or (characteristics, n)
        Nonconforming items of each sample [1].
    inspected : array_like of float, broadcastable to the same shape
        Items inspected [1].
    options : ChartOptions
        Baseline, exclusions, stages, rules; `known.mean` is a known share [1].
    laney : bool
        p' chart: limits widened by the variation between samples [1].

    Returns
    -------
    ControlChart
        Shares with limits between 0 and 1 [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 samples that may set limits.
    InvalidOptionError
        Impossible counts or options.

    Notes
    -----
    Share p = sum of nonconforming / sum of inspected; limits p +- width sqrt(p (1 - p) / n_i). Laney: times sigma_z,
    the mean moving range / d2 of z_i = (p_i - p) / sqrt(p (1 - p) / n_i). Binomial counts near 0 are skew: below n p of
    about 5 the normal limits are a convention more than a probability. So they are where none (or all) of N items
    failed: p is 0, the limits lie on it, and the first failure is beyond. That is rare rather than impossible: under an
    unchanged small share it falls into a given next sample of n with a chance of about n / (N + n). A long chart
    wants more items behind its limits or a known share; `cautions` says so.

    Examples
    --------
    >>> chart = p_chart([12, 8, 10, 10], 100)
    >>> round(float(chart.upper[0]), 3), round(float(chart.lower[0]), 3)
    (0.19, 0.01)

    References
    ----------
    ISO 7870-2:2013. Laney D. B., Quality Engineering 14 (2002) 531, doi:10.1081/QEN-120003555.
    """
    return _chart("p", counted(nonconforming, inspected, at_most_size=True), options, laney=laney)


def np_chart(nonconforming: ArrayLike, inspected: ArrayLike, options: ChartOptions = DEFAULT) -> ControlChart:
    """Is the number of nonconforming items stable?

    Parameters
    ----------
    nonconforming : array_like of float, shape (n,) or (characteristics, n)
        Nonconforming items of each sample [1].
    inspected : array_like of float, broadcastable to the same shape
        Items inspected [1].
    options : ChartOptions
        Baseline, exclusions, stages, rules; `known.mean` is a known share [1].

    Returns
    -------
    ControlChart
        Counts with limits between 0 and the items inspected [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 samples that may set limits.
    InvalidOptionError
        Impossible counts or options.

    Notes
    -----
    n_i p +- width sqrt(n_i p (1 - p)) with the share p of `p_chart`; of unequal samples the centre line has steps.

    Examples
    --------
    >>> round(float(np_chart([12, 8, 10, 10], 100).upper[0]), 3)
    19.0

    References
    ----------
    ISO 7870-2:2013.
    """
    return _chart("np", counted(nonconforming, inspected, at_most_size=True), options)


def c_chart(nonconformities: ArrayLike, options: ChartOptions = DEFAULT) -> ControlChart:
    """Is the number of nonconformities in equal areas of opportunity stable?

    Parameters
    ----------
    nonconformities : array_like of float, shape (n,) or (characteristics, n)
        Number in each sample [1].
    options : ChartOptions
        Baseline, exclusions, stages, rules; `known.mean` is a known mean count [1].

    Returns
    -------
    ControlChart
        Counts with limits not below 0 [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 samples that may set limits.
    InvalidOptionError
        Negative counts, or options that do not fit.

    Notes
    -----
    c +- width sqrt(c), c the mean count: counts after Poisson. After N samples without any, the first one is beyond the
    limits of zero, as in `p_chart`; its chance in the next sample is about 1 / (N + 1).

    Examples
    --------
    >>> c_chart([16, 14, 18, 16]).upper[0].item()
    28.0

    References
    ----------
    ISO 7870-2:2013. NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.1.
    """
    return _chart("c", counted(nonconformities), options)


def u_chart(
    nonconformities: ArrayLike, areas: ArrayLike, options: ChartOptions = DEFAULT, *, laney: bool = False
) -> ControlChart:
    """Is the number of nonconformities per unit stable?

    Parameters
    ----------
    nonconformities : array_like of float, shape (n,) or (characteristics, n)
        Number in each sample [1].
    areas : array_like of float, broadcastable to the same shape
        Area of opportunity [any unit].
    options : ChartOptions
        Baseline, exclusions, stages, rules; `known.mean` is a known rate [1].
    laney : bool
        u' chart: limits widened by the variation between samples [1].

    Returns
    -------
    ControlChart
        Rates with limits not below 0 [1 / unit of the areas].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 samples that may set limits.
    InvalidOptionError
        Impossible counts or options.

    Notes
    -----
    u = sum of nonconformities / sum of areas; limits u +- width sqrt(u / a_i). Laney as in `p_chart`.

    Examples
    --------
    >>> round(float(u_chart([4, 8, 6, 6], [2.0, 2.0, 2.0, 2.0]).upper[0]), 4)
    6.6742

    References
    ----------
    ISO 7870-2:2013. Laney D. B., Quality Engineering 14 (2002) 531, doi:10.1081/QEN-120003555.
    """
    return _chart("u", counted(nonconformities, areas), options, laney=laney)


def _chart(kind: str, seen: Observed, options: ChartOptions, *, laney: bool = False) -> ControlChart:
    law = _Counts(kind, options.width)
    constant = options.constants.d2(2)

    def design(part: Observed, used: NDArray[np.bool_]) -> Design:
        total = np.compress(used, part.values, axis=-1).sum(axis=-1) / np.compress(used, part.sizes, axis=-1).sum(
            axis=-1
        )
        mean = known_or(options.known.mean, np.asarray(total))
        one = np.ones(mean.shape)
        trace, _ = law((mean, one), (), part)
        sigma_z = _overdispersion(trace.scores, used, constant) if laney else one
        unknown = np.full(mean.shape, np.nan)
        constants = {"d2": constant} if laney else {}
        return Design(law, (mean, sigma_z), unknown, _WORDS[laney], constants)

    name = f"{kind}{'-prime (Laney)' if laney else ''} chart"
    assumed = (_ASSUMED["np" if kind in ("p", "np") else "c"],) if not laney else ()
    return drawn(Kind(_STATISTIC[kind], name, _REFERENCE, design, options.rules, assumed), seen, options)


def _overdispersion(scores: NDArray[np.float64], used: NDArray[np.bool_], constant: float) -> NDArray[np.float64]:
    neighbours = used[1:] & used[:-1]
    if not neighbours.any():
        raise InvalidOptionError(
            "Laney's limits need two neighbouring samples that may set limits.",
            "Laney 管制界限需要兩個相鄰且可用於計算界限的樣本。",
        )
    return np.asarray(np.compress(neighbours, np.abs(np.diff(scores)), axis=-1).mean(axis=-1) / constant)


_WORDS = {False: "sum of counts / sum of sizes", True: "sum of counts / sum of sizes; sigma_z = mean moving range / d2"}
_STATISTIC = {
    "p": "share nonconforming",
    "np": "number nonconforming",
    "c": "number of nonconformities",
    "u": "nonconformities per unit",
}
_ASSUMED = {"np": "counts are binomial and independent", "c": "counts are Poisson and independent"}


@dataclass(frozen=True, slots=True)
class _Counts:
    kind: str
    width: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:  # noqa: ARG002
        mean, inflation = (array[..., None] for array in frozen)
        sizes, binomial = seen.sizes, self.kind in ("p", "np")
        # A known mean may lie outside what a share can be; its spread is then none.
        variance = np.maximum(mean * (1.0 - mean), 0.0) if binomial else mean
        if self.kind in ("np", "c"):
            center, spread = sizes * mean, inflation * np.sqrt(sizes * variance)
            return normal_trace(seen.values, center, spread, self.width, (0.0, sizes if binomial else np.inf))
        bounds = (0.0, 1.0 if binomial else np.inf)
        return normal_trace(seen.values / sizes, mean, inflation * np.sqrt(variance / sizes), self.width, bounds)
