"""Points that set limits without a spread: whatever differs from them is beyond, and the chart says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.charts.attributes import c_chart, np_chart, p_chart, u_chart
from samegauge.engines.spc.charts.chart import ChartOptions, ControlChart, Known
from samegauge.engines.spc.charts.individuals import imr_charts, individuals_chart
from samegauge.engines.spc.charts.rare_events import g_chart
from samegauge.engines.spc.charts.rules import LIMITS_ONLY, RuleChoice
from samegauge.engines.spc.charts.short_run import q_chart, z_mr_charts
from samegauge.engines.spc.charts.streaming import ChartStream
from samegauge.engines.spc.charts.subgroups import xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.charts.weighted import CusumOptions, cusum_charts, ewma_chart

if TYPE_CHECKING:
    from collections.abc import Callable

BASELINE, AFTER = 15, 5
# In binary the mean of equal tenths is not a tenth.
LEVEL = 0.1
OPTIONS = ChartOptions(baseline=BASELINE)
SINGLES = np.array([LEVEL] * BASELINE + [LEVEL, 99.0, 99.0, -7.0, LEVEL])
GROUPS = np.repeat(SINGLES[:, None], 5, axis=1)
NONE = np.array([0.0] * BASELINE + [0.0, 10.0, 1.0, 3.0, 0.0])
OTHER = (BASELINE + 1, BASELINE + 2, BASELINE + 3)
ONE = np.zeros(SINGLES.size, dtype=int)


def individuals() -> ControlChart:
    return imr_charts(SINGLES, OPTIONS).location


CHARTS: dict[str, Callable[[], ControlChart]] = {
    "individuals": individuals,
    "standard deviation": lambda: imr_charts(SINGLES, OPTIONS, estimator="standard-deviation").location,
    "a point on a limit counts": lambda: (
        imr_charts(SINGLES, ChartOptions(RuleChoice("shewhart", strict=False), baseline=BASELINE)).location
    ),
    "xbar-r": lambda: xbar_r_charts(GROUPS, OPTIONS).location,
    "xbar-s": lambda: xbar_s_charts(GROUPS, OPTIONS).location,
    "xbar-s, pooled": lambda: xbar_s_charts(GROUPS, OPTIONS, estimator="pooled").location,
    "p": lambda: p_chart(NONE, 10, OPTIONS),
    "p, all fail": lambda: p_chart(10.0 - NONE, 10, OPTIONS),
    "np": lambda: np_chart(NONE, 10, OPTIONS),
    "c": lambda: c_chart(NONE, OPTIONS),
    "u": lambda: u_chart(NONE, 3, OPTIONS),
    "laney": lambda: p_chart(NONE + 0.1 * (NONE == 0.0), 10, OPTIONS, laney=True),
    "g": lambda: g_chart(NONE, OPTIONS),
    "g, probability": lambda: g_chart(NONE, OPTIONS, limits="probability"),
    "g, interpolated": lambda: g_chart(NONE, OPTIONS, limits="interpolated"),
    "z": lambda: z_mr_charts(SINGLES, ONE, OPTIONS).location,
    "q": lambda: q_chart(SINGLES, ONE, OPTIONS),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_point_unlike_the_baseline_is_beyond_and_no_other(name: str) -> None:
    chart = CHARTS[name]()
    assert chart.out_of_limits == OTHER
    assert {one.rule for one in chart.violations} == {1}
    assert [one.code for one in chart.cautions] == ["no_spread"]
    assert np.isfinite(chart.points[BASELINE:]).all()


def test_memory_charts_see_a_jump_from_a_baseline_without_spread() -> None:
    average = ewma_chart(individuals(), steady=True)
    assert average.out_of_limits[0] == OTHER[0]
    for standardised in (False, True):
        sums = cusum_charts(individuals(), CusumOptions(head_start=2.0, standardised=standardised))
        assert sums.upper.out_of_limits == OTHER[:2]
        assert sums.lower.out_of_limits == OTHER[2:]
        assert sums.upper.cautions == sums.lower.cautions == average.cautions


@pytest.mark.parametrize("name", [*CHARTS, "ewma", "upper sum", "lower sum"])
def test_a_stream_says_what_the_chart_of_all_points_says(name: str) -> None:
    others = {
        "ewma": lambda: ewma_chart(individuals()),
        "upper sum": lambda: cusum_charts(individuals()).upper,
        "lower sum": lambda: cusum_charts(individuals()).lower,
    }
    chart = (CHARTS | others)[name]()
    stream = ChartStream(chart)
    pieces = [stream.push(chart.seen.between(place, place + 1)) for place in range(chart.seen.length)]
    for field in ("points", "lower", "upper", "alarms"):
        joined = np.concatenate([getattr(piece, field) for piece in pieces])
        np.testing.assert_array_equal(joined, getattr(chart, field))


@pytest.mark.parametrize("level", [0.1, 0.1 + 0.2, 1e9 + 0.1, -7.3, 0.0])
def test_equal_values_raise_no_alarm(level: float) -> None:
    groups = np.full((30, 3), level)
    pairs = [xbar_r_charts(groups), xbar_s_charts(groups), imr_charts(groups[:, 0])]
    for chart in [one for pair in pairs for one in (pair.location, pair.dispersion)]:
        assert chart.violations == ()
        assert (chart.sigma == 0.0).all()
    average = ewma_chart(pairs[2].location)
    sums = cusum_charts(pairs[2].location)
    assert average.violations == sums.upper.violations == sums.lower.violations == ()
    assert individuals_chart(groups[:, 0]).violations == ()


def test_only_characteristics_without_spread_lose_it() -> None:
    both = np.stack([SINGLES, np.where(np.arange(SINGLES.size) % 2, 1.0, 1.2)])
    chart = imr_charts(both, OPTIONS).location
    assert chart.one(0).out_of_limits == OTHER
    assert (chart.one(1).out_of_limits, chart.one(1).cautions) == ((), ())
    assert [one.code for one in chart.cautions] == ["no_spread"]


def test_a_chart_with_spread_has_no_caution() -> None:
    chart = imr_charts([1.0, 2.0, 1.5, 1.2], ChartOptions(LIMITS_ONLY)).location
    assert chart.cautions == ()


@pytest.mark.parametrize("sigma", [-1.0, 0.0, (1.0, -2.0)])
def test_a_known_sigma_is_positive(sigma: float | tuple[float, ...]) -> None:
    with pytest.raises(InvalidOptionError, match="positive"):
        imr_charts(np.ones((2, 4)), ChartOptions(known=Known(sigma=sigma)))


def test_values_equal_within_subgroups_alone_have_no_spread_to_set_limits() -> None:
    chart = xbar_r_charts(np.repeat([[1.0], [2.0], [1.5]], 4, axis=1)).location
    assert chart.out_of_limits == (0, 1)
    assert [one.code for one in chart.cautions] == ["no_spread"]


def test_the_first_failure_after_none_is_rare_but_not_impossible() -> None:
    """The chance that the notes of `p_chart` state: of one failure among N + n exchangeable items."""
    rng, before, size = np.random.default_rng(4), 150, 10
    failed = rng.binomial(1, 0.004, (40_000, before + size))
    first = failed[failed[:, :before].sum(axis=1) + failed[:, before:].sum(axis=1) == 1]
    assert first[:, before:].sum() / len(first) == pytest.approx(size / (before + size), abs=0.01)
