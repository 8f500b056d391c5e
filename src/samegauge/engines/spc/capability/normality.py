"""Do values look like a sample from a normal distribution?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.laws.continuous import log_normal_below, normal_quantiles
from samegauge.engines.laws.numerics import shapiro_wilk_w
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FEWEST = 8  # the p-value formula was fitted to n >= 8
_FEWEST_SHAPIRO, _MOST_SHAPIRO = 3, 5000  # where Royston's approximation was made
_FEWEST_RYAN = 4
# Critical correlation at a level: constant and the coefficients of 1 / sqrt(n), 1 / n, 1 / n^2.
_RYAN_JOINER = {
    0.10: (1.0071, -0.1371, -0.3682, 0.7780),
    0.05: (1.0063, -0.1288, -0.6118, 1.3505),
    0.01: (0.9963, -0.0211, -1.4106, 3.1791),
}
# Upper end of each branch of the adjusted statistic, and the polynomial in it (constant, linear, square).
_LOW_BRANCHES = ((0.2, (-13.436, 101.14, -223.73)), (0.34, (-8.318, 42.796, -59.938)))
_HIGH_BRANCHES = ((0.6, (0.9177, -4.279, -1.38)), (math.inf, (1.2937, -5.709, 0.0186)))
_LARGEST = 153.0  # beyond it the last parabola turns upwards; p is zero for all purposes long before


@dataclass(frozen=True, slots=True)
class NormalityTest:
    """`statistic` is A squared as computed, `adjusted` the one compared with tables for estimated mean and sigma."""

    statistic: float
    adjusted: float
    p_value: float
    method: Method


def anderson_darling(values: ArrayLike) -> NormalityTest:
    """How well does a normal distribution with the sample's own mean and spread fit the values?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The sample, n >= 8 [any unit].

    Returns
    -------
    NormalityTest
        Statistic A squared, its small-sample form and the p-value [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 8 values, or all equal.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    A^2 = -n - mean((2 i - 1)(ln F(z_i) + ln(1 - F(z_(n+1-i))))), adjusted by 1 + 0.75 / n + 2.25 / n^2. The p-value
    formulas hold for estimated mean and standard deviation and are good to about 0.01. Rounded values (ties) raise A^2.

    Examples
    --------
    >>> round(anderson_darling([9.8, 10.1, 9.9, 10.0, 10.2, 10.3, 9.7, 10.0, 10.1, 9.9]).p_value, 2)
    0.94

    References
    ----------
    D'Agostino R. B., Stephens M. A., Goodness-of-Fit Techniques, Dekker 1986, table 4.9.
    """
    array = np.sort(checked_values(values))
    spread = float(array.std(ddof=1)) if array.size > 1 else 0.0
    if array.size < _FEWEST or spread == 0.0:
        raise TooFewValuesError(
            f"The normality test needs at least {_FEWEST} values with spread.",
            f"常態性檢定至少需要 {_FEWEST} 筆且有變異的數值。",
        )
    z = (array - array.mean()) / spread
    statistic = anderson_darling_statistic(log_normal_below(z), log_normal_below(-z))
    adjusted = statistic * (1.0 + 0.75 / array.size + 2.25 / array.size**2)
    return NormalityTest(
        statistic,
        adjusted,
        _p_value(adjusted),
        Method(
            name="Anderson-Darling test of normality",
            reference="D'Agostino and Stephens 1986, table 4.9",
            estimator="mean and standard deviation from the sample",
            sample_size=array.size,
            data_hash=hash_of_data(array),
        ),
    )


def _p_value(adjusted: float) -> float:
    for end, (a, b, c) in _LOW_BRANCHES:
        if adjusted < end:
            return 1.0 - math.exp(a + b * adjusted + c * adjusted**2)
    bounded = min(adjusted, _LARGEST)
    for end, (a, b, c) in _HIGH_BRANCHES:
        if bounded < end:
            return math.exp(a + b * bounded + c * bounded**2)
    return 0.0


def anderson_darling_statistic(log_below: NDArray[np.float64], log_above: NDArray[np.float64]) -> float:
    """How far are sorted values from a distribution, with weight on the tails?

    Parameters
    ----------
    log_below : ndarray of float, shape (n,)
        Logarithm of the distribution's share below each value, values in rising order [1].
    log_above : ndarray of float, shape (n,)
        Logarithm of the share above each value, in the same order [1].

    Returns
    -------
    float
        A squared, not adjusted for estimated parameters [1].

    Notes
    -----
    A^2 = -n - mean((2 i - 1)(ln F(x_i) + ln(1 - F(x_(n+1-i))))).

    Examples
    --------
    >>> shares = np.array([0.25, 0.75])
    >>> round(anderson_darling_statistic(np.log(shares), np.log(1.0 - shares)), 4)
    0.2493

    References
    ----------
    Anderson T. W., Darling D. A., Annals of Mathematical Statistics 23 (1952) 193, doi:10.1214/aoms/1177729437.
    """
    odd = 2.0 * np.arange(1, log_below.size + 1) - 1.0
    return -log_below.size - float((odd * (log_below + log_above[::-1])).mean())


@dataclass(frozen=True, slots=True)
class ShapiroWilkTest:
    """`statistic` is W: near 1 for normal values."""

    statistic: float
    p_value: float
    method: Method


@dataclass(frozen=True, slots=True)
class RyanJoinerTest:
    """`p_at_least` and `p_below` enclose the p-value: between two of the levels 0.01, 0.05 and 0.10, or beyond them."""

    statistic: float
    p_at_least: float
    p_below: float
    method: Method


def shapiro_wilk(values: ArrayLike) -> ShapiroWilkTest:
    """Do the ordered values lie where those of a normal sample are expected?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The sample, 3 <= n <= 5000 [any unit].

    Returns
    -------
    ShapiroWilkTest
        W and its p-value [1].

    Raises
    ------
    InvalidOptionError
        More than 5000 values.
    TooFewValuesError
        Fewer than 3 values, or all equal.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Royston's approximation of weights and p-value. Ties by rounding lower W.

    Examples
    --------
    >>> found = shapiro_wilk([9.8, 10.1, 9.9, 10.0, 10.2, 10.3, 9.7, 10.0, 10.1, 9.9])
    >>> round(found.statistic, 4), round(found.p_value, 4)
    (0.9837, 0.9819)

    References
    ----------
    Royston P., Applied Statistics 44 (1995) 547 (AS R94), doi:10.2307/2986146.
    """
    array = _with_spread(values, _FEWEST_SHAPIRO, "Shapiro-Wilk")
    if array.size > _MOST_SHAPIRO:
        raise InvalidOptionError(
            f"The Shapiro-Wilk test is made for at most {_MOST_SHAPIRO} values, not {array.size}.",
            f"Shapiro-Wilk 檢定最多 {_MOST_SHAPIRO} 筆，目前 {array.size} 筆。",
        )
    statistic, p_value = shapiro_wilk_w(array)
    return ShapiroWilkTest(
        statistic,
        p_value,
        Method(
            name="Shapiro-Wilk test of normality",
            reference="Royston 1995 (AS R94)",
            sample_size=array.size,
            data_hash=hash_of_data(array),
        ),
    )


def ryan_joiner(values: ArrayLike) -> RyanJoinerTest:
    """How straight is the normal probability plot?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The sample, n >= 4 [any unit].

    Returns
    -------
    RyanJoinerTest
        Correlation with the normal scores, and the levels between which its p-value lies [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 4 values, or all equal.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Scores are normal quantiles of (i - 3/8) / (n + 1/4). Critical values are polynomials of 1 / sqrt(n); they are from
    memory, and simulated levels agree with them (proved in the tests for n = 10 and 50).

    Examples
    --------
    >>> found = ryan_joiner([9.8, 10.1, 9.9, 10.0, 10.2, 10.3, 9.7, 10.0, 10.1, 9.9])
    >>> round(found.statistic, 4), found.p_at_least
    (0.9931, 0.1)

    References
    ----------
    Ryan T. A., Joiner B. L., Normal Probability Plots and Tests for Normality, Pennsylvania State University 1976.
    """
    array = np.sort(_with_spread(values, _FEWEST_RYAN, "Ryan-Joiner"))
    n = array.size
    scores = normal_quantiles((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    statistic = float(np.corrcoef(array, scores)[0, 1])
    powers = np.array([1.0, 1.0 / math.sqrt(n), 1.0 / n, 1.0 / n**2])
    accepted = [level for level, factors in _RYAN_JOINER.items() if statistic >= float(powers @ factors)]
    refused = [level for level in _RYAN_JOINER if level not in accepted]
    return RyanJoinerTest(
        statistic,
        max(accepted, default=0.0),
        min(refused, default=1.0),
        Method(
            name="Ryan-Joiner test of normality",
            reference="Ryan and Joiner 1976 (critical values from memory)",
            sample_size=n,
            data_hash=hash_of_data(array),
        ),
    )


def _with_spread(values: ArrayLike, fewest: int, name: str) -> NDArray[np.float64]:
    array = checked_values(values)
    if array.size < fewest or float(np.ptp(array)) == 0.0:
        raise TooFewValuesError(
            f"The {name} test needs at least {fewest} values with spread.",
            f"{name} 檢定至少需要 {fewest} 筆且有變異的數值。",
        )
    return array
