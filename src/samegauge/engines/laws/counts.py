"""Laws of counts and of noncentral statistics, with types: SciPy's untyped calls of run lengths and sampling plans."""
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy  # which loads its parts at their first use

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_LEAST_ARGUMENT = 1e-6  # of a Bessel function: at zero its quotient by a power is a limit, not a number


def _array(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def binomial_at_most(count: ArrayLike, size: ArrayLike, share: ArrayLike) -> NDArray[np.float64]:
    """How likely are at most so many of a sample, each with the same chance?

    Parameters
    ----------
    count : array_like of float
        Whole numbers; below zero the chance is 0, from `size` on it is 1 [1].
    size : array_like of float
        Number drawn [1].
    share : array_like of float
        Chance of each, between 0 and 1 [1].

    Returns
    -------
    ndarray of float
        Chances, in the broadcast shape [1].

    Notes
    -----
    F(c) = I_{1 - p}(n - c, c + 1), the regularised incomplete beta function.

    Examples
    --------
    >>> round(float(binomial_at_most(0, 20, 0.05)), 4)
    0.3585

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17, https://dlmf.nist.gov.
    """
    c, n, p = np.broadcast_arrays(_array(count), _array(size), _array(share))
    inside = np.clip(c, 0.0, np.maximum(n - 1.0, 0.0))
    chance = _array(scipy.special.betaincc(inside + 1.0, np.maximum(n - inside, 1.0), p))
    return np.where(c < 0.0, 0.0, np.where(c >= n, 1.0, chance))


def poisson_at_most(count: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
    """How likely are at most so many events, when they come independently at a constant rate?

    Parameters
    ----------
    count : array_like of float
        Whole numbers; below zero the chance is 0 [1].
    mean : array_like of float
        Expected number, not negative [1].

    Returns
    -------
    ndarray of float
        Chances, in the broadcast shape [1].

    Notes
    -----
    F(c) = Q(c + 1, mean), the upper regularised incomplete gamma function.

    Examples
    --------
    >>> round(float(poisson_at_most(3, 5.0)), 3)
    0.265

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.4.10, https://dlmf.nist.gov.
    """
    c, mu = np.broadcast_arrays(_array(count), _array(mean))
    return np.where(c < 0.0, 0.0, _array(scipy.special.gammaincc(np.maximum(c, 0.0) + 1.0, mu)))


def hypergeometric_at_most(
    count: ArrayLike, size: ArrayLike, marked: ArrayLike, total: ArrayLike
) -> NDArray[np.float64]:
    """How likely are at most so many marked ones in a sample drawn without replacement?

    Parameters
    ----------
    count : array_like of float
        Whole numbers; below zero the chance is 0 [1].
    size : array_like of float
        Number drawn [1].
    marked : array_like of float
        Whole number of marked ones in the lot [1].
    total : array_like of float
        Number in the lot [1].

    Returns
    -------
    ndarray of float
        Chances, in the broadcast shape [1].

    Notes
    -----
    Sum of C(D, x) C(N - D, n - x) / C(N, n) over x <= c, by logarithms of the gamma function.

    Examples
    --------
    >>> round(float(hypergeometric_at_most(0, 10, 5, 100)), 4)
    0.5838

    References
    ----------
    Johnson N. L., Kotz S., Kemp A. W., Univariate Discrete Distributions, 2nd ed. (1992), chapter 6.
    """
    c, n, d, lot = np.broadcast_arrays(_array(count), _array(size), _array(marked), _array(total))
    x = np.arange(max(int(c.max(initial=-1.0)), 0) + 1.0)
    n, d, lot = n[..., None], d[..., None], lot[..., None]
    possible = (x <= c[..., None]) & (x <= d) & (x <= n) & (n - x <= lot - d)
    at = np.where(possible, x, np.maximum(n - lot + d, 0.0))
    logarithm = _log_choose(d, at) + _log_choose(lot - d, n - at) - _log_choose(lot, n)
    chance: NDArray[np.float64] = np.where(possible, np.exp(logarithm), 0.0).sum(axis=-1)
    return np.minimum(chance, 1.0)


def _log_choose(total: NDArray[np.float64], taken: NDArray[np.float64]) -> NDArray[np.float64]:
    log_gamma = scipy.special.gammaln
    return _array(log_gamma(total + 1.0) - log_gamma(taken + 1.0) - log_gamma(total - taken + 1.0))


def noncentral_student_quantile(probability: float, dof: float, noncentrality: float) -> float:
    """Below which value lies a given share of a noncentral Student distribution?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].
    dof : float
        Degrees of freedom [1].
    noncentrality : float
        Mean of the normal value in the numerator [1].

    Returns
    -------
    float
        Value [1].

    Notes
    -----
    Inverse of the law of (Z + noncentrality) / sqrt(chi2 / dof).

    Examples
    --------
    >>> round(noncentral_student_quantile(0.05, 48.0, 7.0 * 1.644854) / 7.0, 6)
    1.326535

    References
    ----------
    Johnson N. L., Kotz S., Balakrishnan N., Continuous Univariate Distributions, vol. 2, 2nd ed. (1995), chapter 31.
    """
    return float(scipy.special.nctdtrit(dof, noncentrality, probability))


def length_density(length: ArrayLike, distance: ArrayLike, dimensions: int) -> NDArray[np.float64]:
    """How is the length of a normal vector spread, whose mean lies at a distance from the origin?

    Parameters
    ----------
    length : array_like of float
        Positive lengths [1].
    distance : array_like of float
        Lengths of the mean vector [1].
    dimensions : int
        Number of components, each of unit variance [1].

    Returns
    -------
    ndarray of float
        Densities, in the broadcast shape [1].

    Notes
    -----
    f(s) = s (s / a)^v exp(-(s^2 + a^2) / 2) I_v(s a) with v = p / 2 - 1: the noncentral chi density. Distances below
    1e-6 are taken as 1e-6, an error of second order in them.

    Examples
    --------
    >>> round(float(length_density(1.0, 0.0, 2)), 6)
    0.606531

    References
    ----------
    Johnson N. L., Kotz S., Balakrishnan N., Continuous Univariate Distributions, vol. 2, 2nd ed. (1995), chapter 29.
    """
    s, a = _array(length), np.maximum(_array(distance), _LEAST_ARGUMENT)
    order = dimensions / 2.0 - 1.0
    bessel = _array(scipy.special.ive(order, s * a))
    return s * (s / a) ** order * np.exp(-0.5 * (s - a) ** 2) * bessel
