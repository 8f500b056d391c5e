"""Charts of short runs: a part family pooled on one chart, as deviations, standardised values or Q statistics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.spc.charts.chart import (
    DEFAULT,
    ChartOptions,
    ChartPair,
    ControlChart,
    Kind,
    drawn,
    known_or,
    used_mask,
)
from samegauge.engines.spc.charts.design import Arrays, Design, Observed, Trace, deviations, normal_trace
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.scores import student_score
from samegauge.engines.spc.charts.subgroups import xbar_r_charts
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from samegauge.engines.spc.charts.rules import RuleChoice

_SPAN = 2
Pooling = Literal["own", "family"]


def members(values: ArrayLike, parts: ArrayLike) -> Observed:
    """Which value belongs to which member of a part family?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Values in time order [any unit].
    parts : array_like of int, shape (n,)
        Number of the member each belongs to, from 0 [1].

    Returns
    -------
    Observed
        Values with their members; a chart learns from all of them [unit of the values].

    Raises
    ------
    ShapeError
        Another number of members than of values, or a negative number.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Only the members' numbers are kept; what they stand for is the caller's.

    Examples
    --------
    >>> members([1.0, 2.0], [0, 1]).parts.tolist()
    [0, 1]

    References
    ----------
    None: a rule of this product.
    """
    array, numbers = checked_values(values), np.asarray(parts, dtype=np.intp)
    if numbers.shape != array.shape or (numbers < 0).any():
        raise ShapeError(
            f"{numbers.size} member numbers do not fit {array.size} values, or one is negative.",
            f"{numbers.size} 個成員編號與 {array.size} 個數值不符，或有負的編號。",
        )
    return Observed(array, np.ones(array.shape), parts=numbers)


def dnom_charts(values: ArrayLike, nominals: ArrayLike, options: ChartOptions = DEFAULT) -> ChartPair:
    """Is a process stable whose parts differ in nominal size but not in spread?

    Parameters
    ----------
    values : array_like of float, shape (n,) or (m, k)
        Single values, or subgroups of one part each, in time order [any unit].
    nominals : array_like of float, shape (n,) or (m,)
        Nominal value of the part each was measured on [unit of the values].
    options : ChartOptions
        Baseline, exclusions, stages, rules; `known.mean` is a known mean deviation [1].

    Returns
    -------
    ChartPair
        Charts of the deviations from nominal and of their ranges [unit of the values].

    Raises
    ------
    ShapeError
        Another number of nominals than of values or subgroups.
    TooFewValuesError
        Too few values that may set limits.

    Notes
    -----
    Individuals and moving range, or mean and range charts, of x - nominal. All parts must share one sigma: look at
    their spreads first. A stream wants deviations.

    Examples
    --------
    >>> pair = dnom_charts([10.1, 25.0, 9.9, 25.2], [10.0, 25.0, 10.0, 25.0])
    >>> pair.location.points.round(3).tolist()
    [0.1, 0.0, -0.1, 0.2]

    References
    ----------
    ISO 7870-8:2017. Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., 10.2.
    """
    array, wanted = checked_values(values, dimensions=(1, 2)), checked_values(nominals)
    if wanted.size != array.shape[0]:
        raise ShapeError(
            f"{wanted.size} nominals do not fit {array.shape[0]} points.",
            f"{wanted.size} 個標稱值與 {array.shape[0]} 點不符。",
        )
    pair = imr_charts(array - wanted, options) if array.ndim == 1 else xbar_r_charts(array - wanted[:, None], options)
    return ChartPair(*(_renamed(chart, "deviations from nominal") for chart in (pair.location, pair.dispersion)))


def _renamed(chart: ControlChart, what: str) -> ControlChart:
    method = replace(
        chart.method,
        name=f"{chart.method.name} of {what}",
        assumed=(*chart.method.assumed, "all members of the family have one sigma"),
    )
    return replace(chart, method=method)


def z_mr_charts(
    values: ArrayLike, parts: ArrayLike, options: ChartOptions = DEFAULT, *, sigma: Pooling = "own"
) -> ChartPair:
    """Is a process stable whose parts differ in mean and, perhaps, in spread?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Single values in time order; one unit for all if "family" [any unit].
    parts : array_like of int, shape (n,)
        Number of the part each was measured on, from 0 [1].
    options : ChartOptions
        Baseline, exclusions, rules; `known` holds a mean and a sigma for each part [1].
    sigma : {"own", "family"}
        Each part has its own sigma, or all share one [1].

    Returns
    -------
    ChartPair
        Charts of z = (x - mean of the part) / sigma of the part and of its moving ranges [1].

    Raises
    ------
    TooFewValuesError
        A part without two values that may set its mean and sigma, while neither is known.
    InvalidOptionError
        Stages, which a pooled chart does not have, or known values that do not fit the parts.

    Notes
    -----
    Mean of each part and mean moving range / d2 between neighbouring values of the same part, other parts between them
    left out; "family" pools the ranges of all parts. Limits are +-width; moving ranges of z have d2 and d2 +- width d3.
    Values of a part without spread are shown as deviations from its mean between limits of zero; they have no range.

    Examples
    --------
    >>> pair = z_mr_charts([10.0, 10.2, 50.0, 52.0, 10.1], [0, 0, 1, 1, 0])
    >>> pair.location.points.round(3).tolist()
    [-0.752, 0.752, -0.564, 0.564, 0.0]

    References
    ----------
    ISO 7870-8:2017. Farnum N. R., Journal of Quality Technology 24 (1992) 138. Formulas from these texts; no outside
    number found but the limit 3.686 of the moving range.
    """
    if options.stages is not None:
        raise InvalidOptionError(
            "A pooled chart has no stages; number the stages as parts instead.",
            "合併管制圖沒有階段；請將各階段編為不同零件。",
        )
    seen = members(values, parts)
    count = int(seen.parts.max()) + 1
    constant, scatter = options.constants.d2(_SPAN), options.constants.d3(_SPAN)
    estimate = _family(seen, used_mask(seen.length, options), options, count, sigma)
    words = f"mean of each part; sigma = mean moving range / d2, {sigma}"
    constants = {"d2": constant, "d3": scatter, "parts": float(count)}

    def chart(statistic: str, rules: RuleChoice, memory: Arrays) -> ControlChart:
        law = _Standardised(options.width, constant, scatter, ranges=bool(memory))
        design = Design(law, estimate, np.ones(()), words, constants, memory)

        def fixed(part: Observed, used: NDArray[np.bool_]) -> Design:  # noqa: ARG001 - estimated above, part by part
            return design

        return drawn(Kind(statistic, "Z and moving range chart", "Farnum 1992", fixed, rules), seen, options)

    return ChartPair(
        chart("Z", options.rules, ()),
        chart("moving range of Z", options.dispersion_rules, (np.full((), np.nan),)),
    )


def _family(
    seen: Observed, used: NDArray[np.bool_], options: ChartOptions, count: int, sigma: Pooling
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and sigma of each part; NaN until they are known or can be estimated."""
    given = [seen.values[used & (seen.parts == part)] for part in range(count)]
    means = np.array([part.mean() if part.size else np.nan for part in given])
    ranges = [np.abs(np.diff(part)) for part in given]
    if sigma == "family":
        ranges = [np.concatenate(ranges)] * count
    spreads = np.array([part.mean() if part.size else np.nan for part in ranges]) / options.constants.d2(_SPAN)
    mean, spread = known_or(options.known.mean, means), known_or(options.known.sigma, spreads)
    broken = np.flatnonzero(np.isnan(mean + spread) & np.isin(np.arange(count), seen.parts))
    if broken.size:
        raise TooFewValuesError(
            f"Part {broken[0]} has too few values for its own mean and sigma. Give known ones, or pool sigma.",
            f"零件 {broken[0]} 的數值太少，無法估計平均值與標準差。請提供已知值，或合併標準差。",
        )
    return mean, spread


