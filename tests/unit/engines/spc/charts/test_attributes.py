from __future__ import annotations

import math

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.spc.charts.attributes import c_chart, np_chart, p_chart, u_chart
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.rules import RuleChoice

COUNTS, SIZES = [4, 0, 7, 3], [50, 40, 60, 50]


def test_p_and_np_say_the_same_in_other_units() -> None:
    shares, counts = p_chart(COUNTS, SIZES), np_chart(COUNTS, SIZES)
    assert shares.center[0] == pytest.approx(14 / 200)
    assert counts.points == pytest.approx(shares.points * SIZES)
    assert counts.upper == pytest.approx(shares.upper * SIZES)
    assert counts.scores == pytest.approx(shares.scores)
    assert np.array_equal(counts.alarms, shares.alarms)


def test_u_of_equal_areas_is_c_over_the_area() -> None:
    rates, counts = u_chart(COUNTS, 2.0), c_chart(COUNTS)
    assert 2.0 * rates.upper == pytest.approx(counts.upper)
    assert np.array_equal(rates.alarms, counts.alarms)


def test_limits_of_unequal_samples() -> None:
    chart = p_chart(COUNTS, SIZES)
    assert chart.upper[1] == pytest.approx(0.07 + 3.0 * math.sqrt(0.07 * 0.93 / 40))
    assert chart.lower.tolist() == [0.0] * 4


def test_limits_end_where_counts_and_shares_end() -> None:
    assert p_chart([4, 5], 5).upper.tolist() == [1.0, 1.0]
    assert np_chart([4, 5], 5).upper.tolist() == [5.0, 5.0]
    assert c_chart([1, 2]).lower.tolist() == [0.0, 0.0]


def test_a_count_of_zero_is_not_below_a_limit_that_was_cut_off() -> None:
    chart = c_chart([0, 1, 2], ChartOptions(RuleChoice("shewhart", strict=False)))
    assert chart.lower[0] == chart.points[0] == 0.0
    assert chart.out_of_limits == ()


def test_laney_narrows_or_widens_by_the_moving_ranges_of_z() -> None:
    rng = np.random.default_rng(1)
    sizes = np.full(400, 5000)
    spread = p_chart(rng.binomial(sizes, rng.normal(0.2, 0.02, 400)), sizes, laney=True)
    pure = p_chart(rng.binomial(sizes, 0.2), sizes, laney=True)
    ideal = math.sqrt(0.2 * 0.8 / 5000)
    assert float(pure.spread[0]) == pytest.approx(ideal, rel=0.1)
    assert float(spread.spread[0]) == pytest.approx(math.hypot(ideal, 0.02), rel=0.1)
    assert u_chart([3, 9, 2, 8], 1.0, laney=True).spread[0] > u_chart([3, 9, 2, 8], 1.0).spread[0]


def test_known_share_and_no_counts_at_all() -> None:
    assert p_chart(COUNTS, 100, ChartOptions(known=Known(mean=0.1))).center[0] == 0.1
    none = c_chart([0, 0, 0])
    assert none.upper[0] == none.lower[0] == 0.0
    assert not none.alarms.any()


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InvalidOptionError, match="Index 1: 6 in 5"):
        p_chart([1, 6], 5)
    with pytest.raises(InvalidOptionError, match="Index 0"):
        c_chart([-1, 2])
    with pytest.raises(InvalidOptionError):
        u_chart([1, 2], [0.0, 1.0])
    with pytest.raises(ShapeError):
        u_chart([1, 2], [1.0, 1.0, 1.0])
    with pytest.raises(TooFewValuesError):
        c_chart([3])
    with pytest.raises(InvalidOptionError, match="Laney"):
        p_chart([1, 2, 3, 4], 9, ChartOptions(excluded=excluded(1, 2)), laney=True)


def excluded(*places: int) -> tuple:
    from samegauge.quantities.method import Exclusion

    return tuple(Exclusion(place, "reason", "原因") for place in places)
