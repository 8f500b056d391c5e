"""Run lengths: limiting cases, symmetry, simulation as a second method, and what is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from scipy import stats

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.run_length import memory
from samegauge.engines.spc.run_length.counts import (
    CountLimits,
    cases_between_run_length,
    defectives_run_length,
    defects_run_length,
    time_between_run_length,
)
from samegauge.engines.spc.run_length.design import (
    cusum_design,
    cusum_interval,
    ewma_design,
    ewma_width,
    mewma_limit,
    rules_scale,
    shewhart_width,
    t2_limit,
)
from samegauge.engines.spc.run_length.memory import (
    CusumDesign,
    EwmaDesign,
    cusum_run_length,
    ewma_run_length,
    mewma_run_length,
)
from samegauge.engines.spc.run_length.result import Passage, RunLength, geometric_run_length, run_length_of_passage
from samegauge.engines.spc.run_length.rules import rules_run_length
from samegauge.engines.spc.run_length.shewhart import (
    deviation_run_length,
    individuals_range_run_length,
    range_run_length,
    t2_run_length,
    xbar_run_length,
)
from samegauge.engines.spc.run_length.simulation import simulated_rules_run_length
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDED = settings(max_examples=8, deadline=None, derandomize=True)
SHIFTS = st.floats(0.0, 4.0)


@dataclass(frozen=True)
class Rule:
    pattern: str
    needed: int
    window: int
    zone: float


LIMITS = Rule("beyond", 1, 1, 3.0)
ZONE_A, ZONE_B, SIDE = Rule("beyond", 2, 3, 2.0), Rule("beyond", 4, 5, 1.0), Rule("side", 8, 8, 0.0)
WESTERN_ELECTRIC = (LIMITS, ZONE_A, ZONE_B, SIDE)
NELSON_OF_ZONES = (
    LIMITS,
    Rule("side", 9, 9, 0.0),
    ZONE_A,
    ZONE_B,
    Rule("within", 15, 15, 1.0),
    Rule("outside", 8, 8, 1.0),
)
NELSON = (*NELSON_OF_ZONES, Rule("trend", 6, 6, 0.0), Rule("alternating", 14, 14, 0.0))


def simulated(alarms: np.ndarray) -> np.ndarray:
    assert alarms.any(axis=1).all(), "the simulation is too short"
    return alarms.argmax(axis=1) + 1


def assert_agrees(found: RunLength, lengths: np.ndarray) -> None:
    """Mean and deviation within four standard errors; quantiles at their shares."""
    root = math.sqrt(lengths.size)
    assert abs(lengths.mean() - found.mean) < 4.0 * found.deviation / root
    assert lengths.std() == pytest.approx(found.deviation, rel=0.08)
    for quantile, level in ((found.early, 0.05), (found.median, 0.5), (found.late, 0.95)):
        error = 4.0 * math.sqrt(level * (1.0 - level)) / root
        assert (lengths <= quantile).mean() > level - error
        assert (lengths < quantile).mean() < level + error


def in_window(hits: np.ndarray, needed: int, window: int) -> np.ndarray:
    padded = np.concatenate([np.zeros((len(hits), window - 1), dtype=bool), hits], axis=1)
    return sliding_window_view(padded, window, axis=1).sum(axis=2) >= needed


def rule_alarms(scores: np.ndarray, rule: Rule) -> np.ndarray:
    if rule.pattern in {"beyond", "side"}:
        up, down = (in_window(side * scores > rule.zone, rule.needed, rule.window) for side in (1, -1))
        return up | down
    inside = np.abs(scores) < rule.zone
    return in_window(inside if rule.pattern == "within" else ~inside, rule.needed, rule.window)


@pytest.mark.parametrize(
    ("rules", "shift"),
    [(WESTERN_ELECTRIC, 0.0), (WESTERN_ELECTRIC, 0.8), (NELSON_OF_ZONES, 0.0), ((Rule("within", 6, 6, 1.0),), 0.3)],
)
def test_run_rules_by_simulation(rules: tuple[Rule, ...], shift: float) -> None:
    scores = np.random.default_rng(21).normal(shift, 1.0, size=(1500, 1500))
    alarms = np.logical_or.reduce([rule_alarms(scores, rule) for rule in rules])
    assert_agrees(rules_run_length(rules, shift), simulated(alarms))


def test_the_simulation_agrees_with_the_chain() -> None:
    for rules, shift in ((WESTERN_ELECTRIC, 0.0), (NELSON_OF_ZONES, 1.0)):
        drawn, exact = simulated_rules_run_length(rules, shift), rules_run_length(rules, shift)
        assert abs(drawn.mean - exact.mean) < 4.0 * drawn.method.constants["standard_error"]
        assert drawn.median == pytest.approx(exact.median, rel=0.08)
        assert drawn.method.simulated
        assert not exact.method.simulated


def test_three_points_rising_falling_or_alternating() -> None:
    """Never three in a row up or down: alternating permutations, sum of 2 E_n / n!; never a turn: sum of 2 / n!."""
    trend = simulated_rules_run_length([Rule("trend", 3, 3, 0.0)], charts=20_000)
    turns = simulated_rules_run_length([Rule("alternating", 3, 3, 0.0)], charts=20_000)
    assert trend.mean == pytest.approx(2.0 / math.cos(1.0) + 2.0 * math.tan(1.0) - 2.0, abs=0.08)
    assert turns.mean == pytest.approx(2.0 * math.e - 2.0, abs=0.04)


def test_all_rules_of_nelson_together() -> None:
    """The same seed gives the same result; two more rules give more alarms."""
    found = simulated_rules_run_length(NELSON)
    again = simulated_rules_run_length(NELSON, seed=1)
    other = simulated_rules_run_length(NELSON, seed=2)
    assert found == again
    assert found.mean != other.mean
    assert found.mean == pytest.approx(other.mean, abs=5.0 * found.method.constants["standard_error"])
    assert found.mean < rules_run_length(NELSON_OF_ZONES).mean


@pytest.mark.parametrize(("design", "shift"), [(EwmaDesign(0.2, 2.5), 0.3), (EwmaDesign(0.2, 2.5, widening=True), 0.3)])
def test_ewma_by_simulation(design: EwmaDesign, shift: float) -> None:
    x = np.random.default_rng(22).normal(shift, 1.0, size=(3000, 900))
    z, alarms = np.zeros(3000), np.zeros(x.shape, dtype=bool)
    for place in range(x.shape[1]):
        z = design.weight * x[:, place] + (1.0 - design.weight) * z
        forgotten = (1.0 - design.weight) ** (2 * (place + 1)) if design.widening else 0.0
        sigma = math.sqrt(design.weight / (2.0 - design.weight) * (1.0 - forgotten))
        alarms[:, place] = np.abs(z) > design.width * sigma
    assert_agrees(ewma_run_length(design, shift), simulated(alarms))


@pytest.mark.parametrize("shift", [0.0, 0.6])
@pytest.mark.parametrize(
    "design", [CusumDesign(0.5, 3.0), CusumDesign(0.5, 3.0, 1.5), CusumDesign(0.5, 3.0, 1.0, two_sided=False)]
)
def test_cusum_by_simulation(design: CusumDesign, shift: float) -> None:
    """Also the deviation and the quantiles of two sides, for which no outside figure was found."""
    x = np.random.default_rng(23).normal(shift, 1.0, size=(3000, 1500))
    up, down = np.full(3000, design.head_start), np.full(3000, design.head_start)
    alarms = np.zeros(x.shape, dtype=bool)
    for place in range(x.shape[1]):
        up = np.maximum(0.0, up + x[:, place] - design.reference)
        down = np.maximum(0.0, down - x[:, place] - design.reference)
        alarms[:, place] = (up > design.interval) | ((down > design.interval) & design.two_sided)
    assert_agrees(cusum_run_length(design, shift), simulated(alarms))


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_mewma_by_simulation(shift: float) -> None:
    weight, limit = 0.2, 9.0
    x = np.random.default_rng(24).normal(size=(2000, 600, 3))
    x[:, :, 1] += shift
    z, alarms = np.zeros((2000, 3)), np.zeros((2000, 600), dtype=bool)
    for place in range(600):
        z = weight * x[:, place] + (1.0 - weight) * z
        alarms[:, place] = (z**2).sum(axis=1) * (2.0 - weight) / weight > limit
    assert_agrees(mewma_run_length(weight, limit, 3, shift), simulated(alarms))


def test_individuals_and_ranges_by_simulation() -> None:
    x = np.random.default_rng(25).normal(0.5, 1.1, size=(3000, 1000))
    moves = np.abs(np.diff(x, axis=1, prepend=x[:, :1]))
    assert_agrees(
        individuals_range_run_length(3.0, 3.686, 0.5, ratio=1.1), simulated((np.abs(x) > 3.0) | (moves > 3.686))
    )


def test_spreads_by_simulation() -> None:
    groups = np.random.default_rng(26).normal(0.0, 1.4, size=(3000, 400, 5))
    assert_agrees(range_run_length(5, 0.4, 4.918, ratio=1.4), simulated(outside(np.ptp(groups, axis=2), 0.4, 4.918)))
    spreads = groups.std(axis=2, ddof=1)
    assert_agrees(deviation_run_length(5, 0.2, 1.964, ratio=1.4), simulated(outside(spreads, 0.2, 1.964)))


def outside(values: np.ndarray, lower: float, upper: float) -> np.ndarray:
    return (values < lower) | (values > upper)


@SEEDED
@given(shift=SHIFTS)
def test_a_shift_up_is_found_as_soon_as_one_down(shift: float) -> None:
    for length in (
        xbar_run_length,
        lambda shift: ewma_run_length(EwmaDesign(0.3, 2.6), shift),
        lambda shift: cusum_run_length(CusumDesign(0.5, 3.0, 1.0), shift),
        lambda shift: rules_run_length(WESTERN_ELECTRIC, shift),
        lambda shift: individuals_range_run_length(3.0, 3.686, shift),
    ):
        up, down = by_shift(length, shift), by_shift(length, -shift)
        assert up.mean == pytest.approx(down.mean, rel=1e-9)
        assert up.deviation == pytest.approx(down.deviation, rel=1e-6, abs=1e-6)


def by_shift(length: Callable[..., RunLength], shift: float) -> RunLength:
    return length(shift=shift)


@SEEDED
@given(shift=SHIFTS, more=st.floats(0.05, 1.0))
def test_a_larger_shift_is_found_sooner_and_wider_limits_find_it_later(shift: float, more: float) -> None:
    ewma, cusum = EwmaDesign(0.2, 2.8), CusumDesign(0.5, 4.0)
    assert ewma_run_length(ewma, shift + more).mean < ewma_run_length(ewma, shift).mean
    assert cusum_run_length(cusum, shift + more).mean < cusum_run_length(cusum, shift).mean
    assert rules_run_length(WESTERN_ELECTRIC, shift + more).mean < rules_run_length(WESTERN_ELECTRIC, shift).mean
    assert t2_run_length(12.0, 3, shift + more).mean < t2_run_length(12.0, 3, shift).mean
    assert ewma_run_length(EwmaDesign(0.2, 2.8 + more), shift).mean > ewma_run_length(ewma, shift).mean
    assert cusum_run_length(CusumDesign(0.5, 4.0 + more), shift).mean > cusum_run_length(cusum, shift).mean
    assert rules_run_length(WESTERN_ELECTRIC, shift).mean < rules_run_length(WESTERN_ELECTRIC[:2], shift).mean


@SEEDED
@given(shift=SHIFTS, width=st.floats(1.0, 3.5))
def test_charts_without_memory_are_shewhart_charts(shift: float, width: float) -> None:
    plain = xbar_run_length(width, shift)
    same = (
        ewma_run_length(EwmaDesign(1.0, width), shift),
        ewma_run_length(EwmaDesign(1.0, width, widening=True), shift),
        rules_run_length([Rule("beyond", 1, 1, width)], shift),
        t2_run_length(width**2, 1, shift),
        individuals_range_run_length(width, 2.0 * width + 0.1, shift),
    )
    for one in same:
        assert (one.mean, one.deviation) == pytest.approx((plain.mean, plain.deviation), rel=1e-6, abs=1e-6)
        # A quantile is a whole number: where the chance meets the level, rounding may decide.
        assert [one.early, one.median, one.late] == pytest.approx([plain.early, plain.median, plain.late], abs=1)


@pytest.mark.parametrize("shift", [0.0, 1.2])
def test_a_mewma_without_memory_is_a_t2_chart(shift: float) -> None:
    assert mewma_run_length(1.0, 9.0, 3, shift).mean == pytest.approx(t2_run_length(9.0, 3, shift).mean, rel=1e-6)


def test_more_nodes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def lengths() -> list[float]:
        return [
            ewma_run_length(EwmaDesign(0.05, 2.6), 0.5).mean,
            ewma_run_length(EwmaDesign(0.05, 2.6, widening=True), 0.5).mean,
            cusum_run_length(CusumDesign(0.25, 8.0), 0.5).mean,
            mewma_run_length(0.05, 11.0, 3).mean,
        ]

    before = lengths()
    monkeypatch.setattr(memory, "_LEAST_NODES", 60)
    assert lengths() == pytest.approx(before, rel=1e-7)


def test_a_chain_of_one_state_is_a_geometric_law() -> None:
    for alarm in (0.0027, 0.3):
        chain = run_length_of_passage(
            Passage(np.ones(0), np.ones(1), np.full((1, 1), 1.0 - alarm), np.ones(1)), Method("a coin", "none")
        )
        plain = geometric_run_length(alarm, Method("a coin", "none"))
        assert (chain.mean, chain.deviation) == pytest.approx((plain.mean, plain.deviation))
        assert (chain.early, chain.median, chain.late) == (plain.early, plain.median, plain.late)


def test_a_chart_that_cannot_give_an_alarm_has_an_infinite_run_length() -> None:
    assert math.isinf(geometric_run_length(0.0, Method("a coin", "none")).late)
    assert math.isinf(rules_run_length([LIMITS], scale=10.0).mean)
    assert math.isinf(cusum_run_length(CusumDesign(0.5, 60.0)).median)
    assert defectives_run_length(CountLimits(None, 5.0), 5, 0.1).mean == math.inf
    sure = geometric_run_length(1.0, Method("a coin", "none"))
    assert (sure.mean, sure.deviation, sure.late) == (1.0, 0.0, 1.0)


def test_the_range_law_is_the_studentized_one_without_the_estimate() -> None:
    for size, limit in ((2, 3.7), (5, 4.918), (10, 5.2)):
        exact = 1.0 / float(stats.studentized_range.sf(limit, size, np.inf))
        assert range_run_length(size, 0.0, limit).mean == pytest.approx(exact, rel=1e-7)


def test_events_by_simulation() -> None:
    rng = np.random.default_rng(27)
    assert_agrees(
        defects_run_length(CountLimits(1.0, 9.0), 5.0), simulated(outside(rng.poisson(5.0, (3000, 600)), 1, 9))
    )
    cases = rng.geometric(0.1, (3000, 700)) - 1
    assert_agrees(cases_between_run_length(CountLimits(None, 30.0), 0.1), simulated(cases > 30))
    times = 3.0 * rng.weibull(1.5, (3000, 700))
    assert_agrees(time_between_run_length(0.1, 9.0, 3.0, shape=1.5), simulated(outside(times, 0.1, 9.0)))


@SEEDED
@given(mean=st.floats(50.0, 2000.0), weight=st.floats(0.03, 1.0), k=st.floats(0.2, 1.2))
def test_limits_for_a_run_length_give_it_back(mean: float, weight: float, k: float) -> None:
    assert xbar_run_length(shewhart_width(mean)).mean == pytest.approx(mean, rel=1e-9)
    assert ewma_run_length(EwmaDesign(weight, ewma_width(weight, mean))).mean == pytest.approx(mean, rel=1e-6)
    assert cusum_run_length(CusumDesign(k, cusum_interval(k, mean))).mean == pytest.approx(mean, rel=1e-6)
    assert t2_run_length(t2_limit(4, mean), 4).mean == pytest.approx(mean, rel=1e-8)
    assert mewma_run_length(weight, mewma_limit(weight, 4, mean), 4).mean == pytest.approx(mean, rel=1e-6)
    scale = rules_scale(WESTERN_ELECTRIC[:2], mean)
    assert rules_run_length(WESTERN_ELECTRIC[:2], scale=scale).mean == pytest.approx(mean, rel=1e-6)


def test_the_designs_beat_their_neighbours() -> None:
    best = ewma_design(370.4, 1.5)
    for weight in (best.weight - 0.1, best.weight + 0.1):
        other = EwmaDesign(weight, ewma_width(weight, 370.4))
        assert ewma_run_length(other, 1.5).mean > ewma_run_length(best, 1.5).mean
    fast = cusum_interval(0.5, 370.4, head_start_share=0.5)
    assert cusum_run_length(CusumDesign(0.5, fast, fast / 2.0)).mean == pytest.approx(370.4, rel=1e-6)
    assert cusum_design(370.4, 2.0, two_sided=False).interval < cusum_design(370.4, 2.0).interval


def test_a_result_says_how_it_was_found() -> None:
    method = ewma_run_length(EwmaDesign(0.1, 2.7), 1.0).method
    assert method.constants == {"lambda": 0.1, "L": 2.7, "shift": 1.0}
    assert "Gauss-Legendre" in method.estimator
    assert any("known, not estimated" in line for line in method.assumed)
    assert rules_run_length([LIMITS, ZONE_A]).method.rule_set == "1 of 1 beyond 3; 2 of 3 beyond 2"


@pytest.mark.parametrize(
    "call",
    [
        lambda: xbar_run_length(0.0),
        lambda: xbar_run_length(3.0, math.nan),
        lambda: range_run_length(1, 0.0, 3.0),
        lambda: range_run_length(5, 3.0, 3.0),
        lambda: deviation_run_length(1, 0.0, 3.0),
        lambda: deviation_run_length(5, 0.0, 3.0, ratio=0.0),
        lambda: t2_run_length(-1.0, 2),
        lambda: defectives_run_length(CountLimits(None, 3.0), 0, 0.1),
        lambda: defects_run_length(CountLimits(None, 3.0), -1.0),
        lambda: cases_between_run_length(CountLimits(None, 3.0), 0.0),
        lambda: time_between_run_length(0.0, 3.0, 1.0, shape=0.0),
        lambda: time_between_run_length(3.0, 3.0, 1.0),
        lambda: individuals_range_run_length(3.0, 0.0),
        lambda: individuals_range_run_length(3.0, 3.686, math.nan),
        lambda: rules_run_length([]),
        lambda: rules_run_length([Rule("trend", 6, 6, 0.0)]),
        lambda: rules_run_length([LIMITS], ratio=0.0),
        lambda: simulated_rules_run_length([]),
        lambda: simulated_rules_run_length([Rule("spiral", 6, 6, 0.0)]),
        lambda: simulated_rules_run_length([LIMITS], charts=10),
        lambda: simulated_rules_run_length([LIMITS], math.inf),
        lambda: simulated_rules_run_length([Rule("beyond", 1, 1, 9.0)], charts=100),
        lambda: ewma_run_length(EwmaDesign(0.0, 3.0)),
        lambda: ewma_run_length(EwmaDesign(0.1, math.nan)),
        lambda: ewma_run_length(EwmaDesign(0.1, 3.0), math.nan),
        lambda: cusum_run_length(CusumDesign(0.0, 3.0)),
        lambda: cusum_run_length(CusumDesign(0.5, 3.0, 2.0)),
        lambda: mewma_run_length(0.1, 9.0, 1),
        lambda: mewma_run_length(0.01, 9.0, 2),
        lambda: geometric_run_length(1.1, Method("a coin", "none")),
        lambda: shewhart_width(1.0),
        lambda: ewma_width(0.1, 1e9),
        lambda: rules_scale([LIMITS, SIDE], 300.0),
        lambda: cusum_interval(4.0, 20.0),
        lambda: cusum_design(370.0, 0.0),
        lambda: ewma_design(370.0, -1.0),
    ],
)
def test_what_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidOptionError) as caught:
        call()
    assert caught.value.reason_zh
