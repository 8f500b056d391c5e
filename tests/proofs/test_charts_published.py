"""Control charts against figures that others published; sources in shared/data/*/SOURCE.md."""

from __future__ import annotations

import csv
import math
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from nist_files import recorded
from scipy.stats import norm, weibull_min

from samegauge.engines.spc.charts.attributes import c_chart, np_chart, p_chart, u_chart
from samegauge.engines.spc.charts.chart import ChartOptions, ControlChart, Known
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.multivariate import KnownVectors, VectorOptions, mewma_chart, t2_chart
from samegauge.engines.spc.charts.rare_events import g_chart, t_chart
from samegauge.engines.spc.charts.rules import LIMITS_ONLY, RuleChoice
from samegauge.engines.spc.charts.subgroups import xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.charts.weighted import CusumOptions, cusum_charts, ewma_chart
from samegauge.engines.spc.constants import PRINTED, RangeTable, d3
from samegauge.quantities.method import Exclusion

if TYPE_CHECKING:
    from collections.abc import Callable

JASP, NIST = "jasp-qcc-expected/", "nist-dataplot-spc/"
# Stored in R qcc 3.0: d2 of printed tables, d3 of its own, a few units of the sixth digit off the exact 0.8640819.
QCC = RangeTable(given={2: (1.128, 0.8525033), 5: (2.326, 0.8640855), 10: (3.078, 0.7970584)})
Found = dict[str, object]


def rows(name: str) -> list[dict[str, str]]:
    with recorded(name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def column(name: str, field: str, *, trial: bool = False) -> np.ndarray:
    return np.array([float(row[field]) for row in rows(JASP + name) if not trial or row["trial"] == "True"])


def nist(name: str) -> np.ndarray:
    lines = recorded(f"{NIST}{name}.DAT").read_text(encoding="ascii").splitlines()
    return np.array([line.split() for line in lines[25:] if line.strip()], dtype=float)


def agrees(found: object, printed: str) -> bool:
    """Equal within half a unit of the last digit that was printed."""
    last = Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))
    assert isinstance(found, float)
    return abs(found - float(printed)) <= 0.5000001 * float(last)


def limits(chart: ControlChart, prefix: str = "") -> Found:
    triple = (chart.lower[-1], chart.center[-1], chart.upper[-1])
    return {prefix + name: float(value) for name, value in zip(("LCL", "CL", "UCL"), triple, strict=True)}


def numbers(places: tuple[int, ...], name: str = "") -> str:
    return " ".join(str(place + 1) for place in places) if not name else f"{name} {places[0] + 1}"


RINGS = ChartOptions(baseline=25, constants=QCC)


def ring_groups() -> np.ndarray:
    return column("qcc_pistonrings.csv", "diameter").reshape(-1, 5)


def rings_xbar() -> Found:
    chart = xbar_r_charts(ring_groups(), RINGS).location
    return {**limits(chart), "sigma": float(chart.sigma[0]), "phase2_violations": numbers(chart.out_of_limits)}


def rings_r() -> Found:
    return limits(xbar_r_charts(ring_groups(), RINGS).dispersion)


def rings_s() -> Found:
    chart = xbar_s_charts(ring_groups(), RINGS).dispersion
    return {**limits(chart), "sigma": float(chart.sigma[0])}


def rings_ewma() -> Found:
    chart = ewma_chart(xbar_r_charts(ring_groups(), RINGS).location, 0.2, 2.7)
    last = {f"final_{name}": value for name, value in limits(chart).items()}
    return {**last, "final_EWMA": float(chart.points[-1]), "violations": numbers(chart.out_of_limits)}


def rings_cusum() -> Found:
    found = cusum_charts(xbar_r_charts(ring_groups(), RINGS).location, CusumOptions(0.5, 4.0, standardised=True))
    assert not found.lower.alarms.any()
    ends = {"final_C+": float(found.upper.points[-1]), "final_C-": float(found.lower.points[-1])}
    return {**ends, "upper_violations": numbers(found.upper.out_of_limits)}


