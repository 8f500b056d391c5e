"""The reception asked as a server asks it, with a site behind it that remembers what it was given."""

from __future__ import annotations

import asyncio
import errno
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.web import bodies as bodies_module
from samegauge.web.bodies import IN_MEMORY_BYTES, Bodies, Limits
from samegauge.web.reception import BATCH_BYTES, THREADS, Reception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 40


@dataclass
class Site:
    """Reads its body whole and answers with `parts`."""

    parts: Iterable[bytes] = (b"read",)
    environs: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    closed: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., None]) -> Site:
        self.environs.append(environ)
        self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        self.closed += 1


@dataclass
class Visit:
    """One request; a piece that is None never comes."""

    pieces: list[bytes | None] = field(default_factory=list)
    announced: int | str | None = None
    method: str = "POST"
    raw_path: bytes = b"/verify/"
    query: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    read_until: int | None = None  # the reader takes so many messages, and then none

    @property
    def scope(self) -> dict[str, Any]:
        length = [] if self.announced is None else [(b"content-length", str(self.announced).encode())]
        return {
            "type": "http",
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": "",
            "raw_path": self.raw_path,
            "query_string": self.query,
            "headers": [(b"host", b"localhost:8000"), *length, *self.headers],
            "server": ("127.0.0.1", "8000"),
            "client": ("192.0.2.7", "50000"),
        }

    async def receive(self) -> dict[str, Any]:
        if not self.pieces:
            return {"type": "http.disconnect"}
        piece = self.pieces.pop(0)
        if piece is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(self, message: dict[str, Any]) -> None:
        if self.read_until is not None and len(self.messages) >= self.read_until:
            await asyncio.Event().wait()
        self.messages.append(message)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])


class Stage:
    def __init__(self, folder: Path, limits: Limits | None = None, reader_waits_s: float = 60.0) -> None:
        self.site, self.members = Site(), True
        self.bodies = Bodies(folder, limits or Limits())
        self.reception = Reception(self.site, lambda _environ: self.members, self.bodies, reader_waits_s)

    def ask(self, visit: Visit, *others: Visit) -> Visit:
        """Let all of them visit at once; give the first back when every one has its answer."""

        async def all_at_once() -> None:
            await asyncio.gather(*(self.reception(one.scope, one.receive, one.send) for one in (visit, *others)))

        asyncio.run(all_at_once())
        return visit


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def in_pieces(content: bytes, size: int) -> list[bytes | None]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@pytest.mark.parametrize("size", [1, 7, 4096, len(CONTENT)])
def test_a_body_goes_in_when_it_is_whole(stage: Stage, size: int) -> None:
    visit = stage.ask(Visit(in_pieces(CONTENT, size), len(CONTENT)))
    assert (visit.status, visit.body) == (200, b"read")
    assert stage.site.bodies == [CONTENT]
    assert stage.site.closed == 1


