"""Distribution functions with types: SciPy has no stubs; its untyped calls stay here, in noncentral_t, in numerics."""
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy  # which loads its parts at their first use: this one takes a third of a second

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def normal_below(x: ArrayLike) -> NDArray[np.float64]:
    """What share of a standard normal distribution lies below x?

    Parameters
    ----------
    x : array_like of float
        Standardised values [1].

    Returns
    -------
    ndarray of float
        Shares, in the shape of x [1].

    Notes
    -----
    F(x) = (1 + erf(x / sqrt 2)) / 2.

    Examples
    --------
    >>> float(normal_below(0.0))
    0.5

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return np.asarray(scipy.special.ndtr(np.asarray(x, dtype=np.float64)), dtype=np.float64)


def log_normal_below(x: ArrayLike) -> NDArray[np.float64]:
    """What is the logarithm of the share of a standard normal distribution below x?

    Parameters
    ----------
    x : array_like of float
        Standardised values [1].

    Returns
    -------
    ndarray of float
        Natural logarithms, in the shape of x [1].

    Notes
    -----
    Accurate far into the lower tail, where the share itself is too small for a float.

    Examples
    --------
    >>> round(float(log_normal_below(-40.0)), 1)
    -804.6

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return np.asarray(scipy.special.log_ndtr(np.asarray(x, dtype=np.float64)), dtype=np.float64)


def normal_quantile(probability: float) -> float:
    """Below which value lies a given share of a standard normal distribution?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].

    Returns
    -------
    float
        Standardised value [1].

    Notes
    -----
    Inverse of F(x) = (1 + erf(x / sqrt 2)) / 2.

    Examples
    --------
    >>> round(normal_quantile(0.975), 4)
    1.96

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return float(scipy.special.ndtri(probability))


def chi_square_quantile(probability: float, dof: float) -> float:
    """Below which value lies a given share of a chi-square distribution?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].
    dof : float
        Degrees of freedom, not necessarily whole [1].

    Returns
    -------
    float
        Value [1].

    Notes
    -----
    Twice the inverse of the regularised incomplete gamma function P(dof / 2, x).

    Examples
    --------
    >>> round(chi_square_quantile(0.95, 10.0), 3)
    18.307

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return 2.0 * float(scipy.special.gammaincinv(dof / 2.0, probability))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Below which value lies a given share of a beta distribution?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].
    a, b : float
        Parameters of the distribution, positive [1].

    Returns
    -------
    float
        Value between 0 and 1 [1].

    Notes
    -----
    Inverse of the regularised incomplete beta function I_x(a, b).

    Examples
    --------
    >>> round(beta_quantile(0.05, 19.0, 1.0), 4)
    0.8541

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return float(scipy.special.betaincinv(a, b, probability))


def beta_below(x: float, a: float, b: float) -> float:
    """What share of a beta distribution lies below x?

    Parameters
    ----------
    x : float
        Between 0 and 1 [1].
    a, b : float
        Shape parameters, positive [1].

    Returns
    -------
    float
        The share [1].

    Notes
    -----
    The regularised incomplete beta function; with a = k, b = n - k + 1 the chance of at least k of n at share x.

    Examples
    --------
    >>> round(beta_below(0.5, 3, 1), 3)
    0.125

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17, https://dlmf.nist.gov.
    """
    return float(scipy.special.betainc(a, b, x))


def student_below(t: float, dof: float) -> float:
    """What share of Student's t distribution lies below t?

    Parameters
    ----------
    t : float
        The statistic [1].
    dof : float
        Degrees of freedom, positive and not necessarily whole [1].

    Returns
    -------
    float
        The share [1].

    Notes
    -----
    By the regularised incomplete beta function.

    Examples
    --------
    >>> round(student_below(-2.228, 10), 3)
    0.025

    References
    ----------
    Student, Biometrika 6 (1908) 1. Abramowitz M., Stegun I. A., Handbook of Mathematical Functions (1964), 26.7.
    """
    return float(scipy.special.stdtr(dof, t))


