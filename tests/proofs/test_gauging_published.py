"""Gauge studies against figures that others published; sources in shared/data/*/SOURCE.md or beside the numbers."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from nist_files import recorded

from samegauge.engines.gauging.agreement import KappaWeights, cohen_kappa, fleiss_kappa, kendall_tau, kendall_w
from samegauge.engines.gauging.attributes import AttributeOptions, KappaConvention, attribute_study
from samegauge.engines.gauging.bias import DeviationEstimator, bias_study, type_one_study
from samegauge.engines.gauging.calibration import Curve, band_of_curve, calibration_check, fitted_curve
from samegauge.engines.gauging.layout import crossed_block
from samegauge.engines.gauging.linearity import linearity_study
from samegauge.engines.gauging.ranges import d2_star, gauge_rr_ranges, range_dof
from samegauge.engines.gauging.repeatability import gauge_rr_automatic, gauge_rr_crossed, gauge_rr_nested
from samegauge.engines.gauging.study import GaugeStudy, GaugeVerdict, Source, StudyOptions
from samegauge.engines.gauging.variances import modified_large_sample_bounds

JASP = "jasp-qcc-expected/"
NIST = "nist-dataplot-spc/"

# AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III: 10 parts, 3 appraisers, 3 trials.
AIAG = np.array(
    [
        [
            [0.29, -0.56, 1.34, 0.47, -0.80, 0.02, 0.59, -0.31, 2.26, -1.36],
            [0.41, -0.68, 1.17, 0.50, -0.92, -0.11, 0.75, -0.20, 1.99, -1.25],
            [0.64, -0.58, 1.27, 0.64, -0.84, -0.21, 0.66, -0.17, 2.01, -1.31],
        ],
        [
            [0.08, -0.47, 1.19, 0.01, -0.56, -0.20, 0.47, -0.63, 1.80, -1.68],
            [0.25, -1.22, 0.94, 1.03, -1.20, 0.22, 0.55, 0.08, 2.12, -1.62],
            [0.07, -0.68, 1.34, 0.20, -1.28, 0.06, 0.83, -0.34, 2.19, -1.50],
        ],
        [
            [0.04, -1.38, 0.88, 0.14, -1.46, -0.29, 0.02, -0.46, 1.77, -1.49],
            [-0.11, -1.13, 1.09, 0.20, -1.07, -0.67, 0.01, -0.56, 1.45, -1.77],
            [-0.15, -0.96, 0.67, 0.11, -1.45, -0.49, 0.21, -0.49, 1.87, -2.16],
        ],
    ]
).transpose(2, 0, 1)


def expected(file: str, data_set: str, word: str = "") -> dict[str, str]:
    with recorded(file + "expected.csv").open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["data_set"] == data_set and word in row.get("case", "")]
    return {row["quantity"]: row["value"] for row in rows}


def as_printed(value: float, printed: str) -> bool:
    """Within half a unit of the last digit printed; figures of 15 digits are compared to 1e-12."""
    last = Decimal(printed).as_tuple().exponent
    assert isinstance(last, int)
    return abs(value - float(printed)) <= max(0.5000001 * 10.0**last, 1e-12 * abs(value))


def assert_printed(values: dict[str, float], printed: dict[str, str]) -> None:
    assert values.keys() == printed.keys()
    assert [name for name, value in values.items() if not as_printed(value, printed[name])] == []


def columns(name: str) -> np.ndarray:
    lines = recorded(f"{NIST}{name}.DAT").read_text(encoding="ascii").splitlines()[25:]
    return np.array([[float(word) for word in line.split()] for line in lines if line.strip()])


def crossed_of_jasp(options: StudyOptions) -> GaugeStudy:
    with recorded(JASP + "jasp_msaGaugeRRCrossed_long.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    block = crossed_block(
        [float(row["Dm"]) for row in rows], [row["Parts"] for row in rows], [row["Operators"] for row in rows]
    )
    return gauge_rr_crossed(block.readings, options)


def test_crossed_study_of_jasp() -> None:
    study = crossed_of_jasp(StudyOptions(pooling_alpha=0.05))
    squares = {row.source: row.mean_square for row in study.anova}
    assert_printed(
        {
            "MS_parts": squares["part"],
            "MS_operators": squares["operator"],
            "MS_interaction": squares["operator*part"],
            "MS_error": squares["repeatability"],
            "var_total_GRR": study.gauge.variance,
            "contribution_GRR_%": study.gauge.contribution_percent,
            "var_repeatability": study.components[Source.REPEATABILITY].variance,
            "var_part": study.components[Source.PART].variance,
            "study_variation_GRR_%": study.gauge.study_percent,
        },
        expected(JASP, "jasp_msaGaugeRRCrossed_long.csv"),
    )
    assert (study.parts, study.operators, study.trials, study.distinct_categories) == (10, 3, 3, 11)


def test_the_pooling_convention_decides_what_the_same_readings_give() -> None:
    pooled, kept = (crossed_of_jasp(StudyOptions(pooling_alpha=alpha)) for alpha in (0.25, None))
    assert pooled.anova_pooled is not None
    assert kept.anova_pooled is None
    assert kept.components[Source.INTERACTION].variance == pytest.approx((0.157098765432099 - 0.127777777777778) / 3)
    assert kept.gauge.variance > pooled.gauge.variance


def test_analysis_of_variance_of_the_aiag_manual() -> None:
    study = gauge_rr_crossed(AIAG)
    sums = [round(row.sum_of_squares, 4) for row in study.anova]
    assert sums == [88.3619, 3.1673, 0.3590, 2.7589, 94.6471]
    assert study.anova[2].ratio == pytest.approx(0.434, abs=5e-4)
    deviations = {source: round(one.deviation, 5) for source, one in study.components.items()}
    assert deviations[Source.REPEATABILITY] == 0.19993
    assert deviations[Source.REPRODUCIBILITY] == 0.22684
    assert deviations[Source.PART] == 1.04233
    assert study.gauge.deviation == pytest.approx(0.302373, abs=2e-6)
    assert [round(study.components[source].study_percent, 1) for source in (Source.GAUGE, Source.PART)] == [27.9, 96.0]
    assert study.distinct_categories == 4
    assert study.verdict is GaugeVerdict.CONDITIONAL


def test_average_and_range_form_of_the_aiag_manual() -> None:
    """The manual rounds its mean range and its constants to four digits."""
    study = gauge_rr_ranges(AIAG)
    printed = {
        Source.REPEATABILITY: (0.20188, 17.62),
        Source.REPRODUCIBILITY: (0.22963, 20.04),
        Source.GAUGE: (0.30575, 26.68),
        Source.PART: (1.10456, 96.38),
        Source.TOTAL: (1.14610, 100.0),
    }
    for source, (deviation, percent) in printed.items():
        assert study.components[source].deviation == pytest.approx(deviation, abs=1.2e-4)
        assert study.components[source].study_percent == pytest.approx(percent, abs=0.01)
    assert study.distinct_categories == 5


def test_constants_of_the_aiag_manual() -> None:
    # Appendix C (d2* and degrees of freedom for one range) and the factors K1, K2, K3 of the form.
    assert [round(d2_star(size, 1), 5) for size in (2, 3, 4, 5)] == [1.41421, 1.91154, 2.23887, 2.48125]
    assert [round(range_dof(size, 1), 1) for size in (2, 3, 4, 5, 10)] == [1.0, 2.0, 2.9, 3.8, 7.7]
    k2 = [round(1.0 / d2_star(size, 1), 4) for size in (2, 3)]
    k3 = [round(1.0 / d2_star(size, 1), 4) for size in range(2, 11)]
    assert k2 == [0.7071, 0.5231]
    assert k3 == [0.7071, 0.5231, 0.4467, 0.4030, 0.3742, 0.3534, 0.3375, 0.3249, 0.3146]


def test_nested_components_of_the_line_widths_of_nist() -> None:
    table = columns("LITHOGRA")
    study = gauge_rr_nested(table[:, 3].reshape(30, 3, 5))
    values = bias_study(table[:, 3], 0.0)
    assert_printed(
        {
            "raw_line_width_mean": values.mean,
            "raw_line_width_sd": values.deviation,
            "nested_MS_cassette": study.anova[0].mean_square,
            "nested_MS_wafer_in_cassette": study.anova[1].mean_square,
            "nested_MS_site": study.anova[2].mean_square,
            "nested_var_cassette": study.components[Source.OPERATOR].variance,
            "nested_var_wafer": study.components[Source.PART].variance,
            "nested_var_site": study.components[Source.REPEATABILITY].variance,
        },
        expected(NIST, "LITHOGRA"),
    )


def test_one_way_analysis_of_the_machines_of_nist() -> None:
    table = columns("CHARACTERIZE-3_2_3_1")
    study = gauge_rr_automatic([table[table[:, 0] == machine, 1] for machine in range(1, 6)])
    ratio = study.anova[0].ratio
    assert ratio is not None
    assert_printed(
        {
            "anova_MS_machine": study.anova[0].mean_square,
            "anova_MS_residual": study.anova[1].mean_square,
            "anova_F": ratio,
        },
        expected(NIST, "CHARACTERIZE-3_2_3_1"),
    )


def linearity_of_jasp() -> np.ndarray:
    with recorded(JASP + "jasp_msaLinearity.csv").open(encoding="utf-8-sig", newline="") as opened:
        return np.array([(float(row["Measurement"]), float(row["Reference"])) for row in csv.DictReader(opened)])


def test_linearity_of_the_aiag_manual_as_jasp_computes_it() -> None:
    table = linearity_of_jasp()
    study = linearity_study(table[:, 0], table[:, 1])
    biases = {f"bias_ref{level.reference:g}": level.bias.bias for level in study.levels}
    assert_printed(
        {"intercept": study.intercept, "slope": study.slope, **biases, "R2": study.line.r_squared},
        expected(JASP, "jasp_msaLinearity.csv"),
    )
    # The manual prints t = 10.158 and -12.043 and a residual deviation of 0.23954.
    assert [round(one.t, 3) for one in study.line.coefficients] == [10.158, -12.043]
    assert round(study.line.residual_deviation, 5) == 0.23954
    assert not study.zero_within_band


def test_band_of_the_line_is_that_of_r() -> None:
    """R 4.2.2, predict(lm(bias ~ reference), interval = "confidence")."""
    table = linearity_of_jasp()
    line = fitted_curve(table[:, 1], table[:, 0] - table[:, 1])
    band = band_of_curve(line, [2.0, 6.0, 10.0])
    assert band.lower == pytest.approx([0.366115890056, -0.115235353071, -0.687217443277], rel=1e-11)
    assert band.upper == pytest.approx([0.58055077661034, 0.00856868640447, -0.47278255672299], rel=1e-11)
    assert line.coefficients[1].p_value < 2.3e-16
    assert line.coefficients[0].p_value == pytest.approx(1.7338e-14, rel=1e-4)


def test_bias_of_the_aiag_manual_by_its_range() -> None:
    """Chapter III, bias example: 15 readings, reference 6.00, deviation from the range with 10.8 degrees of freedom."""
    readings = [5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1, 6.2, 5.6, 6.0]
    found = bias_study(readings, 6.0, estimator=DeviationEstimator.RANGE)
    assert [round(found.bias, 4), round(found.dof, 1)] == [0.0067, 10.8]
    assert found.deviation == pytest.approx(0.22514, abs=1e-5)
    # The manual rounds the bias to 0.0067 before it divides.
    assert found.t == pytest.approx(0.1153, abs=7e-4)


def test_type_one_study_of_jasp() -> None:
    """jaspQualityControl 0.97.1, test-msaType1Gauge.R: n 50, mean -3.946, deviation .420014577, reference -4, T 15."""
    pattern = np.tile([-1.0, 1.0], 25)
    readings = -3.946 + 0.420014577006512 * pattern / pattern.std(ddof=1)
    study = type_one_study(readings, -4.0, 15.0)
    assert [round(study.cg, 2), round(study.cgk, 2)] == [1.19, 1.15]
    percents = [study.repeatability_percent, study.repeatability_and_bias_percent]
    assert [round(one, 2) for one in percents] == [16.8, 17.43]
    bias = study.bias
    assert [bias.t, bias.p_value] == pytest.approx([0.909105737620188, 0.367744349288335], rel=1e-9)
    assert [bias.lower, bias.upper] == pytest.approx([-0.0653668220476197, 0.17336682204762], rel=1e-9)
    assert not study.capable


def test_load_cell_of_nist() -> None:
    table = columns("LOADCELL")
    curve = fitted_curve(table[:, 0], table[:, 1], degree=2)
    a0, a1, a2 = curve.coefficients
    assert_printed(
        {
            "quadratic_a0": a0.value,
            "quadratic_a1": a1.value,
            "quadratic_a2": a2.value,
            "quadratic_residual_sd": curve.residual_deviation,
        },
        expected(NIST, "LOADCELL"),
    )
    # R 4.2.2, anova(lm(y ~ x + I(x^2)), lm(y ~ factor(x))) and coefficient errors.
    assert curve.lack_of_fit_ratio == pytest.approx(0.34767, abs=5e-6)
    assert curve.lack_of_fit_p_value == pytest.approx(0.9368, abs=5e-5)
    assert [a0.error, a1.error, a2.error] == pytest.approx(
        [2.45072198938e-05, 4.83869944763e-06, 2.01361279390e-07], rel=1e-11
    )


def calibration_line_of_nist() -> Curve:
    table = columns("CALIBRATIONLINE")
    return fitted_curve(table[:, 0], table[:, 1])


def test_calibration_line_of_nist() -> None:
    line = calibration_line_of_nist()
    assert_printed(
        {
            "line_intercept": line.coefficients[0].value,
            "line_slope": line.coefficients[1].value,
            "line_residual_sd": line.residual_deviation,
        },
        expected(NIST, "CALIBRATIONLINE"),
    )


def test_control_of_a_calibration_line_of_the_nist_handbook() -> None:
    """Section 2.3.7.1: a line of 0.2817 + 0.9767 x, s = 0.06826, 38 degrees of freedom; day 4 is out."""
    line = calibration_line_of_nist()
    values = (0.2817, 0.9767)
    coefficients = tuple(replace(one, value=value) for one, value in zip(line.coefficients, values, strict=True))
    handbook = replace(line, coefficients=coefficients, residual_deviation=0.06826)
    lines = recorded(NIST + "LINEWID.DAT").read_text(encoding="ascii").splitlines()[25:]
    rows = [line.split() for line in lines if line.strip()]
    check = calibration_check(handbook, [float(row[3]) for row in rows], [float(row[2]) for row in rows])
    assert handbook.dof == 38
    assert {int(rows[place][0]) for place in check.beyond} == {4}
    assert check.limit == pytest.approx(0.06826 / 0.9767 * 2.4979, abs=1e-4)


# Ratings of 15 parts by three appraisers in three trials: jaspQualityControl 0.97.1, test-msaAttribute.R.
TRUTH = list("YNYYYNYNNYNYYYY")
EG = "YYY NNN YYY YNN YYY YYY YYY NNN NNN YYY NNN YYY YYY NNN YYY"
BL = "YYY NNN YYY YNN YYY YYY NNN NNN NNN YYY NNN YYY YYY NNN YYY"
MH = "YYY YYY YYY YYY YYY YYY YYY NNY YNN YYY YNY YYY YYY NNN YYY"


@pytest.mark.parametrize(
    ("convention", "against"),
    [
        (
            KappaConvention.COHEN_POOLED,
            [0.612903225806452, 0.492307692307692, 0.264150943396226, 0.466666666666667],
        ),
        (
            KappaConvention.FLEISS_PER_TRIAL,
            [0.612918660287081, 0.48608895977317, 0.220151828847481, 0.439719816302578],
        ),
    ],
)
def test_attribute_agreement_of_jasp(convention: KappaConvention, against: list[float]) -> None:
    ratings = np.array([[list(part) for part in who.split()] for who in (EG, BL, MH)]).transpose(1, 0, 2)
    options = AttributeOptions(rejecting="N", convention=convention)
    study = attribute_study(ratings, ("EG", "BL", "MH"), TRUTH, options)
    assert study.between is not None
    assert study.all_against_standard is not None
    assert [one.matched for one in (*study.within, study.between, study.all_against_standard)] == [14, 14, 12, 9, 7]
    bounds = [(one.lower_percent, one.upper_percent) for one in study.each_against_standard]
    assert np.round(bounds, 3).tolist() == [[51.911, 95.669], [44.9, 92.213], [32.287, 83.664]]
    found = [one.kappa_value for one in (*study.each_against_standard, study.all_against_standard)]
    assert found == pytest.approx(against, rel=1e-12)
    within = [one.kappa_value for one in (*study.within, study.between)]
    assert within == pytest.approx([0.905462184873949, 0.91, 0.543918918918919, 0.641666666666666], rel=1e-12)
    assert [round(one.missed_percent, 2) for one in study.effectiveness] == [20.0, 20.0, 66.67]
    assert [round(one.false_alarm_percent, 2) for one in study.effectiveness] == [16.67, 26.67, 10.0]


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ([[44, 6], [3, 97]], 0.86),
        ([[42, 5], [9, 94]], 0.79),
        ([[43, 7], [8, 92]], 0.78),
        ([[45, 3], [5, 97]], 0.88),
        ([[45, 3], [2, 100]], 0.92),
        ([[42, 6], [9, 93]], 0.77),
    ],
)
def test_kappas_of_the_aiag_manual(table: list[list[int]], kappa: float) -> None:
    """Chapter III, section C: cross tables of appraisers A, B, C with each other and with the reference."""
    first = np.repeat([0, 0, 1, 1], np.ravel(table))
    second = np.repeat([0, 1, 0, 1], np.ravel(table))
    assert round(cohen_kappa(first, second).value, 2) == kappa


@pytest.mark.parametrize(
    ("weights", "kappa", "error", "z"),
    [
        (KappaWeights.NONE, 0.606060606060606, 0.0947562832860134, 6.048952638912644),
        (KappaWeights.LINEAR, 0.6666666666666667, 0.08534311168464709, 6.156002358880046),
        (KappaWeights.QUADRATIC, 0.7333333333333334, 0.08287643635982259, 5.2133286916058275),
    ],
)
def test_kappa_with_errors_of_statsmodels(weights: KappaWeights, kappa: float, error: float, z: float) -> None:
    """statsmodels 0.15.0, inter_rater.cohens_kappa."""
    table = np.array([[11, 3, 1], [2, 14, 4], [0, 3, 12]])
    rows, columns = np.divmod(np.arange(9), 3)
    found = cohen_kappa(np.repeat(rows, table.ravel()), np.repeat(columns, table.ravel()), weights=weights)
    assert [found.value, found.error, found.z] == pytest.approx([kappa, error, z], rel=1e-10)


def test_fleiss_kappa_of_a_table_in_wide_use() -> None:
    """Ten subjects, fourteen raters, five categories; statsmodels 0.15.0 gives the same."""
    counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    ratings = np.array([np.repeat(np.arange(5), row) for row in counts])
    assert fleiss_kappa(ratings).overall.value == pytest.approx(0.20993070442195522, rel=1e-12)


def test_rank_correlations_of_r_and_scipy() -> None:
    """SciPy 1.17.1, kendalltau(method="asymptotic"); R 4.2.2, cor.test(method="kendall") and friedman.test."""
    found = kendall_tau([1, 1, 2, 2, 3, 3, 4, 5, 5, 5, 1, 2], [1, 2, 2, 3, 3, 2, 4, 4, 5, 4, 2, 1])
    assert found.value == pytest.approx(0.7387687194103584, rel=1e-12)
    assert 2.0 * found.p_value == pytest.approx(0.00279095376643261, rel=1e-9)
    assert found.z == pytest.approx(2.9899, abs=5e-5)
    subjects = [[1, 1, 2, 3], [2, 3, 1, 2], [3, 2, 4, 4], [4, 3, 1, 4], [5, 5, 5, 5]]
    w = kendall_w(subjects)
    assert w.chi_square == pytest.approx(10.961, abs=5e-4)
    assert w.p_value == pytest.approx(0.02701, abs=5e-6)


@pytest.mark.parametrize("truth", [[10.0, 2.0, 1.2, 1.0], [5.0, 20.0, 1.5, 1.0], [100.0, 1.0, 1.0, 1.0]])
def test_coverage_of_the_modified_large_sample_bounds_by_simulation(truth: list[float]) -> None:
    """Expected mean squares of parts, operators, interaction and error for 10 parts, 3 operators, 3 trials."""
    rng = np.random.default_rng(21)
    dofs = np.array([9.0, 2.0, 18.0, 60.0])
    weights = {
        "part": np.array([1.0, 0.0, -1.0, 0.0]) / 9.0,
        "operator": np.array([0.0, 1.0, -1.0, 0.0]) / 30.0,
        "reproducibility": np.array([0.0, 1.0, 9.0, -10.0]) / 30.0,
        "gauge": np.array([0.0, 1.0, 9.0, 20.0]) / 30.0,
    }
    trials = 1200
    inside = dict.fromkeys(weights, 0)
    for squares in np.array(truth) * rng.chisquare(dofs, (trials, 4)) / dofs:
        for name, row in weights.items():
            found = modified_large_sample_bounds(row, squares, dofs)
            inside[name] += found.lower <= row @ truth <= found.upper
    # Three standard errors of a share of 0.95 in 1200 trials are 0.019.
    assert min(inside.values()) / trials > 0.931
    assert inside["part"] / trials < 0.969
