"""The ports of this machine: which one our own server takes, and whether it answers there."""

from __future__ import annotations

import errno
import socket
import time

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


def answers(host: str, port: int, path: str) -> bool:
    """Tell whether our own server gives the page at `path` with status 200."""
    question = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"
    try:
        with socket.create_connection((reachable(host), port), timeout=ANSWER_WITHIN_S) as connection:
            connection.sendall(question.encode("ascii"))
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


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