def chi_square_quantiles(probability: float, dof: ArrayLike) -> NDArray[np.float64]:
    """Below which values lies a given share of several chi-square distributions?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].
    dof : array_like of float
        Degrees of freedom, not necessarily whole [1].

    Returns
    -------
    ndarray of float
        Values in the shape of dof [1].

    Notes
    -----
    Twice the inverse of the regularised incomplete gamma function P(dof / 2, x).

    Examples
    --------
    >>> chi_square_quantiles(0.95, [1.0, 10.0]).round(3).tolist()
    [3.841, 18.307]

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    distinct, places = np.unique(np.asarray(dof, dtype=np.float64), return_inverse=True)
    return np.asarray(2.0 * scipy.special.gammaincinv(distinct / 2.0, probability))[places]


def normal_quantiles(probability: ArrayLike) -> NDArray[np.float64]:
    """Below which values lie given shares of a standard normal distribution?

    Parameters
    ----------
    probability : array_like of float
        Shares, from 0 to 1 [1].

    Returns
    -------
    ndarray of float
        Standardised values; infinite at 0 and 1 [1].

    Notes
    -----
    Inverse of F(x) = (1 + erf(x / sqrt 2)) / 2.

    Examples
    --------
    >>> normal_quantiles([0.5, 0.975]).round(4).tolist()
    [0.0, 1.96]

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return np.asarray(scipy.special.ndtri(np.asarray(probability, dtype=np.float64)), dtype=np.float64)


def gamma_below(shape: float, x: ArrayLike, *, upper_tail: bool = False) -> NDArray[np.float64]:
    """What share of a gamma distribution of scale 1 lies below x?

    Parameters
    ----------
    shape : float
        Shape parameter, positive [1].
    x : array_like of float
        Values over the scale, not negative [1].
    upper_tail : bool
        The share above instead, accurate where it is small [1].

    Returns
    -------
    ndarray of float
        Shares in the shape of x [1].

    Notes
    -----
    The regularised incomplete gamma function P(shape, x), or Q.

    Examples
    --------
    >>> gamma_below(1.0, [1.0]).round(6).tolist()
    [0.632121]

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    function = scipy.special.gammaincc if upper_tail else scipy.special.gammainc
    return np.asarray(function(shape, np.asarray(x, dtype=np.float64)), dtype=np.float64)


def gamma_quantile(probability: ArrayLike, shape: float) -> NDArray[np.float64]:
    """Below which values lie given shares of a gamma distribution of scale 1?

    Parameters
    ----------
    probability : array_like of float
        Shares, between 0 and 1 [1].
    shape : float
        Shape parameter, positive [1].

    Returns
    -------
    ndarray of float
        Values over the scale [1].

    Notes
    -----
    Inverse of the regularised incomplete gamma function P(shape, x).

    Examples
    --------
    >>> gamma_quantile([0.5], 1.0).round(6).tolist()
    [0.693147]

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return np.asarray(scipy.special.gammaincinv(shape, np.asarray(probability, dtype=np.float64)), dtype=np.float64)


def normal_quantiles_of_log(log_probability: ArrayLike) -> NDArray[np.float64]:
    """Below which values lie shares of a standard normal distribution that are given by their logarithms?

    Parameters
    ----------
    log_probability : array_like of float
        Natural logarithms of the shares, not positive [1].

    Returns
    -------
    ndarray of float
        Standardised values [1].

    Notes
    -----
    Inverse of `log_normal_below`: for shares too small for a float.

    Examples
    --------
    >>> round(float(normal_quantiles_of_log(-804.608442)), 4)
    -40.0

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapters 7 and 8, https://dlmf.nist.gov.
    """
    return np.asarray(scipy.special.ndtri_exp(np.asarray(log_probability, dtype=np.float64)), dtype=np.float64)


def chi_square_below(x: ArrayLike, dof: float, noncentrality: float = 0.0) -> NDArray[np.float64]:
    """What share of a chi-square distribution, noncentral or not, lies below x?

    Parameters
    ----------
    x : array_like of float
        Values, not negative [1].
    dof : float
        Degrees of freedom [1].
    noncentrality : float
        Sum of the squared means of the normal values behind it [1].

    Returns
    -------
    ndarray of float
        Shares, in the shape of x [1].

    Notes
    -----
    Regularised incomplete gamma function where the noncentrality is zero, else a Poisson mixture of them.

    Examples
    --------
    >>> round(float(chi_square_below(18.307, 10.0)), 4)
    0.95

    References
    ----------
    Johnson N. L., Kotz S., Balakrishnan N., Continuous Univariate Distributions, vol. 2, 2nd ed. (1995), chapter 29.
    """
    if noncentrality == 0.0:
        return np.asarray(scipy.special.gammainc(dof / 2.0, np.asarray(x) / 2.0))
    return np.asarray(scipy.special.chndtr(np.asarray(x), dof, noncentrality))
