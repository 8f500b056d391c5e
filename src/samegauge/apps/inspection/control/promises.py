"""What a design promises: how many points until a false alarm, and until a shift is found.

Always of all its charts with all the rules in force. Exact where the law is known, else by drawing many charts with the
code that judges the values themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from samegauge.apps.inspection.control.charting import (
    GROUPED,
    OF_COUNTS,
    OF_VERDICTS,
    Frame,
    charts_of,
    family_charts,
    observed_of,
)
from samegauge.apps.inspection.control.models import Chart, ControlDesign, Estimator, Rules
from samegauge.engines.errors import EngineError
from samegauge.engines.spc.charts.chart import ChartOptions
from samegauge.engines.spc.charts.rules import RuleChoice
from samegauge.engines.spc.charts.short_run import members
from samegauge.engines.spc.constants import moving_range_dof
from samegauge.engines.spc.run_length.combined import (
    Baseline,
    IndividualsEwma,
    individuals_ewma_baseline_run_length,
)
from samegauge.engines.spc.run_length.memory import CusumDesign, EwmaDesign, cusum_run_length, ewma_run_length
from samegauge.engines.spc.run_length.schemes import (
    DRAWN_CHARTS,
    Counted,
    counts_scheme_run_length,
    first_alarms,
    individuals_scheme_run_length,
    means_scheme_run_length,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from samegauge.apps.inspection.control.charting import Watch
    from samegauge.engines.spc.run_length.result import RunLength

    Draw = Callable[[float, int], NDArray[np.float64]]

POINTS = 100
_CURVE_CHARTS = 300
_FAMILIES = 400
_LONGEST = 1000  # points in which a shift is looked for
_SHIFTS = tuple(step / 4.0 for step in range(17))


@dataclass(frozen=True)
class Shown:
    """What of a design its run length depends on; `level` is the mean count or share of a point.

    `members` are the members of a family to which the values of the baseline belong.
    """

    chart: str
    rules: str
    subgroup: int
    width: float
    weight: float
    memory_width: float
    reference: float
    level: float = 0.0
    estimator: str = Estimator.MEAN_MOVING_RANGE
    members: tuple[int, ...] = ()


@dataclass(frozen=True)
class OfBaseline:
    """Averaged over what limits from `count` points leave uncertain.

    `false_share` of such charts give a false alarm within POINTS points. The shift is found within `found` points on
    the average, by half of the charts within `half`; None where not all, or not half of them, find it within 1000.
    The errors are standard errors of a simulation, 0 where the figure is exact.
    """

    count: int
    false_share: float
    false_error: float
    found: float | None
    found_error: float
    half: float | None


@dataclass(frozen=True)
class Promise:
    """`in_control` and `found` hold for known limits; `of_baseline` for the limits that the chart has."""

    in_control: RunLength
    shift: float
    found: RunLength
    of_baseline: OfBaseline
    of_single_values: bool = True

    @property
    def is_drawn(self) -> bool:
        """Whether a figure comes from drawn charts."""
        known = "standard_error" in self.in_control.method.constants
        return known or self.of_baseline.false_error > 0.0 or self.of_baseline.found_error > 0.0


@dataclass(frozen=True)
class NoPromise:
    """Why no honest figure can be given, in both languages; None as long as there are no limits."""

    reason: dict[str, str] | None = None


def promise_of(design: ControlDesign, watch: Watch | None = None) -> Promise | NoPromise:
    """A count needs its level and a family its members, which only the baseline tells; without spread it tells none."""
    for caution in (one for chart in (watch.charts if watch else ()) for one in chart.cautions):
        return NoPromise({"en": caution.text_en, "zh": caution.text_zh})
    shown = _shown(design, watch)
    if _is_open(shown):
        return NoPromise()
    try:
        return _promised(shown, design.shift, _count(design, watch))
    except EngineError as error:
        return NoPromise({"en": str(error), "zh": error.reason_zh})


def curve_of(design: ControlDesign, watch: Watch | None = None) -> tuple[tuple[float, float], ...]:
    """Mean run length by shift [σ], with known limits."""
    shown = _shown(design, watch)
    try:
        return () if _is_open(shown) else _curve(shown)
    except EngineError:
        return ()


def _shown(design: ControlDesign, watch: Watch | None) -> Shown:
    drawn = watch if watch is not None and watch.charts else None
    of_counts, of_family = design.chart in OF_VERDICTS | OF_COUNTS, design.chart == Chart.Z_MR
    parts = [drawn.parts[one.characteristic] for one in drawn.baseline] if drawn and of_family else []
    return Shown(
        design.chart,
        design.rules,
        design.subgroup,
        design.width,
        design.weight,
        design.memory_width,
        design.reference,
        float(drawn.charts[0].center[0]) if drawn and of_counts else 0.0,
        design.estimator,
        tuple(parts),
    )


def _is_open(shown: Shown) -> bool:
    return (shown.chart in OF_VERDICTS | OF_COUNTS and not shown.level) or (
        shown.chart == Chart.Z_MR and not shown.members
    )


def _count(design: ControlDesign, watch: Watch | None) -> int:
    return int(watch.charts[0].used.sum()) if watch and watch.charts else design.baseline_count


@lru_cache(maxsize=256)
def _promised(shown: Shown, shift: float, count: int) -> Promise:
    exact = shown.chart == Chart.I_EWMA and shown.rules == Rules.LIMITS
    of_baseline = _exact_baseline if exact and shown.estimator != Estimator.MEDIAN_MOVING_RANGE else _drawn_baseline
    return Promise(
        run_length(shown, 0.0),
        shift,
        run_length(shown, shift),
        of_baseline(shown, shift, count),
        shown.chart not in GROUPED,
    )


@lru_cache(maxsize=256)
def _curve(shown: Shown) -> tuple[tuple[float, float], ...]:
    return tuple((one, run_length(shown, one, _CURVE_CHARTS).mean) for one in _SHIFTS)


def run_length(shown: Shown, shift: float, charts: int = DRAWN_CHARTS) -> RunLength:
    """Points until an alarm for known limits, the shift being in sigmas of single values (of the point, for counts)."""
    choice, width = RuleChoice(shown.rules), shown.width
    if shown.chart in OF_VERDICTS | OF_COUNTS:
        law = _law(shown)
        moved = Counted(_moved(law, shift), law.size)
        return counts_scheme_run_length(law, choice, moved, width=width, charts=charts)
    if shown.chart in (Chart.XBAR_R, Chart.XBAR_S):
        spread = "range" if shown.chart == Chart.XBAR_R else "standard deviation"
        return means_scheme_run_length(spread, shown.subgroup, choice, shift, width=width, charts=charts)
    if shown.chart == Chart.EWMA:
        return ewma_run_length(EwmaDesign(shown.weight, shown.memory_width), shift)
    if shown.chart == Chart.CUSUM:
        return cusum_run_length(CusumDesign(shown.reference, shown.memory_width), shift)
    ewma = _individuals_ewma(shown) if shown.chart == Chart.I_EWMA else None
    return individuals_scheme_run_length(choice, shift, width=width, ewma=ewma, charts=charts)


def _individuals_ewma(shown: Shown) -> IndividualsEwma:
    return IndividualsEwma(shown.width, shown.weight, shown.memory_width)


def _law(shown: Shown) -> Counted:
    """The level of np and c is the count of a point, that of p and u belongs to one unit."""
    mean = shown.level * shown.subgroup if shown.chart in (Chart.P, Chart.U) else shown.level
    return Counted(mean, shown.subgroup if shown.chart in OF_VERDICTS else None)


def _moved(law: Counted, shift: float) -> float:
    return min(law.mean + shift * law.spread, math.inf if law.size is None else float(law.size))


def _exact_baseline(shown: Shown, shift: float, count: int) -> OfBaseline:
    watch = _individuals_ewma(shown)
    of_all = shown.estimator == Estimator.STANDARD_DEVIATION
    baseline = Baseline(count, count - 1.0 if of_all else moving_range_dof(count))
    quiet = individuals_ewma_baseline_run_length(watch, baseline, 0.0, POINTS)
    found = individuals_ewma_baseline_run_length(watch, baseline, shift, POINTS)
    share = 1.0 - float(quiet.silent[POINTS])
    half = np.flatnonzero(found.silent <= 0.5)  # noqa: PLR2004 - the median
    return OfBaseline(count, share, 0.0, float(found.mean), 0.0, float(half[0]) if half.size else None)


def _drawn_baseline(shown: Shown, shift: float, count: int) -> OfBaseline:
    drawn = _drawn_families if shown.members else _drawn_charts
    share = float(np.isfinite(drawn(shown, 0.0, count, POINTS)).mean())
    first = drawn(shown, shift, count, _LONGEST)
    found = np.isfinite(first)
    whole, median = bool(found.all()), float(np.median(first))
    return OfBaseline(
        count,
        share,
        math.sqrt(share * (1.0 - share) / first.size),
        float(first.mean()) if whole else None,
        float(first.std(ddof=1)) / math.sqrt(first.size) if whole else 0.0,
        median if math.isfinite(median) else None,
    )


def _drawn_charts(shown: Shown, shift: float, count: int, longest: int) -> NDArray[np.float64]:
    """First alarms after a baseline of each chart's own."""
    # Deviations from a nominal value are single values.
    chart = Chart.I_MR if shown.chart == Chart.DNOM else shown.chart
    frame, random = Frame(_design(shown, chart)), np.random.default_rng(1)

    def draw(moved: float, points: int) -> NDArray[np.float64]:
        size = (DRAWN_CHARTS, points)
        if shown.chart not in OF_VERDICTS | OF_COUNTS:
            return random.normal(moved, 1.0, (*size, frame.size))
        law = _law(shown)
        mean = _moved(law, moved)
        counts = random.poisson(mean, size) if law.size is None else random.binomial(law.size, mean / law.size, size)
        return counts[..., None].astype(np.float64)

    charts = charts_of(frame, draw(0.0, count), ChartOptions(RuleChoice(shown.rules), width=shown.width))
    return first_alarms(charts, lambda points: observed_of(frame, draw(shift, points)), longest)


def _drawn_families(shown: Shown, shift: float, count: int, longest: int) -> NDArray[np.float64]:  # noqa: ARG001 - all of its members
    """First alarms of families whose baselines have the members of this one; later values come from the same mix."""
    random, baseline = np.random.default_rng(1), np.array(shown.members)
    options = ChartOptions(RuleChoice(shown.rules), width=shown.width)
    found = np.empty(_FAMILIES)
    for place in range(_FAMILIES):
        charts = family_charts(random.normal(size=baseline.size), shown.members, options)
        found[place] = first_alarms(
            charts,
            lambda points: members(random.normal(shift, 1.0, points), random.choice(baseline, points)),
            min(longest, 4 * POINTS),
        )
    return found


def _design(shown: Shown, chart: str) -> ControlDesign:
    return ControlDesign(
        chart=chart,
        rules=shown.rules,
        subgroup=shown.subgroup,
        estimator=shown.estimator,
        width=shown.width,
        weight=shown.weight,
        memory_width=shown.memory_width,
        reference=shown.reference,
    )
