from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.laws.continuous import chi_square_quantile
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.multivariate import KnownVectors, VectorOptions, mewma_chart, t2_chart, vectors
from samegauge.engines.spc.charts.weighted import ewma_chart

RNG = np.random.default_rng(1)
VECTORS = RNG.multivariate_normal([1.0, 2.0, 3.0], [[1.0, 0.5, 0.2], [0.5, 2.0, 0.1], [0.2, 0.1, 0.5]], 40)


def test_t2_is_the_distance_in_the_metric_of_the_covariance() -> None:
    found = t2_chart(VECTORS)
    away = VECTORS - VECTORS.mean(axis=0)
    expected = np.einsum("ni,ij,nj->n", away, np.linalg.inv(np.cov(VECTORS.T)), away)
    assert found.chart.points == pytest.approx(expected, rel=1e-12)
    # Tracy, Young and Mason: the sum over the points that set the limits is (m - 1) p.
    assert found.chart.points.sum() == pytest.approx(39 * 3)


def test_t2_does_not_depend_on_the_units_of_the_variables() -> None:
    mixed = VECTORS @ np.array([[25.4, 0.0, 0.0], [1.0, 0.5, 0.0], [0.0, 3.0, 2.0]]) + [1.0, -7.0, 100.0]
    assert t2_chart(mixed).chart.points == pytest.approx(t2_chart(VECTORS).chart.points, rel=1e-9)


def test_phase_two_limits_are_wider_and_tend_to_chi_square() -> None:
    x = RNG.normal(size=(4000, 2))
    one, two = (t2_chart(x, VectorOptions(phase=phase)).chart.upper[0] for phase in (1, 2))
    assert one < chi_square_quantile(1.0 - 0.0027, 2.0) < two
    assert two == pytest.approx(one, rel=0.01)
    known = VectorOptions(known=KnownVectors((0.0, 0.0), ((1.0, 0.0), (0.0, 1.0))))
    assert t2_chart(x, known).chart.upper[0] == chi_square_quantile(1.0 - 0.0027, 2.0)


def test_alpha_per_variable_is_narrower_than_per_chart() -> None:
    assert t2_chart(VECTORS, VectorOptions(per="variable")).chart.upper[0] < t2_chart(VECTORS).chart.upper[0]


def test_successive_differences_see_a_step_that_the_sample_hides() -> None:
    x = VECTORS + np.where(np.arange(40) < 20, 0.0, 3.0)[:, None]
    steps = np.diff(x, axis=0)
    found = t2_chart(x, VectorOptions(covariance="successive-differences"))
    assert found.chart.points.mean() > 2.0 * t2_chart(x).chart.points.mean()
    assert found.covariance == pytest.approx(steps.T @ steps / 78.0)


def test_false_alarms_of_new_subgroups_are_as_rare_as_promised() -> None:
    rng, alarms = np.random.default_rng(2), 0
    options = VectorOptions(alpha=0.05, phase=2, chart=ChartOptions(baseline=15))
    for _ in range(100):
        chart = t2_chart(rng.normal(size=(115, 3, 2)), options).chart
        alarms += np.count_nonzero(chart.alarms[15:])
    assert alarms / 10_000 == pytest.approx(0.05, abs=0.012)


def test_mewma_of_one_variable_is_the_square_of_an_ewma() -> None:
    x = RNG.normal(size=30)
    ewma = ewma_chart(imr_charts(x, ChartOptions(known=Known(mean=0.0, sigma=1.0))).location, 0.2)
    found = mewma_chart(x[:, None], 9.0, 0.2, VectorOptions(known=KnownVectors((0.0,), ((1.0,),))))
    assert found.chart.points == pytest.approx(ewma.scores**2, rel=1e-12)


def test_mewma_of_weight_one_is_t2() -> None:
    options = VectorOptions(chart=ChartOptions(baseline=25))
    assert np.array_equal(
        mewma_chart(VECTORS, 10.0, 1.0, options).chart.points, t2_chart(VECTORS, options).chart.points
    )


def test_covariance_within_subgroups_is_the_mean_of_theirs() -> None:
    groups = VECTORS.reshape(10, 4, 3)
    found = t2_chart(groups)
    assert found.covariance == pytest.approx(np.mean([np.cov(group.T) for group in groups], axis=0))
    assert found.mean == pytest.approx(VECTORS.mean(axis=0))


def test_what_makes_no_chart_is_refused() -> None:
    with pytest.raises(InvalidOptionError, match="singular"):
        t2_chart(np.column_stack([VECTORS[:, 0], VECTORS[:, 0]]))
    with pytest.raises(InvalidOptionError, match="alpha"):
        t2_chart(VECTORS, VectorOptions(alpha=1.0))
    with pytest.raises(TooFewValuesError):
        t2_chart(VECTORS[:4])
    with pytest.raises(TooFewValuesError, match="degrees of freedom"):
        t2_chart(VECTORS[:6], VectorOptions(covariance="successive-differences"))
    with pytest.raises(InvalidOptionError, match="3 variables"):
        t2_chart(VECTORS, VectorOptions(known=KnownVectors((0.0,), ((1.0,),))))
    with pytest.raises(InvalidOptionError, match="weight"):
        mewma_chart(VECTORS, 10.0, 0.0)
    with pytest.raises(ShapeError):
        vectors(np.empty((0, 2)))
