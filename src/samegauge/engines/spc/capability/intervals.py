"""Confidence intervals of capability and performance indices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import (
    beta_quantile,
    chi_square_quantiles,
    normal_quantile,
)
from samegauge.engines.laws.noncentral_t import noncentral_t_shift

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_VALUES = 100_000
_FARTHEST_OFFSET = 1e6  # beyond it the mean alone decides, and squares may overflow


class CentredMethod(Enum):
    """How an index is bounded in which mean and standard deviation are both estimated."""

    BISSELL = "Bissell 1990, normal approximation"
    NONCENTRAL_T = "noncentral t, exact with one limit"


@dataclass(frozen=True, slots=True)
class Interval:
    """Two-sided interval, and the one-sided lower bound at the same confidence."""

    lower: float
    upper: float
    lower_bound: float


@dataclass(frozen=True, slots=True)
class Index:
    """`lower` and `upper` bound the index two-sidedly, `lower_bound` one-sidedly, all at the method's confidence."""

    value: float
    lower: float
    upper: float
    lower_bound: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of many indices, one in each place."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    lower_bound: NDArray[np.float64]


def _checked(confidence: float, dof: ArrayLike) -> None:
    if not 0.0 < confidence < 1.0:
        raise InvalidOptionError(
            f"A confidence of {confidence} is not between 0 and 1.", f"信賴水準 {confidence} 不在 0 與 1 之間。"
        )
    if np.any(np.asarray(dof) <= 0.0):
        raise InvalidOptionError(f"{dof} degrees of freedom are too few.", f"自由度 {dof} 太小。")


def _interval(bounds: Bounds) -> Interval:
    return Interval(float(bounds.lower), float(bounds.upper), float(bounds.lower_bound))


def spread_index_bounds(index: ArrayLike, dof: ArrayLike, confidence: float = 0.95) -> Bounds:
    """How uncertain are many Cp or Pp, whose only uncertain part is a standard deviation?

    Parameters
    ----------
    index : array_like of float
        Estimated Cp or Pp [1].
    dof : array_like of float
        Degrees of freedom of the standard deviation in each [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Bounds
        Two-sided and one-sided bounds in the broadcast shape [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1) or no degrees of freedom.

    Notes
    -----
    index * sqrt(chi2 quantile / dof): exact for normal values where dof = n - 1 and the standard deviation is the
    sample's; for ranges the dof is an equivalent one and the interval approximate.

    Examples
    --------
    >>> spread_index_bounds([1.7032806], [124]).lower.round(5).tolist()
    [1.49141]

    References
    ----------
    ISO 22514-2:2017. NIST/SEMATECH e-Handbook of Statistical Methods, 6.1.6.
    """
    _checked(confidence, dof)
    tail = (1.0 - confidence) / 2.0
    degrees = np.asarray(dof, dtype=np.float64)
    value = np.asarray(index, dtype=np.float64)

    def bound(probability: float) -> NDArray[np.float64]:
        return value * np.sqrt(chi_square_quantiles(probability, degrees) / degrees)

    return Bounds(bound(tail), bound(1.0 - tail), bound(1.0 - confidence))


