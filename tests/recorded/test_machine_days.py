"""States of recorded machine days: they fill the day, and idle machines are not called stopped."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from nist_files import recorded
from trace_files import EPOCH_NS, columns_of, signals_of

from samegauge.engines.signals.families import family_of
from samegauge.engines.signals.intervals import Span
from samegauge.engines.signals.states import DayStates, MachineState, machine_states


def day(machine: str, date: str) -> tuple[str, DayStates]:
    path = next(iter(recorded(f"nist-smstestbed/raw/{machine}").glob(f"{machine}-{date}-*.gz")))
    numbers, texts = signals_of([columns_of(path)])
    start = datetime.strptime(date, "%Y%m%d").replace(tzinfo=UTC).timestamp() - EPOCH_NS / 1e9
    found = family_of(frozenset(numbers) | frozenset(texts))
    assert found is not None
    return found.name, machine_states(numbers, texts, Span(start, start + 86_400.0), family_name=found.name)


@pytest.mark.parametrize(
    ("machine", "date", "family", "running_min", "alarms"),
    [
        ("Mazak01", "20171030", "mazak", 60.0, True),
        ("Mazak03", "20181206", "mazak", 60.0, False),
        ("GFAgie01", "20161013", "agie", 1.0, True),
        ("Hurco01", "20170518", "hurco", 0.5, False),
    ],
)
def test_a_working_day(machine: str, date: str, family: str, running_min: float, alarms: bool) -> None:  # noqa: FBT001
    name, states = day(machine, date)
    assert name == family
    assert sum(states.total_s.values()) == pytest.approx(86_400.0)
    assert states.total_s[MachineState.RUNNING] > 60.0 * running_min
    assert states.total_s[MachineState.NO_DATA] > 4 * 3600.0
    assert bool([one for one in states.alarms if one.level == "fault"]) is alarms


@pytest.mark.parametrize("machine", ["Hurco03", "Hurco06"])
def test_a_machine_that_says_nothing_has_no_data(machine: str) -> None:
    states = day(machine, "20170227")[1]
    assert states.total_s[MachineState.NO_DATA] == pytest.approx(86_400.0)
