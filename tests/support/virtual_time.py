"""An event loop whose clock jumps to the next timer when nothing else is left to do: hours pass in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

LONGEST_S = 86400.0
EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class _JumpingSelector(selectors.DefaultSelector):
    elapsed_s = 0.0
    gave_up = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("Nothing will ever happen: every task waits for another.")
        if not ready and timeout:
            self.elapsed_s += timeout
        if self.elapsed_s > LONGEST_S and not self.gave_up:
            self.gave_up = True
            raise AssertionError("A day has passed: what the test waits for does not come.")
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed_s


def now() -> datetime:
    """Return the time of day of the running virtual loop."""
    return EPOCH + timedelta(seconds=round(asyncio.get_running_loop().time(), 3))


def run(main: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
