"""One judgement: stable or not, normal or fitted, proven or not."""

from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.spc.capability.families import Family
from samegauge.engines.spc.capability.judgement import Judgement, best_fit, judged_capability
from samegauge.engines.spc.capability.normal import CapabilityOptions, Verdict
from samegauge.quantities.tolerance import Limits

TWO_SIDED = Limits(9.5, 10.5, "mm")
ZERO = Limits(None, 12.0, "um", zero_is_bound=True)


def codes(found: Judgement) -> set[str]:
    return {one.code for one in found.cautions}


@pytest.mark.parametrize("reach", [0.3, 0.7])
def test_a_drift_is_never_capable_though_its_moving_ranges_are_small(reach: float) -> None:
    noise = np.random.default_rng(3).normal(0.0, 0.01, 60)
    found = judged_capability(10.0 + np.linspace(-reach, reach, 60) + noise, TWO_SIDED)
    assert found.index is not None
    assert found.index.lower_bound > 1.33
    assert found.verdict is Verdict.NOT_ASSESSED
    assert "moving" in codes(found)


def test_a_slow_walk_within_the_control_limits_is_told_by_its_overall_spread() -> None:
    random = np.random.default_rng(5)
    walk = np.zeros(120)
    for place in range(1, 120):
        walk[place] = 0.9 * walk[place - 1] + random.normal(0.0, 0.02)
    assert "moving" in codes(judged_capability(10.0 + walk, TWO_SIDED))


def test_stable_normal_values_prove_the_goal() -> None:
    found = judged_capability(np.random.default_rng(1).normal(10.0, 0.08, 100), TWO_SIDED)
    assert (found.verdict, found.symbol, found.cautions) == (Verdict.REACHED, "Cpk", ())


def test_few_values_prove_nothing_however_narrow() -> None:
    found = judged_capability(np.random.default_rng(2).normal(10.0, 0.01, 15), TWO_SIDED)
    assert found.verdict is Verdict.UNDECIDED


def test_the_same_values_reach_one_goal_and_miss_another() -> None:
    values = np.random.default_rng(1).normal(10.0, 0.08, 100)
    assert judged_capability(values, TWO_SIDED, CapabilityOptions(goal=3.0)).verdict is Verdict.NOT_REACHED


@pytest.mark.parametrize(("spread", "verdict"), [(0.3, Verdict.REACHED), (1.2, Verdict.NOT_REACHED)])
def test_what_zero_bounds_is_judged_by_the_percentiles_of_a_fitted_distribution(
    spread: float, verdict: Verdict
) -> None:
    found = judged_capability(np.random.default_rng(4).lognormal(0.5, spread, 150), ZERO)
    assert found.fitted is not None
    assert (found.verdict, found.symbol, found.index) == (verdict, "Ppk", found.fitted.ppk)
    assert "fitted" in codes(found)
    assert "zero_bound" not in codes(found)


def test_a_skewed_tail_is_no_instability_but_a_step_is() -> None:
    values = np.random.default_rng(6).lognormal(0.5, 0.5, 80)
    values[40] = 7.5
    found = judged_capability(values, Limits(None, 90.0, "um", zero_is_bound=True))
    assert "out_of_control" in {one.code for one in found.normal.cautions}
    assert "out_of_control" not in codes(found)
    stepped = judged_capability(np.r_[values, 4.0 * values], Limits(None, 900.0, "um", zero_is_bound=True))
    assert stepped.verdict is not Verdict.REACHED


def test_values_that_no_family_describes_prove_nothing() -> None:
    values = np.random.default_rng(7).choice([9.9, 10.0, 10.1], 90, p=[0.45, 0.1, 0.45])
    found = judged_capability(values, Limits(8.0, 12.0, "mm"))
    assert found.fitted is None
    assert "not_normal" in codes(found)
    assert found.verdict is Verdict.NOT_ASSESSED


def test_without_spread_there_is_no_judgement() -> None:
    assert judged_capability(np.full(30, 10.0), TWO_SIDED).verdict is Verdict.NOT_ASSESSED


def test_zero_admits_only_families_of_positive_values() -> None:
    values = np.abs(np.random.default_rng(8).normal(5.0, 0.4, 60))
    found = best_fit(values, ZERO, (Family.LOGISTIC, Family.WEIBULL))
    assert found is None or found.fit.distribution.family is Family.WEIBULL


def test_how_often_a_good_process_is_refused_for_moving() -> None:
    """Beside the limits of single values the overall spread adds hardly a false doubt."""
    random = np.random.default_rng(9)
    doubted = sum("moving" in codes(judged_capability(random.normal(10.0, 0.1, 40), TWO_SIDED)) for _one in range(200))
    assert doubted <= 1


def test_a_long_stable_series_is_not_refused_for_its_length() -> None:
    """Of 500 stable values one or two lie beyond 3 sigma."""
    random = np.random.default_rng(10)
    series = [judged_capability(random.normal(10.0, 0.08, 500), TWO_SIDED) for _one in range(60)]
    assert sum(one.normal.verdict is Verdict.NOT_ASSESSED for one in series) > 30
    assert sum("out_of_control" in codes(one) for one in series) <= 7
