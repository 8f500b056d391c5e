"""What a gauge study says: shares of the variation, study variation, distinct categories, verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.gauging.variances import Bounds, generalised_mean_squares, modified_large_sample_bounds
from samegauge.engines.laws.inference import checked_confidence
from samegauge.engines.spc.capability.cautions import Caution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from samegauge.quantities.method import Method
    from samegauge.quantities.tolerance import Limits


_REPEATS = 2
_MOST_EQUAL = 0.25
NO_REPEATABILITY = Caution(
    "no_spread",
    "Repeated readings are all equal: the gauge's steps hide its variation, or it is stuck. Check that it responds, "
    "and repeat the study with a finer resolution.",
    "重複讀值全部相同：量具的解析度掩蓋了變異，或量具卡住。請確認量具有反應，並以更細的解析度重做研究。",
)


class Source(Enum):
    """Where variation comes from, in the words of the AIAG manual; the values are the field codes."""

    GAUGE = "total_gauge_rr"
    REPEATABILITY = "repeatability"
    REPRODUCIBILITY = "reproducibility"
    OPERATOR = "operator"
    INTERACTION = "operator_by_part"
    PART = "part_to_part"
    TOTAL = "total_variation"


class GaugeVerdict(Enum):
    """AIAG's three classes of a measurement system."""

    ACCEPTABLE = "acceptable"
    CONDITIONAL = "conditional"
    UNACCEPTABLE = "unacceptable"


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """Conventions of a gauge study.

    `study_sigmas` is 6 (99.73 %) or 5.15 (99 %). An interaction whose p-value exceeds `pooling_alpha` is pooled with
    repeatability; None never pools (0.05 and 0.25 are in use). `acceptable` and `unacceptable` are per cents of the
    study variation or, where `limits` are given, the worse of study variation and tolerance. `draws` and `seed` belong
    to the generalised intervals of shares.
    """

    study_sigmas: float = 6.0
    pooling_alpha: float | None = 0.05
    limits: Limits | None = None
    confidence: float = 0.95
    acceptable: float = 10.0
    unacceptable: float = 30.0
    draws: int = 20_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class AnovaRow:
    """A line of the analysis of variance; ratio and p-value are None for error and total."""

    source: str
    dof: float
    sum_of_squares: float
    mean_square: float
    ratio: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Component:
    """Share of one source. `variance` in squared units of the values, deviations and study variation in their unit.

    `set_to_zero` says that the estimate was negative. The bounds of the variance are modified large-sample ones, those
    of the shares generalised ones; None where the method of the study has no published interval.
    """

    source: Source
    variance: float
    deviation: float
    study_variation: float
    contribution_percent: float
    study_percent: float
    tolerance_percent: float | None
    set_to_zero: bool
    variance_bounds: Bounds | None
    contribution_bounds: Bounds | None
    study_bounds: Bounds | None


@dataclass(frozen=True, slots=True)
class GaugeStudy:
    """`distinct_categories` is truncated and at least 1; None where the gauge shows no variation at all.

    `cautions` say where the gauge shows too little to be judged. `anova` is the full table; `anova_pooled` the one the
    components come from where an interaction was pooled.
    """

    design: str
    parts: int
    operators: int
    trials: int
    components: Mapping[Source, Component]
    distinct_categories: int | None
    distinct_categories_bounds: Bounds | None
    anova: tuple[AnovaRow, ...]
    anova_pooled: tuple[AnovaRow, ...] | None
    verdict: GaugeVerdict
    cautions: tuple[Caution, ...]
    method: Method

    @property
    def gauge(self) -> Component:
        return self.components[Source.GAUGE]


@dataclass(frozen=True, slots=True)
class Estimators:
    """Each elementary component as a weighted sum of independent mean squares."""

    mean_squares: NDArray[np.float64]
    dofs: NDArray[np.float64]
    weights: Mapping[Source, NDArray[np.float64]]

    def total_weights(self, sources: tuple[Source, ...]) -> NDArray[np.float64]:
        return np.sum([self.weights[source] for source in sources], axis=0)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Bounds of a component's variance and of its share of the total variance, and whether it was negative."""

    variance: Bounds | None = None
    share: Bounds | None = None
    set_to_zero: bool = False


