"""The ports of this machine: which one our own server takes, whether it answers there, and how others reach it."""

from __future__ import annotations

import errno
import re
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOOK_EVERY_S = 0.05
ANSWER_WITHIN_S = 5.0


class PortError(Exception):
    """An address cannot be listened on."""


def free_port(host: str, wanted: int, wait_s: float = 0.0) -> int:
    """Return the wanted port, or another free one when it stays taken for `wait_s`."""
    give_up_s = time.monotonic() + wait_s
    while _is_taken(host, wanted):
        if time.monotonic() >= give_up_s:
            return _any_port(host)
        time.sleep(LOOK_EVERY_S)
    return wanted


def answers(host: str, port: int, path: str, authority: Path | None = None) -> bool:
    """Tell whether our own server gives the page at `path` with status 200; with an authority, inside TLS."""
    question = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"
    address = reachable(host)
    try:
        with socket.create_connection((address, port), timeout=ANSWER_WITHIN_S) as plain:
            connection = _inside_tls(plain, address, authority) if authority else plain
            connection.sendall(question.encode("ascii"))
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _inside_tls(plain: socket.socket, address: str, authority: Path) -> ssl.SSLSocket:
    return ssl.create_default_context(cafile=authority).wrap_socket(plain, server_hostname=address)


def lan_address() -> str:
    """Return the address of this machine that others in its network reach it by; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # an address for documentation: the way there shows the card
            return probe.getsockname()[0]
        except OSError as error:
            raise PortError("this machine is in no network") from error


def local_names() -> list[str]:
    """Return the name that machines in the same network may know this one by."""
    name = socket.gethostname().partition(".")[0].lower()
    return [f"{name}.local"] if re.fullmatch(r"[a-z0-9-]{1,63}", name) else []


class OpenPages:
    """A few pages that anybody in the network may read, over plain HTTP."""

    def __init__(self, host: str, port: int, pages: Mapping[str, tuple[str, bytes]]) -> None:
        class Reader(BaseHTTPRequestHandler):
            timeout = ANSWER_WITHIN_S
            server_version, sys_version = "samegauge", ""

            def do_GET(self) -> None:
                kind, body = pages.get(self.path.partition("?")[0], ("text/plain", b""))
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
                """Who looks at them is nobody's business."""

        self._server = ThreadingHTTPServer((host, port), Reader)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def reachable(host: str) -> str:
    """Return an address of this machine on which a server that listens on `host` is met."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _is_taken(host: str, port: int) -> bool:
    with _socket_for(host) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise PortError(f"{host}:{port}: {error.strerror}") from error
    return False


def _any_port(host: str) -> int:
    with _socket_for(host) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def _socket_for(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = socket.socket(family, socket.SOCK_STREAM)
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return probe
