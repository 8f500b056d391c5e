"""Agreement of ratings beyond chance: the kappas of Cohen, Fleiss and Light, Kendall's tau and W."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.errors import ShapeError, TooFewValuesError
from samegauge.engines.laws.continuous import normal_below, normal_quantile
from samegauge.engines.laws.inference import checked_confidence, chi_square_above
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

_FEWEST = 2
_PLANE = 2


class KappaWeights(Enum):
    """How much two ratings count as agreeing: only where equal, or the more the nearer they are."""

    NONE = "unweighted"
    LINEAR = "linear weights"
    QUADRATIC = "quadratic weights"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient of agreement: 1 is perfect, 0 no better than chance.

    `error`, `lower` and `upper` hold whatever the agreement; `z` and `p_value` test against none (one-sided). Where all
    ratings are one and the same the coefficient does not exist and is NaN, and so are the others.
    """

    value: float
    error: float
    lower: float
    upper: float
    z: float
    p_value: float
    method: Method


@dataclass(frozen=True, slots=True)
class FleissAgreement:
    """Overall coefficient, and one for each category against all others."""

    overall: Agreement
    categories: tuple[str, ...]
    by_category: tuple[Agreement, ...]


class _Linearised(NamedTuple):
    """A coefficient, what each subject adds to its error, its error without agreement, and the variance's divisor."""

    value: float
    influence: NDArray[np.float64]
    null_error: float
    divisor: float


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    *,
    weights: KappaWeights = KappaWeights.NONE,
    confidence: float = 0.95,
) -> Agreement:
    """Do two raters agree more than chance would make them?

    Parameters
    ----------
    first, second : array_like of int or str, shape (n,)
        Ratings of the same subjects; categories in sorted order count as ordered where weights are used [1].
    weights : KappaWeights
        Whether near misses count [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Agreement
        Kappa with bounds and test [1].

    Raises
    ------
    ShapeError
        Ratings of different lengths or not in one dimension.
    TooFewValuesError
        Fewer than 2 subjects.
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    kappa = (p_o - p_e) / (1 - p_e); errors by linearisation, which is the large-sample variance of Fleiss, Cohen and
    Everitt. Bounds are normal ones, cut at -1 and 1, and too narrow for few subjects.

    Examples
    --------
    >>> first = [1] * 25 + [0] * 25
    >>> found = cohen_kappa(first, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15)
    >>> round(found.value, 3), round(found.lower, 3)
    (0.4, 0.151)

    References
    ----------
    Cohen J., Educational and Psychological Measurement 20 (1960) 37. Fleiss J. L., Cohen J., Everitt B. S.,
    Psychological Bulletin 72 (1969) 323, doi:10.1037/h0028106.
    """
    codes, _ = _coded(_together(first, second))
    found = _cohen(codes[:, 0], codes[:, 1], int(codes.max()) + 1, weights)
    reference = "Cohen 1960; Fleiss, Cohen and Everitt 1969"
    return _agreement(found, codes, confidence, ("Cohen's kappa", reference, weights.value))


def light_kappa(ratings: ArrayLike, *, confidence: float = 0.95) -> Agreement:
    """How well do several raters agree, pair by pair?

    Parameters
    ----------
    ratings : array_like of int or str, shape (n, m)
        Ratings of n subjects by m raters [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Agreement
        Mean of Cohen's kappas of all pairs, with bounds and test [1].

    Raises
    ------
    ShapeError
        Another number of dimensions.
    TooFewValuesError
        Fewer than 2 subjects or raters.
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    The error linearises the mean itself, so it knows that the pairs share raters; for the test the root mean square of
    the pairs' errors without agreement is used, which is conservative. No outside number was found for the bounds.

    Examples
    --------
    >>> round(light_kappa([[1, 1, 1], [2, 2, 1], [1, 1, 1], [2, 2, 2]]).value, 3)
    0.667

    References
    ----------
    Light R. J., Psychological Bulletin 76 (1971) 365, doi:10.1037/h0031643.
    """
    codes, _ = _coded(_plane(ratings))
    count = int(codes.max()) + 1
    pairs = [
        _cohen(codes[:, a], codes[:, b], count, KappaWeights.NONE) for a, b in combinations(range(codes.shape[1]), 2)
    ]
    found = _Linearised(
        float(np.mean([one.value for one in pairs])),
        np.mean([one.influence for one in pairs], axis=0),
        math.sqrt(float(np.mean([one.null_error**2 for one in pairs]))),
        pairs[0].divisor,
    )
    return _agreement(found, codes, confidence, ("Light's kappa", "Light 1971", "mean over pairs"))


