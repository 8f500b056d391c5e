"""A simulated torque controller at the end of a line in memory, which can be cut after any byte."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samegauge.simulators.torque_controller.controller import TorqueController


class _End:
    """What one side writes into; the other reads it at once."""

    def __init__(self, cable: Cable, far: asyncio.StreamReader) -> None:
        self._cable, self._far = cable, far

    def write(self, data: bytes, /) -> None:
        passed = self._cable.passes(data)
        if passed:
            self._far.feed_data(passed)
        if len(passed) < len(data):
            self._cable.cut()

    async def drain(self) -> None:
        if self._cable.is_cut:
            raise ConnectionResetError("The line is cut.")
        await asyncio.sleep(0)

    def close(self) -> None:
        self._cable.cut()


class Cable:
    """Two readers and two ends; `room` bytes pass in both directions together."""

    def __init__(self, room: float) -> None:
        self.left, self.is_cut = room, False
        self.readers = (asyncio.StreamReader(), asyncio.StreamReader())
        self.near, self.far = (_End(self, reader) for reader in self.readers)

    def passes(self, data: bytes) -> bytes:
        passed = b"" if self.is_cut else data[: int(min(self.left, len(data)))]
        self.left -= len(passed)
        return passed

    def cut(self) -> None:
        if not self.is_cut:
            self.is_cut = True
            for reader in self.readers:
                reader.feed_eof()


class Line:
    """`rooms` are the bytes that the first connections last; later ones last for ever."""

    def __init__(self, controller: TorqueController, *rooms: float) -> None:
        self.controller, self.cables = controller, list[Cable]()
        self.down = False
        self._rooms = deque(rooms)
        self._serving: set[asyncio.Task[None]] = set()

    async def connect(self, _host: str, _port: int) -> tuple[asyncio.StreamReader, _End]:
        if self.down:
            raise ConnectionRefusedError("Nobody listens.")
        room = self._rooms.popleft() if self._rooms else float("inf")
        cable = Cable(room)
        self.cables.append(cable)
        task = asyncio.create_task(self.controller.serve(cable.readers[0], cable.far))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return cable.readers[1], cable.near
