"""Capability (within) and performance (overall) of a characteristic against its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.spc.capability.cautions import Caution, shape_cautions, stability_cautions
from samegauge.engines.spc.capability.dispersion import WithinSigma, overall_sigma, resolved_estimator, within_sigma
from samegauge.engines.spc.capability.indices import Conventions, Estimates, IndexTable, index_table, tolerances
from samegauge.engines.spc.capability.intervals import Index, conforming_fraction_bound, values_to_decide
from samegauge.engines.spc.capability.nonconforming import (
    ExpectedTable,
    Nonconforming,
    expected_nonconforming,
    observed_nonconforming,
)
from samegauge.engines.spc.capability.normality import NormalityTest, anderson_darling
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.individuals import individuals_chart
from samegauge.engines.spc.charts.rules import LIMITS_ONLY
from samegauge.engines.spc.charts.subgroups import xbar_r_charts
from samegauge.engines.values import checked_values, kept_mask
from samegauge.quantities.method import Exclusion, Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from samegauge.quantities.tolerance import Limits

_FEWEST = 2
_FEWEST_FOR_NORMALITY = 8
_TABLE_DIGITS = 3  # d2 in printed tables


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
class CapabilityOptions:
    """`rounded_d2` uses d2 as printed tables do. `check_stability` looks for values, or means of subgroups, beyond the
    control limits first.

    `target` None is the middle of two limits. `subgroup_sizes` cuts single values into subgroups of unequal size.
    """

    goal: float = 1.33
    basis: Basis = Basis.CAPABILITY
    confidence: float = 0.95
    excluded: tuple[Exclusion, ...] = ()
    rounded_d2: bool = False
    check_stability: bool = True
    target: float | None = None
    subgroup_sizes: tuple[int, ...] = ()
    conventions: Conventions = field(default_factory=Conventions)


@dataclass(frozen=True, slots=True)
class Capability:
    """Indices are None where they do not exist: Cp and Pp with one limit, all of them without spread.

    `ppm_index` is Ppm, the overall twin of Cpm; shares in parts per million are in `expected_within`,
    `expected_overall` and `observed`. `values_needed` is the total that would decide about the goal at the present
    spread, None where it is decided or no number would help. `conforming_at_least` needs no distribution at all: the
    share of parts inside, by counting.
    """

    limits: Limits
    target: float | None
    count: int
    mean: float
    sigma_within: float
    sigma_overall: float
    minimum: float
    maximum: float
    cp: Index | None
    cpl: Index | None
    cpu: Index | None
    cpk: Index | None
    cpm: Index | None
    pp: Index | None
    ppl: Index | None
    ppu: Index | None
    ppk: Index | None
    ppm_index: Index | None
    z_bench_within: Index | None
    z_bench_overall: Index | None
    expected_within: Nonconforming
    expected_overall: Nonconforming
    observed: Nonconforming
    inside: int
    conforming_at_least: float
    normality: NormalityTest | None
    goal: float
    basis: Basis
    verdict: Verdict
    values_needed: int | None
    cautions: tuple[Caution, ...]
    method: Method


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
        Within and overall indices with intervals, shares beyond, verdict, cautions and method [1; statistics in the
        unit of the limits].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 values left.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Confidence, goal or target out of range, an exclusion outside the values or together with subgroups, an
        estimator that does not fit the values.

    Notes
    -----
    Within, unless a convention says otherwise: mean moving range / d2(2) for single values, mean range / d2(k) for
    subgroups. Overall: sample standard deviation (n - 1). Cp = (U - L) / (6 sigma); Cpk = min(U - mean, mean - L) /
    (3 sigma), with one limit its half alone; Pp and Ppk alike with the overall standard deviation. Zero as the natural
    bound of form and position is no tolerance limit; such a characteristic has no Cp, and its normal model is flagged.
    An index within tells of a stable process alone, so values (means of subgroups) beyond mean +- 3 sigma (/ sqrt(k))
    leave no verdict. Intervals assume normal values. The goal is reached or missed only where the whole two-sided
    interval lies on one side of it.

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
    _check_options(options)
    flat = _kept(array, options)
    if flat.size < _FEWEST:
        raise TooFewValuesError(
            f"Capability needs at least {_FEWEST} values; {flat.size} are left.",
            f"計算製程能力至少需要 {_FEWEST} 筆，目前剩 {flat.size} 筆。",
        )
    conventions = options.conventions
    within = _within(array, flat, options)
    sample, overall = overall_sigma(flat), overall_sigma(flat, unbiased=conventions.unbiased_overall)
    normality = anderson_darling(flat) if overall > 0.0 and flat.size >= _FEWEST_FOR_NORMALITY else None
    cautions = (*shape_cautions(flat, limits, normality), *_stability(array, within, options))
    mean, needed_dof = float(flat.mean()), within.dof if options.basis is Basis.CAPABILITY else flat.size - 1.0
    short, short_shares = _tables(limits, _estimates(flat.size, mean, within.sigma, within.dof, sample), options)
    long, long_shares = _tables(limits, _estimates(flat.size, mean, overall, flat.size - 1.0, sample), options)
    cpk, ppk = short.nearest.at(0), long.nearest.at(0)
    judged = cpk if options.basis is Basis.CAPABILITY else ppk
    verdict = _verdict(judged, cautions, options.goal)
    needed = (
        values_to_decide(judged.value, options.goal, needed_dof / flat.size, options.confidence)
        if judged is not None and verdict is Verdict.UNDECIDED
        else None
    )
    inside = int(sum(limits.margin(float(value)) >= 0.0 for value in flat))
    return Capability(
        limits=limits,
        target=options.target,
        count=flat.size,
        mean=mean,
        sigma_within=within.sigma,
        sigma_overall=overall,
        minimum=float(flat.min()),
        maximum=float(flat.max()),
        cp=short.spread.at(0),
        cpl=short.lower.at(0),
        cpu=short.upper.at(0),
        cpk=cpk,
        cpm=short.target.at(0),
        pp=long.spread.at(0),
        ppl=long.lower.at(0),
        ppu=long.upper.at(0),
        ppk=ppk,
        ppm_index=long.target.at(0),
        z_bench_within=short_shares.z_bench.at(0),
        z_bench_overall=long_shares.z_bench.at(0),
        expected_within=short_shares.at(0),
        expected_overall=long_shares.at(0),
        observed=observed_nonconforming(flat, limits, options.confidence),
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


def _check_options(options: CapabilityOptions) -> None:
    if not options.goal > 0.0:
        raise InvalidOptionError(f"A goal of {options.goal} is not positive.", f"目標值 {options.goal} 必須大於 0。")
    if options.target is not None and not math.isfinite(options.target):
        raise InvalidOptionError(
            f"A target of {options.target} is no value.", f"目標尺寸 {options.target} 不是有效數值。"
        )


def _kept(array: NDArray[np.float64], options: CapabilityOptions) -> NDArray[np.float64]:
    if not options.excluded:
        return array.reshape(-1)
    if array.ndim > 1 or options.subgroup_sizes:
        raise InvalidOptionError(
            "Single values cannot be excluded from subgroups; leave out the subgroup.",
            "不能從子組中排除單一數值；排除整個子組。",
        )
    return array[kept_mask(array.size, options.excluded)]


def _within(array: NDArray[np.float64], flat: NDArray[np.float64], options: CapabilityOptions) -> WithinSigma:
    conventions = options.conventions
    subgroups = array.ndim > 1 or bool(options.subgroup_sizes)
    estimator = resolved_estimator(conventions.estimator, subgroups=subgroups)
    settings = conventions.within
    if options.rounded_d2:
        settings = replace(settings, ranges=replace(settings.ranges, d2_digits=_TABLE_DIGITS))
    if array.ndim > 1:
        return within_sigma(array, estimator, None, settings)
    sizes = options.subgroup_sizes if subgroups else _stretches(array.size, options.excluded)
    return within_sigma(flat, estimator, sizes, settings)


def _stretches(count: int, excluded: Sequence[Exclusion]) -> list[int]:
    """Lengths of the unbroken runs that exclusions leave: no moving range joins values that were not neighbours."""
    gaps = sorted({-1, count, *(one.index for one in excluded)})
    return [after - before - 1 for before, after in pairwise(gaps) if after - before > 1]


def _stability(array: NDArray[np.float64], within: WithinSigma, options: CapabilityOptions) -> Sequence[Caution]:
    if not options.check_stability:
        return ()
    if array.ndim > 1 or options.subgroup_sizes:
        return stability_cautions(_subgroups_beyond(array, within, options), subgroups=True)
    chart = individuals_chart(array, rule_set="shewhart", excluded=options.excluded, rounded_d2=options.rounded_d2)
    return stability_cautions(tuple(one.index for one in chart.violations if chart.used[one.index]))


def _subgroups_beyond(array: NDArray[np.float64], within: WithinSigma, options: CapabilityOptions) -> tuple[int, ...]:
    """Means beyond the limits that the very sigma of the indices gives them."""
    groups = list(array) if array.ndim > 1 else np.split(array, np.cumsum(options.subgroup_sizes)[:-1])
    if len(groups) < _FEWEST:
        return ()
    known = Known(sigma=within.sigma) if within.sigma > 0.0 else Known()
    return xbar_r_charts(groups, ChartOptions(LIMITS_ONLY, known=known)).location.out_of_limits


def _estimates(count: int, mean: float, sigma: float, dof: float, sample: float) -> Estimates:
    return Estimates(*(np.array([one], dtype=np.float64) for one in (count, mean, sigma, dof, sample)))


def _tables(limits: Limits, estimates: Estimates, options: CapabilityOptions) -> tuple[IndexTable, ExpectedTable]:
    bounds = [math.nan if one is None else one for one in (limits.lower, limits.upper, options.target)]
    found = tolerances(*([one] for one in bounds))
    return (
        index_table(found, estimates, options.confidence, options.conventions),
        expected_nonconforming(found, estimates, options.confidence, options.conventions),
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
    array: NDArray[np.float64], limits: Limits, within: WithinSigma, count: int, options: CapabilityOptions
) -> Method:
    bounds = [math.nan if bound is None else bound for bound in (limits.lower, limits.upper)]
    return Method(
        name="process capability and performance",
        reference="ISO 22514-2:2017 (dispersion: 6 sigma of a normal distribution)",
        estimator=options.conventions.text(within.estimator),
        constants={**within.constants, "dof_overall": count - 1.0, "goal": options.goal},
        confidence=options.confidence,
        sample_size=count,
        excluded=options.excluded,
        data_hash=hash_of_data(array, bounds),
        assumed=("values are independent and normally distributed",),
    )
