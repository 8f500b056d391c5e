"""One connection to a controller: questions with their answers, events, and proof of life both ways.

Waiting runs on the event loop's clock, which tests replace; connections and the time of day come from `World`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final, Protocol

from samegauge.formats.open_protocol import FrameBuffer, UnknownMessageError, decode, encode, kinds, message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from samegauge.formats.open_protocol import Message

ANSWER_WITHIN_S: Final = 10.0
# Controllers give a client up that was silent for 15 s, and answer each sign of life with one.
SIGN_OF_LIFE_EVERY_S: Final = 7.0
SILENT_FOR_S: Final = 15.0
_READ_BYTES: Final = 4096
_REPLIES = {
    "communication_start": "communication_started",
    "ask_old_result": "old_result",
    "ask_tool": "tool",
    "ask_time": "time",
    "ask_parameter_sets": "parameter_sets",
    "ask_parameter_set": "parameter_set",
}
_EVENTS = frozenset({"result", "alarm", "alarm_status", "alarm_acknowledged"})
# The controller does not read the message in this revision.
OLD_REVISION: Final = frozenset({74, 76, 97})
NOT_FOUND: Final = 15


class Reader(Protocol):
    async def read(self, n: int = -1, /) -> bytes: ...


class Writer(Protocol):
    def write(self, data: bytes, /) -> None: ...
    async def drain(self) -> None: ...
    def close(self) -> None: ...


async def _connect(host: str, port: int) -> tuple[Reader, Writer]:
    return await asyncio.open_connection(host, port)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """What a tool's client touches outside its own process, beside its ledger."""

    connect: Callable[[str, int], Awaitable[tuple[Reader, Writer]]] = _connect
    now: Callable[[], datetime] = _now


class LinkLostError(Exception):
    """The controller is gone, or as good as gone."""


class RefusedError(Exception):
    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"The controller refused {name} with code {code}.")
        self.name, self.code = name, code


class Session:
    def __init__(self, reader: Reader, writer: Writer, zone: tzinfo) -> None:
        self._reader, self._writer, self._zone = reader, writer, zone
        self._turn = asyncio.Lock()
        self._asked: Message | None = None
        self._answer: asyncio.Future[Message] | None = None
        self._heard_s = asyncio.get_running_loop().time()
        self.events: asyncio.Queue[Message] = asyncio.Queue()

    async def say(self, one: Message) -> None:
        self._writer.write(encode(one, self._zone))
        await self._writer.drain()

    async def ask(self, one: Message) -> Message:
        """Send and wait for the answer; the protocol allows one question at a time."""
        async with self._turn:
            self._asked, self._answer = one, asyncio.get_running_loop().create_future()
            await self.say(one)
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    answer = await self._answer
            except TimeoutError as error:
                raise LinkLostError(f"No answer to {one.name} within {ANSWER_WITHIN_S:.0f} s.") from error
            finally:
                self._asked = self._answer = None
        if answer.name == "refused":
            raise RefusedError(one.name, answer.number("code"))
        return answer

    async def listen(self) -> None:
        """Sort what arrives until the connection ends, which is always an error."""
        buffer = FrameBuffer()
        while data := await self._reader.read(_READ_BYTES):
            self._heard_s = asyncio.get_running_loop().time()
            for frame in buffer.feed(data):
                self._sort(frame)
        raise LinkLostError("The controller closed the connection.")

    async def stay_alive(self) -> None:
        while True:
            await asyncio.sleep(SIGN_OF_LIFE_EVERY_S)
            if asyncio.get_running_loop().time() - self._heard_s > SILENT_FOR_S:
                raise LinkLostError(f"Nothing was heard for {SILENT_FOR_S:.0f} s.")
            if self._asked is None:  # a question is a sign of life too
                await self.say(message("keep_alive"))

    def _sort(self, frame: bytes) -> None:
        try:
            one = decode(frame, self._zone)
        except UnknownMessageError as error:
            if error.mid in kinds():
                raise
            return  # an event nobody subscribed to
        if self._answer and self._asked and not self._answer.done() and _answers(one, self._asked):
            self._answer.set_result(one)
        elif one.name in _EVENTS:
            self.events.put_nowait(one)


def _answers(one: Message, asked: Message) -> bool:
    if one.name in {"accepted", "refused"}:
        return one.number(f"{one.name}_mid") == asked.mid
    return one.name == _REPLIES.get(asked.name)
