"""Intervals for sums and differences of mean squares: what a variance component of a gauge study is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.laws.continuous import chi_square_quantile
from samegauge.engines.laws.inference import checked_confidence, fisher_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Bounds(NamedTuple):
    """Two-sided interval."""

    lower: float
    upper: float


class _Terms(NamedTuple):
    """Weighted mean squares of one sign, their degrees of freedom and the chi-square factors of their bounds."""

    sizes: list[float]
    dofs: list[float]
    below: list[float]
    above: list[float]


def modified_large_sample_bounds(
    weights: ArrayLike, mean_squares: ArrayLike, dofs: ArrayLike, confidence: float = 0.95
) -> Bounds:
    """Between which bounds lies a sum of mean squares with positive and negative weights?

    Parameters
    ----------
    weights : array_like of float, shape (k,)
        Weight of each mean square in the sum [1].
    mean_squares : array_like of float, shape (k,)
        Independent mean squares [squared unit of the values].
    dofs : array_like of float, shape (k,)
        Their degrees of freedom [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Bounds
        Two-sided interval; it may reach below zero [unit of the mean squares].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    Modified large-sample method: with one mean square the interval is the exact chi-square one; with positive weights
    only it is that of Graybill and Wang; with both signs that of Ting et al., whose factors make it exact where either
    mean square dominates. The coverage is approximate and was seen by simulation between 94 and 97 % for 95 % asked.
    Formulas from the cited texts; the tests check limits and coverage, since no outside program was at hand.

    Examples
    --------
    >>> bounds = modified_large_sample_bounds([0.1, -0.1], [437.3284, 2.6951], [9, 18])
    >>> round(bounds.lower, 2), round(bounds.upper, 2)
    (20.43, 145.48)

    References
    ----------
    Graybill F. A., Wang C. M., JASA 75 (1980) 869, doi:10.1080/01621459.1980.10477565. Ting N. et al., Journal of
    Statistical Computation and Simulation 35 (1990) 135, doi:10.1080/00949659008811240. Burdick R. K., Borror C. M.,
    Montgomery D. C., Journal of Quality Technology 35 (2003) 342, doi:10.1080/00224065.2003.11980232.
    """
    tail = (1.0 - checked_confidence(confidence)) / 2.0
    sizes = np.asarray(weights, dtype=np.float64) * np.asarray(mean_squares, dtype=np.float64)
    free = np.asarray(dofs, dtype=np.float64)
    signs = np.asarray(weights, dtype=np.float64)
    plus, minus = (_terms(np.abs(sizes[side]), free[side], tail) for side in (signs > 0.0, signs < 0.0))
    estimate = float(sizes.sum())
    return Bounds(
        estimate - math.sqrt(_spread(plus, minus, tail)),
        estimate + math.sqrt(_spread(minus, plus, tail)),
    )


def _terms(sizes: NDArray[np.float64], dofs: NDArray[np.float64], tail: float) -> _Terms:
    free = [float(dof) for dof in dofs]
    return _Terms(
        [float(size) for size in sizes],
        free,
        [1.0 - dof / chi_square_quantile(1.0 - tail, dof) for dof in free],
        [dof / chi_square_quantile(tail, dof) - 1.0 for dof in free],
    )


def _spread(one: _Terms, other: _Terms, tail: float) -> float:
    """Squared distance from the estimate to the bound that is reached where `one` is overestimated."""
    total = sum((g * size) ** 2 for g, size in zip(one.below, one.sizes, strict=True))
    total += sum((h * size) ** 2 for h, size in zip(other.above, other.sizes, strict=True))
    for size, dof, g in zip(one.sizes, one.dofs, one.below, strict=True):
        for other_size, other_dof, h in zip(other.sizes, other.dofs, other.above, strict=True):
            ratio = fisher_quantile(1.0 - tail, dof, other_dof)
            total += ((ratio - 1.0) ** 2 - (g * ratio) ** 2 - h**2) / ratio * size * other_size
    if other.sizes:
        total += _within_one_sign(one, tail)
    return max(total, 0.0)


def _within_one_sign(terms: _Terms, tail: float) -> float:
    """Cross terms that Ting et al. add where several mean squares share the sign and others have the opposite one."""
    count, total = len(terms.sizes), 0.0
    for i in range(count):
        for j in range(i + 1, count):
            a, b = terms.dofs[i], terms.dofs[j]
            joint = 1.0 - (a + b) / chi_square_quantile(1.0 - tail, a + b)
            star = joint**2 * (a + b) ** 2 / (a * b) - terms.below[i] ** 2 * a / b - terms.below[j] ** 2 * b / a
            total += star / (count - 1) * terms.sizes[i] * terms.sizes[j]
    return total


def generalised_mean_squares(
    mean_squares: ArrayLike, dofs: ArrayLike, *, draws: int = 20_000, seed: int = 1
) -> NDArray[np.float64]:
    """Which expected mean squares could have produced the ones that were observed?

    Parameters
    ----------
    mean_squares : array_like of float, shape (k,)
        Independent mean squares [squared unit of the values].
    dofs : array_like of float, shape (k,)
        Their degrees of freedom [1].
    draws : int
        Number of draws [1].
    seed : int
        Seed of the random numbers [1].

    Returns
    -------
    ndarray of float, shape (draws, k)
        Generalised pivotal quantities: dof * mean square / chi-square [unit of the mean squares].

    Notes
    -----
    Any function of the expected mean squares, taken over the rows, has its generalised confidence interval in the
    quantiles. The draws are pseudo-random with the seed given: the same input gives the same interval.

    Examples
    --------
    >>> generalised_mean_squares([2.0, 1.0], [9, 18], draws=5).shape
    (5, 2)

    References
    ----------
    Weerahandi S., JASA 88 (1993) 899, doi:10.1080/01621459.1993.10476355. Hamada M., Weerahandi S., Journal of Quality
    Technology 32 (2000) 241, doi:10.1080/00224065.2000.11980000.
    """
    free = np.asarray(dofs, dtype=np.float64)
    chi_square = np.random.default_rng(seed).chisquare(free, size=(draws, free.size))
    return free * np.asarray(mean_squares, dtype=np.float64) / chi_square