def centred_index_bounds(
    index: ArrayLike,
    count: ArrayLike,
    dof: ArrayLike,
    confidence: float = 0.95,
    method: CentredMethod = CentredMethod.BISSELL,
) -> Bounds:
    """How uncertain are many Cpk or Ppk, in which both mean and standard deviation are estimated?

    Parameters
    ----------
    index : array_like of float
        Estimated Cpk or Ppk, or one-sided Cpl, Cpu, Ppl, Ppu [1].
    count : array_like of int
        Number of values in each mean [1].
    dof : array_like of float
        Degrees of freedom of each standard deviation [1].
    confidence : float
        Confidence level, between 0 and 1 [1].
    method : CentredMethod
        Approximation or exact distribution [1].

    Returns
    -------
    Bounds
        Two-sided and one-sided bounds in the broadcast shape [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1), no degrees of freedom or no values.

    Notes
    -----
    Bissell: index +- z sqrt(1 / (9 n) + index^2 / (2 dof)). Noncentral t: 3 sqrt(n) index is noncentral t with shift
    3 sqrt(n) times the true index; exact for normal values, one limit and the sample standard deviation. With two
    limits the bound is the one of the nearer limit: then the lower bound is on the safe side, the upper one not. The
    exact bounds take about a millisecond each.

    Examples
    --------
    >>> centred_index_bounds([1.6], [50], [49], method=CentredMethod.NONCENTRAL_T).lower_bound.round(4).tolist()
    [1.3199]

    References
    ----------
    Bissell A. F., Applied Statistics 39 (1990) 331, doi:10.2307/2347383. Johnson N. L., Kotz S., Balakrishnan N.,
    Continuous Univariate Distributions 2 (1995), chapter 31.
    """
    _checked(confidence, dof)
    if np.any(np.asarray(count) < 1):
        raise InvalidOptionError("A mean needs at least one value.", "平均值至少需要 1 筆數值。")
    value, n = np.asarray(index, dtype=np.float64), np.asarray(count, dtype=np.float64)
    degrees, tail = np.asarray(dof, dtype=np.float64), (1.0 - confidence) / 2.0
    if method is CentredMethod.NONCENTRAL_T:
        scale = 3.0 * np.sqrt(n)
        low, high, one = (
            noncentral_t_shift(probability, degrees, scale * value) / scale
            for probability in (1.0 - tail, tail, confidence)
        )
        return Bounds(low, high, one)
    error = np.hypot(1.0 / (3.0 * np.sqrt(n)), value / np.sqrt(2.0 * degrees))
    both = normal_quantile(1.0 - tail) * error
    return Bounds(value - both, value + both, value - normal_quantile(confidence) * error)


def target_index_bounds(index: ArrayLike, offset: ArrayLike, count: ArrayLike, confidence: float = 0.95) -> Bounds:
    """How uncertain are many Cpm, which compare the tolerance with the spread about a target?

    Parameters
    ----------
    index : array_like of float
        Estimated Cpm [1].
    offset : array_like of float
        Distance of the mean from the target over the standard deviation [1].
    count : array_like of float
        Number of values; one more than the degrees of freedom where the deviation is worth less than all values [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Bounds
        Two-sided and one-sided bounds in the broadcast shape [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1) or no values.

    Notes
    -----
    The spread about the target is taken as a scaled chi-square variable with n (1 + d^2)^2 / (1 + 2 d^2) degrees of
    freedom, d the offset: an approximation by two moments for normal values.

    Examples
    --------
    >>> target_index_bounds([1.0], [0.0], [100]).lower.round(4).tolist()
    [0.8615]

    References
    ----------
    Boyles R. A., Journal of Quality Technology 23 (1991) 17, doi:10.1080/00224065.1991.11979279.
    """
    squared = np.minimum(np.abs(np.asarray(offset, dtype=np.float64)), _FARTHEST_OFFSET) ** 2
    return spread_index_bounds(index, np.asarray(count) * (1.0 + squared) ** 2 / (1.0 + 2.0 * squared), confidence)


def spread_index_interval(index: float, dof: float, confidence: float = 0.95) -> Interval:
    """How uncertain is Cp or Pp, whose only uncertain part is a standard deviation?

    Parameters
    ----------
    index : float
        Estimated Cp or Pp [1].
    dof : float
        Degrees of freedom of the standard deviation in it [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Interval
        Two-sided interval and one-sided lower bound [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1) or no degrees of freedom.

    Notes
    -----
    index * sqrt(chi2 quantile / dof): exact for normal values where dof = n - 1 and the standard deviation is the
    sample's; for ranges the dof is an equivalent one and the interval approximate.

    Examples
    --------
    >>> round(spread_index_interval(1.7032806, 124).lower, 5)
    1.49141

    References
    ----------
    ISO 22514-2:2017. NIST/SEMATECH e-Handbook of Statistical Methods, 6.1.6.
    """
    return _interval(spread_index_bounds(index, dof, confidence))


