from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.charts.rules import Course, RuleChoice, RunRule, rule_alarms, violations_of

if TYPE_CHECKING:
    from collections.abc import Callable

# Zones of half a sigma: every rule is met often, and values on lines occur.
LEVELS = np.array([-3.5, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])
series = st.lists(st.sampled_from(LEVELS.tolist()), min_size=1, max_size=60)


def flagged(z: np.ndarray, choice: RuleChoice) -> np.ndarray:
    beyond = np.abs(z) > 3.0 if choice.strict else np.abs(z) >= 3.0
    return rule_alarms(Course(z, z, beyond), choice)


def stepping(steps: list[float], rule: RunRule) -> bool:
    if rule.pattern == "trend":
        return all(step > 0 for step in steps) or all(step < 0 for step in steps)
    return all(a * b < 0 for a, b in pairwise(steps))


def sides(window: list[float], beyond: Callable[[float], bool]) -> tuple[list[bool], list[bool]]:
    return [beyond(one) for one in window], [beyond(-one) for one in window]


def in_words(z: list[float], rule: RunRule, *, strict: bool) -> bool:
    """The rule as its text says it, for the last of the points, one after the other."""
    window = z[-rule.window :]
    if len(window) < rule.window:
        return False

    def beyond(value: float) -> bool:
        return value > rule.zone or (value == rule.zone and not strict and rule.zone > 0.0)

    if rule.pattern in ("trend", "alternating"):
        return stepping([b - a for a, b in pairwise(window)], rule)
    if rule.pattern in ("beyond", "side"):
        return any(sum(side) >= rule.needed and side[-1] for side in sides(window, beyond))
    far = [abs(one) < rule.zone if rule.pattern == "within" else beyond(abs(one)) for one in window]
    return all(far)


@given(series, st.sampled_from(["nelson", "western-electric"]), st.booleans(), st.sampled_from([None, 8, 9]))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_fast_rules_equal_the_rules_in_words(values: list[float], name: str, strict: bool, run: int | None) -> None:  # noqa: FBT001
    choice = RuleChoice(name, strict=strict, run=run)
    alarms = flagged(np.array(values), choice)
    for rule, place in product(choice.rules, range(len(values))):
        expected = in_words(values[: place + 1], rule, strict=strict)
        assert bool(alarms[place] & (1 << (rule.number - 1))) == expected, (rule.number, place)


def test_many_charts_at_once_equal_one_by_one() -> None:
    z = np.random.default_rng(1).normal(scale=1.3, size=(3, 7, 200))
    together = flagged(z, RuleChoice())
    assert together.any(axis=(0, 1, 2))
    for place in product(range(3), range(7)):
        assert np.array_equal(together[place], flagged(z[place], RuleChoice()))


def test_only_the_last_points_may_be_asked_about() -> None:
    z = np.random.default_rng(2).normal(scale=1.5, size=80)
    course = Course(z, z, np.abs(z) > 3.0)
    assert np.array_equal(rule_alarms(course, RuleChoice(), 5), rule_alarms(course, RuleChoice())[-5:])


@given(series)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_mirrored_points_break_the_same_rules(values: list[float]) -> None:
    z = np.array(values)
    assert np.array_equal(flagged(z, RuleChoice()), flagged(-z, RuleChoice()))


def test_a_flag_names_the_points_that_did_it() -> None:
    z = np.array([2.5, 0.3, 2.4, 1.2, -1.5, 1.3])
    choice = RuleChoice("western-electric")
    found = {(one.rule, one.index): one.points for one in violations_of(z, flagged(z, choice), choice)}
    assert found == {(2, 2): (0, 2)}
    z = np.array([1.5, 0.3, 1.4, 1.2, 1.3])
    assert violations_of(z, flagged(z, choice), choice)[0].points == (0, 2, 3, 4)


def test_on_the_line_counts_when_not_strict() -> None:
    z = np.array([3.0, 0.0, 2.0, 2.0, 0.0, 0.0])
    assert not flagged(z, RuleChoice("western-electric")).any()
    assert flagged(z, RuleChoice("western-electric", strict=False)).tolist() == [1, 0, 2, 2, 0, 0]


def test_a_missing_point_breaks_every_run() -> None:
    z = np.array([0.5] * 8 + [np.nan] + [0.5] * 7 + [2.5, np.nan, 2.5])
    assert not flagged(z, RuleChoice(numbers=(2, 3, 5))).any()


def test_length_of_a_run_and_selection_of_rules() -> None:
    z = np.full(9, 0.5)
    assert np.flatnonzero(flagged(z, RuleChoice(numbers=(2,)))).tolist() == [8]
    assert np.flatnonzero(flagged(z, RuleChoice(numbers=(2,), run=8))).tolist() == [7, 8]
    assert "8 points in a row on one side" in RuleChoice(run=8).record
    assert "rules 1, 5" in RuleChoice(numbers=(1, 5)).record
    assert "on or beyond" in RuleChoice(strict=False).record


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(InvalidOptionError, match="montgomery"):
        RuleChoice("montgomery")
    with pytest.raises(InvalidOptionError, match="no rule 7"):
        RuleChoice("western-electric", numbers=(1, 7))
    with pytest.raises(InvalidOptionError, match="run of 1"):
        RuleChoice(run=1)
    with pytest.raises(InvalidOptionError, match="run of 51"):
        RuleChoice(lengths={3: 51})
    with pytest.raises(InvalidOptionError, match="length is fixed"):
        RuleChoice(lengths={5: 4})


def test_length_of_a_trend_in_words_and_deeds() -> None:
    z = np.arange(8.0) / 10.0
    assert np.flatnonzero(flagged(z, RuleChoice(numbers=(3,)))).tolist() == [5, 6, 7]
    longer = RuleChoice(numbers=(3,), lengths={3: 7})
    assert np.flatnonzero(flagged(z, longer)).tolist() == [6, 7]
    assert violations_of(z, flagged(z, longer), longer)[0].text_en == "7 points in a row rising or falling"
    assert "7 points in a row rising" in longer.record


def test_two_of_three_at_the_second_point_where_windows_may_be_cut() -> None:
    z = np.array([2.5, 2.5, 0.0])
    choice = RuleChoice("western-electric", full_windows=False)
    assert not flagged(z, RuleChoice("western-electric")).any()
    assert violations_of(z, flagged(z, choice), choice)[0].points == (0, 1)
    assert "before the first point" in choice.record
