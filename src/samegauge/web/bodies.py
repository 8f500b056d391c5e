"""A request's body, taken in whole before anybody works on it: at most so long, so slow, and so many at once."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

IN_MEMORY_BYTES = 2**18  # beyond, a body goes to the disk in pieces of this size
DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT}
LATER = ("Retry-After", "60")


class RefusedError(Exception):
    """The request does not get in; told in both languages, because nobody has asked yet which one to speak."""

    def __init__(self, status: int, text: str, text_zh: str, *headers: tuple[str, str]) -> None:
        super().__init__(text)
        self.status, self.text, self.text_zh, self.headers = status, text, text_zh, headers


@dataclass(frozen=True)
class Limits:
    """What one process takes. A sender who stays below it holds a place and some memory, but no thread."""

    bodies: int = 256
    member_bytes: int = 2 * 2**30
    stranger_bytes: int = 33 * 2**20  # a passport to verify, the largest thing that needs no account
    all_strangers_bytes: int = 2**30
    silence_s: float = 20.0
    grace_s: float = 30.0  # before the rate counts
    least_bytes_per_s: float = 1024.0


@dataclass
class Bodies:
    """Takes bodies in; those longer than a little lie in a folder, as files without a name, which no kill leaves."""

    folder: Path
    limits: Limits = field(default_factory=Limits)
    arriving: int = 0
    strangers_bytes: int = 0
    disk: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="disk"))

    def refuse_when_full(self) -> None:
        if self.arriving >= self.limits.bodies:
            raise RefusedError(
                503,
                "Too many are sending at once. Send it again in a minute.",
                "太多人同時傳送。請一分鐘後再傳。",
                LATER,
            )

    @contextlib.asynccontextmanager
    async def whole(
        self, receive: Callable[[], Awaitable[dict[str, Any]]], announced: int, *, of_member: bool
    ) -> AsyncIterator[IO[bytes]]:
        """Give the body from its first byte; it is gone when the block ends."""
        self.refuse_when_full()
        body: IO[bytes] = SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(self.folder))  # noqa: SIM115 - closed below
        counted = 0
        try:
            self.arriving += 1
            try:
                async for batch in self._batches(receive, announced):
                    if not of_member:
                        counted += len(batch)
                        self._count(len(batch))
                    await self._write(body, batch, in_memory=announced <= IN_MEMORY_BYTES)
            finally:
                self.arriving -= 1
            body.seek(0)
            yield body
        finally:
            self.strangers_bytes -= counted
            # Giving back a large file takes its time.
            self.disk.submit(body.close)

    def _count(self, size: int) -> None:
        self.strangers_bytes += size
        if self.strangers_bytes > self.limits.all_strangers_bytes:
            raise RefusedError(
                503,
                "The server holds as much unfinished work as it can. Send it again in a minute.",
                "伺服器待處理的資料已滿。請一分鐘後再傳。",
                LATER,
            )

    async def _write(self, body: IO[bytes], batch: bytes, *, in_memory: bool) -> None:
        if in_memory:
            body.write(batch)
            return
        try:
            await asyncio.get_running_loop().run_in_executor(self.disk, body.write, batch)
        except OSError as error:
            if error.errno not in DISK_IS_FULL:
                raise
            raise RefusedError(
                507,
                "The disk of the server is full. Nothing was taken in. Tell whoever runs this site.",
                "伺服器的磁碟已滿，沒有收下任何資料。請通知管理此站的人。",
            ) from error

    async def _batches(self, receive: Callable[[], Awaitable[dict[str, Any]]], announced: int) -> AsyncIterator[bytes]:
        batch, missing = bytearray(), announced
        async for piece in self._pieces(receive, announced):
            batch += piece
            missing -= len(piece)
            if len(batch) >= IN_MEMORY_BYTES or not missing:
                yield bytes(batch)
                batch.clear()

    async def _pieces(self, receive: Callable[[], Awaitable[dict[str, Any]]], announced: int) -> AsyncIterator[bytes]:
        limits, clock = self.limits, asyncio.get_running_loop().time
        start_s, arrived = clock(), 0
        while arrived < announced:
            late_s = start_s + limits.grace_s + arrived / limits.least_bytes_per_s
            try:
                async with asyncio.timeout_at(min(clock() + limits.silence_s, late_s)):
                    message = await receive()
            except TimeoutError as error:
                raise RefusedError(
                    408,
                    f"The body came too slowly: {arrived} of {announced} bytes. Send it again.",
                    f"內容傳送過慢：{announced} 位元組只收到 {arrived}。請再傳一次。",
                ) from error
            piece = message.get("body", b"")
            arrived += len(piece)
            if arrived < announced and not message.get("more_body", False):
                raise RefusedError(
                    400,
                    f"The body ended {announced - arrived} bytes early. Send it again.",
                    f"內容少了 {announced - arrived} 位元組。請再傳一次。",
                )
            yield piece
