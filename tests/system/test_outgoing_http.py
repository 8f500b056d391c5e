"""The door to other machines over HTTP: what it lets out and what it lets in."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import requests

from samegauge.doors import http
from samegauge.doors.http import LARGEST_ANSWER_BYTES, OutgoingError, OutgoingSession, refuse_address

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answers(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        type(self).seen.append(self.path)
        bodies = {
            "/small": b'{"a": 1}',
            "/large": b"x" * (LARGEST_ANSWER_BYTES + 1),
            "/bomb": gzip.compress(b"x" * (LARGEST_ANSWER_BYTES + 1)),
        }
        if self.path == "/slow":
            threading.Event().wait(1.0)
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", "/small")
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        body = bodies.get(self.path, b"{}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """What was asked is in `seen`."""


@pytest.fixture
def there() -> Iterator[str]:
    Answers.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_named_host_is_asked(there: str) -> None:
    with OutgoingSession(["127.0.0.1"]) as session:
        answer = session.get(f"{there}/small")
        assert (answer.json(), answer.content) == ({"a": 1}, b'{"a": 1}')


@pytest.mark.threat("T23")
@pytest.mark.asvs("1.3.6")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://169.254.169.254/latest/meta-data/",
        "http://named.example/",
        "https://other.example/",
        "https://named.example.evil.example/",
        "https://named.example@evil.example/",
        "https://name:word@named.example/",
        "file:///etc/passwd",
        "https://named.example:port/",
        "//named.example/",
        "",
    ],
)
def test_nothing_else_is(url: str) -> None:
    with pytest.raises(OutgoingError):
        refuse_address(url, frozenset({"named.example"}))


def test_a_name_is_compared_whatever_its_case() -> None:
    hosts = OutgoingSession(["Named.Example"]).hosts
    refuse_address("https://NAMED.example/", hosts)
    assert hosts == {"named.example"}


@pytest.mark.threat("T23")
def test_a_redirect_is_not_followed(there: str) -> None:
    with OutgoingSession(["127.0.0.1"]) as session, pytest.raises(OutgoingError, match="not followed"):
        session.get(f"{there}/away")
    assert Answers.seen == ["/away"]


@pytest.mark.parametrize("path", ["/large", "/bomb"])
def test_a_longer_answer_than_agreed_is_refused(there: str, path: str) -> None:
    with OutgoingSession(["127.0.0.1"]) as session, pytest.raises(OutgoingError, match="larger than"):
        session.get(there + path)


def test_a_slow_answer_is_given_up(there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_WITHIN_S", 0.2)
    with OutgoingSession(["127.0.0.1"]) as session, pytest.raises(requests.Timeout):
        session.get(f"{there}/slow")


def test_proxies_and_passwords_of_the_environment_are_not_read(there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with OutgoingSession(["127.0.0.1"]) as session:
        answer = session.get(f"{there}/small")
    assert answer.status_code == 200
    assert "Authorization" not in answer.request.headers
