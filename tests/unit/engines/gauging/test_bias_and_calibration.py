"""Bias, type-1 study, linearity, calibration curves and stability: conventions, refusals, limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.gauging.bias import TypeOneOptions, bias_study, type_one_study
from samegauge.engines.gauging.calibration import band_of_curve, calibrated_values, calibration_check, fitted_curve
from samegauge.engines.gauging.linearity import linearity_study
from samegauge.engines.gauging.stability import stability_study
from samegauge.engines.laws.inference import (
    chi_square_above,
    deviation_bounds,
    fisher_above,
    fisher_quantile,
    share_bounds,
    student_quantile,
)

READINGS = [9.999, 10.001, 10.002, 10.000, 10.001, 9.998]


@given(
    probability=st.floats(0.001, 0.999),
    dof=st.floats(0.6, 500.0),
    other=st.floats(0.6, 500.0),
)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_quantiles_are_those_of_scipy(probability: float, dof: float, other: float) -> None:
    assert student_quantile(probability, dof) == pytest.approx(stats.t.ppf(probability, dof), rel=1e-7, abs=1e-9)
    ratio = fisher_quantile(probability, dof, other)
    assert ratio == pytest.approx(stats.f.ppf(probability, dof, other), rel=1e-7)
    assert fisher_above(ratio, dof, other) == pytest.approx(1.0 - probability, rel=1e-7)


def test_quantiles_with_infinite_degrees_of_freedom() -> None:
    assert student_quantile(0.975, math.inf) == pytest.approx(1.959963984540054)
    assert student_quantile(0.975, 1e9) == pytest.approx(1.959963984540054, rel=1e-8)
    assert fisher_quantile(0.95, 4.0, math.inf) == pytest.approx(stats.chi2.ppf(0.95, 4) / 4)
    assert fisher_above(math.inf, 3, 4) == 0.0
    assert chi_square_above(3.0, 2) == pytest.approx(math.exp(-1.5))
    assert deviation_bounds(2.0, 9)[0] == pytest.approx(2.0 * math.sqrt(9 / stats.chi2.ppf(0.975, 9)))


def test_bounds_of_a_share_at_its_ends() -> None:
    assert share_bounds(15, 15, one_sided_at_ends=True)[0] == pytest.approx(0.05 ** (1 / 15))
    assert share_bounds(15, 15)[0] == pytest.approx(0.025 ** (1 / 15))
    assert share_bounds(0, 7) == (0.0, pytest.approx(1.0 - 0.025 ** (1 / 7)))
    with pytest.raises(InvalidOptionError):
        share_bounds(3, 2)
    with pytest.raises(InvalidOptionError):
        share_bounds(1, 2, 0.0)


def test_bias_is_tested_as_r_does() -> None:
    """R 4.2.2, t.test(x, mu = 10)."""
    found = bias_study(READINGS, 10.0)
    assert [found.t, found.p_value] == pytest.approx([0.2773501, 0.7926129], abs=1e-7)
    assert [found.lower, found.upper] == pytest.approx([9.998621939 - 10.0, 10.001711394 - 10.0], abs=1e-9)
    assert not found.significant
    assert bias_study(READINGS, 9.9).significant


def test_equal_readings_have_no_t() -> None:
    assert bias_study([0.1] * 5, 0.1).p_value == 1.0
    off = bias_study([0.1] * 5, 0.2)
    assert (off.p_value, off.deviation, off.t) == (0.0, 0.0, -math.inf)
    study = type_one_study([0.1] * 5, 0.1, 1.0)
    assert math.isinf(study.cg)
    assert type_one_study([0.1] * 5, 0.3, 1.0).cgk == -math.inf


def test_equal_readings_prove_a_gauge_only_where_its_step_is_known_to_be_fine() -> None:
    stuck = type_one_study([10.0] * 50, 10.0, 2.0)
    fine = type_one_study([10.0] * 50, 10.0, 2.0, TypeOneOptions(resolution=0.1))
    coarse = type_one_study([10.0] * 50, 10.0, 2.0, TypeOneOptions(resolution=0.2))
    assert (stuck.capable, fine.capable, coarse.capable) == (False, True, False)
    assert [one.code for one in stuck.cautions] == [one.code for one in fine.cautions] == ["no_spread"]


def test_a_step_that_is_too_coarse_makes_no_capable_gauge() -> None:
    narrow = [9.999, 10.0, 10.001] * 9
    unasked, coarse = (type_one_study(narrow, 10.0, 0.1, TypeOneOptions(resolution=one)) for one in (None, 0.01))
    assert (unasked.capable, coarse.capable) == (True, False)
    assert unasked.cautions == ()


@given(bias=st.floats(-0.004, 0.004), scale=st.floats(0.1, 10.0))
@settings(max_examples=30, derandomize=True, deadline=None)
def test_bias_only_lowers_cgk(bias: float, scale: float) -> None:
    values = np.array(READINGS)
    study = type_one_study(scale * (values + bias), scale * 10.0, scale * 0.1)
    centred = type_one_study(values - values.mean() + 10.0, 10.0, 0.1)
    assert study.cg == pytest.approx(centred.cg, rel=1e-6)
    assert study.cgk <= study.cg
    assert centred.cgk == pytest.approx(centred.cg)


def test_conventions_of_the_type_one_study() -> None:
    six, four = (type_one_study(READINGS, 10.0, 0.1, TypeOneOptions(study_sigmas=k)) for k in (6.0, 4.0))
    assert four.cg == pytest.approx(1.5 * six.cg)
    assert four.cgk == pytest.approx(1.5 * six.cgk)
    assert four.cgk_bounds.lower == pytest.approx(1.5 * six.cgk_bounds.lower)
    assert six.cg_bounds.lower < six.cg < six.cg_bounds.upper
    fine = type_one_study(READINGS, 10.0, 0.1, TypeOneOptions(resolution=0.001))
    coarse = type_one_study(READINGS, 10.0, 0.1, TypeOneOptions(resolution=0.01))
    assert (fine.resolution_fine_enough, coarse.resolution_fine_enough, six.resolution_fine_enough) == (
        True,
        False,
        None,
    )


def test_broken_contracts_are_refused() -> None:
    with pytest.raises(TooFewValuesError):
        bias_study([1.0], 1.0)
    with pytest.raises(InvalidOptionError):
        bias_study([1.0, 2.0], math.nan)
    with pytest.raises(InvalidOptionError):
        type_one_study(READINGS, 10.0, 0.0)
    with pytest.raises(InvalidOptionError):
        fitted_curve([1, 2, 3, 4], [1, 2, 3, 4], degree=0)
    with pytest.raises(TooFewValuesError):
        fitted_curve([1, 1, 1, 1], [1, 2, 3, 4])
    with pytest.raises(ShapeError):
        fitted_curve([1, 2, 3], [1, 2])
    with pytest.raises(ShapeError):
        linearity_study([1.0, 2.0], [1.0])
    with pytest.raises(InvalidOptionError):
        linearity_study(READINGS, [10.0] * 3 + [11.0] * 3, process_variation=-1.0)
    with pytest.raises(TooFewValuesError):
        stability_study([[1.0, 1.1], [1.0, 1.2]])
    with pytest.raises(InvalidOptionError):
        stability_study(np.ones((4, 2)), baseline=5)


def test_a_polynomial_is_found_again() -> None:
    x = np.linspace(-3.0, 7.0, 12)
    curve = fitted_curve(x, 2.0 - 0.5 * x + 0.25 * x**2 - 0.01 * x**3, degree=3)
    assert [one.value for one in curve.coefficients] == pytest.approx([2.0, -0.5, 0.25, -0.01], rel=1e-9)
    assert curve.residual_deviation == pytest.approx(0.0, abs=1e-12)
    assert curve.lack_of_fit_ratio is None


def test_the_whole_band_is_wider_than_the_band_at_each_place() -> None:
    rng = np.random.default_rng(5)
    x = np.repeat(np.arange(5.0), 4)
    curve = fitted_curve(x, 3.0 + 2.0 * x + rng.normal(0, 0.1, 20))
    single, whole = (band_of_curve(curve, [0.0, 2.0, 4.0], simultaneous=both) for both in (False, True))
    assert (whole.upper > single.upper).all()
    assert (single.upper - single.fit)[1] < (single.upper - single.fit)[0]
    assert curve.lack_of_fit_p_value is not None
    assert curve.lack_of_fit_p_value > 0.01


def test_a_bent_response_is_seen_by_the_lack_of_fit_test() -> None:
    x = np.repeat(np.arange(5.0), 4)
    noise = np.tile([0.1, -0.1, 0.05, -0.05], 5)
    assert fitted_curve(x, x**2 + noise).lack_of_fit_p_value == pytest.approx(0.0, abs=1e-9)


def test_readings_are_turned_back_into_values() -> None:
    line = fitted_curve([1.0, 2.0, 3.0], [3.0, 5.0, 7.1])
    values = np.array([1.5, 2.5])
    intercept, slope = (one.value for one in line.coefficients)
    assert calibrated_values(line, intercept + slope * values) == pytest.approx(values)
    with pytest.raises(InvalidOptionError):
        calibrated_values(fitted_curve([1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 9.1, 16.0], degree=2), [1.0])
    with pytest.raises(ShapeError):
        calibration_check(line, [1.0, 2.0], [1.0])
    with pytest.raises(InvalidOptionError):
        calibration_check(line, [1.0], [1.0], standards=0)
    one, three = (calibration_check(line, [3.0], [1.0], standards=count).limit for count in (1, 3))
    assert one < three


def test_linearity_against_the_process() -> None:
    x = np.repeat([2.0, 4.0, 6.0], 4)
    y = x + 0.4 - 0.1 * x + np.tile([0.02, -0.02, 0.01, -0.01], 3)
    study = linearity_study(y, x, process_variation=10.0)
    assert study.linearity == pytest.approx(1.0)
    assert study.linearity_percent == pytest.approx(10.0)
    assert study.average_bias_percent == pytest.approx(0.0, abs=1e-9)
    assert [level.bias.significant for level in study.levels] == [True, False, True]
    flat = linearity_study(x + np.tile([0.02, -0.02, 0.01, -0.01], 3), x)
    assert flat.zero_within_band
    assert flat.linearity is None


def test_a_check_standard_that_shifts_spreads_and_drifts() -> None:
    rng = np.random.default_rng(8)
    x = 20.0 + rng.normal(0, 0.1, (20, 4)) + rng.normal(0, 0.1, (20, 1))
    calm = stability_study(x)
    assert calm.repeatability == pytest.approx(math.sqrt(x.var(axis=1, ddof=1).mean()))
    assert calm.day_to_day == pytest.approx(x.mean(axis=1).std(ddof=1))
    shifted = x.copy()
    shifted[18] += 2.0
    shifted[19] = [19.0, 21.0, 19.5, 20.5]
    found = stability_study(shifted, baseline=18)
    assert 18 in found.means_beyond
    assert 19 in found.deviations_beyond
    assert found.center == pytest.approx(stability_study(x[:18]).center)
    assert found.upper_limit == stability_study(x[:18]).upper_limit
    drifting = stability_study(x + 0.05 * np.arange(20)[:, None])
    assert drifting.drift.coefficients[1].p_value < 0.01
    assert calm.drift.coefficients[1].p_value > 0.01