_NO_INTERVALS = Intervals()
_PARTS_OF = {
    Source.REPRODUCIBILITY: (Source.OPERATOR, Source.INTERACTION),
    Source.GAUGE: (Source.REPEATABILITY, Source.OPERATOR, Source.INTERACTION),
    Source.TOTAL: (Source.REPEATABILITY, Source.OPERATOR, Source.INTERACTION, Source.PART),
}


def checked_options(options: StudyOptions) -> StudyOptions:
    """Are these conventions of a gauge study possible ones?

    Parameters
    ----------
    options : StudyOptions
        Conventions asked for [1].

    Returns
    -------
    StudyOptions
        The same [1].

    Raises
    ------
    InvalidOptionError
        Confidence, pooling level, study sigmas or classes out of range.

    Notes
    -----
    A pooling level of 0 pools always, 1 never; None says never in words.

    Examples
    --------
    >>> checked_options(StudyOptions(study_sigmas=5.15)).study_sigmas
    5.15

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III.
    """
    checked_confidence(options.confidence)
    if options.pooling_alpha is not None and not 0.0 <= options.pooling_alpha <= 1.0:
        raise InvalidOptionError(
            f"A pooling level of {options.pooling_alpha} is not between 0 and 1; None never pools.",
            f"合併水準 {options.pooling_alpha} 不在 0 與 1 之間；None 表示不合併。",
        )
    if not options.study_sigmas > 0.0 or not 0.0 < options.acceptable <= options.unacceptable:
        raise InvalidOptionError(
            "Study sigmas are positive, and the acceptable per cent is positive and not above the unacceptable one.",
            "研究變異的倍數必須大於 0，可接受百分比必須大於 0 且不大於不可接受百分比。",
        )
    return options


def components_of_estimators(
    estimators: Estimators, options: StudyOptions, mean: float
) -> tuple[dict[Source, Component], Bounds | None]:
    """What shares of the variation do the mean squares of a study give, and how sure are they?

    Parameters
    ----------
    estimators : Estimators
        Mean squares, their degrees of freedom and the weights of the components [squared unit of the values].
    options : StudyOptions
        Conventions [1].
    mean : float
        Mean of all readings, for a one-sided tolerance [unit of the values].

    Returns
    -------
    tuple of dict and Bounds
        The components by source, and the interval of the number of distinct categories [unit of the values].

    Raises
    ------
    TooFewValuesError
        All readings are equal.
    InvalidOptionError
        A mean that is not inside the only limit.

    Notes
    -----
    Negative estimates are set to zero before sums and shares are formed. Bounds of variances: modified large-sample.
    Bounds of shares and categories: generalised, on the same truncation.

    Examples
    --------
    >>> weights = {Source.REPEATABILITY: np.array([0.0, 1.0]), Source.PART: np.array([0.5, -0.5])}
    >>> found, _ = components_of_estimators(
    ...     Estimators(np.array([9.0, 1.0]), np.array([9.0, 10.0]), weights), StudyOptions(), 0.0
    ... )
    >>> found[Source.PART].variance, found[Source.GAUGE].contribution_percent
    (4.0, 20.0)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), appendix A. Hamada M., Weerahandi S., Journal of Quality
    Technology 32 (2000) 241, doi:10.1080/00224065.2000.11980000.
    """
    raw = {source: float(row @ estimators.mean_squares) for source, row in estimators.weights.items()}
    draws = generalised_mean_squares(estimators.mean_squares, estimators.dofs, draws=options.draws, seed=options.seed)
    drawn = {source: np.maximum(draws @ row, 0.0) for source, row in estimators.weights.items()}
    present = {source: (source,) for source in estimators.weights} | {
        source: tuple(one for one in parts if one in estimators.weights) for source, parts in _PARTS_OF.items()
    }
    present = {source: parts for source, parts in present.items() if parts}
    variances = {source: sum(max(raw[one], 0.0) for one in parts) for source, parts in present.items()}
    spreads = {source: np.sum([drawn[one] for one in parts], axis=0) for source, parts in present.items()}
    _checked_total(variances[Source.TOTAL])
    found: dict[Source, Component] = {}
    for source, parts in present.items():
        estimated = modified_large_sample_bounds(
            estimators.total_weights(parts), estimators.mean_squares, estimators.dofs, options.confidence
        )
        variance = variances[source]
        inside = Bounds(max(estimated.lower, 0.0), max(estimated.upper, variance))
        share = _bounds_of(spreads[source] / spreads[Source.TOTAL], options.confidence)
        found[source] = component(
            source,
            variance,
            variances[Source.TOTAL],
            options,
            mean,
            Intervals(inside, share, set_to_zero=raw.get(source, 0.0) < 0.0),
        )
    if not variances[Source.GAUGE] > 0.0:
        return found, None
    return found, _bounds_of(np.sqrt(2.0 * spreads[Source.PART] / spreads[Source.GAUGE]), options.confidence)


