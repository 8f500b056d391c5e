"""Gauge studies by ranges: the average and range method, its short form, and the constants of few ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.gauging.study import (
    Component,
    GaugeStudy,
    Source,
    StudyOptions,
    checked_options,
    component,
    distinct_categories,
    resolution_cautions,
    study_constants,
    verdict,
)
from samegauge.engines.laws.inference import deviation_bounds
from samegauge.engines.spc.constants import d2, d3
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_DEFAULT = StudyOptions()
_PAIR = 2


class RepeatabilityConstant(Enum):
    """Divisor of the mean range: d2 as in AIAG's K1 (many ranges), or d2* for the number of ranges at hand."""

    D2 = "d2"
    D2_STAR = "d2*"


def d2_star(size: int, ranges: int) -> float:
    """By what is the mean of few ranges divided to give a standard deviation?

    Parameters
    ----------
    size : int
        Values in each range, at least 2 [1].
    ranges : int
        Number of ranges that are averaged, at least 1 [1].

    Returns
    -------
    float
        d2* [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values or no range.

    Notes
    -----
    d2* = sqrt(d2^2 + d3^2 / ranges): the square of mean range / d2* is an unbiased estimate of the variance. For many
    ranges it tends to d2.

    Examples
    --------
    >>> round(d2_star(3, 1), 5), round(d2_star(10, 1), 5)
    (1.91154, 3.17905)

    References
    ----------
    Duncan A. J., Quality Control and Industrial Statistics, 5th ed. (1986), table D3. AIAG MSA, 4th ed., appendix C.
    """
    if ranges < 1:
        raise InvalidOptionError(f"{ranges} ranges have no mean.", f"{ranges} 個全距無法取平均。")
    return math.sqrt(d2(size) ** 2 + d3(size) ** 2 / ranges)


def range_dof(size: int, ranges: int) -> float:
    """How many degrees of freedom is the mean of some ranges worth?

    Parameters
    ----------
    size : int
        Values in each range, at least 2 [1].
    ranges : int
        Number of ranges that are averaged, at least 1 [1].

    Returns
    -------
    float
        Degrees of freedom of the chi distribution with the same relative variance [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values or no range.

    Notes
    -----
    Patnaik: nu solves 1 / c4(nu + 1)^2 - 1 = d3^2 / (ranges d2^2), by bisection. One range of two values
    has exactly one.

    Examples
    --------
    >>> round(range_dof(2, 1), 4), round(range_dof(15, 1), 1)
    (1.0, 10.8)

    References
    ----------
    Patnaik P. B., Biometrika 37 (1950) 78, doi:10.1093/biomet/37.1-2.78. AIAG MSA, 4th ed. (2010), appendix C.
    """
    if ranges < 1:
        raise InvalidOptionError(f"{ranges} ranges have no mean.", f"{ranges} 個全距無法取平均。")
    wanted = (d3(size) / d2(size)) ** 2 / ranges
    low, high = 0.5, 2.0 / wanted + 2.0
    while high - low > 1e-12 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if _chi_spread(middle) > wanted else (low, middle)
    return (low + high) / 2.0


def _chi_spread(dof: float) -> float:
    """Relative variance of a standard deviation with that many degrees of freedom."""
    log_mean = math.lgamma((dof + 1.0) / 2.0) - math.lgamma(dof / 2.0)
    return dof / 2.0 * math.exp(-2.0 * log_mean) - 1.0


