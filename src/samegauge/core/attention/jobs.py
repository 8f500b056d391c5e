"""The worker's round: every organisation's concerns, looked at in a thread of its own beside the jobs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from django.db import connections

from samegauge.core.attention.refreshing import refresh
from samegauge.core.jobs.registry import regularly
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_S = 60.0
# Looking takes at most a tenth of a processor, however much there is to look at.
REST = 9.0


_afterwards: list[Callable[[], None]] = []


def after_each_look(function: Callable[[], None]) -> Callable[[], None]:
    """Have a function called in the scope of each organisation when its concerns have been looked at."""
    _afterwards.append(function)
    return function


class _Round:
    """Of the worker process: the round that runs, and when the last one began."""

    thread: threading.Thread | None = None
    next_at_s = float("-inf")


@regularly
def begin_round() -> None:
    """Begin a round every minute, unless the last one still runs or took long; a slow one holds no job up."""
    if time.monotonic() < _Round.next_at_s or (_Round.thread and _Round.thread.is_alive()):
        return
    _Round.thread = threading.Thread(target=look_everywhere, name="attention", daemon=True)
    _Round.thread.start()


def look_everywhere() -> None:
    began_at_s = time.monotonic()
    _Round.next_at_s = began_at_s + EVERY_S
    try:
        for organisation in Organisation.objects.order_by("pk"):
            with organisation_scope(organisation):
                refresh()
                for function in _afterwards:
                    function()
        ended_at_s = time.monotonic()
        _Round.next_at_s = max(began_at_s + EVERY_S, ended_at_s + REST * (ended_at_s - began_at_s))
    finally:
        connections.close_all()
