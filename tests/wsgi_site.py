"""The whole application as a server calls it, inside a test's transaction."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def connection_kept() -> Iterator[None]:
    """A request's begin and end close connections, and with it the test's transaction; not here."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def site(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer and end the answer, as servers do."""
    with connection_kept():
        response = WSGIHandler()(environ, start_response)
        try:
            return [b"".join(response)]
        finally:
            response.close()


def call(method: str, path: str, body: bytes = b"", **environ: Any) -> tuple[int, dict[str, str], bytes]:
    """Ask as a server does that passes on whatever arrived; gives status, headers and body."""
    answered: list[Any] = []
    wsgi = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    content = site(wsgi | environ, lambda status, headers: answered.extend([status, headers]))
    return int(answered[0].split()[0]), dict(answered[1]), b"".join(content)