def circuit() -> Found:
    chart = c_chart(column("qcc_circuit.csv", "x", trial=True))
    return {**limits(chart), "violations": numbers(chart.out_of_limits)}


def circuit_without() -> Found:
    return limits(c_chart(np.delete(column("qcc_circuit.csv", "x", trial=True), [5, 19])))


def pcmanufact() -> Found:
    return limits(u_chart(column("qcc_pcmanufact.csv", "x"), column("qcc_pcmanufact.csv", "size")))


def viscosity() -> Found:
    trial = column("qcc_viscosity.csv", "viscosity", trial=True).size
    # qcc looks for points beyond the limits and for runs of eight on one side: rules 1 and 4.
    options = ChartOptions(RuleChoice("western-electric", numbers=(1, 4)), baseline=trial, constants=QCC)
    chart = imr_charts(column("qcc_viscosity.csv", "viscosity"), options).location
    new = tuple(sorted({one.index for one in chart.violations if one.index >= trial}))
    seen = {"violations": numbers(chart.out_of_limits), "phase2_violations": numbers(new)}
    return {**limits(chart), "sigma": float(chart.sigma[0]), **seen}


def boiler() -> Found:
    values = np.array([[float(value) for value in row.values()] for row in rows(JASP + "qcc_boiler.csv")])
    found = t2_chart(values, VectorOptions(alpha=0.01))
    return {
        "UCL": float(found.chart.upper[0]),
        "max_T2": float(found.chart.points.max()),
        "max_T2_observation": float(found.chart.points.argmax() + 1),
        "means": " ".join(f"{value:.5g}" for value in found.mean),
    }


DIAMETERS = "jasp_variableChartsSubgroupsLongFormatDebug.csv"


def diameters_r() -> Found:
    pair = xbar_r_charts(column(DIAMETERS, "Diameter").reshape(-1, 5), ChartOptions(constants=PRINTED))
    return {**limits(pair.location, "xbar_"), **limits(pair.dispersion, "R_")}


def diameters_s() -> Found:
    pair = xbar_s_charts(column(DIAMETERS, "Diameter").reshape(-1, 5))
    return {**limits(pair.location, "xbar_"), **limits(pair.dispersion, "S_")}


def montgomery() -> Found:
    read = [column("jasp_montgomeryExample1.csv", name) for name in ("Strength", "Diameter")]
    found = t2_chart(np.transpose(read), VectorOptions(alpha=1.0 - 0.9973, per="variable"))
    return {
        "mean_Strength": float(found.mean[0]),
        "mean_Diameter": float(found.mean[1]),
        "det_S": float(np.linalg.det(found.covariance)),
        "UCL": float(found.chart.upper[0]),
        "S12": float(found.covariance[0, 1]),
        "S11": float(found.covariance[0, 0]),
    }


def cusum_of_jasp() -> Found:
    groups = column("jasp_cumsumChartLong.csv", "Measurement").reshape(-1, 5)
    found = cusum_charts(xbar_s_charts(groups, ChartOptions(known=Known(mean=0.0))).location)
    sums = {f"C+_point{place + 1}": float(found.upper.points[place]) for place in range(3)}
    ends = {"UCL": float(found.upper.upper[0]), "LCL": float(found.lower.lower[0])}
    return {**ends, **sums, "violations": f"{numbers(found.upper.out_of_limits)} upper"}


CASES: dict[tuple[str, str], Callable[[], Found]] = {
    ("qcc_pistonrings", "Xbar, trial samples 1-25, sigma from Rbar/d2"): rings_xbar,
    ("qcc_pistonrings", "R, trial 1-25"): rings_r,
    ("qcc_pistonrings", "S, trial 1-25"): rings_s,
    ("qcc_pistonrings", "EWMA lambda .2, 2.7 sigma, trial 1-25 then new 26-40"): rings_ewma,
    ("qcc_pistonrings", "CUSUM decision interval 4 sigma, shift 1 sigma (k .5)"): rings_cusum,
    ("qcc_circuit", "c, trial"): circuit,
    ("qcc_circuit", "c, trial without 6 and 20"): circuit_without,
    ("qcc_pcmanufact", "u"): pcmanufact,
    ("qcc_viscosity", "individuals (moving range), trial"): viscosity,
    ("qcc_boiler", "T2 single observations, confidence .99"): boiler,
    (DIAMETERS, "Xbar-R, n=5, Diameter"): diameters_r,
    (DIAMETERS, "Xbar-S, n=5, Diameter"): diameters_s,
    ("jasp_montgomeryExample1.csv", "T2 phase I, per-variable .9973"): montgomery,
    ("jasp_cumsumChartLong.csv", "CUSUM, n=5, sd from data (S method), h=4, k=.5, target 0"): cusum_of_jasp,
}


