"""`samegauge run --lan`: a tablet that trusts the site's authority reaches it by https."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import sys
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from support.processes import free_port, wait_for

if TYPE_CHECKING:
    from support.processes import SiteProcesses

HOST = "127.0.0.2"  # an address of its own, also on a machine without network
pytestmark = [pytest.mark.long, pytest.mark.allow_hosts(["127.0.0.1", HOST])]


def _asked(connection: socket.socket, path: str) -> tuple[bytes, bytes]:
    """Head and body of an answer."""
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
    head, _space, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    return head, body


def _facts(log: str) -> Any:
    return next((json.loads(line) for line in log.splitlines() if line.startswith('{"address"')), None)


def _of_old(authority: bytes) -> ssl.SSLContext:
    """A client that knows nothing newer than TLS 1.1."""
    context = ssl.create_default_context(cadata=authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context


@pytest.mark.asvs("12.1.1")
@pytest.mark.threat("T20")
def test_a_tablet_that_trusts_the_authority_reaches_the_site_by_https(site: SiteProcesses) -> None:
    words = ["run", "--lan", "--host", HOST, "--port", str(free_port()), "--json"]
    child = site.start([sys.executable, "-m", "samegauge.cli", *words])
    facts = wait_for(lambda: child.status() is not None or _facts(site.log_of(child)), "samegauge run --lan")
    assert facts is not True, site.log_of(child)
    trust, own = urlsplit(facts["trust"]), urlsplit(facts["address"])
    with socket.create_connection((HOST, trust.port or 0), timeout=20) as plain:
        head, page = _asked(plain, "/")
        assert b" 200 " in head.splitlines()[0]
        assert facts["fingerprint"].encode() in page
    with socket.create_connection((HOST, trust.port or 0), timeout=20) as plain:
        head, authority = _asked(plain, "/samegauge-authority.crt")
        assert b"application/x-x509-ca-cert" in head
    trusting = ssl.create_default_context(cadata=authority)
    with (
        socket.create_connection((HOST, own.port or 0), timeout=20) as plain,
        trusting.wrap_socket(plain, server_hostname=HOST) as inside,
    ):
        head, _body = _asked(inside, "/account/login/")
        assert inside.version() == "TLSv1.3"
    assert b" 200 " in head.splitlines()[0]
    assert b"__Host-csrftoken" in head
    assert b"strict-transport-security" not in head.lower()
    with pytest.raises(ssl.SSLError), socket.create_connection((HOST, own.port or 0), timeout=20) as plain:
        _of_old(authority).wrap_socket(plain, server_hostname=HOST)
    os.kill(child.pid, signal.SIGINT)
    assert child.wait(60) == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HOST, trust.port or 0), timeout=5)
