"""The picture of a machine's day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from samegauge.apps.fleet.rules import bounds
from samegauge.core.charts import Interval, State, StateStrip, StripRow
from samegauge.core.charts.numerals import duration_text
from samegauge.engines.signals.states import MachineState, Reason

if TYPE_CHECKING:
    from samegauge.core.thread.models import Unit
    from samegauge.engines.signals.states import DayStates

# Switched off is not running and not disturbed: it is drawn as waiting, and its note says so.
DRAWN_AS = {
    MachineState.RUNNING: State.RUN,
    MachineState.WAITING: State.WAIT,
    MachineState.SETUP: State.SETUP,
    MachineState.ALARM: State.ALARM,
    MachineState.OFF: State.WAIT,
    MachineState.NO_DATA: State.NO_DATA,
}


def day_strip(machine: Unit, day: date, states: DayStates | None) -> StateStrip:
    start, end = bounds(day)
    intervals = tuple(
        Interval(
            _instant(one.span.start_s), _instant(one.span.end_s), DRAWN_AS[one.state], str(reason_texts()[one.reason])
        )
        for one in (states.intervals if states else ())
    )
    sentence = _("%(machine)s on %(day)s: %(summary)s") % {
        "machine": machine.serial,
        "day": day.isoformat(),
        "summary": summary(states),
    }
    row = StripRow(machine.serial, intervals)
    return StateStrip(sentence, start, end, (row,), zone=timezone.get_current_timezone())


def summary(states: DayStates | None) -> str:
    """Say in words how long the machine ran and how long nothing is known of it."""
    if states is None:
        return _("nothing was recorded")
    texts = {
        MachineState.RUNNING: _("ran %(length)s"),
        MachineState.ALARM: _("stood in alarm %(length)s"),
        MachineState.NO_DATA: _("no data for %(length)s"),
    }
    said = [
        text % {"length": duration_text(states.total_s[state])}
        for state, text in texts.items()
        if states.total_s[state] > 0 or state is MachineState.RUNNING
    ]
    return _(", ").join(said)


def reason_texts() -> dict[Reason, str]:
    return {
        Reason.PROGRAM_ACTIVE: _("program active"),
        Reason.ACTIVE_IN_MANUAL_MODE: _("active in a manual mode"),
        Reason.MOVED_BY_HAND: _("axes moved without a program"),
        Reason.FEED_HOLD: _("feed hold"),
        Reason.PROGRAM_STOPPED: _("program stopped"),
        Reason.PROGRAM_COMPLETED: _("program completed"),
        Reason.READY: _("ready"),
        Reason.EMERGENCY_STOP: _("emergency stop"),
        Reason.FAULT: _("fault reported"),
        Reason.POWER_OFF: _("switched off"),
        Reason.OUTSIDE_RECORD: _("before or after the record"),
        Reason.UNAVAILABLE: _("the machine was not available"),
        Reason.SILENT_WHILE_RUNNING: _("silent although a program was active"),
    }


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
