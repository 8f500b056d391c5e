"""Input quantities, budgets and simulations: exact cases, conventions, refusals, seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, TooFewValuesError
from samegauge.engines.gauging.inputs import (
    Distribution,
    InputQuantity,
    bounded_input,
    correlation_matrix,
    observed_input,
)
from samegauge.engines.gauging.monte_carlo import (
    SimulationOptions,
    numerical_tolerance,
    shortest_interval,
    simulate,
    validated,
)
from samegauge.engines.gauging.propagation import Derivative, PropagationOptions, propagate

A, B = InputQuantity("a", 3.0, 0.3), InputQuantity("b", 4.0, 0.4)
FEW = SimulationOptions(trials=20_000)


@pytest.mark.parametrize(
    ("distribution", "divisor"),
    [
        (Distribution.RECTANGULAR, math.sqrt(3.0)),
        (Distribution.TRIANGULAR, math.sqrt(6.0)),
        (Distribution.ARCSINE, math.sqrt(2.0)),
    ],
)
def test_bounded_inputs_have_the_deviation_of_their_draws(distribution: Distribution, divisor: float) -> None:
    quantity = bounded_input("x", 2.0, 6.0, distribution)
    assert quantity.standard_uncertainty == pytest.approx(2.0 / divisor)
    drawn = quantity.drawn(np.random.default_rng(4), 200_000)
    assert drawn.min() >= 2.0
    assert drawn.max() <= 6.0
    assert drawn.mean() == pytest.approx(4.0, abs=0.01)
    assert drawn.std() == pytest.approx(quantity.standard_uncertainty, rel=0.006)


def test_observed_inputs_are_wider_in_a_simulation_than_in_a_budget() -> None:
    quantity = observed_input("x", [10.1, 10.2, 10.0, 10.1, 10.3, 10.0, 10.2, 10.1, 10.0])
    found = simulate(lambda x: x, [quantity], options=SimulationOptions(trials=400_000))
    expected = quantity.standard_uncertainty * math.sqrt(quantity.dof / (quantity.dof - 2.0))
    assert found.standard_uncertainty == pytest.approx(expected, rel=0.01)
    budget = propagate(lambda x: x, [quantity])
    # The t interval of the budget is the simulated one exactly.
    assert found.symmetric.upper == pytest.approx(budget.upper, abs=0.01 * budget.expanded_uncertainty)


@given(
    slopes=st.lists(st.floats(-5.0, 5.0), min_size=2, max_size=4),
    coefficient=st.floats(-1.0, 1.0),
)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_a_linear_model_is_propagated_exactly(slopes: list[float], coefficient: float) -> None:
    inputs = [InputQuantity(str(place), 1.0 + place, 0.1 * (place + 1)) for place in range(len(slopes))]
    budget = propagate(
        lambda *x: sum(slope * one for slope, one in zip(slopes, x, strict=True)),
        inputs,
        correlations={("0", "1"): coefficient},
    )
    parts = [slope * one.standard_uncertainty for slope, one in zip(slopes, inputs, strict=True)]
    variance = sum(part**2 for part in parts) + 2.0 * coefficient * parts[0] * parts[1]
    assert budget.standard_uncertainty == pytest.approx(math.sqrt(max(variance, 0.0)), rel=1e-7, abs=1e-6)
    if variance > 1e-6:
        assert sum(row.share_percent for row in budget.rows) == pytest.approx(100.0, rel=1e-6)


def test_perfectly_correlated_differences_vanish() -> None:
    pair = [InputQuantity("x", 1.0, 0.2), InputQuantity("y", 5.0, 0.2)]
    budget = propagate(lambda x, y: y - x, pair, correlations={("x", "y"): 1.0})
    assert budget.standard_uncertainty == pytest.approx(0.0, abs=1e-9)
    found = simulate(lambda x, y: y - x, pair, correlations={("x", "y"): 1.0}, options=FEW)
    assert found.standard_uncertainty == pytest.approx(0.0, abs=1e-7)
    assert found.mean == pytest.approx(4.0)


def test_derivatives_agree() -> None:
    inputs = [InputQuantity("x", 0.7, 0.02), InputQuantity("y", 2.0, 0.0)]
    budgets = [
        propagate(lambda x, y: np.sin(x) * np.exp(x / y), inputs, options=PropagationOptions(derivative=kind))
        for kind in Derivative
    ]
    exact = math.exp(0.35) * (math.cos(0.7) + math.sin(0.7) / 2.0)
    assert budgets[1].rows[0].sensitivity == pytest.approx(exact, rel=1e-14)
    for one, other in zip(budgets[0].rows, budgets[1].rows, strict=True):
        assert one.sensitivity == pytest.approx(other.sensitivity, rel=1e-8)
    assert budgets[0].rows[1].contribution == 0.0


def test_coverage_factor_from_degrees_of_freedom_or_given() -> None:
    inputs = [InputQuantity("x", 1.0, 1.0, 5.0), InputQuantity("y", 1.0, 1.0, 5.0)]
    budget = propagate(lambda x, y: x + y, inputs)
    assert budget.effective_dof == pytest.approx(10.0)
    assert budget.coverage_factor == pytest.approx(2.2281389)
    uneven = [InputQuantity("x", 1.0, 1.0, 5.0), InputQuantity("y", 1.0, 0.5, 9.0)]
    whole, broken = (
        propagate(lambda x, y: x + y, uneven, options=PropagationOptions(whole_dof=way)) for way in (True, False)
    )
    assert broken.effective_dof == pytest.approx(1.5625 / (0.2 + 0.0625 / 9.0))
    assert whole.coverage_factor > broken.coverage_factor
    given = propagate(lambda x, y: x + y, uneven, options=PropagationOptions(coverage_factor=2.0))
    assert given.expanded_uncertainty == pytest.approx(2.0 * given.standard_uncertainty)
    assert [given.lower, given.upper] == pytest.approx(
        [2.0 - given.expanded_uncertainty, 2.0 + given.expanded_uncertainty]
    )


def test_second_order_is_exact_for_products_and_squares_of_normal_inputs() -> None:
    options = PropagationOptions(second_order=True)
    product = propagate(lambda a, b: a * b, [A, B], options=options)
    exact = 9.0 * 0.16 + 16.0 * 0.09 + 0.09 * 0.16
    # GUM's terms count both orders of the mixed derivative, as they must: u_a^2 u_b^2 once.
    assert product.standard_uncertainty**2 == pytest.approx(exact, rel=1e-9)
    square = propagate(lambda a: a * a, [A], options=options)
    assert square.standard_uncertainty**2 == pytest.approx(4.0 * 9.0 * 0.09 + 2.0 * 0.09**2, rel=1e-9)


def test_seeds_fix_a_simulation() -> None:
    one, same, other = (
        simulate(np.multiply, [A, B], options=SimulationOptions(trials=5000, seed=seed)) for seed in (3, 3, 4)
    )
    assert np.array_equal(one.values, same.values)
    assert one.shortest == same.shortest
    assert not np.array_equal(one.values, other.values)


def test_a_model_called_trial_by_trial_gives_the_same() -> None:
    options = SimulationOptions(trials=2000, vectorised=False)
    slow = simulate(math.hypot, [A, B], options=options)
    fast = simulate(np.hypot, [A, B], options=SimulationOptions(trials=2000))
    assert slow.values == pytest.approx(fast.values, rel=1e-12)


def test_adaptive_runs_stop_when_stable_or_at_their_end() -> None:
    found = simulate(np.add, [A, B], options=SimulationOptions(digits=1))
    assert found.stable
    assert found.tolerance == 0.05
    assert found.standard_uncertainty == pytest.approx(0.5, abs=0.05)
    stopped = simulate(np.add, [A, B], options=SimulationOptions(digits=4, most_trials=100_000))
    assert stopped.stable is False
    assert stopped.trials == 100_000
    finer = simulate(np.add, [A, B], options=SimulationOptions(digits=2))
    assert finer.trials > found.trials


def test_shortest_interval_of_a_skewed_result_starts_at_its_edge() -> None:
    rng = np.random.default_rng(2)
    values = rng.exponential(size=200_000)
    found = shortest_interval(values, 0.9)
    assert found.lower == pytest.approx(0.0, abs=0.01)
    assert found.upper == pytest.approx(-math.log(0.1), abs=0.03)
    symmetric = np.quantile(values, [0.05, 0.95])
    assert found.upper - found.lower < symmetric[1] - symmetric[0]
    with pytest.raises(TooFewValuesError):
        shortest_interval([1.0])


@pytest.mark.parametrize(
    ("uncertainty", "digits", "tolerance"),
    [(0.00035, 2, 5e-6), (0.00035, 1, 5e-5), (2.0, 2, 0.05), (99.9, 2, 5.0), (0.0, 2, 0.0)],
)
def test_numerical_tolerance(uncertainty: float, digits: int, tolerance: float) -> None:
    """JCGM 101:2008, 7.9.2, example 1 has 0.00035; 99.9 rounds to 1.0e2."""
    assert numerical_tolerance(uncertainty, digits) == pytest.approx(tolerance)


def test_a_budget_is_validated_only_where_it_holds() -> None:
    sure = propagate(np.add, [A, B])
    assert validated(sure, simulate(np.add, [A, B]), digits=1, shortest=True).validated
    skewed = [InputQuantity("a", 0.1, 0.3)]
    found = validated(propagate(np.square, skewed), simulate(np.square, skewed))
    assert not found.validated
    assert found.lower_difference > found.tolerance


def test_broken_contracts_are_refused() -> None:
    with pytest.raises(InvalidOptionError):
        propagate(lambda: 0.0, [])
    with pytest.raises(InvalidOptionError):
        simulate(lambda: 0.0, [])
    with pytest.raises(NonFiniteValuesError):
        propagate(lambda a: math.inf * a, [A])
    with pytest.raises(NonFiniteValuesError):
        simulate(lambda a: np.where(a > 3.0, np.nan, a), [A], options=FEW)
    with pytest.raises(InvalidOptionError, match="complex"):
        propagate(math.sin, [A], options=PropagationOptions(derivative=Derivative.COMPLEX_STEP))
    with pytest.raises(InvalidOptionError):
        propagate(np.add, [A, B], correlations={("a", "b"): 0.5}, options=PropagationOptions(second_order=True))
    with pytest.raises(InvalidOptionError):
        simulate(np.add, [A, B], options=SimulationOptions(trials=1))
    with pytest.raises(InvalidOptionError, match="must be normal"):
        simulate(
            np.add,
            [A, bounded_input("b", 0.0, 1.0, Distribution.RECTANGULAR)],
            correlations={("a", "b"): 0.5},
            options=FEW,
        )
    with pytest.raises(TooFewValuesError):
        observed_input("x", [1.0])
    with pytest.raises(InvalidOptionError):
        bounded_input("x", 1.0, 1.0, Distribution.ARCSINE)
    with pytest.raises(InvalidOptionError):
        bounded_input("x", 0.0, 1.0, Distribution.NORMAL)
    for broken in ((math.nan, 1.0, 1.0), (0.0, -1.0, 1.0), (0.0, 1.0, 0.0)):
        with pytest.raises(InvalidOptionError):
            InputQuantity("x", *broken)
    with pytest.raises(InvalidOptionError):
        InputQuantity("x", 0.0, 1.0, distribution=Distribution.STUDENT)


def test_impossible_correlations_are_refused() -> None:
    three = [A, B, InputQuantity("c", 0.0, 1.0)]
    with pytest.raises(InvalidOptionError, match="contradict"):
        correlation_matrix(three, {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9})
    with pytest.raises(InvalidOptionError):
        correlation_matrix(three, {("a", "z"): 0.1})
    with pytest.raises(InvalidOptionError):
        correlation_matrix([A, A], {})
