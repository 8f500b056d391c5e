"""A stream shows what the chart of all points shows, bit for bit, however the points arrive."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, ShapeError
from samegauge.engines.spc.charts.attributes import c_chart, np_chart, p_chart, u_chart
from samegauge.engines.spc.charts.chart import ChartOptions, ControlChart, Known
from samegauge.engines.spc.charts.design import Observed, Plotted
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.multivariate import VectorOptions, mewma_chart, t2_chart
from samegauge.engines.spc.charts.rare_events import g_chart, t_chart
from samegauge.engines.spc.charts.rules import RuleChoice
from samegauge.engines.spc.charts.short_run import dnom_charts, q_chart, z_mr_charts
from samegauge.engines.spc.charts.streaming import ChartStream
from samegauge.engines.spc.charts.subgroups import subgroups, xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.charts.weighted import CusumOptions, cusum_charts, ewma_chart

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 60
FROZEN = ChartOptions(baseline=30)
LIMITS = ChartOptions(baseline=30, rules=RuleChoice("western-electric", strict=False, full_windows=False))


def values(rng: np.random.Generator) -> np.ndarray:
    # A drift in the second half, so that rules are broken there.
    return rng.normal(10.0, 0.5, COUNT) + np.maximum(np.arange(COUNT) - 40, 0) * 0.06


def ragged(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.normal(10.0, 0.5, size) for size in rng.integers(1, 13, COUNT)]


def parts(rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([[0, 0, 0, 1, 1, 1, 2, 2, 2], rng.integers(0, 3, COUNT - 9)])


def location(rng: np.random.Generator) -> ControlChart:
    return imr_charts(values(rng), FROZEN).location


CHARTS: dict[str, Callable[[np.random.Generator], ControlChart]] = {
    "individuals": location,
    "moving range": lambda rng: imr_charts(values(rng), FROZEN).dispersion,
    "mean": lambda rng: xbar_r_charts(ragged(rng), LIMITS).location,
    "range": lambda rng: xbar_r_charts(ragged(rng), FROZEN).dispersion,
    "deviation": lambda rng: xbar_s_charts(ragged(rng), FROZEN, estimator="pooled").dispersion,
    "p": lambda rng: p_chart(rng.binomial(80, 0.1, COUNT), 80, FROZEN),
    "laney p": lambda rng: p_chart(rng.binomial(80, 0.1, COUNT), rng.integers(80, 120, COUNT), FROZEN, laney=True),
    "np": lambda rng: np_chart(rng.binomial(80, 0.1, COUNT), rng.integers(80, 120, COUNT), FROZEN),
    "c": lambda rng: c_chart(rng.poisson(4.0, COUNT), LIMITS),
    "u": lambda rng: u_chart(rng.poisson(4.0, COUNT), rng.uniform(1.0, 2.0, COUNT), FROZEN),
    "g": lambda rng: g_chart(rng.geometric(0.1, COUNT) - 1, FROZEN),
    "g quantiles": lambda rng: g_chart(rng.geometric(0.1, COUNT) - 1, FROZEN, limits="probability"),
    "t": lambda rng: t_chart(rng.weibull(1.3, COUNT) + 1e-6, FROZEN),
    "t power": lambda rng: t_chart(rng.weibull(1.3, COUNT) + 1e-6, FROZEN, model="power"),
    "ewma": lambda rng: ewma_chart(location(rng), 0.2, 2.7),
    "ewma of unequal means": lambda rng: ewma_chart(xbar_r_charts(ragged(rng), FROZEN).location, 0.1),
    "ewma of moving ranges": lambda rng: ewma_chart(imr_charts(values(rng), FROZEN).dispersion, 0.1),
    "cusum above": lambda rng: cusum_charts(location(rng), CusumOptions(head_start=2.0)).upper,
    "cusum below": lambda rng: cusum_charts(location(rng), CusumOptions(standardised=True)).lower,
    "t2": lambda rng: t2_chart(rng.normal(size=(COUNT, 9)), VectorOptions(phase=2, chart=FROZEN)).chart,
    "t2 of subgroups": lambda rng: t2_chart(rng.normal(size=(COUNT, 4, 3)), VectorOptions(chart=FROZEN)).chart,
    "mewma": lambda rng: mewma_chart(rng.normal(size=(COUNT, 3)), 10.8, 0.1, VectorOptions(chart=FROZEN)).chart,
    "deviation from nominal": lambda rng: dnom_charts(values(rng), np.tile([10.0, 9.0, 11.0], 20), FROZEN).location,
    "z": lambda rng: z_mr_charts(values(rng), parts(rng), FROZEN).location,
    "moving range of z": lambda rng: z_mr_charts(values(rng), parts(rng), FROZEN, sigma="family").dispersion,
    "q": lambda rng: q_chart(values(rng), parts(rng)),
    "q of a family": lambda rng: q_chart(values(rng), parts(rng), FROZEN, sigma="family"),
    "ewma of q": lambda rng: ewma_chart(q_chart(values(rng), parts(rng)), 0.1),
}


def assert_same(found: list[Plotted], chart: Plotted) -> None:
    for one in fields(Plotted):
        joined = np.concatenate([getattr(piece, one.name) for piece in found], axis=-1)
        assert np.array_equal(joined, getattr(chart, one.name), equal_nan=one.name != "alarms"), one.name


@pytest.mark.parametrize("name", CHARTS)
@given(seed=st.integers(0, 10_000), cuts=st.sets(st.integers(1, COUNT - 1), max_size=8))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_a_stream_in_pieces_equals_the_chart(name: str, seed: int, cuts: set[int]) -> None:
    chart = CHARTS[name](np.random.default_rng(seed))
    stream, bounds = ChartStream(chart), [0, *sorted(cuts), COUNT]
    pieces = [chart.seen.between(first, end) for first, end in pairwise(bounds)]
    assert_same([stream.push(piece) for piece in pieces], chart)


@pytest.mark.parametrize("name", CHARTS)
def test_a_stream_of_single_points_equals_the_chart(name: str) -> None:
    chart = CHARTS[name](np.random.default_rng(5))
    stream = ChartStream(chart)
    assert_same([stream.push(chart.seen.between(now, now + 1)) for now in range(COUNT)], chart)


def test_single_subgroups_through_the_door_give_the_same_bits() -> None:
    groups = ragged(np.random.default_rng(6))
    pair = xbar_s_charts(groups, FROZEN)
    for chart in (pair.location, pair.dispersion):
        stream = ChartStream(chart)
        assert_same([stream.push(subgroups([group])) for group in groups], chart)


MANY = np.random.default_rng(7).normal(size=(6, COUNT))
MANY_CHARTS: dict[str, ControlChart] = {
    "individuals": imr_charts(MANY, FROZEN).location,
    "moving range": imr_charts(MANY, FROZEN).dispersion,
    "ewma": ewma_chart(imr_charts(MANY, FROZEN).location),
    "cusum": cusum_charts(imr_charts(MANY, FROZEN).location).upper,
    "count": c_chart(np.abs(np.round(4.0 + 2.0 * MANY)), FROZEN),
}


@pytest.mark.parametrize("name", MANY_CHARTS)
@given(seed=st.integers(0, 1000), size=st.integers(1, 50))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_points_of_many_charts_in_any_order_of_arrival(name: str, seed: int, size: int) -> None:
    chart = MANY_CHARTS[name]
    stream = ChartStream(chart)
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(6), COUNT))
    seen, shown = np.zeros(6, dtype=int), {one.name: [[] for _ in range(6)] for one in fields(Plotted)}
    for first in range(0, order.size, size):
        who = order[first : first + size]
        when = np.array([seen[one] + np.count_nonzero(who[:place] == one) for place, one in enumerate(who)])
        seen += np.bincount(who, minlength=6)
        arrived = Observed(*(array[who, when][:, None] if array.size else array for array in chart.seen))
        new = stream.arrive(arrived, who)
        for one in fields(Plotted):
            for place, value in zip(who, getattr(new, one.name), strict=True):
                shown[one.name][place].append(value)
    for one in fields(Plotted):
        expected = getattr(chart, one.name)
        assert np.array_equal(np.array(shown[one.name]), expected, equal_nan=one.name != "alarms"), one.name


def test_one_of_many_charts_equals_the_chart_alone() -> None:
    for place in range(6):
        alone = imr_charts(MANY[place], FROZEN).location
        picked = MANY_CHARTS["individuals"].one(place)
        assert_same([picked], alone)
        assert picked.violations == alone.violations
        assert_same([ChartStream(picked).push(picked.seen)], alone)


def test_memory_does_not_grow() -> None:
    chart = ewma_chart(imr_charts(MANY, FROZEN).location)
    stream = ChartStream(chart)

    def held() -> int:
        return sum(array.size for array in (*stream._memory, *stream._tail))

    before = held()
    for _ in range(20):
        stream.push(chart.seen)
    assert held() == before


def test_a_stage_starts_with_an_empty_memory() -> None:
    x = values(np.random.default_rng(8))
    stages = ("before",) * 25 + ("after",) * 35
    chart = imr_charts(x, ChartOptions(stages=stages, known=Known(sigma=0.5)))
    for whole, part in ((chart.location, "location"), (chart.dispersion, "dispersion")):
        alone = getattr(imr_charts(x[25:], ChartOptions(known=Known(sigma=0.5))), part)
        assert np.array_equal(whole.points[25:], alone.points, equal_nan=True)
        assert np.array_equal(whole.alarms[25:], alone.alarms)
        assert np.array_equal(whole.upper[25:], alone.upper)
        assert_same([ChartStream(whole).push(alone.seen)], alone)


def test_points_that_do_not_fit_are_refused() -> None:
    stream = ChartStream(MANY_CHARTS["individuals"])
    with pytest.raises(ShapeError, match="do not fit"):
        stream.push(Observed(np.zeros((5, 1))))
    with pytest.raises(ShapeError, match="chart number"):
        stream.arrive(Observed(np.zeros((3, 1))), [0, 1])
    with pytest.raises(InvalidOptionError, match="charts 0 to 5"):
        stream.arrive(Observed(np.zeros((1, 1))), [6])
    with pytest.raises(ShapeError, match="side by side"):
        ChartStream(location(np.random.default_rng(1))).arrive(Observed(np.zeros((1, 1))), [0])
