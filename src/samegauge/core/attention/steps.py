"""Every step of an incident is written here, and told to whoever listens in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.attention.models import IncidentStep

_listeners: list[Callable[[IncidentStep], None]] = []


def listen(listener: Callable[[IncidentStep], None]) -> Callable[[IncidentStep], None]:
    _listeners.append(listener)
    return listener


def write(step: IncidentStep) -> None:
    step.save()
    for listener in _listeners:
        listener(step)
