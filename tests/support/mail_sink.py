"""A mail server that keeps what it is sent and can be told to fail: just enough SMTP for a real client."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from email.message import EmailMessage
    from types import TracebackType

HOST = "127.0.0.1"


@dataclass
class MailSink:
    """Use as a context: listens on a port of its own until it ends."""

    failing: bool = False
    received: list[EmailMessage] = field(default_factory=list)
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(30)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def _run(self, ready: threading.Event) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(server.wait_closed())
        self._loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := (await reader.readline()).strip().upper():
            if line == b"DATA":
                writer.write(b"354 go on\r\n")
                letter = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
                writer.write(self._take(letter))
            else:
                writer.write(b"221 bye\r\n" if line == b"QUIT" else b"250 sink\r\n")
            await writer.drain()
            if line == b"QUIT":
                break
        writer.close()

    def _take(self, letter: bytes) -> bytes:
        if self.failing:
            return b"451 not now\r\n"
        self.received.append(message_from_bytes(letter, policy=policy.default))
        return b"250 kept\r\n"
