"""Capability and control limits against figures that others published; sources in shared/data/*/SOURCE.md."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from nist_files import recorded
from scipy.stats import nct, norm

from samegauge.engines.spc.capability.intervals import centred_index_interval, spread_index_interval
from samegauge.engines.spc.capability.normal import CapabilityOptions, capability
from samegauge.engines.spc.capability.normality import anderson_darling
from samegauge.engines.spc.charts.individuals import individuals_chart, run_rule_violations
from samegauge.engines.spc.constants import c4, d2, d3, moving_range_dof
from samegauge.quantities.tolerance import Limits

FOLDER = "jasp-qcc-expected/"


def column(name: str, field: str, *, only_trial: bool = False) -> np.ndarray:
    with recorded(FOLDER + name).open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not only_trial or row["trial"] == "True"]
    return np.array([float(row[field]) for row in rows])


def published(data_set: str, case: str) -> dict[str, float]:
    with recorded(FOLDER + "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["data_set"] == data_set and case in row["case"]]
    return {row["quantity"]: float(row["value"]) for row in rows if " " not in row["value"]}


def test_piston_rings_of_qcc() -> None:
    expected = published("qcc_pistonrings", "capability")
    groups = column("qcc_pistonrings.csv", "diameter", only_trial=True).reshape(-1, 5)
    result = capability(groups, Limits(73.95, 74.05, "mm"), CapabilityOptions(rounded_d2=True))
    assert result.cp is not None
    assert result.cpk is not None
    assert result.pp is not None
    assert result.ppk is not None
    assert [result.cp.value, result.cpk.value] == pytest.approx([expected["Cp"], expected["Cpk"]], abs=5e-8)
    assert [result.pp.value, result.ppk.value] == pytest.approx([expected["Pp"], expected["Ppk"]], abs=5e-8)
    # qcc counts n - 1 degrees of freedom for sigma from ranges; ours counts what they are worth (90.6, not 124).
    theirs = spread_index_interval(expected["Cp"], 124)
    assert [theirs.lower, theirs.upper] == pytest.approx([expected["Cp_2.5%"], expected["Cp_97.5%"]], abs=5e-6)
    bissell = centred_index_interval(expected["Cpk"], 125, 124)
    assert [bissell.lower, bissell.upper] == pytest.approx([expected["Cpk_2.5%"], expected["Cpk_97.5%"]], abs=5e-6)
    assert result.cp.upper - result.cp.lower > theirs.upper - theirs.lower


def test_capability_verified_with_minitab_by_jasp() -> None:
    expected = published("jasp_processCapabilityAnalysisLongFormatDebug.csv", "normal capability")
    values = column("jasp_processCapabilityAnalysisLongFormatDebug.csv", "Diameter").reshape(-1, 5)
    result = capability(values, Limits(0.0, 12.0, "mm"), CapabilityOptions(rounded_d2=True))
    assert result.sigma_within == pytest.approx(expected["sd_within"], rel=1e-12)
    assert result.sigma_overall == pytest.approx(expected["sd_overall"], rel=1e-12)
    for name, index in (("Cp", result.cp), ("Cpk", result.cpk), ("Pp", result.pp), ("Ppk", result.ppk)):
        assert index is not None
        assert round(index.value, 2) == expected[name]
    assert result.normality is not None
    assert round(result.normality.statistic, 2) == expected["Anderson_Darling"]
    assert round(result.normality.p_value, 2) == expected["AD_p"]


def test_bottling_volumes_of_sixsigma() -> None:
    """What that package calls Cpk uses the overall standard deviation: it is Ppk."""
    result = capability(column("sixsigma_ss_data_ca.csv", "Volume"), Limits(740.0, 760.0, "mL"))
    assert result.ppk is not None
    assert result.ppk.value == pytest.approx(published("sixsigma_ss_data_ca.csv", "capability")["Cpk"], rel=1e-12)


def test_viscosity_individuals_of_qcc() -> None:
    expected = published("qcc_viscosity", "individuals")
    values = column("qcc_viscosity.csv", "viscosity")
    trial = column("qcc_viscosity.csv", "viscosity", only_trial=True).size
    chart = individuals_chart(values, baseline=trial, rule_set="western-electric", rounded_d2=True)
    assert chart.center == pytest.approx(expected["CL"])
    assert chart.sigma == pytest.approx(expected["sigma"], rel=1e-7)
    assert [chart.lower_limit, chart.upper_limit] == pytest.approx([expected["LCL"], expected["UCL"]], rel=1e-7)
    # qcc looked for points beyond the limits and runs on one side: rules 1 and 4 of the set.
    assert [one.index + 1 for one in chart.violations if one.rule == 1] == [4]
    assert [one.index + 1 for one in chart.violations if one.rule == 4] == [32, 33, 34, 35]


def test_flow_rate_of_the_nist_handbook() -> None:
    flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    chart = individuals_chart(flow, rounded_d2=True)
    assert chart.range_center == pytest.approx(1.8778, abs=5e-5)
    assert [chart.lower_limit, chart.center, chart.upper_limit] == pytest.approx([45.8159, 50.81, 55.8041], abs=5e-5)
    assert chart.violations == ()


def test_microwave_radiation_of_the_nist_handbook_is_not_normal() -> None:
    lines = recorded("nist-dataplot-spc/MONITOR-6_5_2.DAT").read_text(encoding="ascii").splitlines()
    values = [float(line) for line in lines[25:] if line.strip()]
    assert len(values) == 42
    assert anderson_darling(values).p_value < 0.005


def test_constants_of_published_tables() -> None:
    assert [round(d2(size), 3) for size in (2, 3, 4, 5, 10, 25)] == [1.128, 1.693, 2.059, 2.326, 3.078, 3.931]
    assert [round(d3(size), 3) for size in (2, 3, 4, 5, 10)] == [0.853, 0.888, 0.880, 0.864, 0.797]
    assert [round(c4(size), 4) for size in (2, 5, 10, 25)] == [0.7979, 0.9400, 0.9727, 0.9896]
    assert d2(2) == pytest.approx(2.0 / math.sqrt(math.pi), rel=1e-12)
    assert d3(2) == pytest.approx(math.sqrt(2.0 - 4.0 / math.pi), rel=1e-6)


def test_degrees_of_freedom_of_moving_ranges_by_simulation() -> None:
    rng = np.random.default_rng(11)
    sigma = np.abs(np.diff(rng.normal(size=(40_000, 20)), axis=1)).mean(axis=1) / d2(2)
    seen = sigma.mean() ** 2 / (2.0 * sigma.var())
    assert sigma.mean() == pytest.approx(1.0, abs=0.005)
    assert seen == pytest.approx(moving_range_dof(20), rel=0.03)


@pytest.mark.parametrize(("count", "allowed"), [(10, 0.014), (20, 0.006), (50, 0.003), (100, 0.002)])
@pytest.mark.parametrize("index", [0.8, 1.0, 1.33])
def test_bissell_against_the_noncentral_t_distribution(count: int, allowed: float, index: float) -> None:
    """With one limit 3 sqrt(n) Ppk is noncentral t: the exact bound is where the observed value sits in its tail."""
    observed = 3.0 * math.sqrt(count) * index
    found = centred_index_interval(index, count, count - 1)
    for bound, tail in ((found.lower, 0.025), (found.lower_bound, 0.05), (found.upper, 0.975)):
        for shift, beyond in ((-allowed, False), (allowed, True)):
            probability = nct.sf(observed, count - 1, 3.0 * math.sqrt(count) * (bound + shift))
            assert bool(probability > tail) == beyond


def test_coverage_of_the_intervals_by_simulation() -> None:
    rng = np.random.default_rng(12)
    limits, truth = Limits(-4.0, 5.0, "mm"), 4.0 / 3.0
    inside = {"pp": 0, "ppk": 0, "cpk": 0}
    for _ in range(1500):
        result = capability(rng.normal(size=30), limits, CapabilityOptions(check_stability=False))
        for name, value in (("pp", 1.5), ("ppk", truth), ("cpk", truth)):
            index = getattr(result, name)
            inside[name] += index.lower <= value <= index.upper
    # Three standard errors of a share of 0.95 in 1500 trials are 0.017.
    assert abs(inside["pp"] / 1500 - 0.95) < 0.017
    assert abs(inside["ppk"] / 1500 - 0.95) < 0.017
    # Equivalent degrees of freedom make Cpk's interval approximate; it must not be narrower than promised by much.
    assert inside["cpk"] / 1500 > 0.93


def test_false_alarms_of_a_single_limit() -> None:
    rng = np.random.default_rng(13)
    found = run_rule_violations(rng.normal(size=400_000), rule_set="shewhart")
    assert 400_000 / len(found) == pytest.approx(1.0 / (2.0 * norm.sf(3.0)), rel=0.1)


def test_run_length_with_the_two_of_three_rule() -> None:
    """R spc 0.6.7 gives 225.438 points between false alarms of rules 1 and 2 together."""
    with recorded(FOLDER + "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = next(float(row["value"]) for row in csv.DictReader(file) if row["quantity"] == "rules_1+2")
    rng = np.random.default_rng(14)
    lengths = []
    for _ in range(1500):
        found = run_rule_violations(rng.normal(size=2500), rule_set="western-electric")
        lengths.append(min((one.index + 1 for one in found if one.rule <= 2), default=2500))
    error = np.std(lengths) / math.sqrt(len(lengths))
    assert abs(np.mean(lengths) - expected) < 3.0 * error
