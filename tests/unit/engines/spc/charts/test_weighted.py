from __future__ import annotations

import math

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.charts.attributes import p_chart
from samegauge.engines.spc.charts.chart import ChartOptions, ControlChart, Known
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.subgroups import xbar_r_charts
from samegauge.engines.spc.charts.weighted import CusumOptions, cusum_charts, ewma_chart

UNIT = ChartOptions(known=Known(mean=0.0, sigma=1.0))


def unit_chart(values: object) -> ControlChart:
    return imr_charts(np.asarray(values, dtype=float), UNIT).location


def test_weight_one_is_the_chart_itself() -> None:
    chart = unit_chart(np.random.default_rng(1).normal(scale=2.0, size=50))
    found = ewma_chart(chart, 1.0)
    assert found.points == pytest.approx(chart.points)
    assert found.upper == pytest.approx(chart.upper)


def test_limits_widen_to_those_of_a_long_running_chart() -> None:
    found = ewma_chart(unit_chart(np.zeros(200)), 0.2, 2.7)
    exact = [2.7 * math.sqrt(0.2 / 1.8 * (1.0 - 0.8 ** (2 * t))) for t in range(1, 201)]
    assert found.upper == pytest.approx(exact, rel=1e-12)
    assert ewma_chart(unit_chart(np.zeros(3)), 0.2, 2.7, steady=True).upper == pytest.approx(exact[-1], rel=1e-12)


def test_small_subgroups_widen_the_limits_of_an_ewma() -> None:
    groups = [[0.1, -0.1, 0.2, 0.0], [0.3, -0.2], [0.0, 0.1, 0.1, 0.2]]
    chart = ewma_chart(xbar_r_charts(groups, UNIT).location, 0.5)
    variance = [0.25 / 4, 0.25 / 2 + 0.25 * 0.25 / 4]
    assert chart.upper[:2] == pytest.approx([3.0 * math.sqrt(one) for one in variance])


def test_ewma_of_shares() -> None:
    chart = ewma_chart(p_chart([2, 4, 3, 9], 50), 0.3)
    assert chart.points[0] == pytest.approx(0.7 * 0.09 + 0.3 * 0.04)


def test_cusum_by_hand() -> None:
    found = cusum_charts(unit_chart([1.0, -0.2, 3.0, -4.0]), CusumOptions(0.5, 2.0))
    assert found.upper.points == pytest.approx([0.5, 0.0, 2.5, 0.0])
    assert found.lower.points == pytest.approx([0.0, 0.0, 0.0, -3.5])
    assert found.upper.out_of_limits == (2,)
    assert found.lower.out_of_limits == (3,)


def test_mirrored_points_give_mirrored_sums() -> None:
    x = np.random.default_rng(2).normal(0.3, 1.0, 80)
    one, other = cusum_charts(unit_chart(x)), cusum_charts(unit_chart(-x))
    assert np.array_equal(one.upper.points, -other.lower.points)
    assert np.array_equal(one.upper.alarms, other.lower.alarms)


def test_a_head_start_warns_earlier() -> None:
    x = np.full(30, 0.9)
    slow, fast = cusum_charts(unit_chart(x)), cusum_charts(unit_chart(x), CusumOptions(head_start=2.0))
    assert fast.upper.out_of_limits[0] < slow.upper.out_of_limits[0]


def test_sums_in_the_unit_of_the_points_or_in_sigmas() -> None:
    chart = imr_charts([1.0, 3.0, 5.0], ChartOptions(known=Known(mean=0.0, sigma=2.0))).location
    plain, standardised = cusum_charts(chart), cusum_charts(chart, CusumOptions(standardised=True))
    assert plain.upper.points == pytest.approx(2.0 * standardised.upper.points)
    assert plain.upper.upper[0] == 8.0
    assert standardised.upper.upper[0] == 4.0


def test_the_record_keeps_the_estimator_and_adds_the_design() -> None:
    method = cusum_charts(imr_charts([1.0, 2.0, 4.0]).location).upper.method
    assert "moving range / d2" in method.estimator
    assert method.constants["decision_h"] == 4.0
    assert method.name.startswith("tabular CUSUM of: individuals")


def test_designs_that_make_no_chart_are_refused() -> None:
    chart = unit_chart([1.0, 2.0])
    for weight in (0.0, 1.5):
        with pytest.raises(InvalidOptionError, match="weight"):
            ewma_chart(chart, weight)
    for design in (CusumOptions(-0.5), CusumOptions(decision=0.0), CusumOptions(head_start=-1.0)):
        with pytest.raises(InvalidOptionError, match="head start"):
            cusum_charts(chart, design)
