"""Gamma function, minimum on a line, W of Shapiro and Wilk: the rest of the untyped SciPy calls of this room."""
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import scipy  # which loads its parts at their first use

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


def log_gamma(x: float) -> float:
    """What is the logarithm of the gamma function?

    Parameters
    ----------
    x : float
        Positive argument [1].

    Returns
    -------
    float
        Natural logarithm [1].

    Notes
    -----
    Of the factorial of x - 1, continued.

    Examples
    --------
    >>> round(log_gamma(5.0), 6)
    3.178054

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapter 5, https://dlmf.nist.gov.
    """
    return float(scipy.special.gammaln(x))


def digamma(x: float) -> float:
    """How steep is the logarithm of the gamma function?

    Parameters
    ----------
    x : float
        Positive argument [1].

    Returns
    -------
    float
        First derivative [1].

    Notes
    -----
    psi(x) = Gamma'(x) / Gamma(x).

    Examples
    --------
    >>> round(digamma(1.0), 6)
    -0.577216

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapter 5, https://dlmf.nist.gov.
    """
    return float(scipy.special.digamma(x))


def trigamma(x: float) -> float:
    """How strongly is the logarithm of the gamma function curved?

    Parameters
    ----------
    x : float
        Positive argument [1].

    Returns
    -------
    float
        Second derivative [1].

    Notes
    -----
    psi'(x), the Hurwitz zeta function of 2 and x.

    Examples
    --------
    >>> round(trigamma(1.0), 6)
    1.644934

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapter 5, https://dlmf.nist.gov.
    """
    return float(scipy.special.zeta(2.0, x))


def minimum_between(function: Callable[[float], float], low: float, high: float) -> float:
    """Where between two places is a function of one variable smallest?

    Parameters
    ----------
    function : callable
        With a single minimum between the places [1].
    low, high : float
        The places [any unit].

    Returns
    -------
    float
        The place of the minimum [unit of the places].

    Notes
    -----
    Brent's method by golden section and parabolas; the place is known to about 1e-9 of the distance, as far as rounding
    of the function allows.

    Examples
    --------
    >>> round(minimum_between(lambda x: (x - 2.0) ** 2, 0.0, 5.0), 6)
    2.0

    References
    ----------
    Brent R. P., Algorithms for Minimization without Derivatives (1973), chapter 5.
    """
    found = scipy.optimize.minimize_scalar(
        function, bounds=(low, high), method="bounded", options={"xatol": 1e-9 * abs(high - low)}
    )
    return float(found.x)


def shapiro_wilk_w(values: NDArray[np.float64]) -> tuple[float, float]:
    """What are W and its p-value of a sample?

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The sample, 3 <= n <= 5000, with spread [any unit].

    Returns
    -------
    tuple of float
        W and the p-value [1].

    Notes
    -----
    Royston's approximation.

    Examples
    --------
    >>> import numpy as np
    >>> round(shapiro_wilk_w(np.array([1.0, 2.0, 4.0]))[0], 4)
    0.9643

    References
    ----------
    Royston P., Applied Statistics 44 (1995) 547 (AS R94), doi:10.2307/2986146.
    """
    found = scipy.stats.shapiro(values)
    return float(found.statistic), float(found.pvalue)


def root_between(function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-12) -> float:
    """Where between two places does a continuous function change its sign?

    Parameters
    ----------
    function : callable
        Of one number; its signs at both ends differ [1].
    low, high : float
        The two places [unit of the argument].
    tolerance : float
        Width of the interval that is left [unit of the argument].

    Returns
    -------
    float
        The place [unit of the argument].

    Notes
    -----
    Brent's method.

    Examples
    --------
    >>> round(root_between(lambda x: x**2 - 2.0, 0.0, 2.0), 6)
    1.414214

    References
    ----------
    Brent R. P., Algorithms for Minimization without Derivatives (1973), chapter 4.
    """
    return float(scipy.optimize.brentq(function, low, high, xtol=tolerance))