@dataclass(frozen=True, slots=True)
class _Standardised:
    width: float
    d2: float
    d3: float
    ranges: bool

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:
        mean, sigma = (array[seen.parts] for array in frozen)
        z = np.divide(seen.values - mean, sigma, out=np.full(seen.values.shape, np.nan), where=sigma > 0.0)
        if not self.ranges:
            flat = sigma == 0.0
            shown = np.where(flat, deviations(seen.values, mean), z)
            return normal_trace(shown, np.zeros(()), np.where(flat, 0.0, 1.0), self.width)
        before = np.concatenate([memory[0][None], z[:-1]])
        trace, _ = normal_trace(np.abs(z - before), np.array(self.d2), np.array(self.d3), self.width, (0.0, np.inf))
        return trace, (z[-1],)


def q_chart(
    values: ArrayLike, parts: ArrayLike, options: ChartOptions = DEFAULT, *, sigma: Pooling = "own"
) -> ControlChart:
    """Is a process stable from its first parts on, when nothing is known beforehand?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Single values in time order; one unit for all if "family" [any unit].
    parts : array_like of int, shape (n,)
        Number of the part each was measured on, from 0; all 0 for one part [1].
    options : ChartOptions
        Exclusions, rules; `known` holds a mean or a sigma for each part. After the `baseline` nothing is learned [1].
    sigma : {"own", "family"}
        Each part has its own sigma, or all share one, so that a part's second value can be judged [1].

    Returns
    -------
    ControlChart
        Q statistics, standard normal and independent while the process is stable, with limits at +-width; NaN where
        there is nothing to compare with yet [1].

    Raises
    ------
    ShapeError
        Parts that do not fit the values.
    InvalidOptionError
        Stages, or known values that do not fit the parts.

    Notes
    -----
    With r - 1 earlier values of the part, their mean and s: Q_r = inverse normal of Student's law with nu = r - 2 at
    sqrt((r - 1) / r) (x_r - mean) / s; known sigma: sqrt((r - 1) / r) (x_r - mean) / sigma; known mean: nu = r - 1 and
    s about it. "family" takes the pooled s with the degrees of freedom of all parts so far. Excluded values are shown
    and not learned from. While all values learned from are equal, a new one to learn from has no Q; one that is not
    learned from is shown as its deviation between limits of zero. A shift soon enters the mean itself: a Q chart warns
    early or hardly at all; an EWMA of it does better. "family" follows from the same law; no outside number found.

    Examples
    --------
    >>> chart = q_chart([10.0, 10.2, 10.1, 10.9], [0, 0, 0, 0])
    >>> chart.points[[0, 1, 3]].round(3).tolist()
    [nan, nan, 2.323]

    References
    ----------
    Quesenberry C. P., Journal of Quality Technology 23 (1991) 213, doi:10.1080/00224065.1991.11979327.
    """
    if options.stages is not None:
        raise InvalidOptionError(
            "A Q chart has no stages; number the stages as parts instead.", "Q 管制圖沒有階段；請將各階段編為不同零件。"
        )
    seen = members(values, parts)
    learned = used_mask(seen.length, options).astype(np.float64)
    count = int(seen.parts.max(initial=0)) + 1
    unknown = np.full(count, np.nan)
    frozen = known_or(options.known.mean, unknown), known_or(options.known.sigma, unknown)
    groups = count if sigma == "own" else 1
    memory = (np.zeros(count), np.zeros(count), np.zeros(groups), np.zeros(groups))
    words = f"mean and sigma of earlier values, sigma {sigma}; known: mean {options.known.mean is not None}, sigma "
    words += str(options.known.sigma is not None)

    def design(part: Observed, used: NDArray[np.bool_]) -> Design:  # noqa: ARG001 - a Q chart learns as it goes
        return Design(_Quesenberry(options.width), frozen, np.ones(()), words, {"parts": float(count)}, memory)

    assumed = ("values are independent and normally distributed",)
    kind = Kind("Q", "Q chart", "Quesenberry 1991", design, options.rules, assumed)
    return drawn(kind, Observed(seen.values, learned, parts=seen.parts), options, fewest=1)


