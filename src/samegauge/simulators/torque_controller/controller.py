"""The controller on the network: one client at a time over Open Protocol, with faults on request.

It answers as public descriptions say controllers do; where makers differ (does a tool stay unlocked when its client
is gone? is a result that nobody acknowledged sent again?) `Habits` decides.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Protocol

from samegauge.formats.open_protocol import (
    FrameBuffer,
    MessageError,
    UnknownMessageError,
    decode,
    encode,
    kinds,
    message,
)
from samegauge.simulators.torque_controller import answers

if TYPE_CHECKING:
    from datetime import tzinfo

    from samegauge.formats.open_protocol import Message
    from samegauge.simulators.torque_controller.plant import Plant

READ_BYTES = 4096


class Writer(Protocol):
    """The part of `asyncio.StreamWriter` that is used."""

    def write(self, data: bytes, /) -> None: ...
    async def drain(self) -> None: ...
    def close(self) -> None: ...


@dataclass
class Habits:
    """What differs from maker to maker, and what goes wrong.

    `newest` is the highest revision answered of each message by name; `refuses` gives the code with which a message
    is refused; messages of `mute` are not answered; answers come after `slow_s`; each message leaves in
    `pieces`-byte pieces; a result is sent `times` times.
    """

    newest: dict[str, int] = field(default_factory=dict[str, int])
    refuses: dict[str, int] = field(default_factory=dict[str, int])
    mute: set[str] = field(default_factory=set[str])
    slow_s: float = 0.0
    pieces: int = 0
    times: int = 1
    locks_without_client: bool = False
    sends_unacknowledged_again: bool = True


class TorqueController:
    def __init__(self, plant: Plant, habits: Habits | None = None, zone: tzinfo = UTC) -> None:
        self.plant, self.habits, self.zone = plant, habits or Habits(), zone
        self._client: _Client | None = None
        self._unsent: deque[int] = deque()
        self._in_flight = 0

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Talk with one client until it goes; suits `asyncio.start_server`."""
        client = _Client(self, writer)
        with suppress(OSError, MessageError):
            await client.listen(reader)
        if self._client is client:
            self._leave()
        writer.close()

    async def tighten(self, torque_n_m: float | None = None) -> bool:
        """Pull the trigger; False where the tool is locked."""
        if self.plant.tighten(torque_n_m) is None:
            return False
        if self.habits.sends_unacknowledged_again or (self._client and "results" in self._client.subscribed):
            self._unsent.append(self.plant.last_id)
        await self.send_results()
        return True

    async def send_results(self) -> None:
        """Send what waits, one result after the other's acknowledgement."""
        client = self._client
        if client is None or "results" not in client.subscribed or self._in_flight or not self._unsent:
            return
        self._in_flight = self._unsent[0]
        for _time in range(self.habits.times):
            await client.send(message("result", client.subscribed["results"], **self.plant.results[self._in_flight]))

    async def result_acknowledged(self) -> None:
        if self._in_flight:
            self._unsent.popleft()
            self._in_flight = 0
            await self.send_results()

    async def raise_alarm(self, code: str) -> None:
        self.plant.alarm = code
        if self._client and "alarms" in self._client.subscribed:
            now = self.plant.now()
            await self._client.send(message("alarm", code=code, controller_ready=1, tool_ready=0, raised_at=now))

    def restart(self) -> None:
        """Lose the client; parameter sets and results are in lasting memory."""
        if self._client:
            self._client.close()
        self._leave()

    def take(self, client: _Client) -> bool:
        if self._client is None:
            self._client = client
        return self._client is client

    def _leave(self) -> None:
        self._client, self._in_flight = None, 0
        if not self.habits.sends_unacknowledged_again:
            self._unsent.clear()
        if self.habits.locks_without_client:
            self.plant.enabled = False


class _Client:
    def __init__(self, controller: TorqueController, writer: Writer) -> None:
        self._controller, self._writer = controller, writer
        self.subscribed: dict[str, int] = {}
        self.close = writer.close
        self._known = False

    async def listen(self, reader: asyncio.StreamReader) -> None:
        buffer = FrameBuffer()
        while data := await reader.read(READ_BYTES):
            for frame in buffer.feed(data):
                await self._hear(frame)

    async def send(self, one: Message) -> None:
        data = encode(one, self._controller.zone)
        step = self._controller.habits.pieces or len(data)
        for start in range(0, len(data), step):
            self._writer.write(data[start : start + step])
            await self._writer.drain()

    async def _hear(self, frame: bytes) -> None:
        habits = self._controller.habits
        try:
            asked = decode(frame, self._controller.zone)
        except UnknownMessageError as error:
            await self.send(
                answers.refused(error.mid, answers.OLD_REVISION if error.mid in kinds() else answers.UNKNOWN)
            )
            return
        if asked.name in habits.mute:
            return
        if not asked.name.startswith("acknowledge"):
            await asyncio.sleep(habits.slow_s)
        if asked.revision > habits.newest.get(asked.name, asked.revision):
            await self.send(answers.refused(asked.mid, answers.OLD_REVISION))
        elif asked.name in habits.refuses:
            await self.send(answers.refused(asked.mid, habits.refuses[asked.name]))
        else:
            await self._answer(asked)

    async def _answer(self, asked: Message) -> None:
        if asked.name == "communication_start":
            self._known = self._controller.take(self)
            if not self._known:
                await self.send(answers.refused(asked.mid, answers.BUSY))
        if not self._known:
            return
        if asked.name in answers.SUBSCRIPTIONS:
            await self._subscribe(asked)
        elif asked.name == "acknowledge_result":
            await self._controller.result_acknowledged()
        elif asked.name in answers.ANSWERS:
            for one in answers.ANSWERS[asked.name](self._controller.plant, asked):
                if answers.TOLD_TO.get(one.name, "") in {"", *self.subscribed}:
                    await self.send(one)
        if asked.name == "communication_stop":
            self.close()

    async def _subscribe(self, asked: Message) -> None:
        what, begins, fault = answers.SUBSCRIPTIONS[asked.name]
        if (what in self.subscribed) == begins:
            await self.send(answers.refused(asked.mid, fault))
            return
        await self.send(answers.accepted(asked))
        if not begins:
            del self.subscribed[what]
            return
        self.subscribed[what] = asked.revision
        if what == "results":
            await self._controller.send_results()
        if what == "alarms":
            await self.send(answers.alarm_status(self._controller.plant))
