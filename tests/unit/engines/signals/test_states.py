from __future__ import annotations

from itertools import pairwise

import pytest

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.signals.intervals import Span
from samegauge.engines.signals.signal import TextSignal, numeric_signal, text_signal
from samegauge.engines.signals.states import DayStates, MachineState, Reason, StateRules, machine_states

DAY = Span(0.0, 1000.0)


def words(*rows: tuple[float, str]) -> TextSignal:
    return text_signal([time for time, _ in rows], [word for _, word in rows])


def states(day: DayStates) -> list[tuple[str, float, float]]:
    return [(one.state.value, one.span.start_s, one.span.end_s) for one in day.intervals]


def test_no_data_is_not_standing_still() -> None:
    day = machine_states({}, {}, DAY, family_name="hurco")
    assert states(day) == [("no_data", 0.0, 1000.0)]
    assert day.total_s[MachineState.WAITING] == 0.0


def test_snapshot_older_than_the_day_holds_and_the_record_ends_with_its_last_reading() -> None:
    texts = {"Program_Status": words((-500.0, "READY"), (400.0, "ACTIVE"), (450.0, "PROGRAM_COMPLETED"))}
    day = machine_states({}, texts, DAY, family_name="hurco")
    assert states(day) == [("waiting", 0.0, 400.0), ("running", 400.0, 450.0), ("no_data", 450.0, 1000.0)]
    assert day.intervals[-1].reason is Reason.OUTSIDE_RECORD


def test_unavailable_is_no_data_even_between_readings() -> None:
    texts = {"execution": words((0.0, "READY"), (100.0, "UNAVAILABLE"), (300.0, "READY"), (999.0, "READY"))}
    day = machine_states({}, texts, DAY, family_name="mazak")
    assert day.total_s[MachineState.NO_DATA] == pytest.approx(201.0)
    linked = {"execution": words((0.0, "READY"), (999.0, "READY")), "avail": words((100.0, "UNAVAILABLE"))}
    assert machine_states({}, linked, DAY, family_name="mazak").total_s[MachineState.WAITING] == 100.0


def test_power_off_is_off() -> None:
    texts = {"execution": words((0.0, "READY"), (999.0, "READY")), "power": words((0.0, "ON"), (500.0, "OFF"))}
    day = machine_states({}, texts, DAY, family_name="mazak")
    assert day.total_s[MachineState.OFF] == pytest.approx(499.0)


def test_alarms_come_before_programs_and_are_listed() -> None:
    texts = {
        "execution": words((0.0, "ACTIVE"), (60.0, "ACTIVE"), (110.0, "ACTIVE"), (200.0, "READY")),
        "motion_cond": words((50.0, "Fault|208|||X OVERTRAVEL"), (90.0, "Normal||||")),
        "logic_cond": words((10.0, "Warning|1210|||CHUCK OPEN"), (20.0, "Normal||||")),
        "estop": words((0.0, "ARMED"), (100.0, "TRIGGERED"), (120.0, "ARMED")),
    }
    day = machine_states({}, texts, Span(0.0, 200.0), family_name="mazak")
    assert [one for one in states(day) if one[0] == "alarm"] == [("alarm", 50.0, 90.0), ("alarm", 100.0, 120.0)]
    assert [(one.tag, one.level, one.code, one.text) for one in day.alarms] == [
        ("logic_cond", "warning", "1210", "CHUCK OPEN"),
        ("motion_cond", "fault", "208", "X OVERTRAVEL"),
    ]


def test_manual_modes_are_set_up() -> None:
    texts = {
        "execution": words((0.0, "ACTIVE"), (100.0, "READY"), (200.0, "READY"), (300.0, "READY")),
        "mode": words((0.0, "MANUAL_DATA_INPUT"), (50.0, "AUTOMATIC")),
    }
    moved = {"Xabs": numeric_signal([0.0, 150.0, 160.0], [1.0, 2.0, 3.0])}
    day = machine_states(moved, texts, Span(0.0, 300.0), family_name="mazak", rules=StateRules(motion_s=30.0))
    assert states(day) == [
        ("setup", 0.0, 50.0), ("running", 50.0, 100.0), ("waiting", 100.0, 150.0),
        ("setup", 150.0, 190.0), ("waiting", 190.0, 300.0),
    ]  # fmt: skip
    assert day.intervals[0].reason is Reason.ACTIVE_IN_MANUAL_MODE


def test_running_and_silent_is_no_data() -> None:
    texts = {"Program_Status": words((0.0, "ACTIVE"), (900.0, "PROGRAM_COMPLETED"))}
    feed = numeric_signal([float(time) for time in (*range(0, 200, 10), *range(700, 900, 10))], [1.0] * 40)
    day = machine_states({"Feed_Rate": feed}, texts, Span(0.0, 900.0), family_name="hurco")
    assert states(day) == [("running", 0.0, 190.0), ("no_data", 190.0, 700.0), ("running", 700.0, 900.0)]


def test_intervals_fill_the_window() -> None:
    texts = {
        "Program_Status": words(*[(7.0 * k, ["ACTIVE", "FEED_HOLD", "READY", "??"][k % 4]) for k in range(100)]),
        "EStop_State": words((33.0, "TRIGGERED"), (71.0, "ARMED")),
    }
    day = machine_states({}, texts, DAY, family_name="hurco")
    assert sum(day.total_s.values()) == pytest.approx(1000.0)
    edges = [(one.span.start_s, one.span.end_s) for one in day.intervals]
    assert edges[0][0] == 0.0
    assert all(earlier[1] == later[0] for earlier, later in pairwise(edges))


def test_broken_input_is_refused() -> None:
    with pytest.raises(InvalidOptionError):
        machine_states({}, {}, Span(1.0, 1.0), family_name="hurco")
    with pytest.raises(InvalidOptionError):
        machine_states({}, {}, DAY, family_name="hurco", rules=StateRules(silence_s=0.0))
    with pytest.raises(InvalidOptionError):
        machine_states({}, {}, DAY, family_name="okuma")