@dataclass(frozen=True, slots=True)
class _Quesenberry:
    """Remembers per part how many values there were and their mean, per group degrees of freedom and sum of squares."""

    width: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:
        counts, means, dofs, squares = (array.copy() for array in memory)
        known_mean, known_sigma = frozen
        centres, worths, spreads, freedom = np.empty((4, seen.length))
        for now in range(seen.length):
            part, x = int(seen.parts[now]), float(seen.values[now])
            group = part if dofs.size == counts.size else 0
            given, n = float(known_mean[part]), float(counts[part])
            mean, worth = (float(means[part]), n / (n + 1.0)) if np.isnan(given) else (given, 1.0)
            dof, sigma = float(dofs[group]), float(known_sigma[part])
            freedom[now] = dof if np.isnan(sigma) else np.inf
            sigma = np.sqrt(squares[group] / max(dof, 1.0)) if np.isnan(sigma) else sigma
            centres[now], worths[now], spreads[now] = mean, worth, sigma
            if seen.sizes[now]:
                counts[part] += 1.0
                means[part] += (x - means[part]) / counts[part]
                squares[group] += worth * (x - mean) ** 2
                dofs[group] += worth > 0.0
        reach = np.divide(np.sqrt(worths), spreads, out=np.full(seen.length, np.nan), where=worths * spreads > 0.0)
        t = reach * (seen.values - centres)
        flat = (spreads == 0.0) & (worths > 0.0) & (freedom > 0.0) & (seen.sizes == 0.0)
        scores = np.where(np.isinf(freedom), t, student_score(t, np.where(np.isinf(freedom), 1.0, freedom)))
        shown, spread = np.where(flat, deviations(seen.values, centres), scores), np.where(flat, 0.0, 1.0)
        return normal_trace(shown, np.zeros(()), spread, self.width)[0], (counts, means, dofs, squares)
