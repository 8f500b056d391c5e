"""Which limits give a chart the false alarms one is ready to bear, and which design finds a shift soonest?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from samegauge.engines.laws.continuous import chi_square_quantile, normal_quantile
from samegauge.engines.laws.numerics import root_between
from samegauge.engines.spc.run_length.memory import (
    CusumDesign,
    EwmaDesign,
    cusum_run_length,
    ewma_run_length,
    mewma_run_length,
)
from samegauge.engines.spc.run_length.rules import ZoneRule, rules_run_length
from samegauge.engines.values import require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SHORTEST, _LONGEST = 5.0, 1e7  # in-control run lengths that make a chart
_LEAST_WEIGHT, _MOST_WEIGHT = 0.02, 1.0
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_WEIGHT_TOLERANCE = 0.002
_NARROWEST = 0.05


def _require_length(mean: float) -> None:
    require(
        _SHORTEST <= mean <= _LONGEST,
        f"A run length of {mean:g} without a shift is not between {_SHORTEST:g} and {_LONGEST:g} points.",
        f"無偏移時的平均連串長度 {mean:g} 不在 {_SHORTEST:g} 與 {_LONGEST:g} 點之間。",
    )


def _limit_for(mean: float, length: Callable[[float], float], low: float, high: float) -> float:
    return root_between(lambda limit: math.log(length(limit) / mean), low, high)


def shewhart_width(mean: float) -> float:
    """How wide are two limits that give a false alarm once in so many points?

    Parameters
    ----------
    mean : float
        Average run length in control, from 5 to 1e7 [points].

    Returns
    -------
    float
        Distance of both limits from the centre line [standard deviations of what is plotted].

    Raises
    ------
    InvalidOptionError
        A run length outside that range.

    Notes
    -----
    Normal quantile of 1 - 1 / (2 ARL); exact for independent normal values with known parameters.

    Examples
    --------
    >>> round(shewhart_width(370.398), 4)
    3.0

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 5.
    """
    _require_length(mean)
    return -normal_quantile(0.5 / mean)


def rules_scale(rules: Sequence[ZoneRule], mean: float) -> float:
    """By which factor must all zones of a set of run rules be widened for a wanted number of false alarms?

    Parameters
    ----------
    rules : sequence of ZoneRule
        Rules that look at zones [1].
    mean : float
        Average run length in control [points].

    Returns
    -------
    float
        Factor on all zones [1].

    Raises
    ------
    InvalidOptionError
        A rule that looks at more than zones, a run length outside [5, 1e7], or one that no factor reaches: 8 points on
        one side come after 255 points on the average, however wide the zones are.

    Notes
    -----
    Brent's method on the Markov chain of rules_run_length.

    Examples
    --------
    >>> from collections import namedtuple
    >>> Rule = namedtuple("Rule", "pattern needed window zone")
    >>> round(rules_scale([Rule("beyond", 1, 1, 3.0), Rule("beyond", 2, 3, 2.0)], 370.4), 4)
    1.0518

    References
    ----------
    Champ C. W., Woodall W. H., Technometrics 29 (1987) 393, doi:10.1080/00401706.1987.10488266.
    """
    _require_length(mean)
    low, high = 0.1, 2.0
    longest = rules_run_length(rules, scale=high).mean
    require(
        rules_run_length(rules, scale=low).mean < mean < longest,
        f"These rules give a false alarm within {longest:.4g} points on the average, however wide their zones: "
        f"{mean:g} cannot be reached. Leave out the rule on runs.",
        f"無論區域多寬，這組規則平均 {longest:.4g} 點內就會誤報，達不到 {mean:g}；請去掉連串規則。",
    )
    return _limit_for(mean, lambda scale: min(rules_run_length(rules, scale=scale).mean, _LONGEST**2), low, high)


def ewma_width(weight: float, mean: float, *, widening: bool = False) -> float:
    """Which width gives an EWMA chart a wanted number of false alarms?

    Parameters
    ----------
    weight : float
        lambda [1].
    mean : float
        Average run length in control [points].
    widening : bool
        Limits follow the exact variance from the first point on.

    Returns
    -------
    float
        L [standard deviations of the EWMA].

    Raises
    ------
    InvalidOptionError
        A run length outside [5, 1e7] or a weight outside [0.005, 1].

    Notes
    -----
    Brent's method between 0.05 and the width of a Shewhart chart, which an EWMA never needs to exceed.

    Examples
    --------
    >>> round(ewma_width(0.1, 370.4), 6)
    2.701461

    References
    ----------
    Lucas J. M., Saccucci M. S., Technometrics 32 (1990) 1, doi:10.1080/00401706.1990.10484583.
    """
    widest = shewhart_width(mean)
    if weight == 1.0:
        return widest
    return _limit_for(mean, lambda width: ewma_run_length(EwmaDesign(weight, width, widening)).mean, _NARROWEST, widest)


def cusum_interval(reference: float, mean: float, *, head_start_share: float = 0.0, two_sided: bool = True) -> float:
    """Which decision interval gives a CUSUM a wanted number of false alarms?

    Parameters
    ----------
    reference : float
        k, half the shift to be found [standard deviations of what is summed].
    mean : float
        Average run length in control [points].
    head_start_share : float
        Head start as a share of the interval, 0 to 0.5 [1].
    two_sided : bool
        Both sides, or the upper one alone.

    Returns
    -------
    float
        h [standard deviations of what is summed].

    Raises
    ------
    InvalidOptionError
        A run length outside [5, 1e7], a reference that is not positive, or one so large that even an interval of zero
        gives fewer alarms.

    Notes
    -----
    Brent's method on the integral equation of cusum_run_length.

    Examples
    --------
    >>> round(cusum_interval(0.5, 370.4), 6)
    4.774897

    References
    ----------
    Hawkins D. M., Journal of Quality Technology 25 (1993) 248.
    """
    _require_length(mean)

    def length(interval: float) -> float:
        return cusum_run_length(CusumDesign(reference, interval, head_start_share * interval, two_sided=two_sided)).mean

    low, high = _NARROWEST, 1.0
    require(
        length(low) < mean,
        f"With a reference of {reference:g} any interval gives more than {mean:g} points between false alarms; "
        "take a smaller reference.",
        f"參考值 {reference:g} 太大，任何決策界限的平均連串長度都超過 {mean:g} 點；請減小參考值。",
    )
    while length(high) < mean:
        low, high = high, 2.0 * high
    return _limit_for(mean, length, low, high)


def mewma_limit(weight: float, dimensions: int, mean: float) -> float:
    """Which limit gives a multivariate EWMA chart a wanted number of false alarms?

    Parameters
    ----------
    weight : float
        lambda [1].
    dimensions : int
        Number of variables, at least 2 [1].
    mean : float
        Average run length in control [points].

    Returns
    -------
    float
        Limit of the statistic with the covariance of a long series [1].

    Raises
    ------
    InvalidOptionError
        A run length outside [5, 1e7], a weight outside [0.02, 1], or fewer than 2 dimensions.

    Notes
    -----
    Brent's method below the limit of a chi-square chart, which a MEWMA never needs to exceed.

    Examples
    --------
    >>> round(mewma_limit(0.1, 2, 200.0), 5)
    8.63358

    References
    ----------
    Prabhu S. S., Runger G. C., Journal of Quality Technology 29 (1997) 8.
    """
    widest = t2_limit(dimensions, mean)
    if weight == 1.0:
        return widest
    return _limit_for(mean, lambda limit: mewma_run_length(weight, limit, dimensions).mean, _NARROWEST, widest)


def t2_limit(dimensions: int, mean: float) -> float:
    """Which limit gives a Hotelling T2 chart with known parameters a wanted number of false alarms?

    Parameters
    ----------
    dimensions : int
        Number of variables [1].
    mean : float
        Average run length in control [points].

    Returns
    -------
    float
        Upper limit of T2 [1].

    Raises
    ------
    InvalidOptionError
        A run length outside [5, 1e7].

    Notes
    -----
    Chi-square quantile of 1 - 1 / ARL.

    Examples
    --------
    >>> round(t2_limit(2, 200.0), 4)
    10.5966

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 11.
    """
    _require_length(mean)
    return chi_square_quantile(1.0 - 1.0 / mean, dimensions)


def ewma_design(mean: float, shift: float) -> EwmaDesign:
    """Which EWMA chart finds a shift soonest, among all with the same number of false alarms?

    Parameters
    ----------
    mean : float
        Average run length in control [points].
    shift : float
        Shift to be found soonest, positive [standard deviations of what is averaged].

    Returns
    -------
    EwmaDesign
        Weight (to about 0.002, from 0.02 to 1) and width.

    Raises
    ------
    InvalidOptionError
        A run length outside [5, 1e7], or a shift that is not positive.

    Notes
    -----
    Golden section over lambda; the minimum is flat, so that neighbouring weights are nearly as good.
    With limits of a long series: widening ones would always favour the smallest lambda, since the shift is taken to
    be there from the first point on.

    Examples
    --------
    >>> design = ewma_design(500.0, 1.0)
    >>> 0.12 < design.weight < 0.15
    True

    References
    ----------
    Crowder S. V., Journal of Quality Technology 21 (1989) 155. Lucas J. M., Saccucci M. S., Technometrics 32 (1990) 1.
    """
    _require_length(mean)
    require(shift > 0.0, f"The shift {shift} has to be positive.", f"偏移量 {shift} 必須大於 0。")

    def design(weight: float) -> EwmaDesign:
        return EwmaDesign(weight, ewma_width(weight, mean))

    def delay(weight: float) -> float:
        return ewma_run_length(design(weight), shift).mean

    low, high = _LEAST_WEIGHT, _MOST_WEIGHT
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = delay(left), delay(right)
    while high - low > _WEIGHT_TOLERANCE:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = delay(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = delay(right)
    return design((low + high) / 2.0)


def cusum_design(mean: float, shift: float, *, two_sided: bool = True) -> CusumDesign:
    """Which CUSUM finds a shift soonest, among all with the same number of false alarms?

    Parameters
    ----------
    mean : float
        Average run length in control [points].
    shift : float
        Shift to be found soonest, positive [standard deviations of what is summed].
    two_sided : bool
        Both sides, or the upper one alone.

    Returns
    -------
    CusumDesign
        Reference value and decision interval, without head start.

    Raises
    ------
    InvalidOptionError
        A run length outside [5, 1e7], or a shift that is not positive or too large for that run length.

    Notes
    -----
    k = shift / 2: the likelihood ratio's reference, optimal in Lorden's sense.

    Examples
    --------
    >>> design = cusum_design(370.4, 1.0)
    >>> design.reference, round(design.interval, 4)
    (0.5, 4.7749)

    References
    ----------
    Moustakides G. V., Annals of Statistics 14 (1986) 1379, doi:10.1214/aos/1176350164.
    """
    require(shift > 0.0, f"The shift {shift} has to be positive.", f"偏移量 {shift} 必須大於 0。")
    reference = shift / 2.0
    return CusumDesign(reference, cusum_interval(reference, mean, two_sided=two_sided), two_sided=two_sided)