def gear() -> Found:
    groups = nist("GEAR")[:, 0].reshape(-1, 10)
    r = xbar_r_charts(groups, ChartOptions(constants=QCC))
    s = xbar_s_charts(groups, ChartOptions(constants=QCC))
    outside = {"xbar_out_of_limits": numbers(r.location.out_of_limits, "batch")}
    outside["S_out_of_limits"] = numbers(s.dispersion.out_of_limits, "batch")
    return {**limits(r.location, "xbar_"), **limits(r.dispersion, "R_"), **limits(s.dispersion, "S_"), **outside}


def wafers() -> Found:
    groups = nist("CCXBAR")[:, 0].reshape(-1, 5)
    r = xbar_r_charts(groups, ChartOptions(constants=QCC))
    s = xbar_s_charts(groups, ChartOptions(constants=QCC))
    return {**limits(r.location, "xbar_"), **limits(r.dispersion, "R_"), **limits(s.dispersion, "S_")}


def surface_defects() -> Found:
    chart = c_chart(nist("CCC")[:, 0])
    return {**limits(chart, "c_"), "c_out_of_limits": numbers(chart.out_of_limits, "sample")}


def cracks() -> Found:
    read = nist("CCU")
    return limits(u_chart(read[:, 0], read[:, 1]), "u_")


def chips() -> Found:
    chart = c_chart(nist("MONITOR-6_3_3_1")[:, 1])
    return {**limits(chart, "c_"), "out_of_limits": numbers(chart.out_of_limits, "wafer")}


NIST_SETS: dict[str, Callable[[], Found]] = {
    "GEAR": gear,
    "CCXBAR": wafers,
    "CCC": surface_defects,
    "CCU": cracks,
    "MONITOR-6_3_3_1": chips,
}


def disagreements(expected: list[dict[str, str]], found: Found) -> list[str]:
    """Rows that we do not reproduce: texts to the letter, numbers within the digits that were printed."""
    wrong = []
    for row in expected:
        value, printed = found[row["quantity"]], row["value"]
        if not (value == printed if isinstance(value, str) else agrees(value, printed)):
            wrong.append(f"{row['quantity']}: {value}, not {printed}")
    return wrong


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[1]}")
def test_charts_of_qcc_and_jasp(case: tuple[str, str]) -> None:
    expected = [row for row in rows(JASP + "expected.csv") if (row["data_set"], row["case"]) == case]
    assert expected
    assert disagreements(expected, CASES[case]()) == []


@pytest.mark.parametrize("name", NIST_SETS)
def test_charts_of_nist_data(name: str) -> None:
    expected = [row for row in rows(NIST + "expected.csv") if row["data_set"] == name]
    assert expected
    assert disagreements(expected, NIST_SETS[name]()) == []


# JASP jaspQualityControl 0.97.1, test WF28.3 of test-variablesChartsSubgroups.R, "verified with other software": points
# on the chart of means, from 1. Runs of 7 on one side; a trend of 7 steps has 8 points, 14 alternations have 15.
RULES_OF_JASP = {
    1: "1-40",
    2: "7-10 17-40 47-55",
    3: "24",
    4: "37-40",
    5: "2-10 12-40",
    6: "4-10 14-40",
    7: "55",
    8: "8-40",
}


def places(text: str) -> list[int]:
    ranges = [part.split("-") for part in text.split()]
    return [place for part in ranges for place in range(int(part[0]), int(part[-1]) + 1)]


