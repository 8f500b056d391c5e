"""Confidence intervals of capability and performance indices."""

from __future__ import annotations

import math
from dataclasses import dataclass

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.distributions import beta_quantile, chi_square_quantile, normal_quantile

_MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class Interval:
    """Two-sided interval, and the one-sided lower bound at the same confidence."""

    lower: float
    upper: float
    lower_bound: float


def _checked(confidence: float, dof: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise InvalidOptionError(
            f"A confidence of {confidence} is not between 0 and 1.", f"信賴水準 {confidence} 不在 0 與 1 之間。"
        )
    if not dof > 0.0:
        raise InvalidOptionError(f"{dof} degrees of freedom are too few.", f"自由度 {dof} 太小。")


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
    _checked(confidence, dof)
    tail = (1.0 - confidence) / 2.0

    def bound(probability: float) -> float:
        return index * math.sqrt(chi_square_quantile(probability, dof) / dof)

    return Interval(bound(tail), bound(1.0 - tail), bound(1.0 - confidence))


def centred_index_interval(index: float, count: int, dof: float, confidence: float = 0.95) -> Interval:
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
    _checked(confidence, dof)
    if count < 1:
        raise InvalidOptionError("A mean needs at least one value.", "平均值至少需要 1 筆數值。")
    error = math.sqrt(1.0 / (9.0 * count) + index**2 / (2.0 * dof))
    both = normal_quantile(0.5 + confidence / 2.0) * error
    return Interval(index - both, index + both, index - normal_quantile(confidence) * error)


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
