"""Calls for service and running hours of machines, as their events tell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from samegauge.core.thread.models import Event, ItemKind, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

CALLED, REPAIRED, HOURS = "service_call", "repaired", "running_hours"


@dataclass
class Life:
    """One machine at its customer: its latest counter reading, its calls, and which of them are still open."""

    machine: Unit
    hours: float | None = None
    read_at: datetime | None = None
    calls: int = 0
    last_call: Event | None = None
    open_calls: dict[str, Event] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        said: dict[str, Any] = event.payload
        if event.kind == HOURS:
            self.hours, self.read_at = _number(said.get("running_hours_h")), event.device_time
            return
        number = str(said.get("call", event.pk))
        if event.kind == CALLED:
            self.calls += 1
            self.last_call = event
            self.open_calls[number] = event
        else:
            self.open_calls.pop(number, None)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def lives_of(machines: Iterable[Unit]) -> list[Life]:
    """Read what happened to these machines, in one query."""
    lives = {machine.pk: Life(machine) for machine in machines}
    events = Event.objects.filter(unit__in=lives, kind__in=(CALLED, REPAIRED, HOURS), superseded_by__isnull=True)
    for event in events.order_by("device_time", "pk"):
        if event.unit_id is not None:
            lives[event.unit_id].add(event)
    return list(lives.values())


def machines() -> Any:
    return Unit.objects.filter(item__kind=ItemKind.MACHINE).select_related("item").order_by("serial")
