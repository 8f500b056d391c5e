"""Events of the thread for what entries led to, in the name of who made them; corrections where that changed since."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from samegauge.core.thread.rules import Fact, Recorder, record_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from samegauge.apps.inspection.stations.models import StationEntry
    from samegauge.core.thread.models import Event, Unit

CORRECTION = "correction"
LATE = {
    "en": "An earlier entry arrived later, or an entry was taken back.",
    "zh": "有更早的紀錄較晚送達，或有紀錄被收回。",
}


def recorder_of(row: StationEntry) -> Recorder:
    return Recorder(row.actor, row.actor_name, receive_time=row.received_at)


def by_recorder(rows: Iterable[StationEntry]) -> list[list[StationEntry]]:
    """Group entries by who made them and when they came."""
    found: dict[tuple[Any, ...], list[StationEntry]] = defaultdict(list)
    for row in rows:
        found[row.actor_id, row.actor_name, row.received_at].append(row)
    return list(found.values())


def record_each(said: Sequence[tuple[StationEntry, Fact]]) -> dict[int, Event]:
    """Append one event for each entry; return them by the entry's key."""
    facts = {row.pk: fact for row, fact in said}
    events = {}
    for rows in by_recorder(row for row, _fact in said):
        made = record_all([facts[row.pk] for row in rows], recorder_of(rows[0]))
        events |= {row.pk: event for row, event in zip(rows, made, strict=True)}
    return events


def correct_each(wrong: Sequence[tuple[Event, Unit, Mapping[str, Any]]], now: datetime) -> None:
    """Supersede events by corrections that say what no longer stands."""
    facts = [
        Fact(
            CORRECTION, event.device_time, {**said, "retracts": str(event.uid), "correction_reason": LATE}, unit, event
        )
        for event, unit, said in wrong
    ]
    record_all(facts, Recorder(receive_time=now))
