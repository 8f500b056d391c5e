"""Capability (within) and performance (overall) of a characteristic against its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.spc.constants import d2, d3, moving_range_dof
from samegauge.engines.spc.individuals import individuals_chart
from samegauge.engines.spc.intervals import (
    Interval,
    centred_index_interval,
    conforming_fraction_bound,
    spread_index_interval,
    values_to_decide,
)
from samegauge.engines.spc.normality import NormalityTest, anderson_darling
from samegauge.engines.spc.values import checked_values, kept_mask
from samegauge.quantities.method import Exclusion, Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from samegauge.quantities.tolerance import Limits

_FEWEST = 2
_FEWEST_FOR_NORMALITY = 8
_DOUBT_NORMALITY_BELOW = 0.05
_FEW_DISTINCT = 5
_BLOCKING = frozenset({"no_spread", "zero_bound", "out_of_control"})
_TABLE_DIGITS = 3  # printed tables of d2


class Verdict(Enum):
    """Answer to "does the process reach the goal?"; NOT_ASSESSED where the question makes no sense yet."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    UNDECIDED = "undecided"
    NOT_ASSESSED = "not_assessed"


class Basis(Enum):
    """Which index the goal is asked of: the short-term one (Cpk) or the one over all values (Ppk)."""

    CAPABILITY = "cpk"
    PERFORMANCE = "ppk"


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that limits what the indices say; `blocks` means that no verdict may rest on them."""

    code: str
    text_en: str
    text_zh: str

    @property
    def blocks(self) -> bool:
        return self.code in _BLOCKING


@dataclass(frozen=True, slots=True)
class Index:
    """`lower` and `upper` bound the index two-sidedly, `lower_bound` one-sidedly, all at the method's confidence."""

    value: float
    lower: float
    upper: float
    lower_bound: float


@dataclass(frozen=True, slots=True)
class CapabilityOptions:
    """`rounded_d2` uses d2 as printed tables do. `check_stability` looks for values beyond the control limits first."""

    goal: float = 1.33
    basis: Basis = Basis.CAPABILITY
    confidence: float = 0.95
    excluded: tuple[Exclusion, ...] = ()
    rounded_d2: bool = False
    check_stability: bool = True


@dataclass(frozen=True, slots=True)
class Capability:
    """Indices are None where they do not exist: Cp and Pp with one limit, all of them without spread.

    `values_needed` is the total that would decide about the goal at the present spread, None where it is decided or no
    number would help. `conforming_at_least` needs no distribution at all: the share of parts inside, by counting.
    """

    limits: Limits
    count: int
    mean: float
    sigma_within: float
    sigma_overall: float
    minimum: float
    maximum: float
    cp: Index | None
    cpk: Index | None
    pp: Index | None
    ppk: Index | None
    inside: int
    conforming_at_least: float
    normality: NormalityTest | None
    goal: float
    basis: Basis
    verdict: Verdict
    values_needed: int | None
    cautions: tuple[Caution, ...]
    method: Method


class _Within(NamedTuple):
    sigma: float
    dof: float
    estimator: str
    constants: dict[str, float]
    beyond: tuple[int, ...]


_DEFAULT = CapabilityOptions()


