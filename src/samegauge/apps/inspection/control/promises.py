"""What a design promises: how many points until a false alarm, and until a shift is found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from samegauge.apps.inspection.control.charting import OF_COUNTS, OF_VERDICTS
from samegauge.apps.inspection.control.models import Chart, Estimator, Rules
from samegauge.engines.errors import EngineError
from samegauge.engines.spc.charts.rules import rule_set
from samegauge.engines.spc.constants import d2, d3, moving_range_dof
from samegauge.engines.spc.run_length.combined import (
    Baseline,
    BaselineRunLength,
    IndividualsEwma,
    baseline_run_length,
    individuals_ewma_run_length,
)
from samegauge.engines.spc.run_length.counts import CountLimits, defectives_run_length, defects_run_length
from samegauge.engines.spc.run_length.memory import CusumDesign, EwmaDesign, cusum_run_length, ewma_run_length
from samegauge.engines.spc.run_length.rules import rules_run_length
from samegauge.engines.spc.run_length.shewhart import individuals_range_run_length, xbar_run_length
from samegauge.engines.spc.run_length.simulation import simulated_rules_run_length

if TYPE_CHECKING:
    from samegauge.apps.inspection.control.charting import Watch
    from samegauge.apps.inspection.control.models import ControlDesign
    from samegauge.engines.spc.run_length.result import RunLength

POINTS = 100
_SHIFTS = tuple(step / 4.0 for step in range(17))
_ZONES = ("beyond", "side", "within", "outside")


@dataclass(frozen=True)
class Shown:
    """What of a design its run length depends on; `level` is the mean count or share of a point."""

    chart: str
    rules: str
    subgroup: int
    width: float
    weight: float
    memory_width: float
    reference: float
    level: float = 0.0


@dataclass(frozen=True)
class Promise:
    """`curve` has the mean run length by shift [σ], with known limits; the rest is of the shift to be found.

    `of_baseline` averages over what few baseline values leave uncertain, where that is known.
    """

    in_control: RunLength
    shift: float
    found: RunLength
    curve: tuple[tuple[float, float], ...]
    baseline_count: int = 0
    quiet: BaselineRunLength | None = None
    of_baseline: BaselineRunLength | None = None


def promise_of(design: ControlDesign, watch: Watch | None = None) -> Promise | None:
    """None where no run length exists yet: a count needs its level, which only the baseline tells."""
    shown = Shown(
        design.chart,
        design.rules,
        design.subgroup,
        design.width,
        design.weight,
        design.memory_width,
        design.reference,
        _level(watch),
    )
    if design.chart in OF_VERDICTS | OF_COUNTS and not shown.level:
        return None
    try:
        return _promised(shown, design.shift, _count(design, watch), design.estimator)
    except EngineError:
        return None


def _level(watch: Watch | None) -> float:
    if watch is None or not watch.charts or watch.frame.design.chart not in OF_VERDICTS | OF_COUNTS:
        return 0.0
    return float(watch.charts[0].center[0])


def _count(design: ControlDesign, watch: Watch | None) -> int:
    return len(watch.baseline) // watch.frame.size if watch and watch.charts else design.baseline_count


@lru_cache(maxsize=256)
def _promised(shown: Shown, shift: float, count: int, estimator: str) -> Promise:
    curve = tuple((one, run_length(shown, one).mean) for one in _SHIFTS)
    quiet = of_baseline = None
    if shown.chart == Chart.I_EWMA and shown.rules == Rules.LIMITS:
        watch = IndividualsEwma(shown.width, shown.weight, shown.memory_width)
        exact = estimator == Estimator.STANDARD_DEVIATION
        baseline = Baseline(count, count - 1.0 if exact else moving_range_dof(count))
        quiet = baseline_run_length(watch, baseline, 0.0, POINTS)
        of_baseline = baseline_run_length(watch, baseline, shift, POINTS)
    return Promise(run_length(shown, 0.0), shift, run_length(shown, shift), curve, count, quiet, of_baseline)


def run_length(shown: Shown, shift: float) -> RunLength:
    """Points until an alarm, the shift being in sigmas of single values (of the point, for counts)."""
    if shown.chart in OF_VERDICTS | OF_COUNTS:
        return _of_counts(shown, shift)
    if shown.chart in (Chart.XBAR_R, Chart.XBAR_S):
        return _of_means(shown, shift * math.sqrt(shown.subgroup))
    return _of_memory(shown, shift) if shown.chart in (Chart.EWMA, Chart.CUSUM) else _of_singles(shown, shift)


def _of_memory(shown: Shown, shift: float) -> RunLength:
    if shown.chart == Chart.EWMA:
        return ewma_run_length(EwmaDesign(shown.weight, shown.memory_width), shift)
    return cusum_run_length(CusumDesign(shown.reference, shown.memory_width), shift)


def _of_singles(shown: Shown, shift: float) -> RunLength:
    if shown.rules != Rules.LIMITS:
        return _of_means(shown, shift)
    if shown.chart == Chart.I_EWMA:
        return individuals_ewma_run_length(IndividualsEwma(shown.width, shown.weight, shown.memory_width), shift)
    return individuals_range_run_length(shown.width, d2(2) + shown.width * d3(2), shift)


def _of_means(shown: Shown, shift: float) -> RunLength:
    if shown.rules == Rules.LIMITS:
        return xbar_run_length(shown.width, shift)
    rules = rule_set(shown.rules).rules
    if all(rule.pattern in _ZONES for rule in rules):
        return rules_run_length(rules, shift)
    return simulated_rules_run_length(rules, shift, charts=400)


def _of_counts(shown: Shown, shift: float) -> RunLength:
    size = float(shown.subgroup)
    if shown.chart in OF_VERDICTS:
        share = shown.level / size if shown.chart == Chart.NP else shown.level
        spread = math.sqrt(size * share * (1.0 - share))
        limits = CountLimits(max(size * share - shown.width * spread, 0.0) or None, size * share + shown.width * spread)
        return defectives_run_length(limits, shown.subgroup, min(share + shift * spread / size, 1.0))
    mean = shown.level * size if shown.chart == Chart.U else shown.level
    spread = math.sqrt(mean)
    limits = CountLimits(max(mean - shown.width * spread, 0.0) or None, mean + shown.width * spread)
    return defects_run_length(limits, mean + shift * spread)
