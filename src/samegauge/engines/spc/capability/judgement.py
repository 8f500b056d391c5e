"""The one judgement of whether a process reaches a goal: of the distribution that its values have, if it is stable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import EngineError
from samegauge.engines.laws.continuous import normal_quantile, normal_quantiles
from samegauge.engines.spc.capability.cautions import Caution, stability_cautions
from samegauge.engines.spc.capability.families import Family
from samegauge.engines.spc.capability.goodness import Relation
from samegauge.engines.spc.capability.nonnormal import FittedCapability, capability_fitted
from samegauge.engines.spc.capability.normal import Capability, CapabilityOptions, Verdict, capability
from samegauge.engines.spc.charts.chart import ChartOptions
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.rules import LIMITS_ONLY
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from samegauge.engines.spc.capability.intervals import Index
    from samegauge.quantities.tolerance import Limits

# Fewer values prove nothing about a spread, whatever the index says.
FEWEST_TO_PROVE = 20
# Families whose test of the fit has a table of its own.
FAMILIES = (Family.LOGNORMAL, Family.WEIBULL, Family.LOGLOGISTIC, Family.EXPONENTIAL, Family.LOGISTIC)
_DOUBT_BELOW = 0.05
_USUAL_WIDTH = 3.0
_EDGE = 1e-12
_SHAPE = frozenset({"zero_bound", "not_normal"})
_DEFAULT = CapabilityOptions()


@dataclass(frozen=True, slots=True)
class Judgement:
    """`index` is what the goal was asked of: Cpk of the normal model, or Ppk of the `fitted` distribution.

    `normal` has all figures of the normal model, whichever was judged by; `cautions` are those of the judged one.
    """

    verdict: Verdict
    index: Index | None
    normal: Capability
    fitted: FittedCapability | None
    cautions: tuple[Caution, ...]

    @property
    def symbol(self) -> str:
        return "Cpk" if self.fitted is None else "Ppk"

    @property
    def values_needed(self) -> int | None:
        """Values that would decide at this spread; of a fitted distribution nothing is known of that."""
        undecided = self.verdict is Verdict.UNDECIDED and self.fitted is None
        return self.normal.values_needed if undecided else None


def judged_capability(values: ArrayLike, limits: Limits, options: CapabilityOptions = _DEFAULT) -> Judgement:
    """Does a process reach its goal, judged by a distribution that describes its values?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Single values in time order [unit of the limits].
    limits : Limits
        One- or two-sided tolerance limits [unit of the limits].
    options : CapabilityOptions
        Goal and confidence [1].

    Returns
    -------
    Judgement
        Verdict, the index that it rests on and what limits its meaning [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 values.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Confidence or goal out of range.

    Notes
    -----
    Where zero is a natural bound, or normality of 20 values or more is refused (Anderson-Darling p < 0.05), the family
    of the smallest information criterion among those that are not refused takes the place of the normal one; its Ppk is
    that of the percentiles. Without such a family nothing is proven. Stability is asked of the values, or of their
    normal scores in the fitted distribution: limits of single values, 3 sigma or as wide as one stable series in twenty
    exceeds, and an overall spread that the moving ranges do not explain. The goal is reached where the one-sided lower
    bound reaches it with 20 values or more, missed where the two-sided interval lies below it.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> random = np.random.default_rng(7)
    >>> found = judged_capability(random.lognormal(0.0, 0.3, 80), Limits(None, 9.0, "um", zero_is_bound=True))
    >>> found.verdict.value, found.symbol, found.fitted.fit.distribution.family.value
    ('reached', 'Ppk', 'lognormal')

    References
    ----------
    ISO 22514-2:2017 (percentile method; clause from memory).
    """
    normal = capability(values, limits, options)
    codes = {one.code for one in normal.cautions}
    fitted = None
    if "zero_bound" in codes or ("not_normal" in codes and normal.count >= FEWEST_TO_PROVE):
        fitted = best_fit(values, limits, FAMILIES, options.confidence)
    cautions = _cautions(checked_values(values), normal, fitted)
    index = normal.cpk if fitted is None else fitted.ppk
    return Judgement(_verdict(index, cautions, normal, options.goal), index, normal, fitted, cautions)


def best_fit(
    values: ArrayLike, limits: Limits, families: Sequence[Family], confidence: float = 0.95
) -> FittedCapability | None:
    """Which distribution describes the values best, of those that they do not refuse?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Single values [unit of the limits].
    limits : Limits
        Tolerance limits; where zero is their bound, only positive families are asked [unit of the limits].
    families : sequence of Family
        Families to try [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    FittedCapability or None
        The one of the smallest information criterion with p >= 0.05; None where there is none [1].

    Notes
    -----
    Families that the values cannot have, such as positive ones for a value of 0, are passed over.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> best_fit([0.0, 0.0, 0.0, 1.0, 9.0], Limits(None, 9.0, "um"), (Family.WEIBULL,)) is None
    True

    References
    ----------
    Akaike H., IEEE Transactions on Automatic Control 19 (1974) 716, doi:10.1109/TAC.1974.1100705.
    """
    asked = [one for one in families if one.is_positive or not limits.zero_is_bound]
    good = [one for one in _fits(values, limits, asked, confidence) if _is_acceptable(one)]
    return min(good, key=lambda one: one.fit.akaike, default=None)


def _fits(
    values: ArrayLike, limits: Limits, families: Iterable[Family], confidence: float
) -> Iterable[FittedCapability]:
    for family in families:
        try:
            yield capability_fitted(values, limits, family, confidence=confidence)
        except EngineError:
            continue


def _is_acceptable(one: FittedCapability) -> bool:
    tested = one.goodness
    if one.ppk is None or not math.isfinite(one.ppk.lower) or tested.p_value is None:
        return False
    return tested.p_value >= _DOUBT_BELOW and tested.relation is not Relation.BELOW


def _cautions(values: NDArray[np.float64], normal: Capability, fitted: FittedCapability | None) -> tuple[Caution, ...]:
    kept = tuple(one for one in normal.cautions if one.code != "out_of_control")
    if normal.sigma_overall <= 0.0:
        return kept
    if fitted is None:
        return (*kept, *_instabilities(values))
    scores = normal_quantiles(np.clip(fitted.fit.distribution.below(values), _EDGE, 1.0 - _EDGE))
    family, p_value = fitted.fit.distribution.family.value, fitted.goodness.p_value
    told = Caution(
        "fitted",
        f"Judged by a {family} distribution fitted to the values (Anderson-Darling p = {p_value:.2f}): Ppk from its "
        "percentiles, since a normal distribution does not describe them.",
        f"常態分布不適用，改以配適的 {family} 分布判定（Anderson-Darling p = {p_value:.2f}）：Ppk 由其百分位數求得。",
    )
    return (told, *(one for one in kept if one.code not in _SHAPE), *_instabilities(scores))


def _instabilities(values: NDArray[np.float64]) -> tuple[Caution, ...]:
    """The more values, the wider the limits: of stable processes one in twenty is doubted, however long its series."""
    width = max(_USUAL_WIDTH, normal_quantile(1.0 - _DOUBT_BELOW / (2.0 * values.size)))
    chart = imr_charts(values, ChartOptions(LIMITS_ONLY, width=width)).location
    within = float(chart.sigma[0])
    moves = within > 0.0 and _explains_less(within, float(values.std(ddof=1)), values.size)
    return (*stability_cautions(chart.out_of_limits), *((_MOVING,) if moves else ()))


def _explains_less(within: float, overall: float, count: int) -> bool:
    """Whether moving ranges are smaller than chance leaves them beside the overall spread.

    Von Neumann's ratio of mean square differences has variance (n - 2) / (n^2 - 1) around 1 for independent values;
    mean ranges scatter a little more, so that 4 of its standard deviations are asked for.
    """
    spread = math.sqrt((count - 2.0) / (count**2 - 1.0)) if count > _FEWEST_MOVING else math.inf
    return (within / overall) ** 2 < 1.0 - _FAR * spread


_FEWEST_MOVING, _FAR = 8, 4.0
_MOVING = Caution(
    "moving",
    "Neighbouring values differ much less than all values do: the process moves, so its capability cannot be judged "
    "yet.",
    "相鄰數值的差異遠小於整體變異：製程在漂移，還不能判定製程能力。",
)


def _verdict(index: Index | None, cautions: Sequence[Caution], normal: Capability, goal: float) -> Verdict:
    if index is None or any(one.blocks for one in cautions):
        return Verdict.NOT_ASSESSED
    if index.upper < goal:
        return Verdict.NOT_REACHED
    if normal.count < FEWEST_TO_PROVE:
        return Verdict.UNDECIDED
    if any(one.code == "not_normal" for one in cautions):
        return Verdict.NOT_ASSESSED
    return Verdict.REACHED if index.lower_bound >= goal else Verdict.UNDECIDED