def _checked_total(total: float) -> None:
    if not total > 0.0:
        raise TooFewValuesError(
            "All readings are equal, so there is no variation to divide. Check the gauge's resolution.",
            "所有讀值都相同，沒有變異可以分解。檢查量具的解析度。",
        )


def _bounds_of(values: NDArray[np.float64], confidence: float) -> Bounds:
    tail = (1.0 - confidence) / 2.0
    lower, upper = np.quantile(values, [tail, 1.0 - tail])
    return Bounds(float(lower), float(upper))


def component(
    source: Source,
    variance: float,
    total: float,
    options: StudyOptions,
    mean: float,
    intervals: Intervals = _NO_INTERVALS,
) -> Component:
    """What does one source of variation take of the study variation and of the tolerance?

    Parameters
    ----------
    source : Source
        Where the variation comes from [1].
    variance : float
        Its variance, not negative [squared unit of the values].
    total : float
        Total variance [squared unit of the values].
    options : StudyOptions
        Conventions and tolerance limits [1].
    mean : float
        Mean of all readings, for a one-sided tolerance [unit of the values].
    intervals : Intervals
        Bounds where there are any [squared unit of the values].

    Returns
    -------
    Component
        Deviation, study variation and per cents [unit of the values].

    Raises
    ------
    TooFewValuesError
        No variation at all.
    InvalidOptionError
        A mean that is not inside the only limit.

    Notes
    -----
    % contribution = variance / total variance; % study = deviation / total deviation; % tolerance = k deviation /
    width, with one limit half of k deviation / distance of the mean from it.

    Examples
    --------
    >>> round(component(Source.GAUGE, 0.157929724596391, 11.0140366149625, StudyOptions(), 0.0).study_percent, 2)
    11.97

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III, section B.
    """
    _checked_total(total)
    deviation = math.sqrt(variance)
    spread = options.study_sigmas * deviation
    share = intervals.share
    return Component(
        source=source,
        variance=variance,
        deviation=deviation,
        study_variation=spread,
        contribution_percent=100.0 * variance / total,
        study_percent=100.0 * math.sqrt(variance / total),
        tolerance_percent=None if options.limits is None else 100.0 * spread / _tolerance(options.limits, mean),
        set_to_zero=intervals.set_to_zero,
        variance_bounds=intervals.variance,
        contribution_bounds=None if share is None else Bounds(100.0 * share.lower, 100.0 * share.upper),
        study_bounds=None if share is None else Bounds(100.0 * math.sqrt(share.lower), 100.0 * math.sqrt(share.upper)),
    )


def _tolerance(limits: Limits, mean: float) -> float:
    if limits.width is not None:
        return limits.width
    margin = limits.margin(mean)
    if not margin > 0.0:
        raise InvalidOptionError(
            f"The mean of all readings, {mean:g}, is not inside the only limit: there is no tolerance left to compare "
            "with. Measure parts from inside the tolerance, check the limit, or leave it out.",
            f"所有讀值的平均 {mean:g} 不在唯一的界限之內，沒有公差可比較。請量測公差內的零件、檢查界限，或不給界限。",
        )
    # With one limit the half that matters counts twice, so that the same deviation takes the same per cent.
    return 2.0 * margin