def gauge_rr_ranges(
    readings: ArrayLike,
    options: StudyOptions = _DEFAULT,
    constant: RepeatabilityConstant = RepeatabilityConstant.D2,
) -> GaugeStudy:
    """How much of the variation comes from the gauge, worked out with ranges as on AIAG's form?

    Parameters
    ----------
    readings : array_like of float, shape (parts, operators, trials)
        Balanced readings, at least 2 along each axis [any unit].
    options : StudyOptions
        Conventions: sigmas, tolerance; pooling and confidence have no meaning here [1].
    constant : RepeatabilityConstant
        Divisor of the mean range of trials: the manual's d2, or d2* [1].

    Returns
    -------
    GaugeStudy
        Components, categories and verdict; no analysis of variance and no bounds [unit of the readings].

    Raises
    ------
    TooFewValuesError
        Another shape, fewer than 2 along an axis, or no variation at all.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        Conventions out of range.

    Notes
    -----
    Repeatability = mean range / d2(trials); operator^2 = (range of operator means / d2*(operators, 1))^2 -
    repeatability^2 / (parts trials), at least zero; part = range of part means / d2*(parts, 1). The interaction is not
    seen. No published interval for this method is given here.

    Examples
    --------
    >>> study = gauge_rr_ranges([[[1.0, 1.2], [1.1, 1.3]], [[5.0, 5.2], [5.2, 5.1]], [[9.1, 9.0], [9.2, 9.1]]])
    >>> round(study.gauge.study_percent, 2)
    3.24

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III, section B, average and range method.
    """
    x = checked_values(readings, dimensions=(3,))
    if min(x.shape) < _PAIR:
        raise TooFewValuesError(
            f"The study has the shape {x.shape}; at least 2 parts, operators and trials are needed.",
            f"量測研究的形狀是 {x.shape}，零件、量測者與重複次數至少都要 2。",
        )
    checked_options(options)
    parts, operators, trials = x.shape
    divisor = d2(trials) if constant is RepeatabilityConstant.D2 else d2_star(trials, parts * operators)
    k2, k3 = d2_star(operators, 1), d2_star(parts, 1)
    repeat = float(np.ptp(x, axis=2).mean() / divisor) ** 2
    operator = float(np.ptp(x.mean(axis=(0, 2))) / k2) ** 2 - repeat / (parts * trials)
    part = float(np.ptp(x.mean(axis=(1, 2))) / k3) ** 2
    reproduced, cautions = max(operator, 0.0), resolution_cautions(x)
    variances = {
        Source.REPEATABILITY: repeat,
        Source.OPERATOR: reproduced,
        Source.REPRODUCIBILITY: reproduced,
        Source.GAUGE: repeat + reproduced,
        Source.PART: part,
        Source.TOTAL: repeat + reproduced + part,
    }
    components: dict[Source, Component] = {
        source: component(source, variance, variances[Source.TOTAL], options, float(x.mean()))
        for source, variance in variances.items()
    }
    return GaugeStudy(
        design="ranges",
        parts=parts,
        operators=operators,
        trials=trials,
        components=components,
        distinct_categories=distinct_categories(math.sqrt(part), components[Source.GAUGE].deviation),
        distinct_categories_bounds=None,
        anova=(),
        anova_pooled=None,
        verdict=verdict(components[Source.GAUGE], options, cautions),
        cautions=cautions,
        method=Method(
            name="gauge R&R, average and range method",
            reference="AIAG MSA 4th ed. (2010)",
            estimator=f"mean range / {constant.value}; range of operator and part means / d2*"
            + ("; operator variance was negative and is set to zero" if operator < 0.0 else ""),
            constants=study_constants(options)
            | {"repeatability_divisor": divisor, "operator_divisor": k2, "part_divisor": k3},
            sample_size=x.size,
            data_hash=hash_of_data(x),
            assumed=("parts, operators and errors are independent and normally distributed", "no interaction"),
        ),
    )


@dataclass(frozen=True, slots=True)
class RangeStudy:
    """Short study without repeats: one deviation for repeatability and reproducibility together, with its bounds."""

    gauge_deviation: float
    gauge_lower: float
    gauge_upper: float
    dof: float
    process_percent: float | None
    method: Method


def range_study(readings: ArrayLike, *, process_deviation: float | None = None, confidence: float = 0.95) -> RangeStudy:
    """How large is the gauge variation, judging by one reading of each part by each operator?

    Parameters
    ----------
    readings : array_like of float, shape (parts, operators)
        One reading each, at least 1 part and 2 operators [any unit].
    process_deviation : float, optional
        Standard deviation of the process, to compare with [unit of the readings].
    confidence : float
        Confidence level of the bounds, between 0 and 1 [1].

    Returns
    -------
    RangeStudy
        Deviation with bounds and per cent of the process [unit of the readings].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 operators.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        Confidence out of range or a process deviation that is not positive.

    Notes
    -----
    Mean range / d2*(operators, parts); bounds from the chi distribution with the equivalent degrees of freedom of the
    mean range, an approximation.

    Examples
    --------
    >>> readings = [[0.85, 0.80], [0.75, 0.70], [1.00, 0.95], [0.45, 0.55], [0.50, 0.60]]
    >>> study = range_study(readings, process_deviation=0.0777)
    >>> round(study.gauge_deviation, 4), round(study.process_percent, 1)
    (0.0588, 75.6)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III, section B, range method.
    """
    x = checked_values(readings, dimensions=(2,))
    if x.shape[0] < 1 or x.shape[1] < _PAIR:
        raise TooFewValuesError(
            f"The study has the shape {x.shape}; at least 1 part and 2 operators are needed.",
            f"量測研究的形狀是 {x.shape}，至少需要 1 個零件與 2 位量測者。",
        )
    if process_deviation is not None and not process_deviation > 0.0:
        raise InvalidOptionError(
            f"A process deviation of {process_deviation} is not positive.",
            f"製程標準差 {process_deviation} 必須大於 0。",
        )
    parts, operators = x.shape
    divisor, dof = d2_star(operators, parts), range_dof(operators, parts)
    deviation = float(np.ptp(x, axis=1).mean()) / divisor
    lower, upper = deviation_bounds(deviation, dof, confidence)
    return RangeStudy(
        deviation,
        lower,
        upper,
        dof,
        None if process_deviation is None else 100.0 * deviation / process_deviation,
        Method(
            name="gauge R&R, range method",
            reference="AIAG MSA 4th ed. (2010)",
            estimator="mean range over operators / d2*; bounds: chi-square with equivalent degrees of freedom",
            constants={"d2*": divisor, "dof": dof},
            confidence=confidence,
            sample_size=x.size,
            data_hash=hash_of_data(x),
            assumed=("errors are independent and normally distributed",),
        ),
    )
