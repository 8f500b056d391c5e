"""A gauge on a serial port (POSIX): what it sends is heard line by line, as often as it is unplugged and plugged in."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import termios
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from samegauge.edge.gauges.lines import LineBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from samegauge.edge.gauges.lines import Line
    from samegauge.edge.stations.work import Tell

BITS: Final = {7: termios.CS7, 8: termios.CS8}
PARITIES: Final = {"N": 0, "E": termios.PARENB, "O": termios.PARENB | termios.PARODD}
STOPS: Final = {1: 0, 2: termios.CSTOPB}
# A line of 64 characters takes 0.6 s at 1200 baud.
UNFINISHED_AFTER_S: Final = 2.0
AGAIN_AFTER_S: Final = 1.0
# What arrives so soon after the opening was under way before.
_SETTLE_S = 0.1
_READ_BYTES = 4096


@dataclass(frozen=True)
class SerialLine:
    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop: int = 1

    @property
    def speed(self) -> int:
        """The system's number for the speed; raises `ValueError` where it knows none."""
        found: int | None = getattr(termios, f"B{self.baud}", None)
        if not found:
            raise ValueError(f"{self.baud} baud is no speed of this system.")
        return found


class SerialGauge:
    """`hear` gets every line at once, in their order."""

    def __init__(self, path: Path, line: SerialLine, hear: Callable[[Line], None], tell: Tell) -> None:
        self._path, self._line, self._hear, self._tell = path, line, hear, tell
        self._trouble = ""

    async def run(self) -> None:
        """Keep the port open until cancelled."""
        while True:
            try:
                with _opened(self._path, self._line) as port:
                    await self._listen(port)
            except OSError as error:
                self._tell_once(error.strerror or str(error))
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _listen(self, port: int) -> None:
        readable = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(port, readable.set)
        lines = LineBuffer()
        try:
            await asyncio.sleep(_SETTLE_S)
            lines = LineBuffer(begun=readable.is_set())
            self._trouble = ""
            self._tell(f"The gauge's port {self._path} is open.", f"已開啟量具的埠 {self._path}。")
            while True:
                try:
                    async with asyncio.timeout(UNFINISHED_AFTER_S if lines.is_waiting else None):
                        await readable.wait()
                except TimeoutError:
                    self._pass_on(lines.give_up())
                    continue
                readable.clear()
                self._pass_on(lines.feed(_read(port)))
        finally:
            loop.remove_reader(port)
            self._pass_on(lines.give_up())

    def _pass_on(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._hear(line)

    def _tell_once(self, reason: str) -> None:
        if reason != self._trouble:
            self._trouble = reason
            self._tell(
                f"{self._path}: {reason}. Plug the gauge in, and see that no other program uses the port; it is tried "
                "again.",
                f"{self._path}：{reason}。接上量具，並確認沒有其他程式使用這個埠；會持續重試。",
            )


@contextmanager
def _opened(path: Path, line: SerialLine) -> Generator[int]:
    port = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        # Two readers would each get a part of every line.
        fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _set(port, line)
        yield port
    finally:
        os.close(port)


def _set(port: int, line: SerialLine) -> None:
    """Raw bytes, no handshake; a byte of wrong parity or form arrives marked, so that no line with it is read."""
    try:
        *_flags, control = termios.tcgetattr(port)
        # Between FF and 00 stands what was received wrongly.
        flags = termios.PARMRK | (termios.INPCK if line.parity != "N" else 0)
        form = BITS[line.bits] | PARITIES[line.parity] | STOPS[line.stop] | termios.CREAD | termios.CLOCAL
        control[termios.VMIN], control[termios.VTIME] = 1, 0
        termios.tcsetattr(port, termios.TCSANOW, [flags, 0, form, 0, line.speed, line.speed, control])
        termios.tcflush(port, termios.TCIFLUSH)
    except termios.error as error:
        raise OSError(*error.args) from error


def _read(port: int) -> bytes:
    try:
        data = os.read(port, _READ_BYTES)
    except BlockingIOError:
        return b""
    if not data:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return data
