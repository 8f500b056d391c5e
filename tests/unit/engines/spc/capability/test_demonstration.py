from __future__ import annotations

import math

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.capability.demonstration import (
    Claim,
    IndexKind,
    demonstration_power,
    least_observed_index,
    plan_demonstration,
)
from samegauge.engines.spc.capability.intervals import CentredMethod, centred_index_interval, spread_index_interval

CLAIMS = [Claim(kind=IndexKind.SPREAD), Claim(), Claim(centred_method=CentredMethod.NONCENTRAL_T)]


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("count", [8, 30, 200])
def test_the_least_index_is_the_one_whose_bound_is_the_goal(claim: Claim, count: int) -> None:
    least = least_observed_index(claim, count)
    if claim.kind is IndexKind.SPREAD:
        bound = spread_index_interval(least, count - 1, claim.confidence).lower_bound
    else:
        bound = centred_index_interval(least, count, count - 1, claim.confidence, claim.centred_method).lower_bound
    assert bound == pytest.approx(claim.goal, rel=1e-6)


@pytest.mark.parametrize("claim", CLAIMS)
def test_more_values_ask_for_less_and_better_processes_succeed_more_often(claim: Claim) -> None:
    least = [least_observed_index(claim, count) for count in (10, 20, 50, 500)]
    assert least == sorted(least, reverse=True)
    assert least[-1] > claim.goal
    powers = [demonstration_power(claim, index, 40) for index in (1.2, 1.33, 1.6, 2.0, 2.5)]
    assert powers == sorted(powers)
    plan, harder = plan_demonstration(claim, 1.7, 0.9), plan_demonstration(claim, 1.5, 0.9)
    assert plan is not None
    assert harder is not None
    assert harder.count > plan.count
    assert plan.power >= 0.9 > demonstration_power(claim, 1.7, plan.count - 1)


@pytest.mark.parametrize("claim", [CLAIMS[0], CLAIMS[2]])
def test_a_process_at_the_goal_passes_as_rarely_as_promised(claim: Claim) -> None:
    assert demonstration_power(claim, claim.goal, 25) == pytest.approx(0.05, abs=1e-6)
    assert plan_demonstration(claim, claim.goal, 0.5) is None


def test_power_by_simulation() -> None:
    x = np.random.default_rng(51).normal(size=(20_000, 40))
    index = (5.1 - x.mean(axis=1)) / (3.0 * x.std(axis=1, ddof=1))  # true Cpk 1.7
    claim = CLAIMS[2]
    found = np.mean(index >= least_observed_index(claim, 40))
    assert found == pytest.approx(demonstration_power(claim, 1.7, 40), abs=0.012)


def test_bissell_proves_nothing_with_two_values() -> None:
    assert math.isinf(least_observed_index(Claim(), 2))
    assert demonstration_power(Claim(), 5.0, 2) == 0.0


def test_plan_says_what_it_assumes() -> None:
    plan = plan_demonstration(Claim(), 1.7)
    assert plan is not None
    assert any("approximation" in one for one in plan.method.assumed)
    assert plan.method.constants["goal"] == 1.33


def test_broken_claims_are_refused() -> None:
    for broken in ({"goal": 0.0}, {"confidence": 1.0}):
        with pytest.raises(InvalidOptionError):
            Claim(**broken)
    with pytest.raises(InvalidOptionError):
        least_observed_index(Claim(), 1)
    with pytest.raises(InvalidOptionError):
        demonstration_power(Claim(), 0.0, 10)
    with pytest.raises(InvalidOptionError):
        plan_demonstration(Claim(), 1.7, 1.0)
