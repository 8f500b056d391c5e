from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.signals.families import ProgramTrace, family, family_of, program_trace
from samegauge.engines.signals.intervals import Span, counted_runtime_s, held_statistics, without
from samegauge.engines.signals.operations import Cause, Operation, OperationRules, ProgramSource, part_operations
from samegauge.engines.signals.signal import numeric_signal, text_signal


def trace(
    status: list[tuple[float, str]],
    numbers: dict[str, list[tuple[float, float]]] | None = None,
    words: dict[str, list[tuple[float, str]]] | None = None,
) -> ProgramTrace:
    texts = {"Program_Status": status, **(words or {})}
    return program_trace(
        {tag: numeric_signal([t for t, _ in rows], [v for _, v in rows]) for tag, rows in (numbers or {}).items()},
        {tag: text_signal([t for t, _ in rows], [v for _, v in rows]) for tag, rows in texts.items()},
    )


def ticks(start: float, count: int, first: float = 1.0) -> list[tuple[float, float]]:
    return [(start + place, first + place) for place in range(count)]


def operations(one: ProgramTrace, **rules: float) -> tuple[Operation, ...]:
    return part_operations(one, rules=OperationRules(**rules)).operations


def causes(operation: Operation) -> list[tuple[Cause, float]]:
    return [(one.cause, round(one.span.duration_s, 3)) for one in operation.interruptions]


def test_old_snapshot_belongs_to_the_operation_but_not_to_its_cycle() -> None:
    found = operations(
        trace([(5000.0, "ACTIVE"), (5060.0, "PROGRAM_COMPLETED")], {"Block_Number": [(0.0, 0.0), (5001.0, 7.0)]})
    )
    assert len(found) == 1
    assert found[0].readings.start_s == 0.0
    assert found[0].cycle_time_s == 60.0


def test_unfinished_program_waits_over_night_and_a_finished_one_does_not() -> None:
    stopped = operations(
        trace([(0.0, "ACTIVE"), (20.0, "PROGRAM_STOPPED"), (50_000.0, "ACTIVE"), (50_010.0, "PROGRAM_COMPLETED")])
    )
    assert len(stopped) == 1
    assert causes(stopped[0]) == [(Cause.STOPPED, 49_980.0)]
    finished = operations(
        trace([(0.0, "ACTIVE"), (20.0, "PROGRAM_COMPLETED"), (50_000.0, "ACTIVE"), (50_010.0, "PROGRAM_COMPLETED")])
    )
    assert [one.cycle_time_s for one in finished] == [20.0, 10.0]


def test_set_up_for_another_program_is_its_own_operation() -> None:
    names = {"Program_Name_Editing": [(0.0, "OP4.NC"), (40_000.0, "OP5.NC")]}
    other = operations(trace([(40_010.0, "ACTIVE"), (40_020.0, "PROGRAM_COMPLETED")], words=names))
    assert [one.span is None for one in other] == [True, False]
    same = {"Program_Name_Editing": [(0.0, "OP5.NC"), (40_000.0, "OP5.NC")]}
    assert len(operations(trace([(40_010.0, "ACTIVE"), (40_020.0, "PROGRAM_COMPLETED")], words=same))) == 1


def test_every_reading_is_in_exactly_one_operation() -> None:
    rng = np.random.default_rng(3)
    times = np.sort(rng.uniform(0.0, 1e6, 300))
    one = trace(
        [(float(t), ["ACTIVE", "PROGRAM_STOPPED", "PROGRAM_COMPLETED"][k % 3]) for k, t in enumerate(times[:60])],
        {"Feed_Rate": [(float(t), 1.0) for t in times]},
    )
    found = operations(one)
    assert sum(part.reading_count for part in found) == 360
    ends = [edge for part in found for edge in (part.readings.start_s, part.readings.end_s)]
    assert ends == sorted(ends)


def test_feed_hold_override_zero_and_emergency_stop_are_interruptions() -> None:
    found = operations(
        trace(
            [(0.0, "ACTIVE"), (10.0, "FEED_HOLD"), (15.0, "ACTIVE"), (40.0, "PROGRAM_COMPLETED")],
            {"Feed_Override": [(0.0, 100.0), (20.0, 0.0), (28.0, 50.0)], "Program_Runtime_Seconds": ticks(0.0, 40)},
            {"EStop_State": [(30.0, "TRIGGERED"), (33.0, "ARMED")]},
        )
    )[0]
    assert causes(found) == [(Cause.HELD, 5.0), (Cause.OVERRIDE_ZERO, 8.0), (Cause.EMERGENCY_STOP, 3.0)]
    assert found.running_s == 35.0
    override = found.feed_override_percent
    assert override.mean == pytest.approx((15 * 100 + 8 * 0 + 12 * 50) / 35)
    assert (override.minimum, override.maximum, override.known_s) == (0.0, 100.0, 35.0)


