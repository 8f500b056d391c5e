from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.signals.assignment import assignment_test, group_test, invariant_features, oddness
from samegauge.engines.signals.evidence import Bearing, Confidence
from samegauge.engines.signals.intervals import Span
from samegauge.engines.signals.matching import (
    InspectedUnit,
    TraceLabel,
    inspections_evidence,
    list_evidence,
    machine_evidence,
    match_units,
    odd_parts_evidence,
    order_evidence,
    time_evidence,
)
from samegauge.engines.signals.operations import ProgramSource, Run, ToolChange
from samegauge.engines.signals.programs import ProgramFacts, match_program, run_balance, same_name
from samegauge.engines.signals.signal import numeric_signal

OP2 = ProgramFacts("op2", "PART_REV-A OP2", 1185, (ToolChange(7, 3), ToolChange(1158, 21)))
OP3 = ProgramFacts("op3", "PART_REV-A OP3", 2977, (ToolChange(8, 3), ToolChange(1155, 4), ToolChange(2936, 21)))


def run(
    last_block: int,
    changes: list[tuple[int, int]],
    program: str | None = None,
    source: ProgramSource | None = None,
    *,
    completed: bool = True,
) -> Run:
    tools = tuple(ToolChange(*one) for one in changes)
    return Run(
        span=Span(0.0, 9.0),
        completed=completed,
        start_stated=True,
        program=program,
        program_source=source,
        last_block=last_block,
        counted_s=9.0,
        tools=tuple(tool for _, tool in changes),
        tool_changes=tools,
    )


def test_content_and_stated_name_together_are_stated() -> None:
    found = match_program(run(1185, [(7, 3), (1158, 21)], "PART_REV-A_OP2.NC", ProgramSource.RUNNING), [OP3, OP2])
    assert (found.program, found.same_revision, found.confidence) == (OP2, True, Confidence.STATED)


def test_content_wins_over_a_name_carried_from_before() -> None:
    found = match_program(run(2977, [(1155, 4), (2936, 21)], "PART_REV-A_OP2.NC", ProgramSource.CARRIED), [OP2, OP3])
    assert (found.program, found.same_revision, found.confidence) == (OP3, True, Confidence.INFERRED)
    assert "may not have been recorded" in " ".join(one.text_en for one in found.evidence)


def test_other_content_under_the_same_name_is_another_revision() -> None:
    found = match_program(run(1209, [(7, 3), (1182, 21)], "PART_REV-A_OP2.NC", ProgramSource.LOADED), [OP2, OP3])
    assert (found.program, found.same_revision, found.confidence) == (OP2, False, Confidence.UNCERTAIN)
    assert found.matching_changes == 1


def test_broken_off_run_leaves_the_revision_open() -> None:
    found = match_program(run(600, [(7, 3)], "PART_REV-A_OP2.NC", ProgramSource.RUNNING, completed=False), [OP2, OP3])
    assert (found.program, found.same_revision) == (OP2, None)


def test_foreign_program_is_not_forced_onto_a_stored_one() -> None:
    found = match_program(run(29, [(6, 7)], "SPOT.NC", ProgramSource.RUNNING), [OP2, OP3])
    assert found.program is None
    assert "SPOT.NC" in found.evidence[0].text_zh


def test_names_compare_without_spelling() -> None:
    assert same_name("part_rev-a_op2.nc", "PART_REV-A OP2")
    assert not same_name("PART_OP1.NC", "PART OP10")
    with pytest.raises(InvalidOptionError):
        same_name(" ", "x")
    with pytest.raises(InvalidOptionError):
        match_program(run(1, []), [])


def test_balance_reports_only_what_counting_allows() -> None:
    assert run_balance("p", [(1, 0.0), (2, 1.0)], [1, 2]).evidence.bearing is Bearing.SUPPORTS
    missing = run_balance("p", [(1, 0.0)], [1, 2])
    assert missing.conflicts == ()
    assert missing.evidence.bearing is Bearing.NEUTRAL
    with pytest.raises(InvalidOptionError):
        run_balance("p", [], [])


def test_numbers_alone_leave_a_match_uncertain() -> None:
    units = [InspectedUnit("A02", 2, stated=True), InspectedUnit("A03", 3, stated=False)]
    traces = [TraceLabel("02of20", 2, {"OP1": 0.0})]
    found = match_units(units, traces)
    assert [(one.trace, one.confidence) for one in found] == [
        ("02of20", Confidence.UNCERTAIN),
        (None, Confidence.UNCERTAIN),
    ]
    assert "convention" in found[0].evidence[0].text_en
    with pytest.raises(InvalidOptionError):
        match_units(units, [*traces, *traces])