@pytest.mark.parametrize(
    "size", [1, IN_MEMORY_BYTES - 1, IN_MEMORY_BYTES, IN_MEMORY_BYTES + 1, 3 * IN_MEMORY_BYTES + 7]
)
def test_a_body_is_the_same_in_memory_and_on_the_disk(stage: Stage, tmp_path: Path, size: int) -> None:
    content = (CONTENT * (size // len(CONTENT) + 1))[:size]
    stage.ask(Visit(in_pieces(content, 65_000), size))
    assert stage.site.bodies == [content]
    stage.bodies.disk.shutdown()
    assert list(tmp_path.iterdir()) == []
    assert (stage.bodies.arriving, stage.bodies.strangers_bytes) == (0, 0)


@pytest.mark.threat("T10")
@pytest.mark.parametrize("tenth", range(10))
def test_a_body_cut_at_any_tenth_reaches_nobody(stage: Stage, tenth: int) -> None:
    visit = stage.ask(Visit(in_pieces(CONTENT[: len(CONTENT) * tenth // 10], 999), len(CONTENT)))
    assert visit.status == 400
    assert stage.site.environs == []
    assert stage.bodies.arriving == 0


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "+5", "\u0663", "9" * 16, "9" * 5000, "1,2"])
def test_a_length_that_is_none_is_refused(stage: Stage, length: str) -> None:
    assert stage.ask(Visit([b"x"], length)).status == 400
    assert stage.site.environs == []


def test_a_body_without_length_is_refused(stage: Stage) -> None:
    assert stage.ask(Visit([b"x"], headers=[(b"transfer-encoding", b"chunked")])).status == 411
    assert stage.ask(Visit([b"x"], 1, headers=[(b"transfer-encoding", b"chunked")])).status == 411


@pytest.mark.parametrize("length", [None, "", 0])
def test_no_length_is_no_body(stage: Stage, length: Any) -> None:
    assert stage.ask(Visit(announced=length, method="GET")).status == 200
    assert stage.site.bodies == [b""]


def test_a_refusal_is_told_in_both_languages_and_ends_the_connection(stage: Stage) -> None:
    page, answer = stage.ask(Visit([b"x"], 2)), stage.ask(Visit([b"x"], 2, raw_path=b"/api/imports"))
    assert page.body.decode() == "The body ended 1 bytes early. Send it again.\n內容少了 1 位元組。請再傳一次。\n"
    assert json.loads(answer.body) == dict(zip(("detail", "detail_zh"), page.body.decode().splitlines(), strict=True))
    assert all((b"Connection", b"close") in one.messages[0]["headers"] for one in (page, answer))


@pytest.mark.threat("T22")
def test_who_falls_silent_is_not_waited_for_and_others_are_served_meanwhile(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Limits(silence_s=0.3))
    silent = [Visit([b"a", None], 1000) for _ in range(40)]
    honest = stage.ask(Visit(in_pieces(CONTENT, 999), len(CONTENT)), *silent)
    assert honest.status == 200
    assert {one.status for one in silent} == {408}
    assert stage.site.bodies == [CONTENT]
    assert stage.bodies.arriving == 0


def test_who_drips_is_too_slow(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Limits(silence_s=60, grace_s=0.1, least_bytes_per_s=1000))
    assert stage.ask(Visit([b"a", b"b", None], 1000)).status == 408
    assert stage.site.environs == []


@pytest.mark.threat("T22")
def test_only_so_many_send_at_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Limits(bodies=2, silence_s=0.2))
    one, two, three = Visit([None], 5), Visit([None], 5), Visit([b"12345"], 5)
    stage.ask(one, two, three)
    assert [visit.status for visit in (one, two, three)] == [408, 408, 503]
    assert (b"Retry-After", b"60") in three.messages[0]["headers"]
    assert stage.ask(Visit([b"12345"], 5)).status == 200


@pytest.mark.asvs("5.2.1")
@pytest.mark.threat("T22")
def test_strangers_cannot_fill_the_disk_together(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Limits(all_strangers_bytes=len(CONTENT)))
    assert stage.ask(Visit([CONTENT, b"x"], len(CONTENT) + 1)).status == 503
    assert stage.bodies.strangers_bytes == 0
    assert stage.ask(Visit([CONTENT], len(CONTENT))).status == 200


@pytest.mark.asvs("5.2.1")
@pytest.mark.threat("T06", "T22")
def test_only_members_send_much_and_nobody_sends_more(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Limits(stranger_bytes=100, member_bytes=len(CONTENT), all_strangers_bytes=100))
    assert stage.ask(Visit([CONTENT], len(CONTENT))).status == 200
    assert stage.ask(Visit([CONTENT, b"x"], len(CONTENT) + 1)).status == 413
    stage.members = False
    unread = Visit([CONTENT], len(CONTENT))
    assert stage.ask(unread).status == 413
    assert unread.pieces == [CONTENT]
    assert stage.ask(Visit([CONTENT[:100]], 100)).status == 200


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EIO, None)])
def test_a_full_disk_is_told_as_such(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, number: int, status: int | None
) -> None:
    class FullDisk(bodies_module.SpooledTemporaryFile):  # type: ignore[type-arg]
        def write(self, s: Any) -> int:  # noqa: ARG002 - the signature of files
            raise OSError(number, "")

    monkeypatch.setattr(bodies_module, "SpooledTemporaryFile", FullDisk)
    content = bytes(2 * IN_MEMORY_BYTES)
    visit = Visit([content], len(content))
    if status is None:
        with pytest.raises(OSError, match="5"):
            stage.ask(visit)
    else:
        assert stage.ask(visit).status == status
    assert (stage.bodies.arriving, stage.bodies.strangers_bytes, stage.site.environs) == (0, 0, [])


