"""The one way out over HTTP: to named hosts, over TLS, once, within a time and a size."""

from __future__ import annotations

import ipaddress
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 10.0
LARGEST_ANSWER_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 14
# Whatever keeps a request from its answer: for those who may not import the library.
RequestFailure = requests.RequestException


class OutgoingError(requests.RequestException):
    """A request that may not leave, or an answer that is not taken."""


class OutgoingSession(requests.Session):
    """Asks only hosts of a list and follows no redirect; reads neither proxies nor passwords from the environment.

    Without TLS it talks to this machine alone, for a service behind the same proxy and for tests.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        super().__init__()
        self.hosts = frozenset(host.lower() for host in hosts)
        self.trust_env = False

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        text = url.decode() if isinstance(url, bytes) else url
        refuse_address(text, self.hosts)
        give_up_s = time.monotonic() + ANSWER_WITHIN_S
        options |= {"timeout": (CONNECT_WITHIN_S, ANSWER_WITHIN_S), "allow_redirects": False, "stream": True}
        response = super().request(method, text, *args, **options)
        try:
            if response.is_redirect:
                raise OutgoingError(f"{_origin(text)} leads elsewhere, which is not followed.")
            response.raw = _Limited(response.raw, give_up_s)
            response.content  # noqa: B018 - read here, and kept by the response
        finally:
            response.close()
        return response


def refuse_address(url: str, hosts: frozenset[str]) -> None:
    """Raise `OutgoingError` unless the address is that of a host of the list, over TLS or on this machine."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise OutgoingError("This is no address of a web page.") from error
    if host not in hosts:
        raise OutgoingError(f"{host or 'An address without host'} is not among the hosts that this site may ask.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise OutgoingError(f"{host} is asked over https only.")
    if parts.username is not None or parts.password is not None:
        raise OutgoingError("An address may not carry a name or a password.")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Limited:
    """What the library reads an answer from, unpacked; it ends with an error where the answer is too long or slow."""

    def __init__(self, raw: Any, give_up_s: float) -> None:
        self.raw, self.give_up_s = raw, give_up_s
        self.release_conn, self.close = raw.release_conn, raw.close

    def stream(self, _size: int, *, decode_content: bool) -> Iterator[bytes]:
        read = 0
        for block in self.raw.stream(_BLOCK_BYTES, decode_content=decode_content):
            read += len(block)
            if read > LARGEST_ANSWER_BYTES:
                raise OutgoingError(f"The answer is larger than {LARGEST_ANSWER_BYTES} bytes.")
            if time.monotonic() > self.give_up_s:
                raise OutgoingError(f"The answer took longer than {ANSWER_WITHIN_S:.0f} s.")
            yield block


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
