"""Which is the smallest sampling plan that keeps the risks of producer and consumer?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import normal_quantile
from samegauge.engines.laws.counts import noncentral_student_quantile
from samegauge.engines.sampling.attributes import (
    AttributePlan,
    CountLaw,
    Inspection,
    OperatingCharacteristic,
    operating_characteristic,
)
from samegauge.engines.sampling.variables import VariablesPlan, variables_acceptance
from samegauge.engines.values import require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_SAMPLE = 200_000
_MOST_ACCEPTANCE = 500
_MORE_THAN_SINGLE = 3  # by how much a double plan's last acceptance number may exceed the single plan's


@dataclass(frozen=True, slots=True)
class Risks:
    """Of lots of `acceptable` quality at most the share `producer_risk` is rejected.

    Of lots of `rejectable` quality at most the share `consumer_risk` is accepted.
    """

    acceptable: float
    producer_risk: float
    rejectable: float
    consumer_risk: float

    def __post_init__(self) -> None:
        risks = (self.producer_risk, self.consumer_risk)
        if not 0.0 < self.acceptable < self.rejectable or not all(0.0 < risk < 1.0 for risk in risks):
            raise InvalidOptionError(
                f"Acceptable quality {self.acceptable} has to be positive and below the rejectable {self.rejectable}, "
                f"and the risks {risks} between 0 and 1.",
                f"允收品質 {self.acceptable} 須大於 0 且小於拒收品質 {self.rejectable}，"
                f"風險 {risks} 須在 0 與 1 之間。",
            )
        if sum(risks) >= 1.0:
            raise InvalidOptionError(
                f"Risks of {risks} together reach 1: even a draw of lots would keep them.",
                f"兩個風險 {risks} 合計達到 1，抽籤也能滿足。",
            )

    @property
    def constants(self) -> dict[str, float]:
        return {
            "acceptable_quality": self.acceptable,
            "producer_risk": self.producer_risk,
            "rejectable_quality": self.rejectable,
            "consumer_risk": self.consumer_risk,
        }


@dataclass(frozen=True, slots=True)
class FoundAttributePlan:
    """The plan, and its chances of acceptance and mean samples at the acceptable and the rejectable quality."""

    plan: AttributePlan
    acceptance: tuple[float, float]
    mean_sample: tuple[float, float]
    method: Method


@dataclass(frozen=True, slots=True)
class FoundVariablesPlan:
    """The plan, and its chances of acceptance at the acceptable and the rejectable quality."""

    plan: VariablesPlan
    acceptance: tuple[float, float]
    method: Method


_PROCESS = Inspection()


def find_single_plan(risks: Risks, inspection: Inspection = _PROCESS) -> FoundAttributePlan:
    """Which is the smallest single plan by attributes that keeps both risks?

    Parameters
    ----------
    risks : Risks
        The two qualities and risks [1].
    inspection : Inspection
        Law of the count and size of the lot [1].

    Returns
    -------
    FoundAttributePlan
        Smallest sample, its acceptance number, and what it does at both qualities [1].

    Raises
    ------
    InvalidOptionError
        A share above 1, no lot for its law, or qualities so close together that no plan within 500 acceptance numbers
        and 200,000 units (or the lot) tells them apart.

    Notes
    -----
    For each acceptance number the smallest sample that keeps the consumer's risk; the first that also keeps the
    producer's.

    Examples
    --------
    >>> find_single_plan(Risks(0.05, 0.05, 0.15, 0.075)).plan
    AttributePlan(sizes=(80,), acceptance=(7,), rejection=(8,))

    References
    ----------
    Guenther W. C., Journal of Quality Technology 1 (1969) 105.
    """
    _require_shares(risks, inspection)
    for acceptance in range(_MOST_ACCEPTANCE):
        size = _smallest(lambda size, c=acceptance: AttributePlan.single(size, c), acceptance + 1, risks, inspection)
        if size is None:
            break
        plan = AttributePlan.single(size, acceptance)
        found = _at_both(plan, risks, inspection)
        if found.acceptance[0] >= 1.0 - risks.producer_risk:
            return _found(plan, found, risks, inspection)
    raise _no_plan(risks)


def find_double_plan(
    risks: Risks, inspection: Inspection = _PROCESS, *, second_over_first: int = 1
) -> FoundAttributePlan:
    """Which double plan by attributes keeps both risks with the least inspection of good lots?

    Parameters
    ----------
    risks : Risks
        The two qualities and risks [1].
    inspection : Inspection
        Law of the count and size of the lot [1].
    second_over_first : int
        Size of the second sample over that of the first [1].

    Returns
    -------
    FoundAttributePlan
        The plan with the smallest mean sample at the acceptable quality [1].

    Raises
    ------
    InvalidOptionError
        As for a single plan, or a ratio below 1.

    Notes
    -----
    Both stages reject at the last acceptance number plus 1. That number is looked for up to 3 above the single plan's.

    Examples
    --------
    >>> find_double_plan(Risks(0.01, 0.05, 0.06, 0.1)).plan.acceptance
    (1, 3)

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 15.
    """
    require(
        second_over_first >= 1,
        f"The second sample is a multiple of the first, not {second_over_first} times it.",
        f"第二樣本須為第一樣本的整數倍，不能是 {second_over_first} 倍。",
    )
    last = find_single_plan(risks, inspection).plan.acceptance[0] + _MORE_THAN_SINGLE
    best: tuple[float, AttributePlan, OperatingCharacteristic] | None = None
    for second in range(1, last + 1):
        for first in range(second):

            def plan_of(size: int, first: int = first, second: int = second) -> AttributePlan:
                return AttributePlan((size, second_over_first * size), (first, second), (second + 1, second + 1))

            size = _smallest(plan_of, first + 1, risks, inspection)
            if size is None:
                continue
            found = _at_both(plan_of(size), risks, inspection)
            mean = float(found.mean_sample[0])
            if found.acceptance[0] >= 1.0 - risks.producer_risk and (best is None or mean < best[0]):
                best = mean, plan_of(size), found
    if best is None:
        raise _no_plan(risks)
    return _found(best[1], best[2], risks, inspection)


def _require_shares(risks: Risks, inspection: Inspection) -> None:
    require(
        risks.rejectable < 1.0 or inspection.law is CountLaw.POISSON,
        f"A nonconforming share of {risks.rejectable} is not below 1.",
        f"不合格率 {risks.rejectable} 必須小於 1。",
    )
    require(
        inspection.lot_size is not None or inspection.law is not CountLaw.HYPERGEOMETRIC,
        "The hypergeometric law needs the size of the lot.",
        "超幾何分布需要批量。",
    )


def _smallest(plan_of: Callable[[int], AttributePlan], least: int, risks: Risks, inspection: Inspection) -> int | None:
    """Smallest first sample that keeps the consumer's risk, by halving; None where the largest one does not."""
    most = _LARGEST_SAMPLE if inspection.lot_size is None else inspection.lot_size
    most //= sum(plan_of(1).sizes)

    def keeps(size: int) -> bool:
        chance = operating_characteristic(plan_of(size), [risks.rejectable], inspection).acceptance[0]
        return bool(chance <= risks.consumer_risk)

    low, high = least - 1, least
    while high < most and not keeps(high):
        low, high = high, 2 * high
    high = min(high, most)
    if high < least or not keeps(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return high


def _at_both(plan: AttributePlan, risks: Risks, inspection: Inspection) -> OperatingCharacteristic:
    return operating_characteristic(plan, [risks.acceptable, risks.rejectable], inspection)


def _found(
    plan: AttributePlan, found: OperatingCharacteristic, risks: Risks, inspection: Inspection
) -> FoundAttributePlan:
    (good, bad), (good_size, bad_size) = found.acceptance.tolist(), found.mean_sample.tolist()
    method = Method(
        name="smallest sampling plan by attributes for given risks",
        reference="Guenther 1969",
        estimator=f"exact {inspection.law.value} law",
        constants=risks.constants,
        assumed=found.method.assumed,
    )
    return FoundAttributePlan(plan, (good, bad), (good_size, bad_size), method)


def _no_plan(risks: Risks) -> InvalidOptionError:
    return InvalidOptionError(
        f"No plan tells {risks.acceptable} from {risks.rejectable} at these risks; take qualities further apart, "
        "larger risks or a larger lot.",
        f"在這些風險下沒有計畫能分辨 {risks.acceptable} 與 {risks.rejectable}；請拉開品質差距、放寬風險或加大批量。",
    )


def find_variables_plan(risks: Risks, *, sigma_known: bool) -> FoundVariablesPlan:
    """Which is the smallest plan by variables with one limit that keeps both risks?

    Parameters
    ----------
    risks : Risks
        The two qualities and risks [1].
    sigma_known : bool
        The standard deviation is known, not estimated from the sample.

    Returns
    -------
    FoundVariablesPlan
        Smallest sample, the factor k that uses up the producer's risk, and the chances at both qualities [1].

    Raises
    ------
    InvalidOptionError
        A share above 1, or no plan within 200,000 values.

    Notes
    -----
    Known: n from the distance of the two normal quantiles. Unknown: the smallest n whose k, by the noncentral t law at
    the acceptable quality, also keeps the consumer's risk.

    Examples
    --------
    >>> plan = find_variables_plan(Risks(0.05, 0.05, 0.15, 0.075), sigma_known=False).plan
    >>> plan.size, round(plan.factor, 6)
    (49, 1.326535)

    References
    ----------
    Lieberman G. J., Resnikoff G. J., J. Am. Stat. Assoc. 50 (1955) 457.
    """
    _require_shares(risks, _PROCESS)
    near, far = -normal_quantile(risks.acceptable), -normal_quantile(risks.rejectable)
    producer, consumer = -normal_quantile(risks.producer_risk), -normal_quantile(risks.consumer_risk)
    size = max(1, math.ceil(((producer + consumer) / (near - far)) ** 2))
    require(size <= _LARGEST_SAMPLE, str(_no_plan(risks)), _no_plan(risks).reason_zh)
    if sigma_known:
        plan = VariablesPlan(size, near - producer / math.sqrt(size), sigma_known=True)
    else:
        plan = _smallest_unknown(max(size, 2), near, far, risks)
    method = Method(
        name="smallest sampling plan by variables for given risks, one limit",
        reference="Lieberman and Resnikoff 1955",
        estimator="sigma known" if sigma_known else "sample standard deviation",
        constants=risks.constants,
        assumed=("Values are independent and normal.",),
    )
    return FoundVariablesPlan(plan, (variables_acceptance(plan, near), variables_acceptance(plan, far)), method)


def _smallest_unknown(least: int, near: float, far: float, risks: Risks) -> VariablesPlan:
    """From the size with sigma known, which is never enough, upwards: doubling, then halving."""

    def plan_of(size: int) -> VariablesPlan:
        root = math.sqrt(size)
        factor = noncentral_student_quantile(risks.producer_risk, size - 1.0, root * near) / root
        return VariablesPlan(size, factor, sigma_known=False)

    def keeps(size: int) -> bool:
        return variables_acceptance(plan_of(size), far) <= risks.consumer_risk

    low, high = least - 1, least
    while not keeps(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return plan_of(high)