@pytest.mark.parametrize("number", RULES_OF_JASP)
def test_rules_of_jasp(number: int) -> None:
    read = [list(row.values()) for row in rows(JASP + "jasp_violatingAllSubgroupRules.csv")]
    rules = RuleChoice(run=7, lengths={3: 8, 4: 15}, full_windows=False)
    chart = xbar_r_charts(np.array(read, dtype=float), ChartOptions(rules, constants=PRINTED)).location
    found = [one.index + 1 for one in chart.violations if one.rule == number]
    assert found == places(RULES_OF_JASP[number])


def test_the_other_convention_of_constants_gives_its_own_figure() -> None:
    """Exact d2 gives UCL -4.715041, as the note beside the expected figures says."""
    pair = xbar_r_charts(column(DIAMETERS, "Diameter").reshape(-1, 5))
    assert agrees(float(pair.location.upper[0]), "-4.715041")


# Run of R 4.2.2: moments of the range by integrate() over ptukey(w, n, Inf, lower.tail = FALSE).
@pytest.mark.parametrize(("size", "expected"), [(3, 0.888368004049), (5, 0.864081941116), (10, 0.797050673659)])
def test_standard_deviation_of_a_range(size: int, expected: float) -> None:
    assert d3(size) == pytest.approx(expected, rel=2e-10)


# Run of R 4.2.2 with package spc 0.6.7: mewma.crit(0.1, 200, p).
@pytest.mark.parametrize(("variables", "limit"), [(2, 8.633580644), (3, 10.7836467)])
def test_run_length_of_mewma_by_simulation(variables: int, limit: float) -> None:
    rng = np.random.default_rng(21)
    unit = tuple(tuple(row) for row in np.eye(variables))
    options = VectorOptions(known=KnownVectors((0.0,) * variables, unit))
    lengths = []
    for _ in range(400):
        chart = mewma_chart(rng.normal(size=(1200, variables)), limit, 0.1, options).chart
        lengths.append(first_alarm(chart.alarms))
    error = np.std(lengths) / math.sqrt(len(lengths))
    assert abs(np.mean(lengths) - 200.0) < 3.0 * error


def first_alarm(alarms: np.ndarray) -> int:
    return int(np.argmax(alarms > 0)) + 1 if alarms.any() else alarms.size


def simulated(count: int, length: int, shift: float) -> ControlChart:
    values = np.random.default_rng(22).normal(shift, 1.0, size=(count, length))
    return imr_charts(values, ChartOptions(LIMITS_ONLY, known=Known(mean=0.0, sigma=1.0))).location


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_run_length_of_cusum_by_simulation(shift: float) -> None:
    expected = next(
        float(row["value"])
        for row in rows(JASP + "expected.csv")
        if row["case"] == "two-sided CUSUM ARL, k=.5, h=4" and row["quantity"] == f"shift={shift:g}"
    )
    found = cusum_charts(simulated(1500, 300, shift))
    lengths = [first_alarm(one) for one in found.upper.alarms | found.lower.alarms]
    assert abs(np.mean(lengths) - expected) < 3.0 * np.std(lengths) / math.sqrt(len(lengths))


def test_run_length_of_ewma_by_simulation() -> None:
    """The reference has limits of a long-running chart from the first point on."""
    expected = next(float(row["value"]) for row in rows(JASP + "expected.csv") if row["quantity"] == "ARL(1)")
    chart = ewma_chart(simulated(1500, 150, 1.0), 0.1, 2.7, steady=True)
    lengths = [first_alarm(one) for one in chart.alarms]
    assert abs(np.mean(lengths) - expected) < 3.0 * np.std(lengths) / math.sqrt(len(lengths))


# JASP jaspQualityControl 0.97.1, reference plot objects of test-multivariateControlCharts.R: number of vectors,
# variables, phase, limit. The limits depend on nothing else.
@pytest.mark.parametrize(
    ("count", "variables", "phase", "limit"),
    [(30, 4, 1, "11.12136845"), (15, 2, 1, "7.594835904"), (15, 2, 2, "18.41771719")],
)
def test_limits_of_t2_in_jasp(count: int, variables: int, phase: int, limit: str) -> None:
    values = np.random.default_rng(23).normal(size=(count, variables))
    found = t2_chart(values, VectorOptions(alpha=0.0027, per="variable", phase=1 if phase == 1 else 2))
    assert agrees(float(found.chart.upper[0]), limit)


