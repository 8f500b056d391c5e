from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, TooFewValuesError
from samegauge.engines.spc.charts.individuals import RULE_SETS, individuals_chart, run_rule_violations
from samegauge.quantities.method import Exclusion


def hits(scores: list[float], rule_set: str = "nelson") -> set[tuple[int, int]]:
    return {(one.rule, one.index) for one in run_rule_violations(scores, rule_set=rule_set)}


@pytest.mark.parametrize(
    ("rule", "scores", "index"),
    [
        (1, [0.0, -3.01], 1),
        (2, [-0.1] + [0.1] * 9, 9),
        (3, [-0.9, 0.0, 0.1, 0.2, 0.3, 0.4, -0.2], 5),
        (3, [0.4, 0.3, 0.2, 0.1, 0.0, -0.1], 5),
        (4, [0.1, -0.1] * 7, 13),
        (5, [2.1, 0.0, 2.1], 2),
        (5, [-2.1, -2.1], 99),
        (6, [1.1, 1.1, 0.0, 1.1, 1.1], 4),
        (7, [0.5, -0.5, 0.2] * 5, 14),
        (8, [1.1, -1.1, 1.2, -1.3, 1.4, -1.1, 1.1, 1.2], 7),
    ],
)
def test_each_nelson_rule_fires_where_it_should(rule: int, scores: list[float], index: int) -> None:
    found = {place for number, place in hits(scores) if number == rule}
    assert found == ({index} if index < len(scores) else set())


def test_rules_do_not_fire_one_short() -> None:
    assert not hits([0.1] * 8 + [-0.1])
    assert not {one for one in hits([0.0, 0.1, 0.2, 0.3, 0.4]) if one[0] == 3}
    assert not {one for one in hits([0.1, -0.1] * 6 + [0.1]) if one[0] == 4}
    assert not {one for one in hits([0.5, -0.5] * 7) if one[0] == 7}


def test_two_beyond_need_the_same_side() -> None:
    assert not hits([2.1, 0.0, -2.1], "western-electric")


def test_western_electric_has_eight_in_a_row() -> None:
    assert (4, 7) in hits([0.1] * 8, "western-electric")


def test_rules_are_mirror_symmetric_and_blind_to_scale() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=400)
    found = {(one.rule, one.index) for one in individuals_chart(values).violations}
    mirrored = {(one.rule, one.index) for one in individuals_chart(-values).violations}
    scaled = {(one.rule, one.index) for one in individuals_chart(3.0 + 0.01 * values).violations}
    assert found
    assert found == mirrored == scaled


def test_excluded_value_sets_no_limit_but_stays_on_the_chart() -> None:
    values = [10.0, 10.1, 9.9, 25.0, 10.05, 9.95, 10.0]
    reason = Exclusion(3, "gauge dropped", "量具掉落")
    chart = individuals_chart(values, excluded=[reason])
    assert chart.center == pytest.approx(np.mean([10.0, 10.1, 9.9, 10.05, 9.95, 10.0]))
    assert chart.range_center == pytest.approx(np.mean([0.1, 0.2, 0.1, 0.05]))
    assert chart.values.size == 7
    assert 3 in {one.index for one in chart.violations}
    assert chart.method.excluded == (reason,)


def test_baseline_equals_the_chart_of_the_baseline() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=40)
    whole, part = individuals_chart(values, baseline=25), individuals_chart(values[:25])
    assert (whole.center, whole.sigma) == (part.center, part.sigma)


def test_equal_values_have_limits_without_width() -> None:
    chart = individuals_chart([4.5] * 6)
    assert not chart.has_spread
    assert chart.lower_limit == chart.upper_limit == 4.5
    assert chart.violations == ()


def test_broken_input_is_refused() -> None:
    with pytest.raises(TooFewValuesError):
        individuals_chart([1.0])
    with pytest.raises(TooFewValuesError):
        individuals_chart([1.0, 2.0, 3.0], excluded=[Exclusion(1, "a", "b")])
    with pytest.raises(NonFiniteValuesError, match="index 1"):
        individuals_chart([1.0, np.nan, 2.0])
    with pytest.raises(InvalidOptionError, match="montgomery"):
        individuals_chart([1.0, 2.0], rule_set="montgomery")
    with pytest.raises(InvalidOptionError):
        individuals_chart([1.0, 2.0], baseline=5)
    with pytest.raises(InvalidOptionError):
        individuals_chart([1.0, 2.0, 3.0], excluded=[Exclusion(7, "a", "b")])


def test_every_rule_set_names_its_edition_and_speaks_both_languages() -> None:
    for rules in RULE_SETS.values():
        assert any(year in rules.reference for year in ("1956", "1984", "2013"))
        assert all(rule.text_en and rule.text_zh for rule in rules.rules)
        assert [rule.number for rule in rules.rules] == list(range(1, len(rules.rules) + 1))
