"""A machine's day: its states worked out from what it reported, bounded by the organisation's day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils import timezone

from samegauge.core.telemetry import organisation_lake
from samegauge.engines.signals.families import FAMILIES, family_of
from samegauge.engines.signals.intervals import Span
from samegauge.engines.signals.signal import numeric_signal, text_signal
from samegauge.engines.signals.states import DayStates, machine_states
from samegauge.lake.store import Selection

if TYPE_CHECKING:
    from samegauge.core.thread.models import Unit
    from samegauge.lake.store import Observations

# A daily log starts with the last values known, some of them a day old; the state at midnight is found there.
LOOK_BACK = timedelta(days=2)
CONDITION_LEVELS = ("NORMAL", "WARNING", "FAULT", "UNAVAILABLE")


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a day of the organisation's zone and the first of the next."""
    zone = timezone.get_current_timezone()
    start = datetime.combine(day, time.min, tzinfo=zone)
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def within(day: date) -> dict[str, Any]:
    """The filter for operations that touch a day."""
    start, end = bounds(day)
    return {"started_at__lt": end, "ended_at__gte": start}


def states_of_day(machine: Unit, day: date) -> DayStates | None:
    """Return the states of a day; None when the machine reported nothing that tells them."""
    start, end = bounds(day)
    lake = organisation_lake()
    family = family_of(frozenset(lake.counts_per_tag(machine.serial)))
    if family is None:
        return None
    roles = ("execution", "mode", "availability", "emergency_stop", "power")
    wanted = {getattr(family, role) for role in roles} | set(family.motion) | set(family.clocks)
    tags = tuple(sorted(wanted - {""}))
    readings = lake.observations(machine.serial, Selection(tags=tags, start=start - LOOK_BACK, end=end))
    faults = lake.observations(machine.serial, Selection(start=start - LOOK_BACK, end=end, levels=CONDITION_LEVELS))
    numbers, texts = signals_of(readings)
    texts |= signals_of(faults)[1]
    if not numbers and not texts:
        return None
    window = Span(start.timestamp(), end.timestamp())
    return machine_states(numbers, texts, window, family_name=family.name)


def signals_of(observations: Observations) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split observations into signals of numbers and signals of words, by tag."""
    seconds = observations.time_ns / 1e9
    known = {name for family in FAMILIES.values() for name in (family.execution, family.mode, family.availability)}
    numbers: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for tag in sorted(set(observations.tag)):
        rows = np.flatnonzero(observations.tag == tag)
        values = observations.number[rows]
        if tag not in known and np.isfinite(values).any():
            numbers[tag] = numeric_signal(seconds[rows], values)
        else:
            texts[tag] = text_signal(seconds[rows], [observations.value(int(row)).strip() for row in rows])
    return numbers, texts
