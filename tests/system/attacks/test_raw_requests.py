"""What arrives at the port of the running site, byte by byte."""

from __future__ import annotations

import contextlib
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import RunningSite

SECRET = "a" * 32
COOKIE = f"Host: localhost\r\nConnection: close\r\nCookie: csrftoken={SECRET}\r\n"
FORM = f"csrfmiddlewaretoken={SECRET}&language=en&next=/verify/&padding={'x' * 400}".encode()
CUT = "multipart/form-data; boundary=cut"
MULTIPART = (
    f'--cut\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{SECRET}\r\n'
    '--cut\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    f"{'{}' * 400}\r\n--cut--\r\n"
).encode()


def sent(site: RunningSite, head: str, body: bytes = b"", *, cut: bool = False) -> bytes:
    """Send raw bytes and return the answer, also where the site ends the connection first; a cut one ends the line."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        answer = b""
        with contextlib.suppress(OSError):
            connection.sendall(head.encode("latin-1") + b"\r\n" + body)
            if cut:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(maxsplit=2)[1]) if answer else 0


def posted(site: RunningSite, path: str, kind: str, body: bytes, cut: int) -> int:
    head = f"POST {path} HTTP/1.1\r\n{COOKIE}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return status(sent(site, head, body[:cut], cut=cut < len(body)))


@pytest.mark.threat("T10")
def test_a_form_cut_off_on_its_way_changes_nothing(running_site: RunningSite) -> None:
    kind = "application/x-www-form-urlencoded"
    cuts = [posted(running_site, "/language/", kind, FORM, len(FORM) * tenth // 10) for tenth in range(11)]
    assert cuts == [400] * 10 + [302]


def test_a_file_cut_off_on_its_way_is_not_read(running_site: RunningSite) -> None:
    cuts = [posted(running_site, "/verify/", CUT, MULTIPART, len(MULTIPART) * tenth // 10) for tenth in range(11)]
    assert cuts == [400] * 10 + [200]


ODD = {
    "TRACE": ("TRACE / HTTP/1.1\r\nHost: localhost\r\n", {405}),
    "unknown method": ("PROPFIND / HTTP/1.1\r\nHost: localhost\r\n", {405}),
    "another host": ("GET /account/login/ HTTP/1.1\r\nHost: elsewhere.example\r\n", {400}),
    "no host": ("GET /account/login/ HTTP/1.1\r\n", {400}),
    "out of the static folder": ("GET /static/../settings.py HTTP/1.1\r\nHost: localhost\r\n", {404}),
    "out of it, encoded": ("GET /static/%2e%2e%2f%2e%2e%2fsettings.py HTTP/1.1\r\nHost: localhost\r\n", {404}),
    "zero byte": ("GET /static/%00 HTTP/1.1\r\nHost: localhost\r\n", {400}),
    "bytes that are no text": ("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=\xff\xfe; a=\x80\r\n", {302}),
    "token that is no text": ("GET /api/units HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\r\n", {401}),
    "huge header": (f"GET / HTTP/1.1\r\nHost: localhost\r\nX: {'a' * 600_000}\r\n", {431}),
    "many headers": ("GET / HTTP/1.1\r\nHost: localhost\r\n" + "X: a\r\n" * 5000, {431}),
    "long address": (f"GET /{'a' * 60_000} HTTP/1.1\r\nHost: localhost\r\n", {404, 414}),
    "chunks": (f"POST /verify/ HTTP/1.1\r\n{COOKIE}Transfer-Encoding: chunked\r\n", {400, 411}),
    "negative length": (f"POST /verify/ HTTP/1.1\r\n{COOKIE}Content-Length: -5\r\n", {400}),
    "two lengths": (f"POST /verify/ HTTP/1.1\r\n{COOKIE}Content-Length: 5\r\nContent-Length: 6\r\n", {400}),
    "more than anybody may send": (f"POST /verify/ HTTP/1.1\r\n{COOKIE}Content-Length: {3 * 2**30}\r\n", {413}),
    "more than strangers may send": (
        f"POST /verify/ HTTP/1.1\r\n{COOKIE}Content-Type: {CUT}\r\nContent-Length: {2**30}\r\n",
        {413},
    ),
    "a codec of the sender's choice": (
        f"POST /verify/ HTTP/1.1\r\n{COOKIE}Content-Type: text/plain; charset=zip\r\nContent-Length: 1\r\n",
        {415},
    ),
}


@pytest.mark.asvs("5.2.1", "5.3.2")
@pytest.mark.threat("T21", "T22")
@pytest.mark.parametrize("odd", ODD)
def test_odd_requests_are_refused_and_tell_nothing(running_site: RunningSite, odd: str) -> None:
    head, expected = ODD[odd]
    answer = sent(running_site, head if "Connection" in head else f"{head}Connection: close\r\n", b"x")
    assert status(answer) in expected
    assert re.search(rb"Traceback|site-packages|samegauge\.(core|web|apps)|sqlite|Django", answer) is None


HEALTH = "GET /health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


@contextlib.contextmanager
def silent_senders(site: RunningSite, count: int) -> Iterator[list[socket.socket]]:
    """Hold connections open on which a body was announced and never comes."""
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=60))
            kind = "Content-Type: application/x-www-form-urlencoded\r\n"
            connection.sendall(
                f"POST /account/login/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken={SECRET}\r\n{kind}"
                "Content-Length: 1000\r\n\r\na=b".encode()
            )
            connections.append(connection)
        yield connections


@pytest.mark.threat("T22")
def test_senders_who_fall_silent_stop_neither_those_who_read_nor_those_who_send(running_site: RunningSite) -> None:
    """As tablets do that lose their network in the middle of a form; the site hangs up on them after a while."""
    with silent_senders(running_site, 80) as connections:
        assert [status(sent(running_site, HEALTH)) for _ in range(6)] == [200] * 6
        uploads = [posted(running_site, "/verify/", CUT, MULTIPART, len(MULTIPART)) for _ in range(6)]
        assert uploads == [200] * 6
        assert status(connections[0].recv(65536)) == 408
        assert status(sent(running_site, HEALTH)) == 200


@pytest.mark.threat("T22")
def test_a_sender_who_drips_is_waited_for_while_others_are_served(running_site: RunningSite) -> None:
    kind = "application/x-www-form-urlencoded"
    head = f"POST /language/ HTTP/1.1\r\n{COOKIE}Content-Type: {kind}\r\nContent-Length: {len(FORM)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", running_site.port), timeout=60) as slow:
        slow.sendall(head.encode())
        for start in range(0, len(FORM), 100):
            assert status(sent(running_site, HEALTH)) == 200
            slow.sendall(FORM[start : start + 100])
        assert status(slow.recv(65536)) == 302


def test_one_connection_carries_one_request_after_the_other(running_site: RunningSite) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    head = COOKIE.replace("Connection: close\r\n", "")
    form = f"POST /language/ HTTP/1.1\r\n{head}{kind}Content-Length: {len(FORM)}\r\n\r\n".encode() + FORM
    statuses = []
    with socket.create_connection(("127.0.0.1", running_site.port), timeout=60) as connection:
        for request in (form, HEALTH.replace("Connection: close\r\n", "").encode() + b"\r\n", form):
            connection.sendall(request)
            statuses.append(status(connection.recv(65536)))
    assert statuses == [302, 200, 302]


@pytest.mark.parametrize("path", ["/health/", "/account/login/", "/static/favicon.svg", "/api/openapi.json"])
def test_the_head_of_a_page_is_that_of_the_page(running_site: RunningSite, path: str) -> None:
    answers = [
        sent(running_site, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").split(b"\r\n\r\n")
        for method in ("HEAD", "GET")
    ]
    lengths = [re.search(rb"(?i)content-length: *(\d+)", head) for head, *_ in answers]
    assert [status(head) for head, *_ in answers] == [200, 200]
    assert answers[0][1] == b""
    assert lengths[0] is not None
    assert lengths[1] is not None
    assert lengths[0].group() == lengths[1].group()


@pytest.mark.threat("T21")
def test_a_stranger_learns_that_the_site_lives_and_nothing_more(running_site: RunningSite) -> None:
    answer = sent(running_site, "GET /health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
    assert answer.endswith(b'{"status": "ok"}')


@pytest.mark.threat("T16")
def test_secrets_lie_where_only_their_owner_reads_them(running_site: RunningSite) -> None:
    home = running_site.site.home
    secret = home / "secret_key"
    readable = [path for path in (secret, *home.glob("keys/*.key")) if path.stat().st_mode & 0o077]
    assert readable == []
    text = secret.read_text()
    told = [path for path in home.glob("process-*.log") if text in path.read_text(errors="replace")]
    environment = [Path(f"/proc/{pid}/environ") for pids in running_site.processes().values() for pid in pids]
    assert told == []
    assert all(text.encode() not in path.read_bytes() for path in environment)
