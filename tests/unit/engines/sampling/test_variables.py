"""Plans by variables: simulation, limits that stop mattering, and lots decided by their values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError
from samegauge.engines.sampling.variables import (
    VariablesPlan,
    decide_by_variables,
    variables_acceptance,
    variables_characteristic,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDED = settings(max_examples=40, deadline=None, derandomize=True)
DISTANCES = st.floats(0.3, 5.0)
PLANS = st.builds(VariablesPlan, st.integers(2, 200), st.floats(-0.5, 3.0), st.booleans())
KNOWN, UNKNOWN = VariablesPlan(10, 1.5, sigma_known=True), VariablesPlan(10, 1.5, sigma_known=False)


@pytest.mark.parametrize("plan", [KNOWN, UNKNOWN, VariablesPlan(2, 0.8, sigma_known=False)])
@pytest.mark.parametrize(("upper", "lower"), [(1.8, 2.1), (2.5, 1.6), (1.7, math.inf), (3.0, 3.0)])
def test_acceptance_by_simulation(plan: VariablesPlan, upper: float, lower: float) -> None:
    x = np.random.default_rng(41).normal(size=(40_000, plan.size))
    mean, sigma = x.mean(axis=1), 1.0 if plan.sigma_known else x.std(axis=1, ddof=1)
    accepted = (upper - mean >= plan.factor * sigma) & (mean + lower >= plan.factor * sigma)
    assert accepted.mean() == pytest.approx(variables_acceptance(plan, upper, lower), abs=0.01)


@SEEDED
@given(plan=PLANS, upper=DISTANCES)
def test_a_far_limit_does_not_matter(plan: VariablesPlan, upper: float) -> None:
    assert variables_acceptance(plan, upper, 60.0) == pytest.approx(variables_acceptance(plan, upper), abs=1e-9)


@SEEDED
@given(plan=PLANS, upper=DISTANCES, lower=DISTANCES, more=st.floats(0.01, 1.0))
def test_limits_are_alike_and_more_room_is_never_worse(
    plan: VariablesPlan, upper: float, lower: float, more: float
) -> None:
    chance = variables_acceptance(plan, upper, lower)
    assert chance == variables_acceptance(plan, lower, upper)
    assert chance <= variables_acceptance(plan, upper + more, lower) + 1e-9
    assert chance <= variables_acceptance(plan, upper) + 1e-9


def test_two_limits_closer_than_twice_the_factor_accept_nothing_when_sigma_is_known() -> None:
    assert variables_acceptance(KNOWN, 1.4, 1.4) == 0.0
    assert 0.0 < variables_acceptance(UNKNOWN, 1.4, 1.4) < 1.0
    assert variables_acceptance(VariablesPlan(200, 3.0, sigma_known=False), 0.3, 0.3) == 0.0


@pytest.mark.parametrize(("size", "factor"), [(2, 0.5), (3, 1.1), (10, 1.5), (80, 1.8), (400, 2.6)])
def test_the_characteristic_is_the_noncentral_t_law(size: int, factor: float) -> None:
    shares = np.array([0.001, 0.05, 0.4])
    found = variables_characteristic(VariablesPlan(size, factor, sigma_known=False), shares)
    exact = stats.nct.sf(math.sqrt(size) * factor, size - 1, math.sqrt(size) * stats.norm.isf(shares))
    assert found.acceptance == pytest.approx(exact, abs=1e-9)
    assert (found.method.sample_size, found.method.constants["k"]) == (size, factor)


def test_a_lot_is_decided_by_each_limit() -> None:
    plan = VariablesPlan(4, 1.0, sigma_known=False)
    values = [9.0, 11.0, 10.0, 10.0]
    sigma = np.std(values, ddof=1)
    found = decide_by_variables(plan, values, lower=9.1, upper=12.0)
    assert found.accepted
    assert (found.lower_margin, found.upper_margin) == pytest.approx((0.9 / sigma, 2.0 / sigma))
    assert not decide_by_variables(plan, values, lower=9.5, upper=12.0).accepted
    known = decide_by_variables(VariablesPlan(4, 1.0, sigma_known=True), values, lower=9.5, sigma=0.4)
    assert known.accepted
    assert (known.sigma, known.upper_margin) == (0.4, None)
    assert known.method.data_hash == found.method.data_hash


@SEEDED
@given(scale=st.floats(0.01, 100.0), offset=st.floats(-1000.0, 1000.0))
def test_the_decision_knows_no_unit(scale: float, offset: float) -> None:
    plan, values = VariablesPlan(5, 1.2, sigma_known=False), np.array([1.0, 2.0, 1.5, 1.2, 1.9])
    plain = decide_by_variables(plan, values, lower=0.5, upper=2.4)
    other = decide_by_variables(plan, scale * values + offset, lower=scale * 0.5 + offset, upper=scale * 2.4 + offset)
    assert (other.accepted, other.upper_margin) == (plain.accepted, pytest.approx(plain.upper_margin, rel=1e-6))


@pytest.mark.parametrize(
    "call",
    [
        lambda: VariablesPlan(1, 1.0, sigma_known=False),
        lambda: VariablesPlan(5, math.nan, sigma_known=True),
        lambda: variables_acceptance(UNKNOWN, math.inf),
        lambda: variables_acceptance(UNKNOWN, 1.0, math.nan),
        lambda: variables_characteristic(UNKNOWN, [0.0]),
        lambda: decide_by_variables(UNKNOWN, [1.0, 2.0], upper=3.0),
        lambda: decide_by_variables(VariablesPlan(2, 1.0, sigma_known=False), [1.0, 2.0]),
        lambda: decide_by_variables(VariablesPlan(2, 1.0, sigma_known=False), [1.0, 2.0], upper=3.0, sigma=1.0),
        lambda: decide_by_variables(VariablesPlan(2, 1.0, sigma_known=True), [1.0, 2.0], upper=3.0),
        lambda: decide_by_variables(VariablesPlan(2, 1.0, sigma_known=False), [2.0, 2.0], upper=3.0),
    ],
)
def test_what_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidOptionError) as caught:
        call()
    assert caught.value.reason_zh


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(NonFiniteValuesError):
        decide_by_variables(VariablesPlan(2, 1.0, sigma_known=False), [1.0, math.inf], upper=3.0)
