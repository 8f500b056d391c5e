from __future__ import annotations

import math

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.rules import RuleChoice
from samegauge.engines.spc.charts.subgroups import Spread, subgroups, xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.constants import c4, d2, d3

GROUPS = [[1.0, 3.0, 2.0], [2.0, 6.0], [4.0], [3.0, 3.5, 5.0, 2.0]]


def test_unequal_subgroups_in_numbers() -> None:
    seen = subgroups(GROUPS)
    assert seen.values.tolist() == [2.0, 4.0, 4.0, 3.375]
    assert seen.sizes.tolist() == [3.0, 2.0, 1.0, 4.0]
    assert seen.ranges[[0, 1, 3]].tolist() == [2.0, 4.0, 3.0]
    assert seen.deviations[0] == 1.0
    assert math.isnan(seen.ranges[2])


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        ("rbar-unweighted", np.mean([2.0 / d2(3), 4.0 / d2(2), 3.0 / d2(4)])),
        (
            "rbar",
            sum(r / d2(n) * (d2(n) / d3(n)) ** 2 for r, n in ((2.0, 3), (4.0, 2), (3.0, 4)))
            / sum((d2(n) / d3(n)) ** 2 for n in (3, 2, 4)),
        ),
        ("sbar-unweighted", np.mean([np.std(one, ddof=1) / c4(len(one)) for one in GROUPS if len(one) > 1])),
        (
            "sbar",
            sum(np.std(one, ddof=1) * c4(len(one)) / (1 - c4(len(one)) ** 2) for one in GROUPS if len(one) > 1)
            / sum(c4(n) ** 2 / (1 - c4(n) ** 2) for n in (3, 2, 4)),
        ),
        ("pooled-biased", math.sqrt(sum(np.var(one, ddof=0) * len(one) for one in GROUPS) / 6.0)),
        ("pooled", math.sqrt(sum(np.var(one, ddof=0) * len(one) for one in GROUPS) / 6.0) / c4(7)),
    ],
)
def test_estimators_of_unequal_subgroups(estimator: Spread, expected: float) -> None:
    chart = xbar_r_charts(GROUPS, estimator=estimator).location
    assert chart.sigma == pytest.approx(expected, rel=1e-12)
    assert chart.center == pytest.approx(np.mean(np.concatenate(GROUPS)))
    assert chart.upper - chart.center == pytest.approx(3.0 * expected / np.sqrt([3, 2, 1, 4]))


def test_equal_subgroups_give_the_same_sigma_weighted_or_not() -> None:
    x = np.random.default_rng(1).normal(size=(30, 5))
    for pair in (("rbar", "rbar-unweighted"), ("sbar", "sbar-unweighted")):
        one, other = (xbar_r_charts(x, estimator=name).location.sigma[0] for name in pair)
        assert one == pytest.approx(other, rel=1e-12)


def test_a_subgroup_of_one_has_a_mean_and_no_range() -> None:
    pair = xbar_r_charts(GROUPS)
    assert math.isnan(pair.dispersion.points[2])
    assert not pair.dispersion.alarms[2]
    assert np.isfinite(pair.location.upper).all()


def test_limits_of_ranges_and_deviations() -> None:
    options = ChartOptions(known=Known(sigma=2.0))
    ranges, deviations = xbar_r_charts(GROUPS, options).dispersion, xbar_s_charts(GROUPS, options).dispersion
    assert ranges.center[0] == pytest.approx(2.0 * d2(3))
    assert ranges.upper[0] == pytest.approx(2.0 * (d2(3) + 3.0 * d3(3)))
    assert ranges.lower[0] == 0.0
    assert deviations.center[3] == pytest.approx(2.0 * c4(4))
    assert deviations.upper[3] == pytest.approx(2.0 * (c4(4) + 3.0 * math.sqrt(1.0 - c4(4) ** 2)))


def test_zones_use_the_sigma_of_the_mean_with_known_values_too() -> None:
    """Means of 9 at 1.5 sigma of single values lie at 4.5 sigma of a mean; zones of single values would see nothing."""
    x = np.tile([1.4, 1.5, 1.6], 3) + np.zeros((4, 1))
    chart = xbar_r_charts(x, ChartOptions(RuleChoice("western-electric"), known=Known(mean=0.0, sigma=1.0))).location
    assert chart.scores == pytest.approx(4.5)
    assert {one.rule for one in chart.violations} == {1, 2}


def test_groups_without_spread_have_limits_without_width_and_no_alarms() -> None:
    pair = xbar_s_charts([[2.0, 2.0], [2.0, 2.0], [2.0, 2.0]])
    assert pair.location.upper[0] == pair.location.lower[0] == 2.0
    assert not pair.location.alarms.any()


def test_broken_subgroups_are_refused() -> None:
    with pytest.raises(ShapeError, match="no subgroups"):
        subgroups(np.empty((0, 3)))
    with pytest.raises(ShapeError, match="no values"):
        subgroups([[1.0, 2.0], []])
    with pytest.raises(NonFiniteValuesError):
        subgroups([[1.0, np.nan], [1.0]])
    with pytest.raises(TooFewValuesError, match="two values"):
        xbar_r_charts([[1.0], [2.0], [3.0]])
    with pytest.raises(InvalidOptionError, match="no estimator"):
        xbar_r_charts(GROUPS, estimator="median")  # type: ignore[arg-type]
