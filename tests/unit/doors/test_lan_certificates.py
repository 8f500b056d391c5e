"""The authority of one's own network: a browser's library believes its certificates, and for no other address."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from samegauge.doors import crypto

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)
NAMES = ("203.0.113.7", "hub.local", "127.0.0.1", "localhost")


def believed(folder: Path, name: str) -> bool:
    """Whether a client that trusts the folder's authority accepts its server under a name."""
    ours, theirs = socket.socketpair()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem", folder / "server.key.pem")
    client = ssl.create_default_context(cafile=folder / "authority.pem")

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=name).close()
    except ssl.SSLCertVerificationError:
        return False
    finally:
        ours.close()
        thread.join()
    return True


def test_a_client_that_trusts_the_authority_believes_the_server_under_each_of_its_names(tmp_path: Path) -> None:
    authority = crypto.load_or_create_authority(tmp_path, NAMES, NOW)
    crypto.store_certificate(authority, NAMES, NOW, tmp_path)
    assert [believed(tmp_path, name) for name in (*NAMES, "other.local", "10.0.0.9")] == [True] * 4 + [False] * 2
    for name in ("authority.key.pem", "server.key.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_the_authority_vouches_for_no_address_of_others_even_if_its_key_is_stolen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = crypto.load_or_create_authority(tmp_path, NAMES, NOW)
    for name in ("8.8.8.8", "203.0.113.8", "example.tw", "local.example.tw"):
        assert not authority.may_sign_for(name)
        with pytest.raises(crypto.CryptoError, match="may not sign"):
            crypto.store_certificate(authority, [name], NOW, tmp_path)
    monkeypatch.setattr(crypto.Authority, "may_sign_for", lambda _self, _name: True)
    crypto.store_certificate(authority, ["example.tw", "8.8.8.8"], NOW, tmp_path)
    assert [believed(tmp_path, name) for name in ("example.tw", "8.8.8.8")] == [False, False]


def test_the_authority_stays_and_each_start_makes_a_certificate_of_its_own(tmp_path: Path) -> None:
    first = crypto.load_or_create_authority(tmp_path, NAMES, NOW)
    certificate, _key = crypto.store_certificate(first, NAMES, NOW, tmp_path)
    before = certificate.read_bytes()
    again = crypto.load_or_create_authority(tmp_path, ["192.168.1.20"], NOW + timedelta(days=300))
    assert again.fingerprint == first.fingerprint
    crypto.store_certificate(again, ["192.168.1.20", "fd12::7"], NOW, tmp_path)
    assert certificate.read_bytes() != before
    leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)


def test_an_authority_that_is_damaged_or_used_up_says_what_to_do(tmp_path: Path) -> None:
    crypto.load_or_create_authority(tmp_path, NAMES, NOW)
    with pytest.raises(crypto.CryptoError, match=r"used up\. Remove the folder"):
        crypto.load_or_create_authority(tmp_path, NAMES, NOW + timedelta(days=3400))
    (tmp_path / "authority.key.pem").write_text("nothing")
    with pytest.raises(crypto.CryptoError, match=r"cannot be read\. Remove the folder"):
        crypto.load_or_create_authority(tmp_path, NAMES, NOW)
