from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import geom, norm

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.rare_events import g_chart, t_chart
from samegauge.engines.spc.charts.rules import LIMITS_ONLY


def test_sigma_limits_of_the_geometric_law() -> None:
    chart = g_chart([0, 10, 20, 30])
    assert chart.center[0] == 15.0
    assert chart.upper[0] == pytest.approx(15.0 + 3.0 * math.sqrt(15.0 * 16.0))
    assert chart.lower[0] == 0.0


def test_quantile_limits_are_quantiles() -> None:
    chart = g_chart([99, 101, 100, 100], limits="probability")
    p = 1.0 / 101.0
    for limit, share in ((chart.center[0], 0.5), (chart.upper[0], norm.cdf(3.0))):
        assert geom.cdf(math.floor(limit) + 1, p) <= share <= geom.cdf(math.ceil(limit) + 1, p)
    assert chart.scores[3] == pytest.approx(norm.ppf(geom.cdf(101, p)))
    assert chart.upper[0] > 6.0 * chart.center[0]


def test_smooth_and_interpolated_quantiles_agree_at_whole_numbers() -> None:
    """With p = 1/2 the median of the counts is 0 whichever way it is drawn."""
    options = ChartOptions(known=Known(mean=1.0))
    smooth, straight = (g_chart([1, 2], options, limits=name) for name in ("probability", "interpolated"))
    assert smooth.center[0] == pytest.approx(0.0, abs=1e-12)
    assert abs(straight.upper[0] - smooth.upper[0]) < 0.1


def test_a_smaller_chance_widens_the_limits() -> None:
    uppers = [g_chart([mean] * 3, limits="probability").upper[0] for mean in (5, 10, 20, 40)]
    assert uppers == sorted(uppers)


def test_exponential_times_in_control_hardly_alarm_and_clusters_do() -> None:
    times = np.random.default_rng(1).exponential(10.0, 400)
    assert len(t_chart(times, ChartOptions(LIMITS_ONLY), model="exponential").violations) <= 4
    cluster = np.concatenate([times, np.full(9, 0.5)])
    chart = t_chart(cluster, ChartOptions(baseline=400), model="exponential")
    assert {one.rule for one in chart.violations if one.index > 400} >= {2}


def test_weibull_of_shape_one_is_nearly_exponential() -> None:
    times = np.random.default_rng(2).exponential(3.0, 5000)
    weibull, exponential = t_chart(times), t_chart(times, model="exponential")
    assert weibull.designs[0].frozen[0] == pytest.approx(1.0, abs=0.03)
    assert weibull.center[0] == pytest.approx(exponential.center[0], rel=0.03)


def test_weibull_fit_does_not_depend_on_the_unit_and_solves_its_equation() -> None:
    times = np.random.default_rng(3).weibull(2.2, (4, 50))
    shape, scale = t_chart(times).designs[0].frozen
    hours = t_chart(3600.0 * times).designs[0].frozen
    assert hours[0] == pytest.approx(shape, rel=1e-9)
    assert hours[1] == pytest.approx(3600.0 * scale, rel=1e-9)
    powers = times ** shape[:, None]
    slope = (powers * np.log(times)).sum(axis=1) / powers.sum(axis=1) - 1.0 / shape - np.log(times).mean(axis=1)
    assert slope == pytest.approx(0.0, abs=1e-12)


def test_power_of_times_is_an_individuals_chart() -> None:
    chart = t_chart([1.0, 2.0, 3.0], model="power")
    assert chart.points[1] == pytest.approx(2.0 ** (1.0 / 3.6))
    assert "3.6" in chart.method.name


def test_what_no_event_can_have_is_refused() -> None:
    with pytest.raises(InvalidOptionError, match="Index 1"):
        g_chart([3, -1])
    with pytest.raises(InvalidOptionError, match="Index 0"):
        t_chart([0.0, 1.0])
    with pytest.raises(TooFewValuesError, match="equal"):
        t_chart([2.0, 2.0, 2.0])
    with pytest.raises(InvalidOptionError, match="no known law"):
        t_chart([1.0, 2.0], model="normal")
    with pytest.raises(InvalidOptionError, match="no known limits"):
        g_chart([1, 2], limits="normal")
