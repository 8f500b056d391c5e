"""The switching rules: each sentence of the texts, and what holds after any series of lots."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.sampling.switching import (
    ISO_2859_1,
    MIL_STD_105E,
    InspectionState,
    LotResult,
    Severity,
    SwitchingRules,
    next_state,
    resumed,
    severities,
    single_plan_score,
)

SEEDED = settings(max_examples=300, deadline=None, derandomize=True)
BOTH = pytest.mark.parametrize("rules", [ISO_2859_1, MIL_STD_105E], ids=lambda rules: rules.name)
GOOD, BAD = LotResult(accepted=True), LotResult(accepted=False)
LOTS = st.lists(
    st.builds(
        LotResult,
        accepted=st.sampled_from((True, True, True, False)),
        score=st.sampled_from((0, 3, 3, 3)),
        nonconforming=st.integers(0, 3),
        limit_number=st.sampled_from((None, 0, 10)),
        between=st.sampled_from((False, False, True)),
        steady=st.sampled_from((True, True, True, False)),
        reduction_wanted=st.booleans(),
    ),
    max_size=120,
)


def after(lots: list[LotResult], rules: SwitchingRules, start: Severity = Severity.NORMAL) -> InspectionState:
    state = InspectionState(start)
    for lot in lots:
        state = next_state(state, lot, rules)
    return state


@BOTH
@pytest.mark.parametrize(
    ("accepted", "severity"),
    [
        ("10", "normal"),
        ("00", "tightened"),
        ("010", "tightened"),
        ("01110", "tightened"),
        ("011110", "normal"),
        ("0111101", "normal"),
        ("01111010", "tightened"),
    ],
)
def test_two_of_five_rejected_tighten(rules: SwitchingRules, accepted: str, severity: str) -> None:
    lots = [LotResult(accepted=mark == "1") for mark in accepted]
    assert severities(lots, rules)[-1].value == severity


@BOTH
def test_five_accepted_in_a_row_bring_normal_inspection_back(rules: SwitchingRules) -> None:
    assert after([GOOD] * 4, rules, Severity.TIGHTENED).severity is Severity.TIGHTENED
    assert after([BAD, *[GOOD] * 4, BAD, *[GOOD] * 4], rules, Severity.TIGHTENED).severity is not Severity.NORMAL
    assert after([BAD, *[GOOD] * 5], rules, Severity.TIGHTENED) == InspectionState()


def test_five_rejected_on_tightened_inspection_end_it_after_iso() -> None:
    lots = [BAD, GOOD, BAD, GOOD, GOOD, BAD, GOOD, BAD, GOOD, GOOD, GOOD]
    assert after(lots, ISO_2859_1, Severity.TIGHTENED).severity is Severity.TIGHTENED
    assert after([*lots, BAD], ISO_2859_1, Severity.TIGHTENED).severity is Severity.DISCONTINUED


def test_ten_lots_on_tightened_inspection_end_it_after_the_military_standard() -> None:
    lots = [*[GOOD] * 4, BAD, *[GOOD] * 4]
    assert after(lots, MIL_STD_105E, Severity.TIGHTENED).severity is Severity.TIGHTENED
    assert after([*lots, BAD], MIL_STD_105E, Severity.TIGHTENED).severity is Severity.DISCONTINUED
    # The tenth lot is the fifth accepted in a row: back to normal.
    assert after([BAD] * 5 + [GOOD] * 5, MIL_STD_105E, Severity.TIGHTENED).severity is Severity.NORMAL


def test_a_score_of_thirty_reduces_after_iso() -> None:
    three = LotResult(accepted=True, score=3)
    assert after([three] * 9, ISO_2859_1).severity is Severity.NORMAL
    assert after([three] * 10, ISO_2859_1).severity is Severity.REDUCED
    assert after([*[three] * 9, LotResult(accepted=True, score=0), three], ISO_2859_1).score == 3
    unsteady = LotResult(accepted=True, score=3, steady=False)
    waiting = after([*[three] * 9, unsteady], ISO_2859_1)
    assert waiting.severity is Severity.NORMAL
    assert next_state(waiting, three, ISO_2859_1).severity is Severity.REDUCED


def test_ten_accepted_lots_within_the_limit_number_reduce_after_the_military_standard() -> None:
    lot = LotResult(accepted=True, nonconforming=1, limit_number=9)
    assert after([lot] * 9, MIL_STD_105E).severity is Severity.NORMAL
    assert after([lot] * 10, MIL_STD_105E).severity is Severity.NORMAL
    assert after([*[lot] * 10, LotResult(accepted=True, limit_number=9)], MIL_STD_105E).severity is Severity.REDUCED
    assert after([GOOD] * 10, MIL_STD_105E).severity is Severity.REDUCED
    unwanted = LotResult(accepted=True, reduction_wanted=False)
    assert after([unwanted] * 40, MIL_STD_105E).severity is Severity.NORMAL


@BOTH
@pytest.mark.parametrize(
    "lot", [BAD, LotResult(accepted=True, between=True), LotResult(accepted=True, steady=False)], ids=str
)
def test_what_ends_reduced_inspection(rules: SwitchingRules, lot: LotResult) -> None:
    assert after([GOOD] * 50, rules, Severity.REDUCED).severity is Severity.REDUCED
    assert after([GOOD, lot], rules, Severity.REDUCED) == InspectionState()


@SEEDED
@given(lots=LOTS, rules=st.sampled_from((ISO_2859_1, MIL_STD_105E)))
def test_what_holds_after_any_series(lots: list[LotResult], rules: SwitchingRules) -> None:
    allowed = {
        Severity.NORMAL: {Severity.NORMAL, Severity.TIGHTENED, Severity.REDUCED},
        Severity.TIGHTENED: {Severity.TIGHTENED, Severity.NORMAL, Severity.DISCONTINUED},
        Severity.REDUCED: {Severity.REDUCED, Severity.NORMAL},
    }
    state = InspectionState()
    for lot in lots:
        if state.severity is Severity.DISCONTINUED:
            state = resumed(state)
        following = next_state(state, lot, rules)
        assert following.severity in allowed[state.severity]
        assert following == next_state(state, lot, rules)
        if lot.accepted:
            assert following.severity not in {Severity.TIGHTENED, Severity.DISCONTINUED} - {state.severity} or (
                state.severity is Severity.TIGHTENED and rules is MIL_STD_105E
            )
        else:
            assert following.severity is not Severity.REDUCED or state.severity is not Severity.REDUCED
            assert following.accepted_in_a_row == 0
        if following.severity is not state.severity:
            assert following == InspectionState(following.severity)
        state = following


@SEEDED
@given(lots=st.lists(st.booleans(), max_size=60))
def test_before_the_first_two_rejections_in_five_nothing_is_tightened(lots: list[bool]) -> None:
    results = [LotResult(accepted=accepted, reduction_wanted=False) for accepted in lots]
    first = next((at for at in range(len(lots)) if lots[max(0, at - 4) : at + 1].count(False) >= 2), len(lots))
    found = severities(results[: first + 1], ISO_2859_1)
    assert set(found[: first + 1]) <= {Severity.NORMAL}
    assert (found[-1] is Severity.TIGHTENED) == (first < len(lots))


def test_scores_of_a_single_plan() -> None:
    assert single_plan_score(2, accepted=True, accepted_one_step_tighter=True) == 3
    assert single_plan_score(2, accepted=True, accepted_one_step_tighter=False) == 0
    assert single_plan_score(0, accepted=True, accepted_one_step_tighter=False) == 2
    assert single_plan_score(0, accepted=False, accepted_one_step_tighter=False) == 0


def test_a_discontinued_inspection_waits_for_its_resumption() -> None:
    stopped = InspectionState(Severity.DISCONTINUED)
    with pytest.raises(InvalidOptionError, match="resume it"):
        next_state(stopped, GOOD, ISO_2859_1)
    assert resumed(stopped) == InspectionState(Severity.TIGHTENED)
    with pytest.raises(InvalidOptionError, match="nothing to resume"):
        resumed(InspectionState())
    with pytest.raises(InvalidOptionError, match="negative"):
        single_plan_score(-1, accepted=True, accepted_one_step_tighter=True)
    with pytest.raises(InvalidOptionError, match="negative"):
        LotResult(accepted=True, score=-1)
