"""Decisions about conformity with measurement uncertainty: rules, guard bands, acceptance limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError
from samegauge.engines.laws.continuous import normal_below, normal_quantile
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data
from samegauge.quantities.tolerance import Conformity, Limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_HALVINGS = 80
_LEAST_PROBABILITY = 0.5


class RuleKind(Enum):
    """By what a value is judged."""

    SIMPLE = "simple acceptance"
    SHARED = "shared risk"
    GUARD_BAND = "guard band"
    PROBABILITY = "conformance probability"


@dataclass(frozen=True, slots=True)
class Rule:
    """A decision rule.

    SIMPLE: the value alone. SHARED: the value alone, if U is at most `most_uncertainty` of the width of the tolerance,
    otherwise undecided; a one-sided tolerance has no width, so nothing is asked of U. GUARD_BAND: limits
    moved by `guard_over_expanded` times U on both sides; 1 is ISO 14253-1:2013, 0.825 (1.65 / 2) the large-tolerance
    form of the 2017 edition. PROBABILITY: conform needs `probability` that the true value lies within both limits, not
    conform the same that it lies beyond the nearest one; 95 % in ISO 14253-1:2017.
    """

    kind: RuleKind = RuleKind.PROBABILITY
    probability: float = 0.95
    guard_over_expanded: float = 1.0
    most_uncertainty: float = 0.1
    coverage_factor: float = 2.0


SIMPLE_ACCEPTANCE = Rule(RuleKind.SIMPLE)
SHARED_RISK = Rule(RuleKind.SHARED)
FULL_GUARD_BAND = Rule(RuleKind.GUARD_BAND)
ISO_14253_1_2017 = Rule(RuleKind.PROBABILITY)
_REFERENCES = {
    RuleKind.SIMPLE: "JCGM 106:2012, 8.2.1",
    RuleKind.SHARED: "JCGM 106:2012, 8.2; ILAC-G8:09/2019, 4.2.1",
    RuleKind.GUARD_BAND: "JCGM 106:2012, 8.3; ISO 14253-1",
    RuleKind.PROBABILITY: "ISO 14253-1:2017; JCGM 106:2012, 7.3 and 8.3.2",
}


@dataclass(frozen=True, slots=True)
class Decisions:
    """Arrays in the order of the values; `probabilities` are those that the true value lies within the limits."""

    values: NDArray[np.float64]
    margins: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    conform: NDArray[np.bool_]
    nonconform: NDArray[np.bool_]
    method: Method

    @property
    def undecided(self) -> NDArray[np.bool_]:
        return ~(self.conform | self.nonconform)

    def conformity(self, place: int) -> Conformity:
        if self.conform[place]:
            return Conformity.CONFORM
        return Conformity.NONCONFORM if self.nonconform[place] else Conformity.UNDECIDED


def conformance_probability(values: ArrayLike, limits: Limits, standard_uncertainty: ArrayLike) -> NDArray[np.float64]:
    """How probable is it that the true values lie within the limits?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Measured values [unit of the limits].
    limits : Limits
        One- or two-sided tolerance limits [unit of the limits].
    standard_uncertainty : array_like of float, scalar or shape (n,)
        Standard uncertainties, positive [unit of the limits].

    Returns
    -------
    ndarray of float, shape (n,)
        Probabilities [1].

    Raises
    ------
    InvalidOptionError
        An uncertainty that is not positive and finite.
    ShapeError
        Uncertainties that do not fit the values.

    Notes
    -----
    F((upper - y) / u) - F((lower - y) / u) with the normal distribution: nothing is known of the item beforehand. With
    knowledge of the process use the posterior of the risk module.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> round(float(conformance_probability([-5.47], Limits(None, -5.40, "V"), 0.05)[0]), 2)
    0.92

    References
    ----------
    JCGM 106:2012, 7.3 and example 1.
    """
    y = checked_values(values)
    u = np.asarray(standard_uncertainty, dtype=np.float64)
    if u.ndim and u.shape != y.shape:
        raise ShapeError(
            f"{u.size} uncertainties do not fit {y.size} values.", f"{u.size} 個不確定度與 {y.size} 筆數值不符。"
        )
    _checked_uncertainty(u)
    above = 0.0 if limits.lower is None else normal_below((limits.lower - y) / u)
    below = 1.0 if limits.upper is None else normal_below((limits.upper - y) / u)
    return np.asarray(below - above, dtype=np.float64)


def decisions(
    values: ArrayLike, limits: Limits, standard_uncertainty: ArrayLike, rule: Rule = ISO_14253_1_2017
) -> Decisions:
    """Which values conform, which do not, and which cannot be told, under a decision rule?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Measured values, unrounded [unit of the limits].
    limits : Limits
        One- or two-sided tolerance limits [unit of the limits].
    standard_uncertainty : array_like of float, scalar or shape (n,)
        Standard uncertainties, positive [unit of the limits].
    rule : Rule
        Decision rule [1].

    Returns
    -------
    Decisions
        Decisions with margins and probabilities [unit of the limits].

    Raises
    ------
    InvalidOptionError
        An uncertainty that is not positive, or a rule out of range.
    ShapeError
        Uncertainties that do not fit the values.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    A value on a moved limit still counts as proven (conform) on the inner one and as not proven on the outer one. For
    limits close together the probability of conformance can stay below its level everywhere: then nothing conforms,
    which a fixed guard band would not notice. That conformance is improbable does not prove the contrary: with an
    uncertainty of many tolerances every value, the middle one too, is improbable to conform, and nothing is known of
    it. Nonconformance is therefore a statement about one limit, P(true value beyond it) >= p, that is a value outside
    by at least z(p) u, as the standard's zone of nonconformance, outside the limits by more than the guard band.
    The 2017 level of 95 % is from memory of the standard.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> found = decisions([9.0, 9.9, 10.1, 11.0], Limits(None, 10.0, "mm"), 0.2)
    >>> [found.conformity(place).value for place in range(4)]
    ['conform', 'undecided', 'undecided', 'nonconform']

    References
    ----------
    ISO 14253-1:2017. JCGM 106:2012, clause 8. ILAC-G8:09/2019.
    """
    y = checked_values(values)
    _checked_rule(rule)
    probabilities = conformance_probability(y, limits, standard_uncertainty)
    u = np.broadcast_to(np.asarray(standard_uncertainty, dtype=np.float64), y.shape)
    margins = np.minimum(
        math.inf if limits.upper is None else limits.upper - y, math.inf if limits.lower is None else y - limits.lower
    )
    expanded = rule.coverage_factor * u
    if rule.kind is RuleKind.PROBABILITY:
        conform = probabilities >= rule.probability
        # Beyond the nearest limit itself: far from proven where U is so large that hardly anything would conform.
        nonconform = normal_below(margins / u) <= 1.0 - rule.probability
    else:
        guard = rule.guard_over_expanded * expanded if rule.kind is RuleKind.GUARD_BAND else 0.0
        conform, nonconform = margins >= guard, margins < -guard
    if rule.kind is RuleKind.SHARED and limits.width is not None:
        good_enough = expanded <= rule.most_uncertainty * limits.width
        conform, nonconform = conform & good_enough, nonconform & good_enough
    bounds = [math.nan if bound is None else bound for bound in (limits.lower, limits.upper)]
    return Decisions(
        values=y,
        margins=np.asarray(margins, dtype=np.float64),
        probabilities=probabilities,
        conform=conform,
        nonconform=nonconform,
        method=Method(
            name=rule.kind.value,
            reference=_REFERENCES[rule.kind],
            estimator="normal distribution around the measured value",
            constants=_constants(rule),
            confidence=rule.probability if rule.kind is RuleKind.PROBABILITY else None,
            sample_size=y.size,
            data_hash=hash_of_data(y, u, bounds),
            assumed=("nothing is known of the items beforehand",),
        ),
    )


def _constants(rule: Rule) -> dict[str, float]:
    return {
        RuleKind.SIMPLE: {},
        RuleKind.SHARED: {"most_U_over_tolerance": rule.most_uncertainty, "k": rule.coverage_factor},
        RuleKind.GUARD_BAND: {"guard_band_over_U": rule.guard_over_expanded, "k": rule.coverage_factor},
        RuleKind.PROBABILITY: {"conformance_probability": rule.probability},
    }[rule.kind]


def _checked_uncertainty(u: NDArray[np.float64]) -> None:
    if not (np.isfinite(u) & (u > 0.0)).all():
        raise InvalidOptionError(
            "A standard uncertainty must be positive and finite.", "標準不確定度必須是大於 0 的有限數值。"
        )


def _checked_rule(rule: Rule) -> None:
    in_range = _LEAST_PROBABILITY < rule.probability < 1.0 and rule.coverage_factor > 0.0
    if not in_range or not rule.guard_over_expanded >= 0.0 or not rule.most_uncertainty > 0.0:
        raise InvalidOptionError(
            "A rule has a probability between 0.5 and 1, a positive coverage factor and share of the tolerance, "
            "and a guard band that is not negative.",
            "判定規則的機率須介於 0.5 與 1，涵蓋因子與公差占比須大於 0，保護帶不可為負。",
        )


def acceptance_limits(limits: Limits, standard_uncertainty: float, rule: Rule = ISO_14253_1_2017) -> Limits | None:
    """Between which limits must a measured value lie to be accepted?

    Parameters
    ----------
    limits : Limits
        Tolerance limits [unit of the limits].
    standard_uncertainty : float
        Standard uncertainty, positive [unit of the limits].
    rule : Rule
        Decision rule [1].

    Returns
    -------
    Limits or None
        Acceptance limits; None where no value would be accepted [unit of the limits].

    Raises
    ------
    InvalidOptionError
        An uncertainty that is not positive, or a rule out of range.

    Notes
    -----
    For a conformance probability and two limits the limit solves P(conform) = p by bisection between centre and
    tolerance limit; with one limit it is z(p) u away from it.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> found = acceptance_limits(Limits(9.0, 11.0, "mm"), 0.1)
    >>> round(found.lower, 3), round(found.upper, 3)
    (9.164, 10.836)

    References
    ----------
    JCGM 106:2012, 8.3.2.
    """
    _checked_rule(rule)
    _checked_uncertainty(np.asarray(standard_uncertainty))
    guard = _guard(limits, standard_uncertainty, rule)
    width = limits.width
    if guard is None or (width is not None and 2.0 * guard >= width):
        return None
    return Limits(
        None if limits.lower is None else limits.lower + guard,
        None if limits.upper is None else limits.upper - guard,
        limits.unit,
        limits.zero_is_bound,
    )


def _guard(limits: Limits, u: float, rule: Rule) -> float | None:
    if rule.kind is RuleKind.GUARD_BAND:
        return rule.guard_over_expanded * rule.coverage_factor * u
    if rule.kind is RuleKind.SIMPLE:
        return 0.0
    width = limits.width
    if rule.kind is RuleKind.SHARED:
        good = width is None or rule.coverage_factor * u <= rule.most_uncertainty * width
        return 0.0 if good else None
    if width is None:
        return normal_quantile(rule.probability) * u

    def probability(guard: float) -> float:
        return float(normal_below(guard / u) - normal_below((guard - width) / u))

    low, high = 0.0, width / 2.0
    if probability(high) < rule.probability:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if probability(middle) >= rule.probability else (middle, high)
    return high


class GuardBandMethod(Enum):
    """Published guard bands, as factors of the tolerance by the test uncertainty ratio."""

    RP10 = "NCSL RP-10: 1.25 - 1 / TUR, at most 1"
    RSS = "root sum square: sqrt(1 - 1 / TUR^2)"
    EXPANDED = "95 % test limit: 1 - 1 / TUR"
    DOBBERT = "managed risk (Dobbert): 1 - M / TUR, M = 1.04 - exp(0.38 ln TUR - 0.54)"


def guard_band_factor(test_uncertainty_ratio: float, method: GuardBandMethod) -> float:
    """To what part of the tolerance must acceptance limits be drawn in?

    Parameters
    ----------
    test_uncertainty_ratio : float
        Tolerance (to one side) over expanded uncertainty (k = 2), at least 1 [1].
    method : GuardBandMethod
        Published formula [1].

    Returns
    -------
    float
        Acceptance limit over tolerance limit, both from the middle, between 0 and 1 [1].

    Raises
    ------
    InvalidOptionError
        A ratio below 1.

    Notes
    -----
    RP-10 reaches 1 at a ratio of 4, Dobbert's at about 4.6: both are cut there. The managed-risk formula keeps the
    probability of false acceptance below 2 % whatever the process does.

    Examples
    --------
    >>> round(guard_band_factor(2.0, GuardBandMethod.RSS), 4)
    0.866

    References
    ----------
    Deaver D., Guardbanding with confidence, NCSL Workshop (1994). NCSL RP-10. Dobbert M., A guard band strategy for
    managing false-accept risk, NCSLI Measure 3 (2008) 44.
    """
    ratio = test_uncertainty_ratio
    if not 1.0 <= ratio < math.inf:
        raise InvalidOptionError(
            f"A test uncertainty ratio of {ratio} is below 1: the uncertainty is larger than the tolerance.",
            f"測試不確定度比 {ratio} 小於 1：不確定度大於公差。",
        )
    factor = {
        GuardBandMethod.RP10: 1.25 - 1.0 / ratio,
        GuardBandMethod.RSS: math.sqrt(1.0 - 1.0 / ratio**2),
        GuardBandMethod.EXPANDED: 1.0 - 1.0 / ratio,
        GuardBandMethod.DOBBERT: 1.0 - (1.04 - math.exp(0.38 * math.log(ratio) - 0.54)) / ratio,
    }[method]
    return min(factor, 1.0)
