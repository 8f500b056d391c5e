"""Budgets, simulations, decisions and risks against the examples of the guides and of other programs."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from nist_files import recorded

from samegauge.engines.gauging.decisions import GuardBandMethod, conformance_probability, guard_band_factor
from samegauge.engines.gauging.inputs import Distribution, InputQuantity, bounded_input, observed_input
from samegauge.engines.gauging.monte_carlo import SimulationOptions, simulate, validated
from samegauge.engines.gauging.propagation import Derivative, PropagationOptions, propagate
from samegauge.engines.gauging.risk import (
    gamma_process,
    global_risk,
    guard_band_for_risk,
    normal_process,
    posterior_conformance,
)
from samegauge.quantities.tolerance import Limits

MILLION = SimulationOptions(trials=1_000_000)


def end_gauge(
    standard: float, difference: float, expansion: float, room: float, by_expansion: float, by_temperature: float
) -> float:
    return standard + difference - standard * (by_expansion * room + expansion * by_temperature)


END_GAUGE = (
    InputQuantity("length of the standard", 50_000_623.0, 25.0, 18.0, unit="nm"),
    InputQuantity("difference of lengths", 215.0, 9.7, 25.6, unit="nm"),
    bounded_input("expansion of the standard", 9.5e-6, 13.5e-6, Distribution.RECTANGULAR),
    InputQuantity("deviation from 20 degC", -0.1, 0.41),
    bounded_input("difference of expansion", -1e-6, 1e-6, Distribution.RECTANGULAR, dof=50.0),
    bounded_input("difference of temperature", -0.05, 0.05, Distribution.RECTANGULAR, dof=2.0),
)


def test_end_gauge_of_the_gum() -> None:
    """JCGM 100:2008, H.1: l = 50.000838 mm, u_c = 32 nm, 16 degrees of freedom, k = 2.92, U99 = 93 nm (rounded up)."""
    budget = propagate(end_gauge, END_GAUGE, options=PropagationOptions(coverage=0.99))
    assert budget.value == pytest.approx(50_000_838.0)
    assert round(budget.standard_uncertainty) == 32
    assert math.floor(budget.effective_dof) == 16
    assert round(budget.coverage_factor, 2) == 2.92
    assert 92.0 < budget.expanded_uncertainty <= 93.0
    contributions = [round(abs(row.contribution), 1) for row in budget.rows]
    assert contributions == [25.0, 9.7, 0.0, 0.0, 2.9, 16.6]


def test_second_order_terms_of_the_end_gauge() -> None:
    """JCGM 100:2008, H.1.7: the second-order terms raise 32 nm to 34 nm."""
    budget = propagate(end_gauge, END_GAUGE, options=PropagationOptions(second_order=True))
    assert round(budget.standard_uncertainty) == 34


def test_resistance_and_reactance_of_the_gum() -> None:
    """JCGM 100:2008, H.2: R = 127.732(71), X = 219.847(295), Z = 254.260(236), from correlated observations."""
    observations = {
        "V": [5.007, 4.994, 5.005, 4.990, 4.999],
        "I": [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3],
        "phi": [1.0456, 1.0438, 1.0468, 1.0428, 1.0433],
    }
    inputs = [observed_input(name, values) for name, values in observations.items()]
    r = np.corrcoef(list(observations.values()))
    assert [round(r[0, 1], 2), round(r[0, 2], 2), round(r[1, 2], 2)] == [-0.36, 0.86, -0.65]
    correlations = {("V", "I"): r[0, 1], ("V", "phi"): r[0, 2], ("I", "phi"): r[1, 2]}
    expected = (
        (lambda v, i, phi: v / i * np.cos(phi), 127.732, 0.071),
        (lambda v, i, phi: v / i * np.sin(phi), 219.847, 0.295),
        (lambda v, i, phi: v / i + 0.0 * phi, 254.260, 0.236),
    )
    for model, value, uncertainty in expected:
        for derivative in Derivative:
            options = PropagationOptions(derivative=derivative)
            budget = propagate(model, inputs, correlations=correlations, options=options)
            assert round(budget.value, 3) == value
            assert budget.standard_uncertainty == pytest.approx(uncertainty, abs=6e-4)
            # All three share five observations.
            assert budget.effective_dof == pytest.approx(4.0)


def test_a_model_with_finite_degrees_of_freedom_as_gtc_propagates_it() -> None:
    """GTC 1.5.1: value, uncertainty, dof and components of a exp(-b c) + b^2 / c, and of a correlated x^2 / y."""
    inputs = [InputQuantity("a", 3.2, 0.11, 7), InputQuantity("b", 1.7, 0.05, 4), InputQuantity("c", 0.6, 0.02)]
    budget = propagate(lambda a, b, c: a * math.exp(-b * c) + b**2 / c, inputs)
    found = [budget.value, budget.standard_uncertainty, budget.effective_dof]
    assert found == pytest.approx([5.9705704752205175, 0.32147855896657096, 11.160691561051163], rel=1e-6)
    components = [abs(row.contribution) for row in budget.rows]
    assert components == pytest.approx([0.03966544341903861, 0.24871621907671787, 0.1997882850463865], rel=1e-6)
    pair = [InputQuantity("x", 3.2, 0.11), InputQuantity("y", 1.7, 0.05)]
    correlated = propagate(lambda x, y: x**2 / y, pair, correlations={("x", "y"): -0.4})
    assert correlated.standard_uncertainty == pytest.approx(0.511442039818657, rel=1e-7)


@pytest.mark.parametrize(
    ("distribution", "last", "combined", "first_order", "end"),
    [
        (Distribution.NORMAL, 1.0, 2.0, 3.92, 3.92),
        # The exact end is 2 sqrt(3) (2 - (3 / 5)^(1 / 4)) = 3.88.
        (Distribution.RECTANGULAR, 1.0, 2.0, 3.92, 2.0 * math.sqrt(3.0) * (2.0 - 0.6**0.25)),
        (Distribution.RECTANGULAR, 10.0, 10.15, 19.89, 17.0),
    ],
)
def test_additive_model_of_supplement_1(
    distribution: Distribution, last: float, combined: float, first_order: float, end: float
) -> None:
    """JCGM 101:2008, 9.2.2 to 9.2.4."""
    inputs = [InputQuantity(str(place), 0.0, 1.0, distribution=distribution) for place in range(3)]
    inputs.append(InputQuantity("last", 0.0, last, distribution=distribution))
    found = simulate(lambda *x: sum(x), inputs, options=MILLION)
    budget = propagate(lambda *x: sum(x), inputs)
    assert found.standard_uncertainty == pytest.approx(combined, rel=0.004)
    assert budget.expanded_uncertainty == pytest.approx(first_order, abs=0.005)
    assert [-found.symmetric.lower, found.symmetric.upper] == pytest.approx([end, end], rel=0.005)
    assert validated(budget, found).validated == (last == 1.0)


def mass(reference: float, difference: float, air: float, density: float, reference_density: float) -> float:
    return (reference + difference) * (1.0 + (air - 1.2) * (1.0 / density - 1.0 / reference_density)) - 100_000.0


def test_mass_calibration_of_supplement_1() -> None:
    """JCGM 101:2008, 9.3, in mg: first order 0.0539, second order 0.0750, simulation 0.0754 and [1.0834, 1.3825]."""
    inputs = [
        InputQuantity("reference", 100_000.0, 0.050),
        InputQuantity("difference", 1.234, 0.020),
        bounded_input("air", 1.10, 1.30, Distribution.RECTANGULAR),
        bounded_input("density", 7000.0, 9000.0, Distribution.RECTANGULAR),
        bounded_input("reference density", 7950.0, 8050.0, Distribution.RECTANGULAR),
    ]
    first = propagate(mass, inputs)
    assert [round(number, 4) for number in (first.value, first.standard_uncertainty)] == [1.2340, 0.0539]
    assert [first.lower, first.upper] == pytest.approx([1.1285, 1.3395], abs=6e-5)
    second = propagate(mass, inputs, options=PropagationOptions(second_order=True))
    assert round(second.standard_uncertainty, 4) == 0.0750
    assert [second.lower, second.upper] == pytest.approx([1.0870, 1.3810], abs=1e-4)
    found = simulate(mass, inputs, options=MILLION)
    assert found.standard_uncertainty == pytest.approx(0.0754, abs=1.5e-4)
    assert [found.shortest.lower, found.shortest.upper] == pytest.approx([1.0834, 1.3825], abs=1.5e-3)
    assert not validated(first, found).validated


@pytest.mark.parametrize(
    ("x", "correlation", "first_order", "mean", "deviation", "interval"),
    [
        (0.000, 0.0, 0.0, 50.0, 50.0, (0.0, 150.0)),
        (0.010, 0.0, 100.0, 150.0, 112.0, (0.0, 367.0)),
        (0.050, 0.0, 500.0, 2551.0, 502.0, (1590.0, 3543.0)),
        (0.000, 0.9, 0.0, 50.0, 67.0, (0.0, 185.0)),
        (0.010, 0.9, 100.0, 150.0, 121.0, (13.0, 398.0)),
        (0.050, 0.9, 500.0, 2551.0, 505.0, (1628.0, 3555.0)),
    ],
)
def test_comparison_loss_of_supplement_1(
    x: float, correlation: float, first_order: float, mean: float, deviation: float, interval: tuple[float, float]
) -> None:
    """JCGM 101:2008, 9.4, tables 6 and 7 (in units of 1e-6): x1^2 + x2^2 with u = 0.005, far from linear at zero."""
    inputs = [InputQuantity("x1", x, 0.005), InputQuantity("x2", 0.0, 0.005)]
    correlations = {("x1", "x2"): correlation} if correlation else {}
    budget = propagate(lambda a, b: a * a + b * b, inputs, correlations=correlations)
    found = simulate(lambda a, b: a * a + b * b, inputs, correlations=correlations, options=MILLION)
    assert 1e6 * budget.standard_uncertainty == pytest.approx(first_order, abs=1e-6)
    assert [1e6 * found.mean, 1e6 * found.standard_uncertainty] == pytest.approx([mean, deviation], rel=0.006)
    # Of many nearly equal intervals the simulation picks one: its ends wander by some per cent of the width.
    width = interval[1] - interval[0]
    assert 1e6 * found.shortest.lower == pytest.approx(interval[0], abs=0.02 * width)
    assert 1e6 * found.shortest.upper == pytest.approx(interval[1], abs=0.02 * width)


def test_viscometer_of_nist() -> None:
    """NIST TN 1900, example E3, as suncal prints it: GUM 5.69 and 1.03, simulation 5.83, 1.12 and (4.05, 8.40)."""
    inputs = [
        InputQuantity("calibration liquid", 4.63, 0.046),
        InputQuantity("ball", 2217.0, 0.5),
        InputQuantity("density c", 810.0, 0.5),
        InputQuantity("density m", 1180.0, 0.5),
        InputQuantity("time c", 36.6, 5.5),
        InputQuantity("time m", 61.0, 6.1),
    ]

    def viscosity(mu: float, ball: float, c: float, m: float, time_c: float, time_m: float) -> float:
        return mu * (ball - m) / (ball - c) * time_m / time_c

    budget = propagate(viscosity, inputs)
    found = simulate(viscosity, inputs, options=MILLION)
    assert [round(budget.value, 2), round(budget.standard_uncertainty, 2)] == [5.69, 1.03]
    assert [found.mean, found.standard_uncertainty] == pytest.approx([5.83, 1.12], abs=0.015)
    assert [found.symmetric.lower, found.symmetric.upper] == pytest.approx([4.05, 8.40], abs=0.03)


def test_thermal_expansion_of_nist() -> None:
    """NIST TN 1900, example E13: 1.73e-5 with 1.8e-6 per kelvin."""
    inputs = [
        InputQuantity("L0", 1.4999, 0.0001),
        InputQuantity("T0", 288.15, 0.02),
        InputQuantity("L1", 1.5021, 0.0002),
        InputQuantity("T1", 373.10, 0.05),
    ]
    budget = propagate(lambda l0, t0, l1, t1: (l1 - l0) / (l0 * (t1 - t0)), inputs)
    assert budget.value == pytest.approx(1.73e-5, abs=5e-8)
    assert budget.standard_uncertainty == pytest.approx(1.8e-6, abs=5e-8)


def listed_risks() -> dict[str, float]:
    with recorded("jasp-qcc-expected/expected.csv").open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["case"] == "probability of false acceptance"]
    return {row["quantity"]: float(row["value"]) for row in rows}


def test_risks_of_deaver_in_the_expected_figures() -> None:
    listed = listed_risks()
    assert listed.keys() == {"PFA(SL=2,TUR=4)", "PFA(SL=2.5,TUR=4)"}
    for limit, name in ((2.0, "PFA(SL=2,TUR=4)"), (2.5, "PFA(SL=2.5,TUR=4)")):
        found = global_risk(normal_process(0.0, 1.0), Limits(-limit, limit, "1"), 0.25).false_acceptance
        assert found == pytest.approx(listed[name], abs=6e-5)


def test_more_risks_of_deaver() -> None:
    """Guardbanding with confidence (1994), pages 7 and 10; his TUR is process deviation over standard uncertainty."""
    process = normal_process(0.0, 1.0)
    wide = global_risk(process, Limits(-2.5, 2.5, "1"), 1.0)
    assert round(wide.false_acceptance, 3) == 0.005
    four = global_risk(normal_process(0.0, 4.0), Limits(-8.0, 8.0, "1"), 1.0)
    assert [round(four.false_acceptance, 3), round(four.false_rejection, 3)] == [0.008, 0.015]
    guarded = global_risk(process, Limits(-2.0, 2.0, "1"), 0.5, Limits(-1.82, 1.82, "1"))
    assert [round(guarded.false_acceptance, 3), round(guarded.false_rejection, 3)] == [0.008, 0.066]


def test_ball_bearings_of_jcgm_106() -> None:
    """JCGM 106:2012, 9.5.4: 4.2 % beyond 2 µm, 0.8 % falsely accepted, acceptance limit 1.67 µm for 0.1 %.

    suncal 1.7.1 prints 0.04238011199168, 0.0080191118843 and 1.671828771544.
    """
    bearings, limits = gamma_process(1.0, 0.5), Limits(None, 2.0, "µm", zero_is_bound=True)
    risk = global_risk(bearings, limits, 0.25)
    assert risk.nonconforming == pytest.approx(0.04238011199168401, rel=1e-9)
    assert risk.false_acceptance == pytest.approx(0.008019111884303471, rel=1e-7)
    guard = guard_band_for_risk(bearings, limits, 0.25, 0.001)
    assert 2.0 - guard == pytest.approx(1.671828771543956, rel=1e-5)


def test_zener_diode_of_jcgm_106() -> None:
    """JCGM 106:2012, 7.3, example 1: -5.47 V with u = 0.05 V and an upper limit of -5.40 V conforms with 92 %."""
    assert round(float(conformance_probability([-5.47], Limits(None, -5.40, "V"), 0.05)[0]), 2) == 0.92


@pytest.mark.parametrize(
    ("method", "factor"),
    [
        (GuardBandMethod.RP10, 1.25 - 1.0 / 2.5),
        (GuardBandMethod.RSS, math.sqrt(1.0 - 1.0 / 6.25)),
        (GuardBandMethod.EXPANDED, 1.0 - 1.0 / 2.5),
        (GuardBandMethod.DOBBERT, 1.0 - (1.04 - math.exp(0.38 * math.log(2.5) - 0.54)) / 2.5),
    ],
)
def test_published_guard_bands(method: GuardBandMethod, factor: float) -> None:
    assert guard_band_factor(2.5, method) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("ratio", [1.5, 2.0, 3.0, 4.0])
def test_dobberts_guard_band_keeps_false_acceptance_below_two_per_cent(ratio: float) -> None:
    factor = guard_band_factor(ratio, GuardBandMethod.DOBBERT)
    worst = max(
        global_risk(
            normal_process(0.0, deviation), Limits(-1.0, 1.0, "1"), 0.5 / ratio, Limits(-factor, factor, "1")
        ).false_acceptance
        for deviation in np.geomspace(0.2, 3.0, 40)
    )
    assert 0.015 < worst < 0.0205


def test_posterior_of_a_normal_process_in_closed_form() -> None:
    """JCGM 106:2012, annex A.4: the posterior mean is weighted, its variance the harmonic sum."""
    weight = 1.0 / (1.0 + 0.25**2)
    mean, deviation = 1.9 * weight, 0.25 * math.sqrt(weight)
    expected = 0.5 * (math.erf((2.0 - mean) / deviation / math.sqrt(2.0)) + math.erf((2.0 + mean) / deviation / 1.4142))
    found = posterior_conformance(1.9, normal_process(0.0, 1.0), Limits(-2.0, 2.0, "1"), 0.25)
    assert found == pytest.approx(expected, rel=1e-9)
