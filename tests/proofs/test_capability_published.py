"""Capability against figures that others published or computed; sources in shared/data/*/SOURCE.md.

Rows said to be of R are of R 4.2.2 (stats) with MASS 7.3-58.2, run once as an outside program.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.stats

from samegauge.engines.spc.capability.demonstration import (
    Claim,
    IndexKind,
    demonstration_power,
    least_observed_index,
    plan_demonstration,
)
from samegauge.engines.spc.capability.dispersion import DofConvention, WithinOptions
from samegauge.engines.spc.capability.families import Family
from samegauge.engines.spc.capability.fitting import fitted
from samegauge.engines.spc.capability.goodness import goodness_of_fit
from samegauge.engines.spc.capability.indices import Conventions, Estimates, index_table, tolerances
from samegauge.engines.spc.capability.intervals import (
    CentredMethod,
    centred_index_bounds,
    centred_index_interval,
    spread_index_bounds,
    target_index_bounds,
)
from samegauge.engines.spc.capability.nonconforming import expected_nonconforming, observed_ppm
from samegauge.engines.spc.capability.nonnormal import capability_fitted
from samegauge.engines.spc.capability.normal import Capability, CapabilityOptions, capability
from samegauge.engines.spc.capability.normality import anderson_darling, ryan_joiner, shapiro_wilk
from samegauge.engines.spc.capability.table import TableOptions, capability_of_many
from samegauge.engines.spc.capability.transformations import box_cox
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from pathlib import Path

QCC = CapabilityOptions(
    rounded_d2=True, conventions=Conventions(within=WithinOptions(dof=DofConvention.VALUES))
)  # R's qcc counts n - 1 degrees of freedom for sigma from ranges
BEARINGS = (17.88, 28.92, 33.0, 41.52, 42.12, 45.6, 48.48, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88)
BEARINGS += (84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.4)  # million revolutions, Lieblein and Zelen 1956
WEIGHTS = (148.0, 154.0, 158.0, 160.0, 161.0, 162.0, 166.0, 170.0, 182.0, 195.0, 236.0)  # Shapiro and Wilk 1965


def rows(folder: Path, data_set: str) -> dict[str, str]:
    with (folder / "jasp-qcc-expected" / "expected.csv").open(encoding="utf-8", newline="") as file:
        found = [one for one in csv.DictReader(file) if one["data_set"] == data_set and "capability" in one["case"]]
    return {row["quantity"]: row["value"] for row in found}


def column(folder: Path, name: str, field: str) -> np.ndarray:
    with (folder / "jasp-qcc-expected" / name).open(encoding="utf-8-sig", newline="") as file:
        return np.array([float(row[field]) for row in csv.DictReader(file) if row.get("trial", "True") == "True"])


def assert_agree(ours: dict[str, float], printed: dict[str, str]) -> None:
    """Every printed figure, within half a unit of the last digit it prints (15 digits are all a float has)."""
    assert ours.keys() == printed.keys()
    for name, text in printed.items():
        digits = len(text.partition(".")[2])
        assert abs(ours[name] - float(text)) <= 0.5000001 * 10.0**-digits + 1e-14 * abs(float(text)), name


def values_of(result: Capability, **names: str) -> dict[str, float]:
    return {name: getattr(result, field).value for name, field in names.items()}


def test_all_rows_of_the_piston_rings_of_qcc(test_data: Path) -> None:
    groups = column(test_data, "qcc_pistonrings.csv", "diameter").reshape(-1, 5)
    result = capability(groups, Limits(73.95, 74.05, "mm"), QCC)
    assert result.cp is not None
    assert result.cpk is not None
    ours = values_of(result, Cp="cp", Cpl="cpl", Cpu="cpu", Cpk="cpk", Pp="pp", Ppk="ppk", Cpm="cpm")
    ours |= {"Cp_2.5%": result.cp.lower, "Cp_97.5%": result.cp.upper}
    ours |= {"Cpk_2.5%": result.cpk.lower, "Cpk_97.5%": result.cpk.upper}
    printed = rows(test_data, "qcc_pistonrings")
    assert len(printed) == 11
    assert_agree(ours, printed)


def test_all_rows_of_the_normal_capability_verified_with_minitab(test_data: Path) -> None:
    name = "jasp_processCapabilityAnalysisLongFormatDebug.csv"
    groups = column(test_data, name, "Diameter").reshape(-1, 5)
    result = capability(groups, Limits(0.0, 12.0, "mm"), CapabilityOptions(rounded_d2=True, target=6.0))
    overall, within, normal = result.expected_overall, result.expected_within, result.normality
    assert overall.below is not None
    assert overall.above is not None
    assert overall.total is not None
    assert within.below is not None
    assert within.above is not None
    assert within.total is not None
    assert result.observed.above is not None
    assert normal is not None
    ours = values_of(result, Pp="pp", Ppk="ppk", Cp="cp", Cpk="cpk") | {
        "mean": result.mean,
        "n": result.count,
        "sd_overall": result.sigma_overall,
        "sd_within": result.sigma_within,
        "ppm<LSL_expected_overall": overall.below.value,
        "ppm>USL_expected_overall": overall.above.value,
        "ppm<LSL_expected_within": within.below.value,
        "ppm>USL_expected_within": within.above.value,
        "ppm>USL_observed": result.observed.above.value,
        "Anderson_Darling": normal.statistic,
        "AD_p": normal.p_value,
    }
    printed = rows(test_data, name)
    assert len(printed) == 15
    assert_agree(ours, printed)
    # The note column of the same rows, with more digits.
    assert result.pp is not None
    assert result.ppk is not None
    assert_agree(
        {"Pp": result.pp.value, "Ppk": result.ppk.value, "overall": overall.total.value, "within": within.total.value},
        {"Pp": "1.07738", "Ppk": ".88345", "overall": "4088.78", "within": "2655.17"},
    )


def test_bottling_volumes_of_sixsigma(test_data: Path) -> None:
    """What that package calls Cpk uses the overall standard deviation: it is Ppk."""
    result = capability(column(test_data, "sixsigma_ss_data_ca.csv", "Volume"), Limits(740.0, 760.0, "mL"))
    assert_agree(values_of(result, Cpk="ppk"), rows(test_data, "sixsigma_ss_data_ca.csv"))


def test_the_table_of_many_gives_the_same_rows(test_data: Path) -> None:
    rings = column(test_data, "qcc_pistonrings.csv", "diameter")
    minitab = column(test_data, "jasp_processCapabilityAnalysisLongFormatDebug.csv", "Diameter")
    table = capability_of_many(
        np.concatenate([rings, minitab]),
        [rings.size, minitab.size],
        tolerances([73.95, 0.0], [74.05, 12.0], [np.nan, 6.0]),
        TableOptions(5, conventions=Conventions(within=WithinOptions(dof=DofConvention.VALUES))),
    )
    assert table.overall.nearest.value == pytest.approx([1.6161587, 0.88345], abs=5e-6)
    assert table.overall.spread.value == pytest.approx([1.6550863, 1.07738], abs=5e-6)
    assert table.expected_overall.total.value[1] == pytest.approx(4088.78, abs=0.005)
    assert table.beyond.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("index", "count", "one_sided", "lower", "upper"),
    [  # R: uniroot of pt(3 sqrt(n) I, n - 1, ncp)
        (1.6, 20, 1.14920868125, 1.07298466699, 2.12319700709),
        (1.0, 10, 0.567425359297, 0.497419466621, 1.49447980983),
        (1.33, 30, 1.0215572539, 0.967752882133, 1.68917368803),
        (0.8, 50, 0.644097329191, 0.615888749805, 0.981800362532),
        (1.2, 50, 0.983516245661, 0.944773433993, 1.45320522463),
        (-0.2, 15, -0.35118328919, -0.380980995717, -0.0130615008121),
    ],
)
def test_exact_bounds_against_r(index: float, count: int, one_sided: float, lower: float, upper: float) -> None:
    found = centred_index_interval(index, count, count - 1, method=CentredMethod.NONCENTRAL_T)
    assert [found.lower_bound, found.lower, found.upper] == pytest.approx([one_sided, lower, upper], abs=2e-10)


def test_chi_square_bounds_against_r() -> None:
    expected = {  # R: I sqrt(qchisq(p, dof) / dof) for p = .025, .975, .05
        (1.33, 9.0): (0.728523543928, 1.93360268121, 0.808413542969),
        (1.5, 29.0): (1.11580976185, 1.88345924463, 1.17214545277),
        (2.0, 99.0): (1.72165154666, 2.27788656828, 1.76436478813),
    }
    index, dof = (np.array(one) for one in zip(*expected, strict=True))
    found = spread_index_bounds(index, dof)
    lower, upper, one_sided = (np.array(one) for one in zip(*expected.values(), strict=True))
    assert found.lower == pytest.approx(lower, rel=1e-11)
    assert found.upper == pytest.approx(upper, rel=1e-11)
    assert found.lower_bound == pytest.approx(one_sided, rel=1e-11)
    about_target = target_index_bounds([1.6911111, 1.2], [0.12018, 0.8], [125, 40])  # R, formula of Boyles
    assert about_target.lower == pytest.approx([1.48161771254, 0.958496369384], rel=1e-11)
    assert about_target.upper == pytest.approx([1.90028517261, 1.44102259809], rel=1e-11)
    assert about_target.lower_bound == pytest.approx([1.51394093744, 0.994704754591], rel=1e-11)


def test_counted_shares_against_r() -> None:
    one, three = observed_ppm(1, 100), observed_ppm(3, 50)  # R: binom.test
    assert [one.lower, one.upper] == pytest.approx([253.146032977, 54459.385392081], rel=1e-10)
    assert [three.lower, three.upper] == pytest.approx([12548.5878353, 165481.9466038], rel=1e-10)


@pytest.mark.parametrize(
    ("count", "least", "power", "least_cp", "power_cp"),
    [  # R: qt and pt with ncp, qchisq and pchisq; goal 1.33 at 95 %, true Cpk 1.5, true Cp 1.67
        (10, 2.2194109006, 0.101344229382, 2.18811277394, 0.187320126573),
        (20, 1.84455131047, 0.147681268346, 1.82264582892, 0.339440648836),
        (50, 1.61198558722, 0.273098488391, 1.598290784, 0.694216303664),
        (60, 1.58249925203, 0.312344960458, 1.57002211701, 0.772005405338),
    ],
)
def test_demonstration_against_r(count: int, least: float, power: float, least_cp: float, power_cp: float) -> None:
    centred, spread = Claim(centred_method=CentredMethod.NONCENTRAL_T), Claim(kind=IndexKind.SPREAD)
    assert least_observed_index(centred, count) == pytest.approx(least, rel=1e-6)
    assert demonstration_power(centred, 1.5, count) == pytest.approx(power, rel=1e-5)
    assert least_observed_index(spread, count) == pytest.approx(least_cp, rel=1e-10)
    assert demonstration_power(spread, 1.67, count) == pytest.approx(power_cp, rel=1e-9)


@pytest.mark.parametrize(
    ("goal", "true_index", "power", "count", "kind"),
    [  # R: smallest n by counting upwards
        (1.0, 1.4, 0.90, 47, IndexKind.CENTRED),
        (1.33, 2.0, 0.80, 24, IndexKind.CENTRED),
        (1.33, 2.0, 0.90, 31, IndexKind.CENTRED),
        (1.0, 2.0, 0.95, 15, IndexKind.CENTRED),
        (1.33, 1.67, 0.90, 86, IndexKind.SPREAD),
        (1.0, 1.2, 0.95, 165, IndexKind.SPREAD),
        (1.33, 1.5, 0.80, 221, IndexKind.SPREAD),
    ],
)
def test_sample_sizes_against_r(goal: float, true_index: float, power: float, count: int, kind: IndexKind) -> None:
    plan = plan_demonstration(Claim(goal, 0.95, kind, CentredMethod.NONCENTRAL_T), true_index, power)
    assert plan is not None
    assert plan.count == count
    assert demonstration_power(plan.claim, true_index, count - 1) < power <= plan.power


@pytest.mark.parametrize(
    ("risk", "ratios"),
    [  # Kane 1986 as tabled by Montgomery (from memory): Cp(high) / Cp(low) for n = 10, 20, ... 100, equal risks
        (0.10, (1.88, 1.53, 1.41, 1.34, 1.30, 1.27, 1.25, 1.23, 1.21, 1.20)),
        (0.05, (2.26, 1.73, 1.55, 1.46, 1.40, 1.36, 1.33, 1.30, 1.28, 1.26)),
    ],
)
def test_sample_sizes_of_kane(risk: float, ratios: tuple[float, ...]) -> None:
    claim = Claim(1.0, 1.0 - risk, IndexKind.SPREAD)
    for count, ratio in zip(range(10, 101, 10), ratios, strict=True):
        assert (
            demonstration_power(claim, ratio - 0.0101, count)
            < 1.0 - risk
            < demonstration_power(claim, ratio + 0.0101, count)
        )


# R: optim to 1e-15 on the likelihoods of MASS::fitdistr; parameters, log-likelihood, percentiles 0.135, 50, 99.865 %.
FITS = {
    Family.WEIBULL: ((2.102058961, 81.878334432), -113.691290932, (3.532964694, 68.777414158, 201.041221783)),
    Family.GAMMA: ((4.025414421, 17.942089661), -113.029281372, (8.482557912, 66.339768688, 228.313809461)),
    Family.LOGNORMAL: ((4.150454494, 0.521649334), -113.1285667, (13.27016780, 63.46283722, 303.50269624)),
    Family.LOGISTIC: ((68.32180368, 20.47468317), -115.35662169, (-66.94009111, 68.32180368, 203.58369848)),
    Family.LOGLOGISTIC: ((4.1588893368, 0.2987727371), -113.3722588104, (8.891600538, 64.000400223, 460.665232424)),
    Family.EXPONENTIAL: ((72.22434783,), -121.434876, (0.0975687433, 50.0621030634, 477.2332614974)),
    Family.WEIBULL_3: (
        (1.594299115, 63.880049146, 14.875914668),
        -112.850189350,
        (15.88887978, 65.63635960, 223.67440944),
    ),
    Family.LOGNORMAL_3: (
        (4.3211683186, 0.4377083196, -10.5170815183),
        -113.0197993162,
        (9.730865977, 64.759442380, 269.341163451),
    ),
}


@pytest.mark.parametrize("family", FITS)
def test_fits_against_r(family: Family) -> None:
    parameters, likelihood, percentiles = FITS[family]
    found = fitted(BEARINGS, family)
    assert list(found.distribution.parameters.values()) == pytest.approx(parameters, rel=2e-5)
    assert found.log_likelihood == pytest.approx(likelihood, rel=1e-8)
    assert found.distribution.quantile([0.00135, 0.5, 0.99865]) == pytest.approx(percentiles, rel=2e-5)
    result = capability_fitted(BEARINGS, Limits(5.0, 400.0, "1e6"), family)
    low, median, high = percentiles
    assert result.pp is not None
    assert result.ppl is not None
    assert result.ppu is not None
    assert [result.pp.value, result.ppl.value, result.ppu.value] == pytest.approx(
        [395.0 / (high - low), (median - 5.0) / (median - low), (400.0 - median) / (high - median)], rel=5e-5
    )


def test_standard_errors_of_r() -> None:
    """MASS::fitdistr gives them for the parameters themselves; ours are for logarithms."""
    gamma, logistic, normal = (fitted(BEARINGS, one) for one in (Family.GAMMA, Family.LOGISTIC, Family.LOGNORMAL))
    assert np.sqrt(gamma.covariance[0, 0]) == pytest.approx(1.14034810354 / 4.02543398829, rel=1e-3)
    assert np.sqrt(logistic.covariance.diagonal()) == pytest.approx([7.457649043, 3.559734771 / 20.47508909], rel=1e-3)
    assert np.sqrt(normal.covariance.diagonal()) == pytest.approx(
        [0.10877140523, 0.07691299824 / 0.521649334], rel=1e-6
    )


def test_anderson_darling_statistics_of_r() -> None:
    expected = {
        Family.WEIBULL: 0.3286097731,
        Family.GAMMA: 0.2153652077,
        Family.LOGISTIC: 0.5113569844,
        Family.LOGLOGISTIC: 0.1957825659,
        Family.LOGNORMAL: 0.1863191672,
        Family.EXPONENTIAL: 2.811444482,
        Family.WEIBULL_3: 0.221488467,
        Family.LOGNORMAL_3: 0.1863767253,
    }
    found = {one: goodness_of_fit(BEARINGS, fitted(BEARINGS, one).distribution).statistic for one in expected}
    assert found == pytest.approx(expected, abs=2e-6)


def test_weibull_fits_of_the_reliability_folder(test_data: Path) -> None:
    folder = test_data / "smrd-reliability"
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        printed = {
            one["quantity"]: one["value"]
            for one in reversed(list(csv.DictReader(file)))
            if one["data_set"] == "lzbearing" and "weibull" in one["quantity"]
        }
    values = [float(line) for line in (folder / "lzbearing.csv").read_text(encoding="utf-8").split()[1:]]
    found = fitted(values, Family.WEIBULL).distribution.parameters
    assert_agree({"weibull_2p_eta": found["scale"], "weibull_2p_beta": found["shape"]}, printed)


@pytest.mark.parametrize(
    ("family", "peer", "fixed"),
    [
        (Family.WEIBULL, scipy.stats.weibull_min, {"floc": 0}),
        (Family.GAMMA, scipy.stats.gamma, {"floc": 0}),
        (Family.LOGNORMAL, scipy.stats.lognorm, {"floc": 0}),
        (Family.LOGLOGISTIC, scipy.stats.fisk, {"floc": 0}),
        (Family.LOGISTIC, scipy.stats.logistic, {}),
        (Family.NORMAL, scipy.stats.norm, {}),
        (Family.EXPONENTIAL, scipy.stats.expon, {"floc": 0}),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fits_by_a_second_method(family: Family, peer: scipy.stats.rv_continuous, fixed: dict, seed: int) -> None:
    values = np.random.default_rng(seed).gamma(2.0 + seed, 0.7, size=30 * seed)
    theirs = peer(*peer.fit(values, **fixed))
    ours = fitted(values, family)
    assert ours.log_likelihood >= theirs.logpdf(values).sum() - 1e-9
    shares = np.array([0.00135, 0.1, 0.5, 0.9, 0.99865])
    assert ours.distribution.quantile(shares) == pytest.approx(theirs.ppf(shares), rel=2e-3)
    places = theirs.ppf(shares)
    assert ours.distribution.below(places) == pytest.approx(theirs.cdf(places), rel=2e-2)
    assert ours.distribution.above(places) == pytest.approx(theirs.sf(places), rel=2e-2)


def test_normality_tests_against_r_and_the_papers() -> None:
    found = shapiro_wilk(WEIGHTS)  # R: shapiro.test
    assert [found.statistic, found.p_value] == pytest.approx([0.7888146948354, 0.0067038140565], rel=1e-6)
    assert round(found.statistic, 2) == 0.79  # Shapiro and Wilk 1965, worked example
    raw, logs = shapiro_wilk(BEARINGS), shapiro_wilk(np.log(BEARINGS))
    assert [raw.statistic, raw.p_value] == pytest.approx([0.9272954083862, 0.0956061373054], rel=1e-6)
    assert [logs.statistic, logs.p_value] == pytest.approx([0.9834777370795, 0.9559930987288], rel=1e-6)
    assert ryan_joiner(BEARINGS).statistic == pytest.approx(
        0.9613354704, abs=1e-10
    )  # R: cor with qnorm(ppoints(n, 3/8))
    assert ryan_joiner(WEIGHTS).statistic == pytest.approx(0.878283518943, abs=1e-11)


@pytest.mark.parametrize("count", [10, 50])
def test_levels_of_ryan_joiner_by_simulation(count: int) -> None:
    rng = np.random.default_rng(21)
    below = np.array([ryan_joiner(one).p_below for one in rng.normal(size=(4000, count))])
    for level in (0.10, 0.05, 0.01):
        assert np.mean(below <= level) == pytest.approx(level, abs=3.5 * np.sqrt(level / 4000))


@pytest.mark.parametrize("family", [Family.WEIBULL, Family.EXPONENTIAL, Family.LOGISTIC, Family.LOGLOGISTIC])
def test_levels_of_anderson_darling_by_simulation(family: Family) -> None:
    """The tables are from memory: the shares of simulated samples have to be theirs."""
    rng = np.random.default_rng(22)
    truth = fitted(BEARINGS, family).distribution
    samples = truth.quantile(rng.uniform(size=(2500, 40)))
    p_values = np.array([goodness_of_fit(one, fitted(one, family).distribution).p_value for one in samples])
    for level in (0.10, 0.05, 0.025):
        assert np.mean(p_values <= level) == pytest.approx(level, abs=4.0 * np.sqrt(level / 2500))


def test_box_cox_against_r() -> None:
    found = box_cox(BEARINGS)  # R: MASS::boxcox on a grid of 1e-5
    assert [found.best, found.lower, found.upper] == pytest.approx([0.19049, -0.47083, 0.89544], abs=2e-5)
    assert found.best == pytest.approx(float(scipy.stats.boxcox_normmax(BEARINGS, method="mle")), abs=1e-5)
    assert box_cox(BEARINGS, rounded=True).power == 0.0


def test_microwave_radiation_of_the_nist_handbook(test_data: Path) -> None:
    """The handbook's textbook source takes the fourth root of these values (from memory, not compared)."""
    lines = (test_data / "nist-dataplot-spc" / "MONITOR-6_5_2.DAT").read_text(encoding="ascii").splitlines()
    values = np.array([float(line) for line in lines[25:] if line.strip()])
    found = box_cox(values)
    assert found.lower < 0.25 < found.upper
    assert anderson_darling(values).p_value < 0.005
    assert anderson_darling(found.transformed(values)).p_value > 0.05


