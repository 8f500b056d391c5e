"""Decisions with uncertainty and the risks they leave: rules, monotony, limits, agreement with the single decision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, ShapeError
from samegauge.engines.gauging.decisions import (
    FULL_GUARD_BAND,
    ISO_14253_1_2017,
    SHARED_RISK,
    SIMPLE_ACCEPTANCE,
    GuardBandMethod,
    Rule,
    RuleKind,
    acceptance_limits,
    decisions,
    guard_band_factor,
)
from samegauge.engines.gauging.risk import (
    gamma_process,
    global_risk,
    guard_band_for_risk,
    normal_process,
    posterior_conformance,
)
from samegauge.quantities.tolerance import Conformity, Limits, decide

BOTH = Limits(9.0, 11.0, "mm")
UPPER = Limits(None, 11.0, "mm")
LOWER = Limits(9.0, None, "mm")
RULES = (SIMPLE_ACCEPTANCE, SHARED_RISK, FULL_GUARD_BAND, ISO_14253_1_2017)


@given(value=st.floats(7.0, 13.0), u=st.floats(0.001, 0.3))
@settings(max_examples=80, derandomize=True, deadline=None)
@pytest.mark.parametrize("limits", [BOTH, UPPER, LOWER])
def test_many_decisions_are_the_single_one(limits: Limits, value: float, u: float) -> None:
    single = decide(value, limits, expanded_uncertainty=2.0 * u, edition="ISO 14253-1:2013")
    assert decisions([value], limits, u, FULL_GUARD_BAND).conformity(0) is single.conformity
    plain = decide(value, limits)
    assert decisions([value], limits, u, SIMPLE_ACCEPTANCE).conformity(0) is plain.conformity


@given(value=st.floats(7.0, 13.0), u=st.floats(0.01, 0.5))
@settings(max_examples=60, derandomize=True, deadline=None)
@pytest.mark.parametrize("rule", RULES)
def test_a_mirrored_tolerance_decides_the_same(rule: Rule, value: float, u: float) -> None:
    mirrored = Limits(-11.0, -9.0, "mm")
    assert decisions([value], BOTH, u, rule).conformity(0) is decisions([-value], mirrored, u, rule).conformity(0)


@given(value=st.floats(8.0, 12.0))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_less_uncertainty_never_turns_conform_into_not(value: float) -> None:
    order = [decisions([value], BOTH, u).conformity(0) for u in (0.4, 0.2, 0.1, 0.05, 0.001)]
    decided = [one for one in order if one is not Conformity.UNDECIDED]
    assert len(set(decided)) <= 1
    assert order.index(decided[0]) + len(decided) == len(order) if decided else order[-1] is Conformity.UNDECIDED


def test_the_2017_rule_is_a_guard_band_of_1_645_where_the_tolerance_is_wide() -> None:
    u = 0.1
    inside = acceptance_limits(BOTH, u)
    one_sided = acceptance_limits(UPPER, u)
    assert inside is not None
    assert one_sided is not None
    assert inside.upper == pytest.approx(11.0 - 1.6448536 * u, abs=1e-7)
    assert one_sided.upper == pytest.approx(11.0 - 1.6448536 * u, abs=1e-7)
    assert one_sided.lower is None
    lower = acceptance_limits(LOWER, u)
    assert lower is not None
    assert lower.lower == pytest.approx(9.0 + 1.6448536 * u, abs=1e-7)


def test_narrow_tolerances_need_a_larger_guard_band_and_then_accept_nothing() -> None:
    near = acceptance_limits(BOTH, 0.45)
    assert near is not None
    assert near.lower is not None
    assert near.lower > 9.0 + 1.6448536 * 0.45
    edge = decisions([near.lower + 1e-9, near.lower - 1e-6], BOTH, 0.45)
    assert edge.conform.tolist() == [True, False]
    assert acceptance_limits(BOTH, 0.6) is None
    assert not decisions(np.linspace(9.0, 11.0, 50), BOTH, 0.6).conform.any()


def test_acceptance_limits_of_the_other_rules() -> None:
    assert acceptance_limits(BOTH, 0.1, SIMPLE_ACCEPTANCE) == BOTH
    guarded = acceptance_limits(BOTH, 0.1, FULL_GUARD_BAND)
    assert guarded is not None
    assert [guarded.lower, guarded.upper] == pytest.approx([9.2, 10.8])
    assert acceptance_limits(BOTH, 0.6, FULL_GUARD_BAND) is None
    assert acceptance_limits(BOTH, 0.1, SHARED_RISK) == BOTH
    assert acceptance_limits(BOTH, 0.11, SHARED_RISK) is None
    assert acceptance_limits(UPPER, 5.0, SHARED_RISK) == UPPER


def test_shared_risk_leaves_coarse_gauges_undecided() -> None:
    fine, coarse = (decisions([10.0, 12.0], BOTH, u, SHARED_RISK) for u in (0.05, 0.2))
    assert [fine.conformity(place).value for place in range(2)] == ["conform", "nonconform"]
    assert coarse.undecided.all()


def test_every_value_may_have_its_own_uncertainty() -> None:
    found = decisions([10.9, 10.9], BOTH, [0.01, 0.2])
    assert found.conform.tolist() == [True, False]
    assert found.margins == pytest.approx([0.1, 0.1])
    assert found.method.constants == {"conformance_probability": 0.95}
    assert found.method.data_hash != decisions([10.9, 10.9], BOTH, [0.01, 0.1]).method.data_hash


def test_broken_contracts_are_refused() -> None:
    with pytest.raises(InvalidOptionError):
        decisions([10.0], BOTH, 0.0)
    with pytest.raises(ShapeError):
        decisions([10.0, 10.1], BOTH, [0.1, 0.1, 0.1])
    with pytest.raises(InvalidOptionError):
        decisions([10.0], BOTH, 0.1, Rule(probability=0.5))
    with pytest.raises(InvalidOptionError):
        acceptance_limits(BOTH, 0.1, Rule(RuleKind.GUARD_BAND, guard_over_expanded=-1.0))
    with pytest.raises(InvalidOptionError):
        acceptance_limits(BOTH, math.nan)
    with pytest.raises(InvalidOptionError):
        guard_band_factor(0.9, GuardBandMethod.RSS)
    with pytest.raises(InvalidOptionError):
        normal_process(0.0, 0.0)
    with pytest.raises(InvalidOptionError):
        gamma_process(1.0, 2.0)
    with pytest.raises(InvalidOptionError):
        global_risk(normal_process(10.0, 0.3), BOTH, -0.1)
    with pytest.raises(InvalidOptionError):
        guard_band_for_risk(normal_process(10.0, 0.3), BOTH, 0.1, 1.0)
    with pytest.raises(InvalidOptionError, match="hardly"):
        posterior_conformance(100.0, normal_process(10.0, 0.3), BOTH, 0.1)


@pytest.mark.parametrize("method", list(GuardBandMethod))
def test_guard_bands_close_as_the_gauge_gets_better(method: GuardBandMethod) -> None:
    factors = [guard_band_factor(ratio, method) for ratio in (1.0, 1.5, 2.0, 4.0, 10.0, 1000.0)]
    assert factors == sorted(factors)
    assert 0.0 <= factors[0] < factors[-1] <= 1.0
    assert factors[-1] == pytest.approx(1.0, abs=0.002)


def test_risks_agree_with_a_simulation() -> None:
    rng = np.random.default_rng(6)
    true = rng.normal(10.1, 0.4, 400_000)
    read = true + rng.normal(0.0, 0.15, true.size)
    acceptance = Limits(9.1, 10.9, "mm")
    bad, accepted = (true < 9.0) | (true > 11.0), (read >= 9.1) & (read <= 10.9)
    found = global_risk(normal_process(10.1, 0.4), BOTH, 0.15, acceptance)
    seen = [np.mean(bad & accepted), np.mean(~bad & ~accepted), np.mean(bad), np.mean(accepted)]
    computed = [found.false_acceptance, found.false_rejection, found.nonconforming, found.accepted]
    errors = np.sqrt(np.array(seen) / true.size)
    assert (np.abs(np.array(seen) - computed) < 4.0 * errors).all()
    assert found.accepted_nonconforming == pytest.approx(found.false_acceptance / found.accepted)


@given(mean=st.floats(9.5, 10.5), deviation=st.floats(0.05, 1.0), u=st.floats(0.005, 0.5))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_shares_of_all_items_are_consistent(mean: float, deviation: float, u: float) -> None:
    found = global_risk(normal_process(mean, deviation), BOTH, u)
    # Accepted = conforming - falsely rejected + falsely accepted.
    total = 1.0 - found.nonconforming - found.false_rejection + found.false_acceptance
    assert found.accepted == pytest.approx(total, abs=1e-9)
    assert 0.0 <= found.false_acceptance <= found.nonconforming + 1e-12


def test_a_guard_band_trades_one_risk_for_the_other() -> None:
    process = normal_process(10.0, 0.5)
    risks = [global_risk(process, BOTH, 0.2, Limits(9.0 + guard, 11.0 - guard, "mm")) for guard in (0.0, 0.1, 0.2, 0.4)]
    accepted, rejected = ([getattr(one, name) for one in risks] for name in ("false_acceptance", "false_rejection"))
    assert accepted == sorted(accepted, reverse=True)
    assert rejected == sorted(rejected)


def test_a_guard_band_for_a_risk_hits_it() -> None:
    process = normal_process(10.0, 0.5)
    guard = guard_band_for_risk(process, BOTH, 0.2, 0.002)
    reached = global_risk(process, BOTH, 0.2, Limits(9.0 + guard, 11.0 - guard, "mm")).false_acceptance
    assert reached == pytest.approx(0.002, rel=1e-6)
    assert guard_band_for_risk(process, BOTH, 0.2, 0.5) == 0.0
    assert guard_band_for_risk(normal_process(30.0, 0.5), BOTH, 20.0, 1e-9) == pytest.approx(1.0, abs=1e-5)
    far = guard_band_for_risk(normal_process(30.0, 0.5), UPPER, 1.0, 1e-9)
    assert global_risk(normal_process(30.0, 0.5), UPPER, 1.0, Limits(None, 11.0 - far, "mm")).false_acceptance <= 1e-9


def test_knowing_the_process_helps() -> None:
    alone = float(decisions([11.1], BOTH, 0.2).probabilities[0])
    assert posterior_conformance(11.1, normal_process(10.0, 0.3), BOTH, 0.2) > 0.9 > alone
    vague = posterior_conformance(11.1, normal_process(10.0, 300.0), BOTH, 0.2)
    assert vague == pytest.approx(alone, abs=1e-4)
    bounded = Limits(None, 2.0, "µm", zero_is_bound=True)
    assert posterior_conformance(1.9, gamma_process(1.0, 0.5), bounded, 0.25) > 0.655


@pytest.mark.parametrize("u", [2.0, 16.0, 100.0])
@pytest.mark.parametrize("rule", [ISO_14253_1_2017, FULL_GUARD_BAND])
def test_an_uncertainty_of_many_tolerances_proves_nothing_about_values_near_them(u: float, rule: Rule) -> None:
    """ISO 14253-1: the zone of nonconformance lies outside the limits by the guard; JCGM 106, 8.3.3."""
    limits = Limits(9.0, 11.0, "mm")
    guard = {RuleKind.PROBABILITY: 1.6448536, RuleKind.GUARD_BAND: 2.0}[rule.kind] * u
    values = [10.0, 9.0, 11.0, 11.0 + 0.99 * guard, 9.0 - 0.99 * guard, 11.0 + 1.01 * guard, 9.0 - 1.01 * guard]
    found = decisions(values, limits, u, rule)
    assert not found.conform.any()
    assert found.nonconform.tolist() == [False] * 5 + [True] * 2
