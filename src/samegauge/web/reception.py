"""What stands between the server and the site: a request goes in when it is whole and within bounds.

The site is synchronous and has few threads. Waiting for senders and readers is done here, where it costs none of them.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from samegauge.web.bodies import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from samegauge.web.bodies import Bodies

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

LONGEST_LENGTH_DIGITS = 15
THREADS = 4  # each keeps a connection to the database
BATCH_BYTES = 2**17
READER_WAITS_S = 120.0  # for one batch
PLAIN_NAMES = {"CONTENT_TYPE", "CONTENT_LENGTH"}


class Reception:
    """An ASGI application in front of a WSGI one."""

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        is_member: Callable[[dict[str, Any]], bool],
        bodies: Bodies,
        reader_waits_s: float = READER_WAITS_S,
        always: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.application, self.is_member, self.bodies = application, is_member, bodies
        self.reader_waits_s, self.always = reader_waits_s, always
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="site")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        try:
            announced = _announced(scope, self.bodies.limits.member_bytes)
            if not announced:
                await self._answer(environ_of(scope, io.BytesIO()), receive, send)
                return
            self.bodies.refuse_when_full()
            of_member = announced > self.bodies.limits.stranger_bytes and await self._member(scope)
            async with self.bodies.whole(receive, announced, of_member=of_member) as body:
                await self._answer(environ_of(scope, body), receive, send)
        except RefusedError as refusal:
            await _refuse(refusal, self.always, scope, send)

    async def _member(self, scope: dict[str, Any]) -> bool:
        if not await self._in_thread(self.is_member, environ_of(scope, io.BytesIO())):
            raise _too_large(self.bodies.limits.stranger_bytes)
        return True

    async def _answer(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        answer = _Answer(self.application, environ)
        batch = await self._in_thread(answer.begin)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.is_whole:
            await send({"type": "http.response.body", "body": batch})
        else:
            await self._stream(answer, batch, receive, send)

    async def _stream(self, answer: _Answer, batch: bytes, receive: Receive, send: Send) -> None:
        """Send batch by batch; no thread waits while the reader is slow, and one who stops ends it."""
        gone = asyncio.ensure_future(_gone(receive))
        try:
            while not answer.is_whole and not gone.done():
                try:
                    async with asyncio.timeout(self.reader_waits_s):
                        await send({"type": "http.response.body", "body": batch, "more_body": True})
                except TimeoutError:
                    return
                batch = await self._in_thread(answer.batch)
            if answer.is_whole:
                await send({"type": "http.response.body", "body": batch})
        finally:
            gone.cancel()
            await self._in_thread(answer.close)

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)


class _Answer:
    """What the application says to one request; every method runs in a thread of the site."""

    def __init__(self, application: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
        self.application, self.environ = application, environ
        self.status, self.headers = HTTPStatus.INTERNAL_SERVER_ERROR.value, list[tuple[bytes, bytes]]()
        self.is_whole = False

    def begin(self) -> bytes:
        # Whatever can be read has a head, also where a page or the API knows GET alone.
        is_head = self.environ["REQUEST_METHOD"] == "HEAD"
        self.parts = self.application(
            self.environ | {"REQUEST_METHOD": "GET"} if is_head else self.environ, self._start
        )
        self.rest = iter(self.parts)
        if is_head:
            self.close()
        return b"" if is_head else self.batch()

    def batch(self) -> bytes:
        """Return the next bytes; with the last ones the answer is whole, and closed."""
        batch = bytearray()
        try:
            for part in self.rest:
                batch += part
                if len(batch) >= BATCH_BYTES:
                    return bytes(batch)
        except BaseException:
            self.close()
            raise
        self.close()
        return bytes(batch)

    def close(self) -> None:
        if not self.is_whole:
            self.is_whole = True
            getattr(self.parts, "close", lambda: None)()

    def _start(self, status: str, headers: list[tuple[str, str]], _failure: Any = None) -> None:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def environ_of(scope: dict[str, Any], body: IO[bytes]) -> dict[str, Any]:
    """Say in the words of PEP 3333 what the server said in those of ASGI."""
    server, client = scope.get("server") or ("", "0"), scope.get("client") or ("", "0")
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1")
        if "_" in name:
            continue  # it would pass for the header with a hyphen
        key, value = name.upper().replace("-", "_"), raw_value.decode("latin-1")
        key = key if key in PLAIN_NAMES else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    return environ


def _announced(scope: dict[str, Any], most_bytes: int) -> int:
    """Return the length of the body that comes, or refuse it unread."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        raise RefusedError(411, "A body needs a Content-Length.", "內容需要 Content-Length。")
    length = headers.get(b"content-length") or b"0"
    if not (length.isdigit() and len(length) <= LONGEST_LENGTH_DIGITS):
        raise RefusedError(400, "The Content-Length is not a number of bytes.", "Content-Length 不是位元組數。")
    if int(length) > most_bytes:
        raise _too_large(most_bytes)
    return int(length)


def _too_large(most_bytes: int) -> RefusedError:
    most = most_bytes >> 20
    return RefusedError(
        413,
        f"At most {most} MiB are taken at once. Send less, or sign in first if you have not.",
        f"一次最多收 {most} MiB。請少傳一些；尚未登入者請先登入。",
    )


async def _refuse(refusal: RefusedError, always: Sequence[tuple[str, str]], scope: dict[str, Any], send: Send) -> None:
    """Answer, and hang up: what still comes of the body is not read."""
    if scope["raw_path"].startswith(b"/api/"):
        kind, text = "application/json", json.dumps({"detail": refusal.text, "detail_zh": refusal.text_zh})
    else:
        kind, text = "text/plain; charset=utf-8", f"{refusal.text}\n{refusal.text_zh}\n"
    guarding = [("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'"), *always]
    headers = [("Content-Type", kind), ("Connection", "close"), *guarding, *refusal.headers]
    await send(
        {
            "type": "http.response.start",
            "status": refusal.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        }
    )
    await send({"type": "http.response.body", "body": text.encode()})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
