"""Tolerance limits and the decision whether a measured value conforms, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from samegauge.quantities.errors import InvalidLimitsError
from samegauge.quantities.method import Method

# The 2017 edition asks for a conformance probability of 95 % by default, the earlier ones for the full expanded
# uncertainty as guard band. Editions and factors are from memory and were not compared with the text of the standard.
_GUARD_FACTOR = {"ISO 14253-1:2013": 1.0, "ISO 14253-1:2017": 1.65 / 2.0}
STRICT_EDITION = "ISO 14253-1:2013"


class Conformity(Enum):
    CONFORM = "conform"
    NONCONFORM = "nonconform"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Limits:
    """One- or two-sided; None where there is no limit.

    `zero_is_bound` says that values below zero are impossible (form, position, run-out): zero is then no tolerance
    limit, but it bends the distribution, and a normal model of it is invalid.
    """

    lower: float | None
    upper: float | None
    unit: str
    zero_is_bound: bool = False

    def __post_init__(self) -> None:
        given = [bound for bound in (self.lower, self.upper) if bound is not None]
        if not given:
            raise InvalidLimitsError("A tolerance needs at least one limit.", "公差至少要有一個界限。")
        if not all(map(math.isfinite, given)):
            raise InvalidLimitsError(
                f"Limits must be finite numbers, not {self.lower} and {self.upper} {self.unit}.",
                f"公差界限必須是有限數值，不能是 {self.lower} 與 {self.upper} {self.unit}。",
            )
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise InvalidLimitsError(
                f"The lower limit {self.lower} {self.unit} is not below the upper limit {self.upper} {self.unit}.",
                f"下限 {self.lower} {self.unit} 沒有小於上限 {self.upper} {self.unit}。",
            )

    @property
    def two_sided(self) -> bool:
        return self.lower is not None and self.upper is not None

    @property
    def width(self) -> float | None:
        return None if self.lower is None or self.upper is None else self.upper - self.lower

    def margin(self, value: float) -> float:
        """Distance to the nearest limit: positive inside, negative outside, in the unit of the limits."""
        return min(
            math.inf if self.upper is None else self.upper - value,
            math.inf if self.lower is None else value - self.lower,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """`guard_band` is the width of the undecided zone on each side of a limit; None where U is unknown."""

    conformity: Conformity
    value: float
    limits: Limits
    expanded_uncertainty: float | None
    guard_band: float | None
    margin: float
    reason_en: str
    reason_zh: str
    method: Method


def decide(
    value: float, limits: Limits, *, expanded_uncertainty: float | None = None, edition: str = STRICT_EDITION
) -> Decision:
    """Decide on the unrounded value; `expanded_uncertainty` is U (k = 2) in the unit of the limits.

    By default the guard band is U itself: stricter than the 95 % rule of ISO 14253-1:2017, and the zone that the limit
    bar draws. Without U the value alone decides (simple acceptance) and the reason says so.

    >>> decide(7.6, Limits(None, 8.0, "µm"), expanded_uncertainty=0.9).conformity
    <Conformity.UNDECIDED: 'undecided'>
    """
    if not math.isfinite(value):
        raise InvalidLimitsError(f"{value} is no measured value.", f"{value} 不是量測值。")
    if expanded_uncertainty is not None and not (math.isfinite(expanded_uncertainty) and expanded_uncertainty >= 0.0):
        raise InvalidLimitsError(
            f"U = {expanded_uncertainty} {limits.unit} is no uncertainty.", f"U = {expanded_uncertainty} 不是不確定度。"
        )
    if edition not in _GUARD_FACTOR:
        known = ", ".join(_GUARD_FACTOR)
        raise InvalidLimitsError(f'"{edition}" is not among {known}.', f"「{edition}」不是已知版本；可用：{known}。")
    margin = limits.margin(value)
    if expanded_uncertainty is None:
        return _simple_acceptance(value, limits, margin)
    guard = expanded_uncertainty * _GUARD_FACTOR[edition]
    method = Method(
        name="decision rule with guard band",
        reference=edition,
        estimator="value against limits moved inwards (conform) or outwards (nonconform) by the guard band",
        constants={"guard_band_over_U": _GUARD_FACTOR[edition], "k": 2.0},
    )
    text = f"{value:g} {limits.unit}"
    if margin >= guard:
        return Decision(
            Conformity.CONFORM,
            value,
            limits,
            expanded_uncertainty,
            guard,
            margin,
            f"{text} is inside the limits by {margin:g} {limits.unit}, at least the guard band {guard:g}.",
            f"{text} 在界限內 {margin:g} {limits.unit}，不小於保護帶 {guard:g}。",
            method,
        )
    if margin < -guard:
        return Decision(
            Conformity.NONCONFORM,
            value,
            limits,
            expanded_uncertainty,
            guard,
            margin,
            f"{text} is outside the limits by {-margin:g} {limits.unit}, more than the guard band {guard:g}.",
            f"{text} 超出界限 {-margin:g} {limits.unit}，大於保護帶 {guard:g}。",
            method,
        )
    return Decision(
        Conformity.UNDECIDED,
        value,
        limits,
        expanded_uncertainty,
        guard,
        margin,
        f"{text} is within {guard:g} {limits.unit} of a limit: undecided. Use a better gauge or repeat.",
        f"{text} 離界限不到 {guard:g} {limits.unit}，無法判定。換較好的量具，或增加重複次數。",
        method,
    )


def _simple_acceptance(value: float, limits: Limits, margin: float) -> Decision:
    inside = margin >= 0.0
    return Decision(
        Conformity.CONFORM if inside else Conformity.NONCONFORM,
        value,
        limits,
        None,
        None,
        margin,
        f"{value:g} {limits.unit} is {'inside' if inside else 'outside'} the limits; "
        "its uncertainty is unknown, so the value alone decided (simple acceptance).",
        f"{value:g} {limits.unit} 在界限{'內' if inside else '外'}；不確定度未知，僅以量測值判定（簡單允收）。",
        Method(
            name="simple acceptance",
            reference="JCGM 106:2012, 8.2.1",
            estimator="value against limits, uncertainty unknown",
            assumed=("measurement uncertainty taken as zero because it is not stated",),
        ),
    )
