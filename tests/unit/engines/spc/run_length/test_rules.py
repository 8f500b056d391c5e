"""Run rules on counts: the exact law of the counts in place of the normal one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.charts.rules import rule_set, run_rule_violations
from samegauge.engines.spc.run_length.counts import CountLimits, defects_run_length
from samegauge.engines.spc.run_length.rules import counted_rules_run_length, rules_run_length

WESTERN_ELECTRIC = rule_set("western-electric").rules
BEYOND = WESTERN_ELECTRIC[:1]
COUNTS = np.arange(80)


@pytest.mark.parametrize("mean", [9.0, 12.0])
def test_without_run_rules_it_is_the_chart_of_counts(mean: float) -> None:
    found = counted_rules_run_length(BEYOND, (COUNTS - 9.0) / 3.0, stats.poisson(mean).pmf(COUNTS))
    assert found.mean == pytest.approx(defects_run_length(CountLimits(0.0, 18.0), mean).mean, rel=1e-9)


def test_one_score_for_each_zone_gives_the_normal_chart() -> None:
    edges = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
    scores = np.concatenate(([-4.0], (edges[1:] + edges[:-1]) / 2.0, [4.0]))
    chances = np.diff(np.concatenate(([0.0], stats.norm.cdf(edges - 0.7), [1.0])))
    found = counted_rules_run_length(WESTERN_ELECTRIC, scores, chances)
    assert found.mean == pytest.approx(rules_run_length(WESTERN_ELECTRIC, 0.7).mean, rel=1e-12)


def test_the_charts_own_rules_signal_as_often_on_simulated_counts() -> None:
    rng = np.random.default_rng(7)
    found = counted_rules_run_length(WESTERN_ELECTRIC, (COUNTS - 9.0) / 3.0, stats.poisson(11.0).pmf(COUNTS))
    firsts = [
        min(one.index for one in run_rule_violations((row - 9.0) / 3.0, rule_set="western-electric")) + 1
        for row in rng.poisson(11.0, (600, 250))
    ]
    noise = found.deviation / np.sqrt(len(firsts))
    assert abs(np.mean(firsts) - found.mean) < 3.0 * noise


@pytest.mark.parametrize("chances", [[0.5], [0.7, 0.7], [1.2, -0.2]])
def test_chances_that_are_none_are_refused(chances: list[float]) -> None:
    with pytest.raises(InvalidOptionError):
        counted_rules_run_length(BEYOND, [0.0, 4.0], chances)