def fleiss_kappa(ratings: ArrayLike, *, confidence: float = 0.95) -> FleissAgreement:
    """How well do several ratings of each subject agree, overall and category by category?

    Parameters
    ----------
    ratings : array_like of int or str, shape (n, m)
        m ratings of each of n subjects, in any order [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    FleissAgreement
        Kappas with bounds and tests [1].

    Raises
    ------
    ShapeError
        Another number of dimensions.
    TooFewValuesError
        Fewer than 2 subjects or ratings.
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    Bounds by linearisation over subjects (Gwet's variance); the test's error is that of Fleiss, Nee and Landis, which
    holds only without agreement.

    Examples
    --------
    >>> round(fleiss_kappa([[1, 1, 1], [2, 2, 1], [1, 1, 1], [2, 2, 2]]).overall.value, 3)
    0.657

    References
    ----------
    Fleiss J. L., Psychological Bulletin 76 (1971) 378, doi:10.1037/h0031619. Fleiss J. L., Nee J. C. M., Landis J. R.,
    Psychological Bulletin 86 (1979) 974. Gwet K. L., Educational and Psychological Measurement 81 (2021) 781,
    doi:10.1177/0013164420973080.
    """
    codes, names = _coded(_plane(ratings))
    counts = np.stack([(codes == code).sum(axis=1) for code in range(len(names))], axis=1).astype(np.float64)
    reference = "Fleiss 1971; Fleiss, Nee and Landis 1979; Gwet 2021"

    def one(table: NDArray[np.float64], text: str) -> Agreement:
        return _agreement(_fleiss(table), codes, confidence, ("Fleiss' kappa", reference, text))

    total = counts.sum(axis=1)
    return FleissAgreement(
        overall=one(counts, "all categories"),
        categories=names,
        by_category=tuple(
            one(np.column_stack([counts[:, place], total - counts[:, place]]), f"category {name} against all others")
            for place, name in enumerate(names)
        ),
    )


