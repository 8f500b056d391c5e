"""A pseudo terminal as a gauge on a serial port that is plugged in and out."""

from __future__ import annotations

import fcntl
import os
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Plug:
    """A link that leads to the gauge's port while it is plugged in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: tuple[int, int] | None = None

    def connect(self) -> None:
        self._ends = os.openpty()
        self.path.symlink_to(os.ttyname(self._ends[1]))

    def send(self, data: bytes) -> None:
        assert self._ends
        os.write(self._ends[0], data)

    def attributes(self) -> list[object]:
        assert self._ends
        return termios.tcgetattr(self._ends[1])

    def occupy(self) -> None:
        assert self._ends
        fcntl.flock(self._ends[1], fcntl.LOCK_EX)

    def leave(self) -> None:
        assert self._ends
        fcntl.flock(self._ends[1], fcntl.LOCK_UN)

    def disconnect(self) -> None:
        self.path.unlink(missing_ok=True)
        for end in self._ends or ():
            os.close(end)
        self._ends = None
