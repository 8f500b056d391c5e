"""What `samegauge spc` calculates: chart, alarms, capability and run lengths as one object of plain types."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from samegauge.cli.columns import plain_number
from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.capability.dispersion import WithinEstimator
from samegauge.engines.spc.capability.families import Family
from samegauge.engines.spc.capability.indices import Conventions
from samegauge.engines.spc.capability.judgement import FAMILIES, best_fit
from samegauge.engines.spc.capability.nonnormal import capability_fitted
from samegauge.engines.spc.capability.normal import CapabilityOptions, capability
from samegauge.engines.spc.charts.attributes import c_chart, np_chart, p_chart, u_chart
from samegauge.engines.spc.charts.chart import ChartOptions
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.multivariate import t2_chart
from samegauge.engines.spc.charts.rules import LIMITS_ONLY
from samegauge.engines.spc.charts.subgroups import xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.charts.weighted import CusumOptions, cusum_charts, ewma_chart
from samegauge.engines.spc.run_length import memory
from samegauge.engines.spc.run_length.schemes import (
    Counted,
    counts_scheme_run_length,
    individuals_scheme_run_length,
    means_scheme_run_length,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from samegauge.engines.spc.capability.intervals import Index
    from samegauge.engines.spc.charts.chart import ChartPair, ControlChart
    from samegauge.engines.spc.charts.rules import RuleChoice
    from samegauge.engines.spc.run_length.result import RunLength
    from samegauge.quantities.tolerance import Limits

    RunLengths = Callable[[float], RunLength]

EWMA_WEIGHT, EWMA_WIDTH = 0.2, 3.0
WITHOUT_RULES = {"ewma", "cusum", "t2"}
TAKES_SUBGROUPS = {"xbar-r", "xbar-s", "ewma", "cusum"}
TAKES_SIZES = {"p", "np", "u"}
_UNEQUAL = {
    "en": "No run length: samples of different size have limits of their own.",
    "zh": "沒有平均連串長度：各樣本大小不同，界限各異。",
}
_NO_SPREAD = {
    "en": "No run length: the points that set the limits show no spread, so the limits have no width.",
    "zh": "沒有平均連串長度：計算管制界限的各點沒有變異，界限沒有寬度。",
}
_FIRST_PHASE = {
    "en": "No run length: these limits judge the very points that set them (phase 1, a beta law of points that depend "
    "on one another); a run length is of new points.",
    "zh": "沒有平均連串長度：此界限判定的正是用來計算它的點（第一階段，點之間並不獨立，服從 beta 分布）；"
    "平均連串長度針對新的點。",
}
AUTO = "auto"
INDICES = ("cp", "cpl", "cpu", "cpk", "cpm", "pp", "ppl", "ppu", "ppk")


@dataclass(frozen=True)
class Asked:
    """`values` (n,), of several variables (n, p); `groups` of them by label; `sizes` items inspected or areas."""

    chart: str
    values: NDArray[np.float64]
    groups: list[NDArray[np.float64]] | None
    sizes: NDArray[np.float64] | None
    rules: RuleChoice
    limits: Limits | None = None
    target: float | None = None
    shift: float = 1.0
    distribution: str = ""


@dataclass(frozen=True)
class Drawn:
    """Charts by name; how long each takes after a shift, given in sigmas of what the first one plots."""

    charts: dict[str, ControlChart]
    run_length: RunLengths | None
    shift_factor: float = 1.0
    why_none: dict[str, str] = field(default_factory=lambda: _UNEQUAL)


def examined(asked: Asked) -> dict[str, Any]:
    """Draw the chart that was asked for and say everything about it."""
    _refuse_what_would_be_ignored(asked)
    drawn = CHARTS[asked.chart](asked)
    shift = asked.shift * drawn.shift_factor
    cautious = any(chart.cautions for chart in drawn.charts.values())
    run_length = None if cautious else drawn.run_length
    return {
        "chart": asked.chart,
        "values": int(asked.values.shape[0]),
        "charts": {name: _chart(one) for name, one in drawn.charts.items()},
        "capability": _capability(asked) if asked.limits is not None else None,
        "fitted": _fitted(asked) if asked.distribution else None,
        "no_run_length": None if run_length else _NO_SPREAD if cautious else drawn.why_none,
        "run_length": None
        if run_length is None
        else {
            "of": "limits alone" if asked.chart in WITHOUT_RULES else "all charts with all rules",
            "limits": "as if known",
            "shift_sigma": asked.shift,
            "shift_of_what_is_plotted": plain_number(shift),
            "in_control": _run_length(run_length(0.0)),
            "after_the_shift": _run_length(run_length(shift)),
        },
    }


def _refuse_what_would_be_ignored(asked: Asked) -> None:
    wrong = [
        option
        for option, given, takers in (
            ("--subgroup", asked.groups, TAKES_SUBGROUPS),
            ("--size", asked.sizes, TAKES_SIZES),
        )
        if given is not None and asked.chart not in takers
    ]
    if wrong:
        raise InvalidOptionError(
            f"A chart of kind {asked.chart} has no use for {wrong[0]}. Leave it out, or choose another chart.",
            f"{asked.chart} 管制圖不使用 {wrong[0]}。請移除，或改用其他管制圖。",
        )


def _individuals(asked: Asked) -> Drawn:
    pair = imr_charts(asked.values, ChartOptions(rules=asked.rules))
    return Drawn(
        {"individuals": pair.location, "moving range": pair.dispersion},
        lambda shift: individuals_scheme_run_length(asked.rules, shift),
    )


def _means(draw: Callable[..., ChartPair], spread: Literal["range", "standard deviation"]) -> Callable[[Asked], Drawn]:
    def drawn(asked: Asked) -> Drawn:
        groups = _groups(asked)
        pair = draw(groups, ChartOptions(rules=asked.rules))
        charts, sizes = {"mean": pair.location, spread: pair.dispersion}, {group.size for group in groups}
        if len(sizes) > 1 or sizes == {1}:
            return Drawn(charts, None)  # limits differ from point to point, or there is no spread to chart
        size = sizes.pop()
        root = math.sqrt(size)
        return Drawn(charts, lambda shift: means_scheme_run_length(spread, size, asked.rules, shift / root), root)

    return drawn


def _located(asked: Asked) -> tuple[ControlChart, float]:
    """The chart of single values or, with subgroups, of means: what EWMA and CUSUM weigh and sum."""
    if asked.groups is None:
        return imr_charts(asked.values, ChartOptions(rules=LIMITS_ONLY)).location, 1.0
    chart = xbar_r_charts(asked.groups, ChartOptions(rules=LIMITS_ONLY)).location
    return chart, math.sqrt(asked.values.size / len(asked.groups))


def _ewma(asked: Asked) -> Drawn:
    chart, root = _located(asked)
    design = memory.EwmaDesign(EWMA_WEIGHT, EWMA_WIDTH, widening=True)
    drawn = ewma_chart(chart, EWMA_WEIGHT, EWMA_WIDTH)
    return Drawn({"EWMA": drawn}, lambda shift: memory.ewma_run_length(design, shift), root)


def _cusum(asked: Asked) -> Drawn:
    chart, root = _located(asked)
    options = CusumOptions()
    both = cusum_charts(chart, options)
    design = memory.CusumDesign(options.reference, options.decision, options.head_start)
    charts = {"upper sum": both.upper, "lower sum": both.lower}
    return Drawn(charts, lambda shift: memory.cusum_run_length(design, shift), root)


def _t2(asked: Asked) -> Drawn:
    chart = t2_chart(asked.values).chart
    return Drawn({"T2": chart}, None, why_none=_FIRST_PHASE)


def _shares(draw: Callable[..., ControlChart], name: str) -> Callable[[Asked], Drawn]:
    def drawn(asked: Asked) -> Drawn:
        sizes = _sizes(asked)
        chart = draw(asked.values, sizes, ChartOptions(rules=asked.rules))
        if np.ptp(sizes) > 0.0:
            return Drawn({name: chart}, None)  # limits differ from sample to sample
        return Drawn({name: chart}, _of_counts(Counted(float(asked.values.mean()), int(sizes[0])), asked.rules))

    return drawn


def _counts(asked: Asked) -> Drawn:
    chart = c_chart(asked.values, ChartOptions(rules=asked.rules))
    return Drawn({"count": chart}, _of_counts(Counted(float(asked.values.mean())), asked.rules))


def _rates(asked: Asked) -> Drawn:
    sizes = _sizes(asked)
    chart = u_chart(asked.values, sizes, ChartOptions(rules=asked.rules))
    law = Counted(float(asked.values.mean()))
    return Drawn({"rate": chart}, _of_counts(law, asked.rules) if np.ptp(sizes) == 0.0 else None)


def _of_counts(law: Counted, rules: RuleChoice) -> RunLengths | None:
    """None where no count has any spread: limits without a width have no run length."""
    if law.spread == 0.0:
        return None
    most = math.inf if law.size is None else float(law.size)
    return lambda shift: counts_scheme_run_length(
        law, rules, Counted(min(law.mean + shift * law.spread, most), law.size)
    )


CHARTS: dict[str, Callable[[Asked], Drawn]] = {
    "i-mr": _individuals,
    "xbar-r": _means(xbar_r_charts, "range"),
    "xbar-s": _means(xbar_s_charts, "standard deviation"),
    "p": _shares(p_chart, "share"),
    "np": _shares(np_chart, "number"),
    "c": _counts,
    "u": _rates,
    "ewma": _ewma,
    "cusum": _cusum,
    "t2": _t2,
}


def _groups(asked: Asked) -> list[NDArray[np.float64]]:
    if asked.groups is None:
        raise InvalidOptionError(
            f"A chart of kind {asked.chart} needs subgroups: name their column with --subgroup.",
            f"{asked.chart} 管制圖需要子組：用 --subgroup 指定欄位。",
        )
    return asked.groups


def _sizes(asked: Asked) -> NDArray[np.float64]:
    if asked.sizes is None:
        raise InvalidOptionError(
            f"A chart of kind {asked.chart} needs sample sizes: name their column with --size.",
            f"{asked.chart} 管制圖需要樣本數：用 --size 指定欄位。",
        )
    return asked.sizes


def _capability(asked: Asked) -> dict[str, Any]:
    if asked.limits is None or asked.chart in {"p", "np", "c", "u", "t2"}:
        raise InvalidOptionError(
            f"Capability is of measured values; a chart of kind {asked.chart} has none.",
            f"製程能力針對量測值；{asked.chart} 管制圖沒有量測值。",
        )
    values = asked.values if asked.groups is None else np.concatenate(asked.groups)
    sizes = () if asked.groups is None else tuple(group.size for group in asked.groups)
    by_deviation = asked.groups is not None and asked.chart == "xbar-s"
    conventions = Conventions(estimator=WithinEstimator.MEAN_DEVIATION if by_deviation else None)
    options = CapabilityOptions(target=asked.target, subgroup_sizes=sizes, conventions=conventions)
    found = capability(values, asked.limits, options)
    total = found.expected_overall.total
    return {
        "mean": plain_number(found.mean),
        "sigma_within": plain_number(found.sigma_within),
        "sigma_overall": plain_number(found.sigma_overall),
        **{name: _index(getattr(found, name)) for name in INDICES},
        "expected_overall_ppm": None if total is None else plain_number(total.value),
        "observed_outside": found.count - found.inside,
        "goal": found.goal,
        "verdict": found.verdict.value,
        "values_needed": found.values_needed,
        "cautions": [{"code": one.code, "en": one.text_en, "zh": one.text_zh} for one in found.cautions],
        "method": found.method.as_dict(),
    }


def _fitted(asked: Asked) -> dict[str, Any]:
    """Indices by the percentiles of a distribution; "auto" takes the best of those that the values do not refuse."""
    if asked.limits is None or asked.chart in {"p", "np", "c", "u", "t2"}:
        raise InvalidOptionError(
            "A distribution is fitted to measured values with limits: give --lsl or --usl, and a chart of values.",
            "分布配適針對有公差的量測值：請提供 --lsl 或 --usl，並選用量測值的管制圖。",
        )
    values = asked.values if asked.groups is None else np.concatenate(asked.groups)
    if asked.distribution == AUTO:
        found = best_fit(values, asked.limits, FAMILIES)
    else:
        found = capability_fitted(values, asked.limits, Family(asked.distribution))
    if found is None:
        raise InvalidOptionError(
            f"None of the distributions {', '.join(one.value for one in FAMILIES)} describes the values "
            "(Anderson-Darling p < 0.05). Name one with --distribution to see its figures all the same.",
            f"{'、'.join(one.value for one in FAMILIES)} 分布皆不能描述這些數值（Anderson-Darling p < 0.05）。"
            "仍要看某個分布的數字時，請用 --distribution 指定。",
        )
    return {
        "distribution": found.fit.distribution.family.value,
        "parameters": {name: plain_number(one) for name, one in found.fit.distribution.parameters.items()},
        "percentiles": [plain_number(one) for one in (found.low, found.median, found.high)],
        "anderson_darling": plain_number(found.goodness.statistic),
        "p_value": None if found.goodness.p_value is None else plain_number(found.goodness.p_value),
        "p_relation": found.goodness.relation.value,
        **{name: _index(getattr(found, name)) for name in ("pp", "ppl", "ppu", "ppk")},
        "method": found.method.as_dict(),
    }


def _index(index: Index | None) -> dict[str, float | None] | None:
    if index is None:
        return None
    return {name: plain_number(getattr(index, name)) for name in ("value", "lower", "upper", "lower_bound")}


def _chart(chart: ControlChart) -> dict[str, Any]:
    return {
        "statistic": chart.statistic,
        "centre": _line(chart.center),
        "lower": _line(chart.lower),
        "upper": _line(chart.upper),
        "sigma": _line(chart.sigma),
        "estimator": chart.method.estimator,
        "cautions": [{"code": one.code, "en": one.text_en, "zh": one.text_zh} for one in chart.cautions],
        "points": [plain_number(one) for one in chart.points],
        "flags": [
            {"rule": one.rule, "points": [place + 1 for place in one.points], "en": one.text_en, "zh": one.text_zh}
            for one in chart.violations
        ],
        "method": chart.method.as_dict(),
    }


def _run_length(found: RunLength) -> dict[str, Any]:
    numbers = {name: plain_number(getattr(found, name)) for name in ("mean", "deviation", "early", "median", "late")}
    return {**numbers, "method": found.method.as_dict()}


def _line(numbers: NDArray[np.float64]) -> float | list[float | None] | None:
    """One number where a line is level, else one for each point."""
    return plain_number(numbers[0]) if np.unique(numbers).size == 1 else [plain_number(one) for one in numbers]