def test_the_environ_says_what_the_scope_said(stage: Stage) -> None:
    stage.ask(
        Visit(
            [b"x"],
            1,
            "PUT",
            "/a%20b/é/%E9%20".encode("latin-1"),
            b"q=%C3%A9&r=\xe9",
            [
                (b"cookie", b"a=1"),
                (b"cookie", b"b=\xff"),
                (b"accept", b"text/html"),
                (b"accept", b"*/*"),
                (b"content-type", b"text/plain"),
                (b"x_forwarded_for", b"10.0.0.1"),
                (b"x-real", b"yes"),
            ],
        )
    )
    [environ] = stage.site.environs
    wanted = {
        "REQUEST_METHOD": "PUT",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b/é/é ",
        "QUERY_STRING": "q=%C3%A9&r=é",
        "CONTENT_LENGTH": "1",
        "CONTENT_TYPE": "text/plain",
        "HTTP_HOST": "localhost:8000",
        "HTTP_COOKIE": "a=1; b=ÿ",
        "HTTP_ACCEPT": "text/html,*/*",
        "HTTP_X_REAL": "yes",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.url_scheme": "http",
    }
    assert {key: environ.get(key) for key in wanted} == wanted
    assert "HTTP_X_FORWARDED_FOR" not in environ


def test_repeated_headers_of_the_answer_stay_apart(stage: Stage) -> None:
    visit = stage.ask(Visit(method="GET"))
    assert visit.messages[0]["headers"][1:] == [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")]


def test_a_head_is_that_of_the_page_and_costs_no_body(stage: Stage) -> None:
    stage.site.parts = (part for part in [b"never read"])
    visit = stage.ask(Visit(method="HEAD"))
    assert (visit.status, visit.body, stage.site.closed) == (200, b"", 1)
    assert stage.site.environs[0]["REQUEST_METHOD"] == "GET"
    assert list(stage.site.parts) == [b"never read"]


def parts_of(count: int, made: list[int]) -> Iterator[bytes]:
    for number in range(count):
        made.append(number)
        yield CONTENT


def test_a_long_answer_comes_whole_in_batches(stage: Stage) -> None:
    stage.site.parts = parts_of(100, [])
    visit = stage.ask(Visit([b"", None], method="GET"))
    assert visit.body == CONTENT * 100
    assert max(len(message["body"]) for message in visit.messages[1:]) < BATCH_BYTES + len(CONTENT)
    assert [message.get("more_body", False) for message in visit.messages[1:]] == [True] * 7 + [False]
    assert stage.site.closed == 1


@pytest.mark.parametrize("how", ["stops reading", "vanishes"])
def test_an_answer_nobody_takes_is_not_made_to_its_end(tmp_path: Path, how: str) -> None:
    stage, made = Stage(tmp_path, reader_waits_s=0.2), list[int]()
    stage.site.parts = parts_of(1000, made)
    stops = how == "stops reading"
    stage.ask(Visit([None] if stops else [], method="GET", read_until=3 if stops else None))
    assert len(made) * len(CONTENT) <= 4 * (BATCH_BYTES + len(CONTENT))
    assert stage.site.closed == 1


def test_slow_readers_hold_no_thread(tmp_path: Path) -> None:
    stage = Stage(tmp_path, reader_waits_s=0.5)
    stage.site.parts = [CONTENT] * 100
    slow = [Visit([None], method="GET", read_until=2) for _ in range(3 * THREADS)]
    honest = stage.ask(Visit([b"", None], method="GET"), *slow)
    assert honest.body == CONTENT * 100
    assert stage.site.closed == 1 + len(slow)


def test_no_more_requests_are_worked_on_at_once_than_there_are_threads(stage: Stage) -> None:
    working, most, lock, all_busy = 0, 0, threading.Lock(), threading.Barrier(THREADS)

    def site(_environ: dict[str, Any], start_response: Callable[..., None]) -> list[bytes]:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        all_busy.wait(30)
        with lock:
            working -= 1
        start_response("204 No Content", [])
        return []

    stage.reception.application = site
    visits = [Visit(method="GET") for _ in range(3 * THREADS)]
    stage.ask(*visits)
    assert most == THREADS
    assert {visit.status for visit in visits} == {204}


def test_a_site_that_fails_half_way_is_closed(stage: Stage) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise ZeroDivisionError

    stage.site.parts = broken()
    with pytest.raises(ZeroDivisionError):
        stage.ask(Visit(method="GET"))
    assert stage.site.closed == 1