def capability(values: ArrayLike, limits: Limits, options: CapabilityOptions = _DEFAULT) -> Capability:
    """Is a process able to keep a characteristic within its limits, and how sure is that?

    Parameters
    ----------
    values : array_like of float, shape (n,) or (m, k)
        Single values in time order, or m subgroups of k values each [unit of the limits].
    limits : Limits
        One- or two-sided tolerance limits [unit of the limits].
    options : CapabilityOptions
        Goal, basis, confidence, exclusions (of single values only) and conventions [1].

    Returns
    -------
    Capability
        Cp, Cpk, Pp, Ppk with intervals, verdict, cautions and method [1; statistics in the unit of the limits].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 values left.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Confidence or goal out of range, an exclusion outside the values or together with subgroups.

    Notes
    -----
    Within: mean moving range / d2(2) for single values, mean range / d2(k) for subgroups. Overall: sample standard
    deviation (n - 1). Cp = (U - L) / (6 sigma); Cpk = min(U - mean, mean - L) / (3 sigma), with one limit its half
    alone; Pp and Ppk alike with the overall standard deviation. Zero as the natural bound of form and position is no
    tolerance limit; such a characteristic has no Cp, and its normal model is flagged. Intervals assume normal values.
    The goal is reached or missed only where the whole two-sided interval lies on one side of it.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> result = capability([9.9, 10.1, 10.0, 10.2, 9.8, 10.0, 10.1, 9.9], Limits(9.0, 11.0, "mm"))
    >>> round(result.pp.value, 3), result.verdict.value
    (2.546, 'undecided')

    References
    ----------
    ISO 22514-2:2017 (symbols; also ISO 21747:2006, withdrawn). NIST/SEMATECH e-Handbook, 6.1.6.
    """
    array = checked_values(values, dimensions=(1, 2))
    if not options.goal > 0.0:
        raise InvalidOptionError(f"A goal of {options.goal} is not positive.", f"目標值 {options.goal} 必須大於 0。")
    flat = _kept(array, options)
    if flat.size < _FEWEST:
        raise TooFewValuesError(
            f"Capability needs at least {_FEWEST} values; {flat.size} are left.",
            f"計算製程能力至少需要 {_FEWEST} 筆，目前剩 {flat.size} 筆。",
        )
    within = _within_subgroups(array, options) if array.ndim > 1 else _within_individuals(array, options)
    mean, overall = float(flat.mean()), _overall_sigma(flat)
    inside = int(sum(limits.margin(float(value)) >= 0.0 for value in flat))
    normality = anderson_darling(flat) if overall > 0.0 and flat.size >= _FEWEST_FOR_NORMALITY else None
    cautions = (*_shape_cautions(flat, limits, normality), *_stability_cautions(within, options))
    cp, cpk = _indices(limits, mean, within.sigma, flat.size, within.dof, options.confidence)
    pp, ppk = _indices(limits, mean, overall, flat.size, flat.size - 1.0, options.confidence)
    judged = cpk if options.basis is Basis.CAPABILITY else ppk
    dof = within.dof if options.basis is Basis.CAPABILITY else flat.size - 1.0
    verdict = _verdict(judged, cautions, options.goal)
    needed = (
        values_to_decide(judged.value, options.goal, dof / flat.size, options.confidence)
        if judged is not None and verdict is Verdict.UNDECIDED
        else None
    )
    return Capability(
        limits=limits,
        count=flat.size,
        mean=mean,
        sigma_within=within.sigma,
        sigma_overall=overall,
        minimum=float(flat.min()),
        maximum=float(flat.max()),
        cp=cp,
        cpk=cpk,
        pp=pp,
        ppk=ppk,
        inside=inside,
        conforming_at_least=conforming_fraction_bound(inside, flat.size, options.confidence),
        normality=normality,
        goal=options.goal,
        basis=options.basis,
        verdict=verdict,
        values_needed=needed,
        cautions=cautions,
        method=_method(array, limits, within, flat.size, options),
    )


def _kept(array: NDArray[np.float64], options: CapabilityOptions) -> NDArray[np.float64]:
    if not options.excluded:
        return array.reshape(-1)
    if array.ndim > 1:
        raise InvalidOptionError(
            "Single values cannot be excluded from subgroups; leave out the subgroup.",
            "不能從子組中排除單一數值；排除整個子組。",
        )
    return array[kept_mask(array.size, options.excluded)]


def _overall_sigma(flat: NDArray[np.float64]) -> float:
    # Equal values differ from their rounded mean in the last bit; their spread is zero, not 1e-17.
    return 0.0 if float(np.ptp(flat)) == 0.0 else float(flat.std(ddof=1))


def _within_individuals(array: NDArray[np.float64], options: CapabilityOptions) -> _Within:
    chart = individuals_chart(array, rule_set="shewhart", excluded=options.excluded, rounded_d2=options.rounded_d2)
    ranges = int(np.count_nonzero(chart.used[1:] & chart.used[:-1]))
    dof = moving_range_dof(ranges + 1)
    beyond = tuple(one.index for one in chart.violations if chart.used[one.index])
    constants = {"d2": chart.method.constants["d2"], "dof_within": dof}
    return _Within(chart.sigma, dof, "mean moving range / d2", constants, beyond)