def centred_index_interval(
    index: float,
    count: int,
    dof: float,
    confidence: float = 0.95,
    method: CentredMethod = CentredMethod.BISSELL,
) -> Interval:
    """How uncertain is Cpk or Ppk, in which both mean and standard deviation are estimated?

    Parameters
    ----------
    index : float
        Estimated Cpk or Ppk [1].
    count : int
        Number of values in the mean [1].
    dof : float
        Degrees of freedom of the standard deviation [1].
    confidence : float
        Confidence level, between 0 and 1 [1].
    method : CentredMethod
        Approximation or exact distribution [1].

    Returns
    -------
    Interval
        Two-sided interval and one-sided lower bound [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1), no degrees of freedom or no values.

    Notes
    -----
    Bissell: index +- z sqrt(1 / (9 n) + index^2 / (2 dof)), an approximation for normal values. Against the noncentral
    t distribution (exact with one limit) all bounds of an index up to 1.33 are within 0.014 at n = 10, 0.006 at n = 20
    and 0.002 at n = 100; the one-sided lower bound is the higher one. With the mean midway between two limits the
    interval is too wide.

    Examples
    --------
    >>> round(centred_index_interval(1.6632194, 125, 124).lower, 5)
    1.44813

    References
    ----------
    Bissell A. F., Applied Statistics 39 (1990) 331, doi:10.2307/2347383.
    """
    return _interval(centred_index_bounds(index, count, dof, confidence, method))


def values_to_decide(index: float, goal: float, dof_per_value: float, confidence: float = 0.95) -> int | None:
    """How many values would it take to decide about a goal, if the index stays as it is?

    Parameters
    ----------
    index : float
        Estimated Cpk or Ppk [1].
    goal : float
        Index asked for [1].
    dof_per_value : float
        Degrees of freedom a value adds: 1 for the sample standard deviation, 0.605 for moving ranges [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    int or None
        Total number of values; None if index and goal are so close that 100,000 would not do [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1) or no degrees of freedom.

    Notes
    -----
    Smallest n with z sqrt(1 / (9 n) + index^2 / (2 n dof_per_value)) <= |index - goal|.

    Examples
    --------
    >>> values_to_decide(1.6, 1.33, 1.0)
    74

    References
    ----------
    Bissell A. F., Applied Statistics 39 (1990) 331, doi:10.2307/2347383.
    """
    _checked(confidence, dof_per_value)
    distance = abs(index - goal)
    z = normal_quantile(0.5 + confidence / 2.0)
    per_value = z**2 * (1.0 / 9.0 + index**2 / (2.0 * dof_per_value))
    if distance**2 * _MOST_VALUES < per_value:
        return None
    return math.ceil(per_value / distance**2)


def conforming_fraction_bound(inside: int, count: int, confidence: float = 0.95) -> float:
    """What share of all parts conforms at least, judging by counts alone, without any distribution?

    Parameters
    ----------
    inside : int
        Parts within the limits [1].
    count : int
        Parts measured [1].
    confidence : float
        Confidence level of the one-sided bound, between 0 and 1 [1].

    Returns
    -------
    float
        Lower bound of the conforming fraction [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1), no parts, or more inside than measured.

    Notes
    -----
    Clopper-Pearson: quantile of Beta(inside, count - inside + 1). With all n inside it is (1 - confidence)^(1 / n).

    Examples
    --------
    >>> round(conforming_fraction_bound(19, 19), 4)
    0.8541

    References
    ----------
    Clopper C. J., Pearson E. S., Biometrika 26 (1934) 404, doi:10.1093/biomet/26.4.404.
    """
    _checked(confidence, 1.0)
    if not 0 <= inside <= count or count < 1:
        raise InvalidOptionError(
            f"{inside} of {count} parts inside is no count.", f"{count} 件中有 {inside} 件在界限內，不是合理的計數。"
        )
    return 0.0 if inside == 0 else beta_quantile(1.0 - confidence, inside, count - inside + 1)