def test_odd_parts_back_a_match_and_a_conflict_takes_it_back() -> None:
    backing = odd_parts_evidence(group_test([True] * 5 + [False] * 9, np.arange(14, 0, -1.0), permutations=999), "CMM")
    traces = [TraceLabel(f"t{number}", number, {"OP1": float(number)}) for number in range(1, 5)]
    units = [InspectedUnit(f"A{number}", number, stated=True) for number in range(1, 5)]
    conflicts = run_balance("OP3", [(1, 0.0), (3, 1.0), (3, 2.0), (4, 3.0)], [1, 2, 3, 4]).conflicts
    found = match_units(units, traces, shared=[backing], conflicts=conflicts)
    assert [one.confidence for one in found] == [
        Confidence.INFERRED, Confidence.UNCERTAIN, Confidence.UNCERTAIN, Confidence.INFERRED,
    ]  # fmt: skip


def test_lists_orders_and_times() -> None:
    traces = [TraceLabel(f"t{n}", n, {"OP1": float(n), "OP2": 100.0 - n}) for n in (1, 2, 3)]
    assert "1" in list_evidence([InspectedUnit("a", 2, stated=True)], traces).text_en
    assert list_evidence([InspectedUnit("a", 9, stated=True)], traces).bearing is Bearing.CONTRADICTS
    assert order_evidence(traces).figure == 2.0
    assert time_evidence("x", 0.0, 86_400.0).bearing is Bearing.CONTRADICTS
    with pytest.raises(InvalidOptionError):
        list_evidence([], traces)
    with pytest.raises(InvalidOptionError):
        order_evidence(traces[:1])
    with pytest.raises(InvalidOptionError):
        time_evidence("x", np.nan, 0.0)


def test_counter_finds_the_machine() -> None:
    counter = numeric_signal([10.0, 20.0], [500.0, 505.0])
    logs = {
        "fits": numeric_signal([0.0, 30.0], [480.0, 505.0]),
        "ahead": numeric_signal([0.0], [501.0]),
        "behind": numeric_signal([30.0], [499.0]),
        "silent": numeric_signal([0.0], [np.nan]),
    }
    found = machine_evidence(counter, logs, "parts")
    assert {name: one.bearing.value for name, one in found.items()} == {
        "fits": "supports", "ahead": "contradicts", "behind": "contradicts", "silent": "neutral",
    }  # fmt: skip
    with pytest.raises(InvalidOptionError):
        machine_evidence(numeric_signal([0.0], [np.nan]), logs, "parts")


def test_pairing_is_found_and_a_shuffled_one_is_not() -> None:
    rng = np.random.default_rng(6)
    parts = rng.normal(size=(15, 8))
    again = 5.0 + parts + 0.2 * rng.normal(size=parts.shape)
    right = assignment_test(parts, again, permutations=999)
    assert right.p_value == 0.001
    assert right.best == tuple(range(15))
    assert set(right.rank) == {1}
    wrong = assignment_test(parts, np.roll(again, 1, axis=0), permutations=999)
    assert wrong.p_value > 0.05
    assert dict(wrong.shift_statistics)[1] == pytest.approx(right.statistic)
    codes = [one.bearing for one in inspections_evidence(wrong, range(15))[0]]
    assert Bearing.SUPPORTS not in codes


def test_p_values_of_unrelated_lists_are_spread_evenly() -> None:
    rng = np.random.default_rng(7)
    found = [
        assignment_test(rng.normal(size=(8, 4)), rng.normal(size=(8, 4)), permutations=99, seed=seed).p_value
        for seed in range(200)
    ]
    assert abs(np.mean(found) - 0.5) < 0.06
    assert np.mean(np.array(found) <= 0.05) < 0.1


def test_holes_in_another_order_give_the_same_features() -> None:
    values = np.random.default_rng(8).normal(size=(6, 4))
    mixed = np.random.default_rng(9).permuted(values, axis=1)
    np.testing.assert_allclose(invariant_features(values), invariant_features(mixed))
    assert invariant_features(values[:, :1]).shape == (6, 1)


def test_broken_tables_are_refused() -> None:
    with pytest.raises(ShapeError):
        assignment_test(np.ones((6, 2)), np.ones((6, 3)))
    with pytest.raises(TooFewValuesError):
        assignment_test(np.ones((6, 2)), np.ones((6, 2)))
    with pytest.raises(NonFiniteValuesError):
        oddness([[np.nan]])
    with pytest.raises(TooFewValuesError):
        oddness([[1.0], [1.0]])
    with pytest.raises(ShapeError):
        group_test([True, True], [1.0, 2.0])
    with pytest.raises(ShapeError):
        invariant_features([1.0, 2.0])
    parts = np.random.default_rng(10).normal(size=(6, 3))
    test = assignment_test(parts, parts, permutations=9)
    with pytest.raises(InvalidOptionError):
        inspections_evidence(test, range(3))