def kendall_tau(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> Agreement:
    """Do two raters put subjects into the same order?

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        Ordered ratings of the same subjects [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Agreement
        tau-b, corrected for ties, with bounds and test [1].

    Raises
    ------
    ShapeError
        Ratings of different lengths.
    TooFewValuesError
        Fewer than 2 subjects.
    NonFiniteValuesError
        NaN or infinity among the ratings.
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    tau-b = (C - D) / sqrt((pairs untied in x)(pairs untied in y)). Bounds by linearisation, which is the large-sample
    variance of Brown and Benedetti; the test's error is Kendall's with ties, without a continuity correction.

    Examples
    --------
    >>> round(kendall_tau([1, 2, 3, 4, 5], [3, 4, 1, 2, 5]).value, 1)
    0.2

    References
    ----------
    Kendall M. G., Rank Correlation Methods, 4th ed. (1975). Brown M. B., Benedetti J. K., JASA 72 (1977) 309,
    doi:10.1080/01621459.1977.10480995.
    """
    x, y = checked_values(first), checked_values(second)
    if x.size != y.size:
        raise ShapeError(f"{x.size} ratings do not fit {y.size}.", f"{x.size} 筆評定與 {y.size} 筆的數目不符。")
    if x.size < _FEWEST:
        raise TooFewValuesError("Agreement needs at least 2 subjects.", "一致性分析至少需要 2 個受評件。")
    dx, dy = np.sign(x[:, None] - x[None, :]), np.sign(y[:, None] - y[None, :])
    both, alone_x, alone_y = ((a * b).sum(axis=1) for a, b in ((dx, dy), (dx, dx), (dy, dy)))
    scale = math.sqrt(float(alone_x.sum()) * float(alone_y.sum()))
    value = float(both.sum()) / scale if scale else math.nan
    if scale:
        share = both / scale - value * (alone_x / alone_x.sum() + alone_y / alone_y.sum()) / 2.0
        influence = 2.0 * x.size * share
    else:
        influence = np.full(x.size, math.nan)
    null = 2.0 * math.sqrt(_kendall_variance(x, y)) / scale if scale else math.nan
    found = _Linearised(value, influence, null, float(x.size) ** 2)
    reference = "Kendall 1975; Brown and Benedetti 1977"
    return _agreement(found, np.stack([x, y]), confidence, ("Kendall's tau-b", reference, "ties corrected"))


@dataclass(frozen=True, slots=True)
class Concordance:
    """Kendall's W, 1 where all raters rank alike, with its chi-square test of no agreement."""

    value: float
    chi_square: float
    dof: int
    p_value: float
    method: Method


def kendall_w(ratings: ArrayLike) -> Concordance:
    """Do several raters rank subjects alike?

    Parameters
    ----------
    ratings : array_like of float, shape (n, m)
        Ordered ratings of n subjects by m raters [1].

    Returns
    -------
    Concordance
        W corrected for ties, chi-square and p-value [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 subjects or raters, or another number of dimensions.
    NonFiniteValuesError
        NaN or infinity among the ratings.

    Notes
    -----
    W = 12 S / (m^2 (n^3 - n) - m sum(t^3 - t)); chi-square = m (n - 1) W, an approximation for n above 7. NaN where all
    ratings of every rater are equal. No interval of W is published that holds for few raters; none is given.

    Examples
    --------
    >>> round(kendall_w([[1, 1, 2], [2, 3, 1], [3, 2, 3]]).value, 3)
    0.444

    References
    ----------
    Kendall M. G., Babington Smith B., Annals of Mathematical Statistics 10 (1939) 275. Siegel S., Castellan N. J.,
    Nonparametric Statistics for the Behavioral Sciences, 2nd ed. (1988), 9.6.
    """
    x = checked_values(ratings, dimensions=(2,))
    subjects, raters = x.shape
    if min(x.shape) < _FEWEST:
        raise TooFewValuesError(
            "Agreement needs at least 2 subjects and 2 raters.", "一致性分析至少需要 2 個受評件與 2 位評定者。"
        )
    below, equal = (
        np.stack([test(column[:, None], column[None, :]).sum(axis=1) for column in x.T], axis=1)
        for test in (np.greater, np.equal)
    )
    ranks = below + (equal + 1) / 2.0
    deviation = float(np.square(ranks.sum(axis=1) - raters * (subjects + 1) / 2.0).sum())
    # Each of t tied subjects carries t^2 - 1, so that a group of them carries t^3 - t.
    ties = float(np.square(equal).sum() - equal.size)
    most = raters**2 * (subjects**3 - subjects) - raters * ties
    value = 12.0 * deviation / most if most > 0.0 else math.nan
    chi_square = raters * (subjects - 1) * value
    return Concordance(
        value,
        chi_square,
        subjects - 1,
        chi_square_above(chi_square, subjects - 1) if most > 0.0 else math.nan,
        Method(
            name="Kendall's coefficient of concordance",
            reference="Kendall and Babington Smith 1939",
            estimator="W corrected for ties; chi-square approximation",
            sample_size=x.size,
            data_hash=hash_of_data(x),
        ),
    )


def _kendall_variance(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Variance of concordant minus discordant pairs without agreement, given the ties."""
    n = float(x.size)
    ties = [np.unique(values, return_counts=True)[1].astype(np.float64) for values in (x, y)]

    def sums(term: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> tuple[float, float]:
        return float(term(ties[0]).sum()), float(term(ties[1]).sum())

    second, third = sums(lambda t: t * (t - 1.0)), sums(lambda t: t * (t - 1.0) * (t - 2.0))
    main = sums(lambda t: t * (t - 1.0) * (2.0 * t + 5.0))
    variance = (n * (n - 1.0) * (2.0 * n + 5.0) - sum(main)) / 18.0 + second[0] * second[1] / (2.0 * n * (n - 1.0))
    return variance + (third[0] * third[1] / (9.0 * n * (n - 1.0) * (n - 2.0)) if x.size > _PLANE else 0.0)


def _together(first: ArrayLike, second: ArrayLike) -> NDArray[np.str_]:
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1:
        raise ShapeError(
            f"Ratings of the shapes {a.shape} and {b.shape} do not fit.", f"評定的形狀 {a.shape} 與 {b.shape} 不符。"
        )
    return _plane(np.stack([a, b], axis=1))


def _plane(ratings: ArrayLike) -> NDArray[np.str_]:
    table = np.asarray(ratings)
    if table.ndim != _PLANE:
        raise ShapeError(f"The ratings have {table.ndim} dimensions, not 2.", f"評定的維度是 {table.ndim}，應為 2。")
    if min(table.shape) < _FEWEST:
        raise TooFewValuesError(
            f"Agreement needs at least 2 subjects and 2 ratings, not {table.shape}.",
            f"一致性分析至少需要 2 個受評件與 2 筆評定，目前是 {table.shape}。",
        )
    return table


def _coded(table: NDArray[np.str_]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    names, codes = np.unique(table, return_inverse=True)
    return codes.reshape(table.shape).astype(np.int64), tuple(str(name) for name in names)


def _cohen(a: NDArray[np.int64], b: NDArray[np.int64], count: int, weights: KappaWeights) -> _Linearised:
    n = a.size
    table = np.bincount(a * count + b, minlength=count * count).reshape(count, count) / n
    step = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) / max(count - 1, 1)
    agree = {
        KappaWeights.NONE: np.eye(count),
        KappaWeights.LINEAR: 1.0 - step,
        KappaWeights.QUADRATIC: 1.0 - step**2,
    }[weights]
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    of_row, of_column = agree @ columns, agree.T @ rows
    observed, expected = float((agree * table).sum()), float(rows @ of_row)
    if not expected < 1.0:
        return _Linearised(math.nan, np.full(n, math.nan), math.nan, float(n) ** 2)
    value = (observed - expected) / (1.0 - expected)
    chance = of_row[a] + of_column[b] - 2.0 * expected
    influence = (agree[a, b] - observed - (1.0 - value) * chance) / (1.0 - expected)
    independent = np.outer(rows, columns) * (agree - of_row[:, None] - of_column[None, :]) ** 2
    null = math.sqrt(max(float(independent.sum()) - expected**2, 0.0) / n) / (1.0 - expected)
    return _Linearised(value, influence, null, float(n) ** 2)


def _fleiss(counts: NDArray[np.float64]) -> _Linearised:
    n, m = counts.shape[0], float(counts[0].sum())
    shares = counts.sum(axis=0) / (n * m)
    agreed = (counts * (counts - 1.0)).sum(axis=1) / (m * (m - 1.0))
    observed, expected = float(agreed.mean()), float(shares @ shares)
    divisor = float(n) * (n - 1.0)
    spread = float((shares * (1.0 - shares)).sum())
    if not spread > 0.0:
        return _Linearised(math.nan, np.full(n, math.nan), math.nan, divisor)
    value = (observed - expected) / (1.0 - expected)
    influence = (agreed - observed - 2.0 * (1.0 - value) * (counts @ shares / m - expected)) / (1.0 - expected)
    skew = float((shares * (1.0 - shares) * (1.0 - 2.0 * shares)).sum())
    null = math.sqrt(2.0 / (n * m * (m - 1.0)) * max(spread**2 - skew, 0.0)) / spread
    return _Linearised(value, influence, null, divisor)


def _agreement(found: _Linearised, ratings: ArrayLike, confidence: float, words: tuple[str, str, str]) -> Agreement:
    error = math.sqrt(float(np.square(found.influence).sum()) / found.divisor)
    half = normal_quantile(0.5 + checked_confidence(confidence) / 2.0) * error
    z = found.value / found.null_error if found.null_error else math.nan
    name, reference, text = words
    return Agreement(
        value=found.value,
        error=error,
        lower=max(found.value - half, -1.0),
        upper=min(found.value + half, 1.0),
        z=z,
        p_value=float(normal_below(-z)),
        method=Method(
            name=name,
            reference=reference,
            estimator=f"{text}; bounds by linearisation, test against no agreement",
            confidence=confidence,
            sample_size=int(found.influence.size),
            data_hash=hash_of_data(ratings),
            assumed=("subjects are independent and of one kind",),
        ),
    )
