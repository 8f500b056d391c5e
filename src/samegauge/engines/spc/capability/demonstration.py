"""The claim that an index is at least 1.33: what must be observed, how likely that is, how many values it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import (
    chi_square_below,
    chi_square_quantile,
    normal_quantile,
)
from samegauge.engines.laws.noncentral_t import noncentral_t_below, noncentral_t_quantile
from samegauge.engines.spc.capability.intervals import CentredMethod
from samegauge.quantities.method import Method

_MOST_VALUES = 100_000
_FEWEST = 2


class IndexKind(Enum):
    """SPREAD is Cp or Pp; CENTRED is Cpk or Ppk with the nearer limit deciding."""

    SPREAD = "spread"
    CENTRED = "centred"


@dataclass(frozen=True, slots=True)
class Claim:
    """That an index is at least `goal`, said with one-sided `confidence`."""

    goal: float = 1.33
    confidence: float = 0.95
    kind: IndexKind = IndexKind.CENTRED
    centred_method: CentredMethod = CentredMethod.BISSELL

    def __post_init__(self) -> None:
        if not self.goal > 0.0:
            raise InvalidOptionError(f"A goal of {self.goal} is not positive.", f"目標值 {self.goal} 必須大於 0。")
        if not 0.0 < self.confidence < 1.0:
            raise InvalidOptionError(
                f"A confidence of {self.confidence} is not between 0 and 1.",
                f"信賴水準 {self.confidence} 不在 0 與 1 之間。",
            )

    def method(self) -> Method:
        exact = self.kind is IndexKind.SPREAD or self.centred_method is CentredMethod.NONCENTRAL_T
        return Method(
            name="demonstration of a capability index",
            reference="Kane V. E., Journal of Quality Technology 18 (1986) 41",
            estimator="chi-square" if self.kind is IndexKind.SPREAD else self.centred_method.value,
            constants={"goal": self.goal},
            confidence=self.confidence,
            assumed=(
                "values are independent and normally distributed",
                "standard deviation over all values (n - 1)",
                *(() if exact else ("the lower bound is an approximation; its power is exact",)),
            ),
        )


@dataclass(frozen=True, slots=True)
class DemonstrationPlan:
    """With `count` values, an index of at least `least_observed` proves the claim; `power` is the chance of that."""

    claim: Claim
    true_index: float
    count: int
    least_observed: float
    power: float
    method: Method


def least_observed_index(claim: Claim, count: int) -> float:
    """How large has an observed index to be, so that its lower bound reaches the goal?

    Parameters
    ----------
    claim : Claim
        Goal, confidence and kind of index [1].
    count : int
        Number of values, at least 2 [1].

    Returns
    -------
    float
        Smallest observed index that proves the claim; infinite where no index would [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values.

    Notes
    -----
    Spread: goal sqrt((n - 1) / chi2 quantile of 1 - confidence). Centred, exact: noncentral t quantile of the
    confidence with shift 3 sqrt(n) goal, over 3 sqrt(n). Bissell: the root of I - z sqrt(1 / (9 n) + I^2 / (2 n - 2)) =
    goal. The standard deviation is the one over all values.

    Examples
    --------
    >>> round(least_observed_index(Claim(1.33), 50), 3), round(least_observed_index(Claim(1.33), 20), 3)
    (1.608, 1.835)

    References
    ----------
    Kane V. E., Journal of Quality Technology 18 (1986) 41, doi:10.1080/00224065.1986.11978984. Bissell A. F., Applied
    Statistics 39 (1990) 331.
    """
    if count < _FEWEST:
        raise InvalidOptionError(
            f"A demonstration needs at least {_FEWEST} values, not {count}.",
            f"驗證至少需要 {_FEWEST} 筆數值，不能是 {count} 筆。",
        )
    dof = count - 1.0
    if claim.kind is IndexKind.SPREAD:
        return claim.goal * math.sqrt(dof / chi_square_quantile(1.0 - claim.confidence, dof))
    if claim.centred_method is CentredMethod.NONCENTRAL_T:
        scale = 3.0 * math.sqrt(count)
        return float(noncentral_t_quantile(claim.confidence, dof, scale * claim.goal)) / scale
    z = normal_quantile(claim.confidence)
    # (I - goal)^2 = z^2 (1 / (9 n) + I^2 / (2 dof)), the larger root.
    square = 1.0 - z**2 / (2.0 * dof)
    if square <= 0.0:
        return math.inf
    rest = claim.goal**2 - z**2 / (9.0 * count)
    return (claim.goal + math.copysign(math.sqrt(claim.goal**2 - square * rest), z)) / square


def demonstration_power(claim: Claim, true_index: float, count: int) -> float:
    """How likely does a process with a known index prove the claim with a number of values?

    Parameters
    ----------
    claim : Claim
        Goal, confidence and kind of index [1].
    true_index : float
        The index that the process has, positive [1].
    count : int
        Number of values, at least 2 [1].

    Returns
    -------
    float
        Probability that the lower bound reaches the goal [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values, or an index that is not positive.

    Notes
    -----
    Exact for normal values: chi-square for Cp, noncentral t for Cpk of one limit. With two limits and a centred mean
    the chance is a little smaller, since either limit may come out as the nearer one.

    Examples
    --------
    >>> round(demonstration_power(Claim(1.33), 1.67, 50), 3)
    0.665

    References
    ----------
    Kane V. E., Journal of Quality Technology 18 (1986) 41, doi:10.1080/00224065.1986.11978984.
    """
    if not true_index > 0.0:
        raise InvalidOptionError(f"A true index of {true_index} is not positive.", f"真值 {true_index} 必須大於 0。")
    least, dof = least_observed_index(claim, count), count - 1.0
    if math.isinf(least):
        return 0.0
    if claim.kind is IndexKind.SPREAD:
        return float(chi_square_below(dof * (true_index / least) ** 2, dof))
    scale = 3.0 * math.sqrt(count)
    return 1.0 - float(noncentral_t_below(scale * least, dof, scale * true_index))


def plan_demonstration(claim: Claim, true_index: float, power: float = 0.9) -> DemonstrationPlan | None:
    """How many values prove a claim, if the process is as good as it is thought to be?

    Parameters
    ----------
    claim : Claim
        Goal, confidence and kind of index [1].
    true_index : float
        The index that the process is thought to have [1].
    power : float
        Chance of success asked for, between 0 and 1 [1].

    Returns
    -------
    DemonstrationPlan or None
        Smallest number of values with the index they must show; None if 100,000 would not do [1].

    Raises
    ------
    InvalidOptionError
        Power outside (0, 1), or an index that is not positive.

    Notes
    -----
    The power grows with the number of values as soon as it exceeds 1 - confidence; the smallest number is found by
    bisection. A process whose index is the goal itself proves it with probability 1 - confidence only, however many
    values are taken.

    Examples
    --------
    >>> plan = plan_demonstration(Claim(1.33), 1.67, 0.9)
    >>> plan.count, round(plan.least_observed, 3)
    (94, 1.522)

    References
    ----------
    Kane V. E., Journal of Quality Technology 18 (1986) 41, doi:10.1080/00224065.1986.11978984.
    """
    if not 0.0 < power < 1.0:
        raise InvalidOptionError(f"A power of {power} is not between 0 and 1.", f"檢定力 {power} 不在 0 與 1 之間。")
    if demonstration_power(claim, true_index, _MOST_VALUES) < power:
        return None
    low, high = _FEWEST - 1, _MOST_VALUES
    while high - low > 1:
        middle = (low + high) // 2
        enough = demonstration_power(claim, true_index, middle) >= power
        low, high = (low, middle) if enough else (middle, high)
    return DemonstrationPlan(
        claim,
        true_index,
        high,
        least_observed_index(claim, high),
        demonstration_power(claim, true_index, high),
        claim.method(),
    )