# Run of R 4.2.2: p (m -+ 1)(k - 1) / d * qf(1 - .0027, p, d), d = m k - m - p + 1.
@pytest.mark.parametrize(("phase", "limit"), [(1, "15.6094380524"), (2, "17.2525367948")])
def test_limits_of_t2_of_subgroups(phase: int, limit: str) -> None:
    values = np.random.default_rng(24).normal(size=(20, 4, 3))
    found = t2_chart(values, VectorOptions(phase=1 if phase == 1 else 2))
    assert agrees(float(found.chart.upper[0]), limit)


def test_g_chart_of_jasp_verified_with_minitab() -> None:
    """Reference plot object g-chart3 of test-rareEventCharts.R: 36 intervals with mean 358 / 36, tails of 0.00135."""
    options = ChartOptions(width=float(-norm.ppf(0.00135)))
    chart = g_chart([10] * 35 + [8], options, limits="interpolated", unbiased=True)
    assert agrees(float(chart.lower[0]), "0.01519714286")
    assert agrees(float(chart.center[0]), "6.462442426")
    assert agrees(float(chart.upper[0]), "70.02951921")


def test_weibull_of_t_chart_equals_that_of_scipy() -> None:
    times = weibull_min.rvs(1.4, scale=9.0, size=200, random_state=np.random.default_rng(25))
    shape, _, scale = weibull_min.fit(times, floc=0.0)
    chart = t_chart(times)
    expected = weibull_min.ppf([norm.cdf(-3.0), 0.5, norm.cdf(3.0)], shape, scale=scale)
    assert [chart.lower[0], chart.center[0], chart.upper[0]] == pytest.approx(expected, rel=2e-4)


def test_laney_p_widens_the_limits_of_p_by_sigma_z() -> None:
    counts, sizes = np.array([12.0, 30.0, 18.0, 41.0, 25.0]), np.array([150.0, 170.0, 160.0, 226.0, 154.0])
    share = counts.sum() / sizes.sum()
    z = (counts / sizes - share) / np.sqrt(share * (1.0 - share) / sizes)
    sigma_z = np.abs(np.diff(z)).mean() / 1.128
    plain = p_chart(counts, sizes)
    laney = p_chart(counts, sizes, ChartOptions(constants=PRINTED), laney=True)
    assert laney.spread == pytest.approx(sigma_z * plain.spread, rel=1e-12)


# Montgomery, Introduction to Statistical Quality Control, table 7.1: nonconforming cans in samples of 50.
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]


def test_p_and_np_charts_of_montgomery() -> None:
    chart = p_chart(CANS, 50, ChartOptions(rules=LIMITS_ONLY))
    assert [f"{one[0]:.4f}" for one in (chart.lower, chart.center, chart.upper)] == ["0.0524", "0.2313", "0.4102"]
    assert [place + 1 for place in chart.out_of_limits] == [15, 23]
    counts = np_chart(CANS, 50, ChartOptions(rules=LIMITS_ONLY))
    # Printed from the share rounded to four digits.
    assert [counts.lower[0], counts.upper[0]] == pytest.approx([2.620, 20.510], abs=0.003)
    assert [place + 1 for place in counts.out_of_limits] == [15, 23]


def test_revised_limits_of_montgomery_without_the_two_samples_that_had_a_cause() -> None:
    left_out = tuple(Exclusion(place, "its cause was found", "原因已查明") for place in (14, 22))
    chart = p_chart(CANS, 50, ChartOptions(rules=LIMITS_ONLY, excluded=left_out))
    assert [f"{one[0]:.4f}" for one in (chart.lower, chart.center, chart.upper)] == ["0.0407", "0.2150", "0.3893"]
    assert chart.out_of_limits == (14, 20, 22)  # sample 21 lies beyond the revised limit
