from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, norm, t

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.short_run import dnom_charts, members, q_chart, z_mr_charts
from samegauge.engines.spc.charts.subgroups import xbar_r_charts
from samegauge.engines.spc.constants import PRINTED, d2
from samegauge.quantities.method import Exclusion

RNG = np.random.default_rng(1)
VALUES = RNG.normal(20.0, 0.3, 24)
PARTS = np.array([0, 0, 0, 1, 1, 1] * 4)


def test_one_nominal_is_an_ordinary_chart() -> None:
    pair, plain = dnom_charts(VALUES, np.full(24, 20.0)), imr_charts(VALUES - 20.0)
    assert np.array_equal(pair.location.upper, plain.location.upper)
    assert "deviations from nominal" in pair.location.method.name
    assert "one sigma" in pair.location.method.assumed[-1]
    groups = VALUES.reshape(6, 4)
    grouped = dnom_charts(groups, np.full(6, 20.0)).dispersion
    assert grouped.upper == pytest.approx(xbar_r_charts(groups).dispersion.upper)


def test_nominals_bring_parts_of_different_size_together() -> None:
    nominals = np.where(PARTS == 1, 30.0, 20.0)
    moved = VALUES + np.where(PARTS == 1, 10.0, 0.0)
    assert dnom_charts(moved, nominals).location.points == pytest.approx(VALUES - 20.0)


def test_z_by_hand_and_the_limits_of_its_moving_range() -> None:
    pair = z_mr_charts(VALUES, PARTS, ChartOptions(constants=PRINTED))
    first = VALUES[PARTS == 0]
    sigma = np.abs(np.diff(first)).mean() / 1.128
    assert pair.location.points[PARTS == 0] == pytest.approx((first - first.mean()) / sigma)
    assert pair.dispersion.center[1] == 1.128
    assert pair.dispersion.upper[1] == pytest.approx(1.128 + 3.0 * 0.8525)  # 3.686 in printed tables
    assert pair.dispersion.points[1] == pytest.approx(abs(pair.location.points[1] - pair.location.points[0]))


def test_z_does_not_depend_on_the_size_of_a_part_nor_on_its_unit() -> None:
    scaled = np.where(PARTS == 1, 25.4 * VALUES + 3.0, VALUES)
    assert z_mr_charts(scaled, PARTS).location.points == pytest.approx(z_mr_charts(VALUES, PARTS).location.points)


def test_z_with_a_pooled_sigma_and_with_known_values() -> None:
    pooled = z_mr_charts(VALUES, PARTS, sigma="family").location
    ranges = np.concatenate([np.abs(np.diff(VALUES[part == PARTS])) for part in (0, 1)])
    expected = (VALUES[0] - VALUES[PARTS == 0].mean()) / (ranges.mean() / d2(2))
    assert pooled.points[0] == pytest.approx(expected)
    known = ChartOptions(known=Known(mean=(20.0, 21.0), sigma=(0.5, 1.0)))
    assert z_mr_charts(VALUES, PARTS, known).location.points[3] == pytest.approx(VALUES[3] - 21.0)


def test_q_statistics_by_their_formula_part_by_part() -> None:
    found = q_chart(VALUES, PARTS).points
    for part in (0, 1):
        x = VALUES[part == PARTS]
        expected = [np.nan, np.nan]
        for r in range(3, x.size + 1):
            before = x[: r - 1]
            value = np.sqrt((r - 1) / r) * (x[r - 1] - before.mean()) / before.std(ddof=1)
            expected.append(norm.ppf(t.cdf(value, r - 2)))
        assert found[part == PARTS] == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_q_with_known_mean_or_sigma_or_both() -> None:
    zero = np.zeros(24, dtype=int)
    both = q_chart(VALUES, zero, ChartOptions(known=Known(mean=20.0, sigma=0.3))).points
    assert both == pytest.approx((VALUES - 20.0) / 0.3)
    sigma = q_chart(VALUES, zero, ChartOptions(known=Known(sigma=0.3))).points
    assert sigma[4] == pytest.approx(np.sqrt(4 / 5) * (VALUES[4] - VALUES[:4].mean()) / 0.3)
    mean = q_chart(VALUES, zero, ChartOptions(known=Known(mean=20.0))).points
    spread = np.sqrt(((VALUES[:4] - 20.0) ** 2).mean())
    assert mean[4] == pytest.approx(norm.ppf(t.cdf((VALUES[4] - 20.0) / spread, 4)))
    assert np.isnan([both, sigma, mean]).sum(axis=1).tolist() == [0, 1, 1]


@pytest.mark.parametrize("sigma", ["own", "family"])
def test_q_statistics_are_standard_normal_and_independent(sigma: str) -> None:
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(400):
        x = rng.normal([10.0, 50.0, 7.0] * 6, 0.2)
        rows.append(q_chart(x, np.tile([0, 1, 2], 6), sigma="own" if sigma == "own" else "family").points)
    q = np.array(rows)
    seen = q[:, ~np.isnan(q[0])]
    assert seen.shape[1] == (12 if sigma == "own" else 14)
    assert kstest(seen.ravel(), "norm").pvalue > 0.01
    assert np.abs(np.corrcoef(seen[:, :-1].ravel(), seen[:, 1:].ravel())[0, 1]) < 0.04


def test_an_excluded_value_is_judged_and_not_learned_from() -> None:
    x, zero = np.append(VALUES[:10], [35.0, 20.1]), np.zeros(12, dtype=int)
    excluded = ChartOptions(excluded=(Exclusion(10, "burr", "毛邊"),))
    chart = q_chart(x, zero, excluded)
    assert 10 in chart.out_of_limits
    assert chart.points[11] == pytest.approx(q_chart(np.delete(x, 10), zero[:11]).points[10])


def test_equal_values_have_no_q() -> None:
    assert np.isnan(q_chart([5.0] * 6, [0] * 6).points).all()


def test_families_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="member numbers"):
        members([1.0, 2.0], [0])
    with pytest.raises(ShapeError, match="nominals"):
        dnom_charts([1.0, 2.0], [1.0])
    with pytest.raises(TooFewValuesError, match="Part 1"):
        z_mr_charts([1.0, 2.0, 3.0], [0, 0, 1])
    for draw in (z_mr_charts, q_chart):
        with pytest.raises(InvalidOptionError, match="stages"):
            draw([1.0, 2.0, 3.0], [0, 0, 0], ChartOptions(stages=(1, 1, 2)))