def _within_subgroups(groups: NDArray[np.float64], options: CapabilityOptions) -> _Within:
    count, size = groups.shape
    divisor = round(d2(size), _TABLE_DIGITS) if options.rounded_d2 else d2(size)
    # Equivalent degrees of freedom: relative variance of the mean range set equal to that of a standard deviation.
    dof = count * (d2(size) / d3(size)) ** 2 / 2.0
    sigma = float(np.ptp(groups, axis=1).mean()) / divisor
    return _Within(sigma, dof, "mean range of subgroups / d2", {"d2": divisor, "subgroup": size, "dof_within": dof}, ())


def _indices(
    limits: Limits, mean: float, sigma: float, count: int, dof: float, confidence: float
) -> tuple[Index | None, Index | None]:
    if sigma <= 0.0:
        return None, None
    nearest = limits.margin(mean) / (3.0 * sigma)
    centred = _index(nearest, centred_index_interval(nearest, count, dof, confidence))
    width = limits.width
    if width is None:
        return None, centred
    spread = width / (6.0 * sigma)
    return _index(spread, spread_index_interval(spread, dof, confidence)), centred


def _index(value: float, interval: Interval) -> Index:
    return Index(value, interval.lower, interval.upper, interval.lower_bound)


def _shape_cautions(flat: NDArray[np.float64], limits: Limits, normality: NormalityTest | None) -> Sequence[Caution]:
    if float(np.ptp(flat)) == 0.0:
        return (
            Caution(
                "no_spread",
                "All values are equal: there is no spread to compare with the limits. Check the gauge's resolution.",
                "所有數值都相同，沒有變異可與公差比較。檢查量具的解析度。",
            ),
        )
    found: list[Caution] = []
    if limits.zero_is_bound:
        found.append(
            Caution(
                "zero_bound",
                "Values cannot lie below zero, so a normal distribution does not describe them; "
                "the indices are for comparison only.",
                "數值不可能小於 0，不適用常態分布；指數僅供對照。",
            )
        )
    if normality is not None and normality.p_value < _DOUBT_NORMALITY_BELOW:
        found.append(
            Caution(
                "not_normal",
                f"The values do not look normal (Anderson-Darling p = {normality.p_value:.3f}); "
                "the intervals are only a guide.",
                f"數值不像常態分布（Anderson-Darling p = {normality.p_value:.3f}）；信賴區間僅供參考。",
            )
        )
    distinct = np.unique(flat).size
    if distinct <= _FEW_DISTINCT < flat.size:
        found.append(
            Caution(
                "coarse",
                f"Only {distinct} different values among {flat.size}: resolution limits the estimate of the spread.",
                f"{flat.size} 筆中只有 {distinct} 種數值：解析度限制了變異的估計。",
            )
        )
    return found


def _stability_cautions(within: _Within, options: CapabilityOptions) -> Sequence[Caution]:
    if not (options.check_stability and within.beyond):
        return ()
    places = [str(index + 1) for index in within.beyond]
    return (
        Caution(
            "out_of_control",
            f"Values {', '.join(places)} lie beyond the control limits: the process is not stable, "
            "so its capability cannot be judged yet.",
            f"第 {'、'.join(places)} 筆超出管制界限：製程不穩定，還不能判定製程能力。",
        ),
    )


def _verdict(judged: Index | None, cautions: Sequence[Caution], goal: float) -> Verdict:
    if judged is None or any(one.blocks for one in cautions):
        return Verdict.NOT_ASSESSED
    if judged.lower >= goal:
        return Verdict.REACHED
    if judged.upper < goal:
        return Verdict.NOT_REACHED
    return Verdict.UNDECIDED


def _method(
    array: NDArray[np.float64], limits: Limits, within: _Within, count: int, options: CapabilityOptions
) -> Method:
    bounds = [math.nan if bound is None else bound for bound in (limits.lower, limits.upper)]
    return Method(
        name="process capability and performance",
        reference="ISO 22514-2:2017 (dispersion: 6 sigma of a normal distribution)",
        estimator=f"within: {within.estimator}; overall: sample standard deviation (n - 1); "
        "intervals: chi-square (Cp, Pp), Bissell (Cpk, Ppk)",
        constants={**within.constants, "dof_overall": count - 1.0, "goal": options.goal},
        confidence=options.confidence,
        sample_size=count,
        excluded=options.excluded,
        data_hash=hash_of_data(array, bounds),
        assumed=("values are independent and normally distributed",),
    )