def test_bissell_and_the_exact_bound_meet_in_large_samples() -> None:
    exact = centred_index_bounds([1.0, 1.5], 2000, 1999.0, method=CentredMethod.NONCENTRAL_T)
    approximate = centred_index_bounds([1.0, 1.5], 2000, 1999.0)
    assert exact.lower_bound == pytest.approx(approximate.lower_bound, abs=3e-4)
    assert exact.upper == pytest.approx(approximate.upper, abs=3e-4)


def test_worked_examples_of_handbooks() -> None:
    """NIST/SEMATECH e-Handbook 6.1.6; Montgomery, Introduction to SQC, section 8-3 (the latter from memory)."""

    def table(lower: float, upper: float, mean: float, sigma: float, count: int) -> list[float]:
        found = Estimates(*(np.array([float(one)]) for one in (count, mean, sigma, count - 1, sigma)))
        columns = index_table(tolerances([lower], [upper]), found)
        return [
            float(one.value[0])
            for one in (columns.spread, columns.lower, columns.upper, columns.nearest, columns.target)
        ]

    assert table(8.0, 20.0, 16.0, 2.0, 50)[:4] == pytest.approx([1.0, 1.3333, 0.6667, 0.6667], abs=5e-5)
    process_a, process_b = table(35.0, 65.0, 50.0, 5.0, 50), table(35.0, 65.0, 57.5, 2.5, 50)
    assert [process_a[0], process_a[3], process_a[4]] == pytest.approx([1.0, 1.0, 1.0])
    assert [round(process_b[place], 2) for place in (0, 3, 4)] == [2.0, 1.0, 0.63]
    bounds = spread_index_bounds([2.29], [19.0])  # n = 20, s = 1.75, limits 38 and 62; the book rounds Cp
    assert [round(float(bounds.lower[0]), 2), round(float(bounds.upper[0]), 2)] == [1.57, 3.01]
    parts = Estimates(*(np.array([one] * 3) for one in (1e9, 0.0, 1.0, 1e9, 1.0)))
    total = expected_nonconforming(tolerances([-3.0, -4.0, -5.0], [3.0, 4.0, 5.0]), parts).total.value
    assert total == pytest.approx([2700.0, 63.0, 0.57], rel=0.01)
