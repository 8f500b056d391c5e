"""What all charts have in common: baselines, exclusions, stages, known values, many characteristics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.spc.charts.attributes import c_chart, p_chart, u_chart
from samegauge.engines.spc.charts.chart import ChartOptions, ControlChart, Known
from samegauge.engines.spc.charts.individuals import Spread, imr_charts
from samegauge.engines.spc.charts.multivariate import VectorOptions, t2_chart
from samegauge.engines.spc.charts.rare_events import g_chart, t_chart
from samegauge.engines.spc.charts.rules import RuleChoice
from samegauge.engines.spc.charts.subgroups import xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.constants import EXACT, PRINTED, RangeTable, d2, d3
from samegauge.quantities.method import Exclusion

COUNT = 40
Draw = "Callable[[np.ndarray, ChartOptions], ControlChart]"
# Each draws a chart from rows of numbers of its own kind.
DRAWS: dict[str, Draw] = {
    "individuals": lambda x, o: imr_charts(x[:, 0], o).location,
    "moving range": lambda x, o: imr_charts(x[:, 0], o).dispersion,
    "median moving range": lambda x, o: imr_charts(x[:, 0], o, estimator="median-moving-range").location,
    "mean": lambda x, o: xbar_r_charts(x, o).location,
    "range": lambda x, o: xbar_r_charts(x, o).dispersion,
    "deviation": lambda x, o: xbar_s_charts(x, o, estimator="pooled").dispersion,
    "p": lambda x, o: p_chart(np.round(x[:, 0] * 4.0), 100, o),
    "laney u": lambda x, o: u_chart(np.round(x[:, 0] * 4.0), x[:, 1], o, laney=True),
    "c": lambda x, o: c_chart(np.round(x[:, 0]), o),
    "g": lambda x, o: g_chart(np.round(x[:, 0]), o, limits="probability"),
    "t": lambda x, o: t_chart(x[:, 0], o),
    "t2": lambda x, o: t2_chart(x, VectorOptions(phase=2, chart=o)).chart,
}


def numbers(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(5.0, 15.0, size=(COUNT, 4))


def limits(chart: ControlChart, place: int) -> list[float]:
    return [float(array[place]) for array in (chart.lower, chart.center, chart.upper)]


@pytest.mark.parametrize("name", DRAWS)
@given(seed=st.integers(0, 10_000), baseline=st.integers(8, COUNT))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_frozen_limits_are_those_of_the_baseline_alone(name: str, seed: int, baseline: int) -> None:
    x = numbers(seed)
    whole = DRAWS[name](x, ChartOptions(baseline=baseline))
    alone = DRAWS[name](x[:baseline], ChartOptions())
    assert limits(whole, baseline - 1) == limits(alone, -1)
    assert np.array_equal(whole.points[:baseline], alone.points, equal_nan=True)
    assert whole.used.tolist() == [place < baseline for place in range(COUNT)]


@pytest.mark.parametrize(
    "name", sorted(DRAWS.keys() - {"moving range", "individuals", "median moving range", "laney u"})
)
@given(seed=st.integers(0, 10_000), places=st.sets(st.integers(0, COUNT - 1), min_size=1, max_size=12))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_excluded_points_set_no_limits_and_stay_visible(name: str, seed: int, places: set[int]) -> None:
    x = numbers(seed)
    excluded = tuple(Exclusion(place, "gauge dropped", "量具掉落") for place in sorted(places))
    whole = DRAWS[name](x, ChartOptions(excluded=excluded))
    rest = DRAWS[name](np.delete(x, sorted(places), axis=0), ChartOptions())
    kept = next(place for place in range(COUNT) if place not in places)
    assert limits(whole, kept) == limits(rest, 0)
    assert whole.points.size == COUNT
    assert whole.method.excluded == excluded


@pytest.mark.parametrize("name", DRAWS)
def test_each_stage_has_the_limits_of_its_own_points(name: str) -> None:
    x = numbers(3)
    chart = DRAWS[name](x, ChartOptions(stages=("old",) * 18 + ("new",) * 22))
    for first, end in ((0, 18), (18, COUNT)):
        alone = DRAWS[name](x[first:end], ChartOptions())
        assert np.array_equal(chart.alarms[first:end], alone.alarms)
        assert limits(chart, end - 1) == limits(alone, -1)
    assert chart.stage.tolist() == [0] * 18 + [1] * 22
    assert chart.method.constants["stages"] == 2.0


@pytest.mark.parametrize("name", ["individuals", "moving range", "mean", "range", "deviation", "t2"])
@given(
    seed=st.integers(0, 10_000), scale=st.sampled_from([0.125, 2.0, 64.0]), shift=st.sampled_from([-8.0, 0.0, 1024.0])
)
@settings(max_examples=10, deadline=None, derandomize=True)
def test_alarms_do_not_depend_on_unit_or_zero(name: str, seed: int, scale: float, shift: float) -> None:
    x = numbers(seed)
    chart, moved = DRAWS[name](x, ChartOptions()), DRAWS[name](scale * x + shift, ChartOptions())
    assert np.array_equal(chart.alarms, moved.alarms)
    if name in ("individuals", "mean"):
        assert moved.upper == pytest.approx(scale * chart.upper + shift, rel=1e-12)


@pytest.mark.parametrize("name", ["mean", "range", "deviation"])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_order_within_a_subgroup_does_not_matter(name: str, seed: int) -> None:
    x = numbers(seed)
    shuffled = np.random.default_rng(seed).permuted(x, axis=1)
    one, other = DRAWS[name](x, ChartOptions()), DRAWS[name](shuffled, ChartOptions())
    assert other.points == pytest.approx(one.points, rel=1e-12)
    assert limits(other, 0) == pytest.approx(limits(one, 0), rel=1e-12)


def test_many_characteristics_equal_one_by_one() -> None:
    x = np.random.default_rng(4).normal(10.0, 1.0, size=(5, 30, 4))
    charts = {
        "mean": (xbar_r_charts(x).location, lambda part: xbar_r_charts(part).location),
        "deviation": (xbar_s_charts(x).dispersion, lambda part: xbar_s_charts(part).dispersion),
        "value": (imr_charts(x[..., 0]).location, lambda part: imr_charts(part[:, 0]).location),
        "count": (c_chart(np.round(x[..., 0])), lambda part: c_chart(np.round(part[:, 0]))),
        "times": (t_chart(x[..., 0]), lambda part: t_chart(part[:, 0])),
    }
    for many, single in charts.values():
        for place in range(5):
            picked, alone = many.one(place), single(x[place])
            assert np.array_equal(picked.points, alone.points)
            assert np.array_equal(picked.upper, alone.upper)
            assert picked.violations == alone.violations


def test_known_mean_and_sigma_replace_the_estimates_one_for_each_characteristic() -> None:
    x = np.random.default_rng(5).normal(size=(2, 20))
    charts = imr_charts(x, ChartOptions(known=Known(mean=(1.0, 2.0), sigma=0.5)))
    assert charts.location.upper[:, 0].tolist() == [2.5, 3.5]
    assert charts.dispersion.center[0, 0] == pytest.approx(0.5 * d2(2))
    assert charts.location.method.estimator == "sigma known beforehand"
    with pytest.raises(InvalidOptionError, match="3 known values"):
        imr_charts(x, ChartOptions(known=Known(mean=(1.0, 2.0, 3.0))))


def test_estimators_of_single_values() -> None:
    x = [1.0, 4.0, 2.0, 9.0, 8.0]  # moving ranges 3, 2, 7, 1
    names: dict[Spread, float] = {
        "mean-moving-range": 3.25 / d2(2),
        "median-moving-range": 2.5 / (2.0**0.5 * norm.ppf(0.75)),
        "standard-deviation": float(np.std(x, ddof=1)),
    }
    for name, expected in names.items():
        assert imr_charts(x, estimator=name).location.sigma == pytest.approx(expected)
    with pytest.raises(InvalidOptionError, match="no estimator"):
        imr_charts(x, estimator="range")  # type: ignore[arg-type]


def test_width_of_limits_and_what_a_point_on_them_means() -> None:
    options = ChartOptions(known=Known(mean=0.0, sigma=1.0), width=2.0)
    x = [0.0, 2.0, -2.0, 2.5]
    chart = imr_charts(x, options).location
    assert chart.out_of_limits == (3,)
    assert chart.violations[0].text_en == "1 point beyond the control limits"
    on_line = ChartOptions(RuleChoice(strict=False), known=options.known, width=2.0)
    assert imr_charts(x, on_line).location.out_of_limits == (1, 2, 3)


def test_the_record_names_everything_that_changes_a_figure() -> None:
    method = imr_charts([1.0, 2.0, 4.0], ChartOptions(RuleChoice(run=8), constants=PRINTED)).location.method
    assert method.constants["d2"] == 1.128
    assert method.constants["limits_sigma"] == 3.0
    assert method.rule_set is not None
    assert "8 points in a row on one side" in method.rule_set
    assert method.data_hash is not None
    assert method.sample_size == 3


def test_range_tables_exact_printed_and_given() -> None:
    assert (EXACT.d2(5), EXACT.d3(5)) == (d2(5), d3(5))
    assert (PRINTED.d2(5), PRINTED.d3(5)) == (2.326, 0.8641)
    assert RangeTable(given={5: (2.3, 0.8)}).d3(5) == 0.8


def test_what_makes_no_chart_is_refused() -> None:
    x = [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(InvalidOptionError, match="sigmas wide"):
        imr_charts(x, ChartOptions(width=0.0))
    with pytest.raises(InvalidOptionError, match="3 stage labels do not fit 4 points"):
        imr_charts(x, ChartOptions(stages=(1, 1, 2)))
    with pytest.raises(TooFewValuesError, match="from point 4 on 1"):
        imr_charts(x, ChartOptions(stages=(1, 1, 1, 2)))
    with pytest.raises(NonFiniteValuesError):
        imr_charts([1.0, np.inf, 2.0])
    with pytest.raises(ShapeError, match="pick one"):
        _ = imr_charts([x, x]).location.violations
