"""Distribution functions with types: SciPy ships no stubs, so its untyped calls stay in this one module."""
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