def study_constants(options: StudyOptions) -> dict[str, float]:
    """Which numbers of the conventions does the method of a study record?

    Parameters
    ----------
    options : StudyOptions
        Conventions [1].

    Returns
    -------
    dict of str to float
        The numbers by name; limits only where they are given [1; limits in their unit].

    Notes
    -----
    Without a pooling level there is none in the record either: the interaction is never pooled.

    Examples
    --------
    >>> study_constants(StudyOptions(pooling_alpha=None))["study_sigmas"]
    6.0

    References
    ----------
    None: a rule of this product.
    """
    limits = options.limits
    given = {
        "pooling_alpha": options.pooling_alpha,
        "lower_limit": None if limits is None else limits.lower,
        "upper_limit": None if limits is None else limits.upper,
    }
    always = {"study_sigmas": options.study_sigmas, "draws": float(options.draws), "seed": float(options.seed)}
    return always | {name: value for name, value in given.items() if value is not None}


def distinct_categories(part_deviation: float, gauge_deviation: float) -> int | None:
    """How many classes of parts can the gauge tell apart?

    Parameters
    ----------
    part_deviation, gauge_deviation : float
        Standard deviations of parts and of the measurement system [same unit].

    Returns
    -------
    int or None
        Number of categories, at least 1; None where the gauge shows no variation [1].

    Notes
    -----
    ndc = sqrt(2) * part / gauge, truncated. The manual prints 1.41 for sqrt(2), which
    differs only beside whole numbers.

    Examples
    --------
    >>> distinct_categories(1.042327, 0.302373)
    4

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III, section B.
    """
    if not gauge_deviation > 0.0:
        return None
    return max(1, int(math.sqrt(2.0) * part_deviation / gauge_deviation))


def resolution_cautions(readings: NDArray[np.float64]) -> tuple[Caution, ...]:
    """Do repeated readings differ often enough to tell of the gauge's repeatability?

    Parameters
    ----------
    readings : ndarray of float, shape (..., trials)
        Repeats on the last axis [any unit].

    Returns
    -------
    tuple of Caution
        None, or one: no repeats differ, or more than a quarter of the ranges are zero [1].

    Notes
    -----
    A gauge whose steps are larger than its scatter repeats itself exactly, and so does a stuck one: a repeatability of
    zero is then no merit but a lack of resolution. The quarter is from memory of the manual.

    Examples
    --------
    >>> [one.code for one in resolution_cautions(np.array([[1.0, 1.0], [2.0, 2.0]]))]
    ['no_spread']

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter I, section E.
    """
    if readings.shape[-1] < _REPEATS:
        return ()
    equal = float((np.ptp(readings, axis=-1) == 0.0).mean())
    if equal == 1.0:
        return (NO_REPEATABILITY,)
    if equal <= _MOST_EQUAL:
        return ()
    return (
        Caution(
            "coarse",
            f"{100.0 * equal:.0f} % of the repeats show no difference: the gauge's resolution may hide its variation.",
            f"{100.0 * equal:.0f} % 的重複讀值沒有差異：量具的解析度可能掩蓋其變異。",
        ),
    )


def verdict(gauge: Component, options: StudyOptions, cautions: tuple[Caution, ...] = ()) -> GaugeVerdict:
    """Is the measurement system good enough for its use?

    Parameters
    ----------
    gauge : Component
        Total gauge variation [unit of the values].
    options : StudyOptions
        Classes: per cents below which a system is acceptable and above which it is not [1].
    cautions : tuple of Caution
        What the readings leave in doubt [1].

    Returns
    -------
    GaugeVerdict
        The class by the worse of study variation and tolerance [1].

    Notes
    -----
    The limits themselves belong to the middle class. Where a caution blocks, the middle class is the best: a scatter
    that the gauge cannot show has not been shown to be small.

    Examples
    --------
    >>> verdict(component(Source.GAUGE, 0.0025, 1.0, StudyOptions(), 0.0), StudyOptions()).value
    'acceptable'

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter II, section D.
    """
    worst = max(gauge.study_percent, gauge.tolerance_percent or 0.0)
    if worst > options.unacceptable:
        return GaugeVerdict.UNACCEPTABLE
    shown = worst < options.acceptable and not any(one.blocks for one in cautions)
    return GaugeVerdict.ACCEPTABLE if shown else GaugeVerdict.CONDITIONAL