def test_standing_counter_is_waiting_and_a_counter_that_went_on_is_lost_data() -> None:
    status = [(0.0, "ACTIVE"), (220.0, "PROGRAM_COMPLETED")]
    waiting = operations(trace(status, {"Program_Runtime_Seconds": ticks(0.0, 20) + ticks(120.0, 100, 21.0)}))[0]
    assert [cause for cause, _ in causes(waiting)] == [Cause.WAITING]
    lost = operations(trace(status, {"Program_Runtime_Seconds": ticks(0.0, 20) + ticks(120.0, 100, 121.0)}))[0]
    assert [cause for cause, _ in causes(lost)] == [Cause.NO_DATA]
    assert waiting.running_s == lost.running_s == pytest.approx(220.0 - 101.0)


def test_counter_that_starts_old_and_repeats_an_old_minute() -> None:
    start_old = [(0.0, 1500.0), (0.03, 0.0), *ticks(1.0, 10)]
    assert counted_runtime_s(numeric_signal(*zip(*start_old, strict=True))) == 10.0
    minute = [*ticks(0.0, 5, 58.0), (4.5, 0.0), *ticks(5.0, 5, 63.0)]
    assert counted_runtime_s(numeric_signal(*zip(*minute, strict=True))) == 9.0
    holes = [(0.0, 1.0), (1.0, np.nan), (2.0, 3.0)]
    assert counted_runtime_s(numeric_signal(*zip(*holes, strict=True))) == 2.0


def test_missing_start_is_inferred_from_the_counter_and_said() -> None:
    found = operations(trace([(100.0, "PROGRAM_COMPLETED")], {"Program_Runtime_Seconds": ticks(40.0, 60)}))[0]
    assert found.runs[0].start_stated is False
    assert found.cycle_time_s == pytest.approx(60.0)


def test_program_name_says_where_it_comes_from() -> None:
    status = [(10.0, "ACTIVE"), (20.0, "PROGRAM_COMPLETED")]
    running = operations(trace(status, words={"Program_Name_Running": [(10.2, "A.NC")]}))[0].runs[0]
    assert (running.program, running.program_source) == ("A.NC", ProgramSource.RUNNING)
    loaded = operations(trace(status, words={"Program_Name_Editing": [(5.0, "NONAME1.HWM"), (1.0, "B.NC")]}))[0].runs[0]
    assert (loaded.program, loaded.program_source) == ("B.NC", ProgramSource.LOADED)
    before = trace([(-9e5, "READY")], words={"Program_Name_Running": [(-9e5, "C.NC")]})
    carried = part_operations(trace(status), background=before).operations[0].runs[0]
    assert (carried.program, carried.program_source) == ("C.NC", ProgramSource.CARRIED)
    assert operations(trace(status))[0].runs[0].program is None


def test_tool_changes_carry_the_block_of_their_call() -> None:
    run = operations(
        trace(
            [(0.0, "ACTIVE"), (30.0, "PROGRAM_COMPLETED")],
            {
                "Block_Number": [(1.0, 7.0), (10.0, 8.0), (20.0, 99.0), (25.0, 120.0)],
                "Current_Tool": [(5.0, 0.0), (5.5, 3.0), (21.0, 0.0), (21.5, 21.0)],
            },
        )
    )[0].runs[0]
    assert [(one.block, one.tool) for one in run.tool_changes] == [(7, 3), (99, 21)]
    assert (run.last_block, run.tools) == (120, (3, 21))


def test_cutting_needs_spindle_and_feed() -> None:
    found = operations(
        trace(
            [(0.0, "ACTIVE"), (20.0, "PROGRAM_COMPLETED")],
            {"Spindle_Speed": [(0.0, 0.0), (5.0, 8000.0)], "Feed_Rate": [(0.0, 100.0), (12.0, 0.0)]},
        )
    )[0]
    assert found.cutting_s == 7.0


def test_spans_with_holes() -> None:
    assert without([Span(0.0, 10.0)], [Span(2.0, 3.0), Span(9.0, 12.0)]) == [Span(0.0, 2.0), Span(3.0, 9.0)]
    assert without([Span(0.0, 1.0)], [Span(0.0, 1.0)]) == []
    assert held_statistics(numeric_signal([5.0], [1.0]), [Span(0.0, 4.0)]).mean is None


def test_broken_input_is_refused() -> None:
    with pytest.raises(TooFewValuesError):
        operations(program_trace({}, {}))
    with pytest.raises(InvalidOptionError):
        operations(trace([(0.0, "ACTIVE")]), break_s=0.0)
    with pytest.raises(NonFiniteValuesError):
        numeric_signal([np.nan], [1.0])
    with pytest.raises(ShapeError):
        text_signal([1.0, 2.0], ["READY"])
    with pytest.raises(InvalidOptionError, match="fanuc"):
        family("fanuc")


def test_family_is_recognised_by_its_tags() -> None:
    assert getattr(family_of(frozenset({"Program_Status", "Feed_Rate"})), "name", None) == "hurco"
    assert getattr(family_of(frozenset({"execution", "Xabs", "total_time", "Fovr"})), "name", None) == "mazak"
    assert getattr(family_of(frozenset({"execution", "Xposition", "Fovr"})), "name", None) == "agie"
    assert family_of(frozenset({"temperature"})) is None
