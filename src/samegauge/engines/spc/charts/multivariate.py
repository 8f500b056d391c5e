"""Charts of several variables together: Hotelling's T2 and the multivariate EWMA."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.laws.continuous import beta_quantile, chi_square_quantile
from samegauge.engines.spc.charts.chart import ChartOptions, ControlChart, Kind, drawn
from samegauge.engines.spc.charts.design import Arrays, Design, Observed, Trace
from samegauge.engines.spc.charts.rules import LIMITS_ONLY
from samegauge.engines.spc.charts.scores import f_quantile
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SINGLE, _GROUPED = 2, 3  # dimensions of vectors, and of subgroups of vectors


@dataclass(frozen=True, slots=True)
class KnownVectors:
    """Mean vector and covariance matrix of single vectors known beforehand."""

    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class VectorOptions:
    """`alpha` is the false-alarm chance of a point, of the whole chart or of each of its p variables (then 1 - (1 -
    alpha)^p of the chart). Phase 1 judges the points that set the limits, phase 2 new ones. `covariance` of single
    vectors: of the sample, or from successive differences, which a drift does not inflate.
    """

    alpha: float = 0.0027
    per: Literal["chart", "variable"] = "chart"
    phase: Literal[1, 2] = 1
    covariance: Literal["sample", "successive-differences"] = "sample"
    known: KnownVectors | None = None
    chart: ChartOptions = field(default_factory=ChartOptions)


@dataclass(frozen=True, slots=True)
class VectorChart:
    """The chart with the mean vector and the covariance matrix of single vectors behind its (last) limits."""

    chart: ControlChart
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


_DEFAULT = VectorOptions()


def vectors(values: ArrayLike) -> Observed:
    """What do multivariate charts need to know of vectors, or of subgroups of them?

    Parameters
    ----------
    values : array_like of float, shape (n, p) or (m, k, p)
        Vectors of p variables in time order, or m subgroups of k vectors [any unit].

    Returns
    -------
    Observed
        Vectors or mean vectors (p, n), sizes (n,), covariances within subgroups (p, p, n) [units of the variables].

    Raises
    ------
    ShapeError
        No vectors.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Covariances divide by k - 1.

    Examples
    --------
    >>> vectors([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).values.shape
    (2, 3)

    References
    ----------
    ISO 7870-7:2020.
    """
    array = checked_values(values, dimensions=(_SINGLE, _GROUPED))
    if not array.size:
        raise ShapeError("There are no vectors.", "沒有任何向量。")
    if array.ndim == _SINGLE:
        return Observed(np.ascontiguousarray(array.T), np.ones(array.shape[0]))
    count, size, _ = array.shape
    means = array.mean(axis=1)
    away = array - means[:, None, :]
    scatter = np.einsum("mki,mkj->ijm", away, away) / max(size - 1, 1)
    return Observed(np.ascontiguousarray(means.T), np.full(count, float(size)), scatter=scatter)


def t2_chart(values: ArrayLike, options: VectorOptions = _DEFAULT) -> VectorChart:
    """Are several variables together stable, seen by their distance from the mean in the metric of their covariance?

    Parameters
    ----------
    values : array_like of float, shape (n, p) or (m, k, p)
        Vectors of p variables in time order, or m subgroups of k vectors [any unit].
    options : VectorOptions
        False-alarm chance, phase, covariance, known values; baseline and stages in `chart` [1].

    Returns
    -------
    VectorChart
        T2 with its upper limit (lower: 0, centre: the median), mean and covariance [1; units of the variables].

    Raises
    ------
    TooFewValuesError
        No more points than variables.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        A covariance that is singular, an alpha outside (0, 1), known values that do not fit.

    Notes
    -----
    T2 = k (x - mean)' S^-1 (x - mean). Limits for m points that set them. Single vectors, phase 1: (m - 1)^2 / m times
    a quantile of Beta(p / 2, (m - p - 1) / 2); phase 2: p (m + 1)(m - 1) / (m (m - p)) F(p, m - p). Subgroups with
    d = m k - m - p + 1: p (m -+ 1)(k - 1) / d F(p, d). Known values: chi-square(p). Successive differences: V'V /
    (2 (m - 1)), and phase 1 with f = 2 (m - 1)^2 / (3 m - 4) in Beta(p / 2, (f - p - 1) / 2), an approximation; its
    phase 2 uses f for m - 1, for which no outside number was found.

    Examples
    --------
    >>> points = [[1.0, 2.0], [2.0, 1.0], [3.0, 4.0], [4.0, 3.5], [2.5, 2.0], [3.5, 3.0]]
    >>> found = t2_chart(points)
    >>> round(float(found.chart.points.sum()), 9), round(float(found.chart.upper[0]), 3)
    (10.0, 4.086)

    References
    ----------
    Tracy N. D., Young J. C., Mason R. L., J. Qual. Technol. 24 (1992) 88. Sullivan J. H., Woodall W. H., J. Qual.
    Technol. 28 (1996) 398. ISO 7870-7:2020.
    """
    if not 0.0 < options.alpha < 1.0:
        raise InvalidOptionError(
            f"An alpha of {options.alpha} is not between 0 and 1.", f"alpha {options.alpha} 不在 0 與 1 之間。"
        )
    seen = vectors(values)
    variables: int = seen.values.shape[0]
    alpha = options.alpha if options.per == "chart" else 1.0 - (1.0 - options.alpha) ** variables

    def design(part: Observed, used: NDArray[np.bool_]) -> Design:
        mean, covariance = _estimated(part, used, options)
        count, size = int(np.count_nonzero(used)), round(float(part.sizes[0]))
        upper, center = (_limit(1.0 - a, variables, count, size, options) for a in (alpha, 0.5))
        frozen = (mean, covariance, _cholesky(covariance), np.asarray(center), np.asarray(upper))
        constants = {"alpha": alpha, "variables": float(variables), "phase": float(options.phase)}
        return Design(_T2(), frozen, np.asarray(np.nan), _words(options, size), constants)

    assumed = ("vectors are independent and multivariate normal",)
    kind = Kind("T2", "Hotelling T2 chart", "ISO 7870-7:2020", design, LIMITS_ONLY, assumed)
    return _vector_chart(drawn(kind, seen, options.chart, fewest=_fewest(seen, options)))


def mewma_chart(values: ArrayLike, limit: float, weight: float = 0.1, options: VectorOptions = _DEFAULT) -> VectorChart:
    """Does a weighted average of all vectors so far show a small shift of several variables together?

    Parameters
    ----------
    values : array_like of float, shape (n, p) or (m, k, p)
        Vectors of p variables in time order, or m subgroups of k vectors [any unit].
    limit : float
        Upper limit h of the statistic, chosen for an in-control run length [1].
    weight : float
        Weight lambda of the newest vector, above 0 and at most 1 [1].
    options : VectorOptions
        Covariance and known values; baseline and stages in `chart`. `alpha` and `phase` have no part in it [1].

    Returns
    -------
    VectorChart
        The statistic with its limit, mean and covariance [1; units of the variables].

    Raises
    ------
    TooFewValuesError
        No more points than variables.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Weight or limit out of range, a singular covariance, known values that do not fit.

    Notes
    -----
    Z_t = lambda (x_t - mean) + (1 - lambda) Z_(t-1); the statistic is Z' S^-1 Z / v_t with v_t = lambda^2 / k + (1 -
    lambda)^2 v_(t-1), which is the exact, not the asymptotic covariance. With one variable it is the square of the
    standardised EWMA.

    Examples
    --------
    >>> known = KnownVectors((0.0, 0.0), ((1.0, 0.0), (0.0, 1.0)))
    >>> found = mewma_chart([[1.0, 0.0], [1.0, 0.0]], 8.66, 0.1, VectorOptions(known=known))
    >>> found.chart.points.round(4).tolist()
    [1.0, 1.9945]

    References
    ----------
    Lowry C. A. et al., Technometrics 34 (1992) 46, doi:10.1080/00401706.1992.10485232. ISO 7870-7:2020.
    """
    if not (0.0 < weight <= 1.0 and limit > 0.0):
        raise InvalidOptionError(
            f"A weight of {weight} is not above 0 and at most 1, or the limit {limit} not positive.",
            f"權重 {weight} 須大於 0 且不超過 1，界限 {limit} 須為正。",
        )
    seen = vectors(values)
    variables: int = seen.values.shape[0]

    def design(part: Observed, used: NDArray[np.bool_]) -> Design:
        mean, covariance = _estimated(part, used, options)
        frozen = (mean, covariance, _cholesky(covariance), np.asarray(float(variables)), np.asarray(limit))
        constants = {"limit": limit, "weight": weight, "variables": float(variables)}
        words = _words(options, round(float(part.sizes[0])))
        start: Arrays = (np.zeros(variables), np.zeros(()))
        return Design(_Mewma(weight), frozen, np.asarray(np.nan), words, constants, start)

    assumed = ("vectors are independent and multivariate normal",)
    kind = Kind("MEWMA", "multivariate EWMA chart", "Lowry et al. 1992", design, LIMITS_ONLY, assumed)
    return _vector_chart(drawn(kind, seen, options.chart, fewest=_fewest(seen, options)))


def _fewest(seen: Observed, options: VectorOptions) -> int:
    variables, size = seen.values.shape[0], seen.sizes[0]
    return 1 if options.known else variables + 2 if size < _SINGLE else _SINGLE


def _vector_chart(chart: ControlChart) -> VectorChart:
    mean, covariance = chart.designs[-1].frozen[:2]
    return VectorChart(chart, mean, covariance)


def _words(options: VectorOptions, size: int) -> str:
    if options.known:
        return "mean and covariance known beforehand"
    return "mean covariance within subgroups" if size > 1 else f"covariance: {options.covariance}"


def _estimated(
    part: Observed, used: NDArray[np.bool_], options: VectorOptions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    variables = part.values.shape[0]
    if options.known:
        mean, covariance = checked_values(options.known.mean), checked_values(options.known.covariance, dimensions=(2,))
        if mean.size != variables or covariance.shape != (variables, variables):
            raise InvalidOptionError(
                f"The known mean and covariance do not fit {variables} variables.",
                f"已知的平均向量與共變異矩陣和 {variables} 個變數不符。",
            )
        return mean, covariance
    given = np.compress(used, part.values, axis=-1)
    mean = np.asarray(given.mean(axis=1))
    if part.scatter.size:
        return mean, np.asarray(np.compress(used, part.scatter, axis=-1).mean(axis=-1))
    if options.covariance == "sample":
        away = given - mean[:, None]
        return mean, away @ away.T / (given.shape[1] - 1.0)
    steps = np.diff(part.values, axis=1)[:, used[1:] & used[:-1]]
    return mean, steps @ steps.T / (2.0 * steps.shape[1])


def _cholesky(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        return np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise InvalidOptionError(
            "The covariance matrix is singular: a variable is constant, or follows from the others. Leave it out.",
            "共變異矩陣是奇異的：有變數為常數，或可由其他變數算出；請剔除該變數。",
        ) from error


def _limit(probability: float, variables: int, count: int, size: int, options: VectorOptions) -> float:
    p, m = float(variables), float(count)
    if options.known:
        return chi_square_quantile(probability, p)
    if size > 1:
        dof = _positive(m * size - m - p + 1.0)
        factor = p * (m - 1.0 if options.phase == 1 else m + 1.0) * (size - 1.0) / dof
        return factor * f_quantile(probability, p, dof)
    differences = options.covariance == "successive-differences"
    worth = 2.0 * (m - 1.0) ** 2 / (3.0 * m - 4.0) if differences else m - 1.0
    if options.phase == 1:
        # The sample's own covariance bounds T2 by (m - 1)^2 / m; from differences f takes the place of m.
        last = _positive(worth - p - 1.0 if differences else worth - p)
        return (m - 1.0) ** 2 / m * beta_quantile(probability, p / 2.0, last / 2.0)
    dof = _positive(worth + 1.0 - p)
    return p * (m + 1.0) * worth / (m * dof) * f_quantile(probability, p, dof)


def _positive(dof: float) -> float:
    if dof <= 0.0:
        raise TooFewValuesError(
            "There are too few vectors for so many variables: limits have no degrees of freedom. Collect more.",
            "向量太少、變數太多：管制界限沒有自由度。請收集更多資料。",
        )
    return dof


def _squared_length(root: NDArray[np.float64], away: NDArray[np.float64]) -> NDArray[np.float64]:
    """D' S^-1 d by forward substitution, in an order of sums that does not depend on how many points there are."""
    solved: list[NDArray[np.float64]] = []
    total = np.zeros(away.shape[1:])
    for row in range(away.shape[0]):
        rest = away[row]
        for column, known in enumerate(solved):
            rest = rest - root[row, column] * known
        solved.append(rest / root[row, row])
        total = total + solved[-1] ** 2
    return total


def _upper_trace(points: NDArray[np.float64], frozen: Arrays) -> Trace:
    center, upper = (np.broadcast_to(array, points.shape) for array in frozen[3:])
    return Trace(points, center, np.full(points.shape, -np.inf), upper, np.full(points.shape, np.nan), points, 0.0)


@dataclass(frozen=True, slots=True)
class _T2:
    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:
        away = seen.values - frozen[0][:, None]
        return _upper_trace(seen.sizes * _squared_length(frozen[2], away), frozen), memory


@dataclass(frozen=True, slots=True)
class _Mewma:
    weight: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:
        average, factor = memory
        averages, factors = np.empty(seen.values.shape), np.empty(seen.length)
        kept = 1.0 - self.weight
        for now in range(seen.length):
            average = self.weight * (seen.values[:, now] - frozen[0]) + kept * average
            factor = np.asarray(self.weight**2 / seen.sizes[now] + kept**2 * factor)
            averages[:, now], factors[now] = average, factor
        return _upper_trace(_squared_length(frozen[2], averages) / factors, frozen), (average, factor)
