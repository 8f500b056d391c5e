from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.spc.capability.dispersion import (
    DofConvention,
    WithinEstimator,
    WithinOptions,
    overall_sigma,
    resolved_estimator,
    within_sigma,
)
from samegauge.engines.spc.charts.individuals import individuals_chart
from samegauge.engines.spc.charts.subgroups import xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.constants import PRINTED, c4

OF_SUBGROUPS = [one for one in WithinEstimator if not one.of_single_values]
OF_SINGLE_VALUES = [one for one in WithinEstimator if one.of_single_values]
SEEDED = settings(derandomize=True, deadline=None, max_examples=60)


def data(count: int = 60, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(10.0, 0.3, count)


@pytest.mark.parametrize("estimator", OF_SUBGROUPS)
@SEEDED
@given(scale=st.floats(0.01, 100.0), shift=st.floats(-50.0, 50.0), seed=st.integers(0, 999))
def test_estimates_follow_the_unit_and_ignore_order_within_subgroups(
    estimator: WithinEstimator, scale: float, shift: float, seed: int
) -> None:
    groups = data().reshape(12, 5)
    shuffled = np.random.default_rng(seed).permuted(groups, axis=1)
    plain = within_sigma(groups, estimator)
    assert within_sigma(shuffled, estimator).sigma == pytest.approx(plain.sigma, rel=1e-12)
    assert within_sigma(shift - scale * groups, estimator).sigma == pytest.approx(scale * plain.sigma, rel=1e-9)


@pytest.mark.parametrize("estimator", OF_SINGLE_VALUES)
def test_moving_ranges_read_the_same_forwards_and_backwards(estimator: WithinEstimator) -> None:
    values = data()
    plain = within_sigma(values, estimator)
    assert within_sigma(values[::-1], estimator).sigma == pytest.approx(plain.sigma, rel=1e-12)
    assert within_sigma(3.0 - 2.0 * values, estimator).sigma == pytest.approx(2.0 * plain.sigma, rel=1e-12)
    assert plain.dof < values.size


@pytest.mark.parametrize("estimator", OF_SUBGROUPS)
def test_sizes_that_are_equal_are_rows(estimator: WithinEstimator) -> None:
    groups = data().reshape(12, 5)
    rows, cut = within_sigma(groups, estimator), within_sigma(groups.ravel(), estimator, [5] * 12)
    assert (rows.sigma, rows.dof, rows.constants) == (cut.sigma, cut.dof, cut.constants)


def test_unequal_subgroups_are_those_of_the_charts() -> None:
    sizes = [2, 5, 3, 1, 4, 5]
    groups = np.split(data(20), np.cumsum(sizes)[:-1])
    flat = np.concatenate(groups)
    for estimator, chart in (
        (WithinEstimator.MEAN_RANGE, xbar_r_charts(groups, estimator="rbar")),
        (WithinEstimator.MEAN_DEVIATION, xbar_s_charts(groups, estimator="sbar")),
        (WithinEstimator.POOLED, xbar_s_charts(groups, estimator="pooled")),
    ):
        found = within_sigma(flat, estimator, sizes)
        assert found.sigma == pytest.approx(float(chart.location.sigma[0]), rel=1e-12)
        assert "subgroup" not in found.constants
    biased = within_sigma(flat, WithinEstimator.POOLED, sizes, WithinOptions(unbiased=False))
    theirs = xbar_s_charts(groups, estimator="pooled-biased").location
    assert biased.sigma == pytest.approx(float(theirs.sigma[0]), rel=1e-12)


def test_single_values_are_those_of_the_chart() -> None:
    values = data()
    found = within_sigma(values, WithinEstimator.MEAN_MOVING_RANGE)
    assert found.sigma == pytest.approx(individuals_chart(values).sigma, rel=1e-12)
    rounded = within_sigma(values, WithinEstimator.MEAN_MOVING_RANGE, options=WithinOptions(ranges=PRINTED))
    assert rounded.constants["d2"] == 1.128
    median = within_sigma(values, WithinEstimator.MEDIAN_MOVING_RANGE, options=WithinOptions(ranges=PRINTED))
    assert median.constants["d4"] == 0.954
    assert median.sigma == pytest.approx(np.median(np.abs(np.diff(values))) / 0.954)


def test_unbiasing_is_a_switch() -> None:
    groups = data().reshape(12, 5)
    raw = WithinOptions(unbiased=False)
    pooled = within_sigma(groups, WithinEstimator.POOLED, options=raw)
    assert pooled.sigma == pytest.approx(math.sqrt(float(groups.var(axis=1, ddof=1).mean())))
    assert within_sigma(groups, WithinEstimator.POOLED).sigma == pytest.approx(pooled.sigma / c4(49))
    deviations = within_sigma(groups, WithinEstimator.MEAN_DEVIATION, options=raw)
    assert deviations.sigma == pytest.approx(float(groups.std(axis=1, ddof=1).mean()))
    assert within_sigma(groups, WithinEstimator.MEAN_DEVIATION).sigma == pytest.approx(deviations.sigma / c4(5))
    assert overall_sigma(groups.ravel(), unbiased=True) == pytest.approx(groups.std(ddof=1) / c4(60))


def test_no_range_crosses_the_end_of_a_stretch() -> None:
    values = [1.0, 2.0, 50.0, 51.0, 53.0]
    found = within_sigma(values, WithinEstimator.MEAN_MOVING_RANGE, [2, 3])
    assert found.sigma == pytest.approx((1.0 + 1.0 + 2.0) / 3.0 * math.sqrt(math.pi) / 2.0)


@pytest.mark.parametrize("estimator", list(WithinEstimator))
def test_degrees_of_freedom_and_bias_by_simulation(estimator: WithinEstimator) -> None:
    rng = np.random.default_rng(31)
    shape = (150,) if estimator.of_single_values else (15, 4)
    found = [within_sigma(rng.normal(size=shape), estimator) for _ in range(6000)]
    sigma = np.array([one.sigma for one in found])
    # The median is unbiased for long series only: 0.3 % at 150 values.
    assert sigma.mean() == pytest.approx(1.0, abs=0.008 if estimator is WithinEstimator.MEDIAN_MOVING_RANGE else 0.004)
    assert sigma.mean() ** 2 / (2.0 * sigma.var()) == pytest.approx(found[0].dof, rel=0.06)


def test_degrees_of_freedom_as_qcc_counts_them() -> None:
    counted = WithinOptions(dof=DofConvention.VALUES)
    assert within_sigma(data().reshape(12, 5), WithinEstimator.MEAN_RANGE, options=counted).dof == 59.0


def test_equal_values_have_no_spread() -> None:
    assert overall_sigma([0.1 + 0.2] * 7) == 0.0
    assert within_sigma([4.0] * 7, WithinEstimator.MEAN_MOVING_RANGE).sigma == 0.0


def test_broken_input_is_refused() -> None:
    with pytest.raises(ShapeError):
        within_sigma(data(), WithinEstimator.POOLED)
    with pytest.raises(ShapeError):
        within_sigma(data(), WithinEstimator.POOLED, [5, 5])
    with pytest.raises(ShapeError):
        within_sigma(data(), WithinEstimator.POOLED, [60, 0])
    with pytest.raises(ShapeError):
        within_sigma(data().reshape(12, 5), WithinEstimator.MEAN_MOVING_RANGE)
    with pytest.raises(ShapeError):
        within_sigma(data().reshape(12, 5), WithinEstimator.POOLED, [60])
    with pytest.raises(TooFewValuesError):
        within_sigma([1.0, 2.0, 3.0], WithinEstimator.POOLED, [1, 1, 1])
    with pytest.raises(TooFewValuesError):
        within_sigma([1.0, 2.0], WithinEstimator.MEAN_MOVING_RANGE, [1, 1])
    with pytest.raises(TooFewValuesError):
        overall_sigma([1.0])
    with pytest.raises(NonFiniteValuesError):
        within_sigma([1.0, math.nan], WithinEstimator.MEAN_MOVING_RANGE)
    with pytest.raises(InvalidOptionError):
        resolved_estimator(WithinEstimator.POOLED, subgroups=False)
