from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.cli import lan
from samegauge.cli.output import MISUSED, CommandError
from samegauge.core.site import Site
from samegauge.doors import ports

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, and an environment that is put back afterwards."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in ("SAMEGAUGE_HTTPS", "SAMEGAUGE_LAN", "SAMEGAUGE_HOSTS"):
        os.environ.pop(name, None)
    os.environ["SAMEGAUGE_HOME"] = str(tmp_path)
    return tmp_path


def test_the_site_then_speaks_https_under_the_addresses_of_its_certificate(home: Path) -> None:
    os.environ["SAMEGAUGE_HOSTS"] = "hub.example.tw"
    prepared = lan.prepare(Namespace(host="192.168.7.5", port=8000, json=False))
    site = Site.from_environment()
    assert (site.https, site.lan) == (True, True)
    assert {"192.168.7.5", "hub.example.tw"} <= set(site.allowed_hosts)
    assert prepared.certificate.is_relative_to(home / "keys" / "lan")
    assert prepared.words[0] == "--certificate"


def test_without_a_host_it_listens_at_every_address(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = Namespace(host="127.0.0.1", port=8000, json=False)
    monkeypatch.setattr(ports, "lan_address", lambda: "10.1.2.3")
    assert lan.prepare(options).address == "10.1.2.3"
    assert options.host == lan.EVERY_ADDRESS
    assert (home / "keys" / "lan" / "authority.pem").exists()


def test_behind_a_proxy_it_is_refused(home: Path) -> None:
    os.environ["SAMEGAUGE_HTTPS"] = "1"
    with pytest.raises(CommandError, match="a proxy speaks https") as refused:
        lan.prepare(Namespace(host="127.0.0.1", port=8000, json=False))
    assert refused.value.status == MISUSED
    assert not (home / "keys").exists()


def test_the_page_for_tablets_gives_the_certificate_its_fingerprint_and_both_codes(home: Path) -> None:
    prepared = lan.prepare(Namespace(host="192.168.7.5", port=8000, json=False))
    assert home.exists()
    page = lan.trust_page(prepared, "http://192.168.7.5:8001/", "https://192.168.7.5:8000/stations/tablet/")
    assert prepared.authority.fingerprint in page
    assert f'href="{lan.AUTHORITY_FILE}"' in page
    assert page.count("<svg") == 2
    assert all(device in page for device, _english, _chinese in lan.STEPS)
    assert "<script" not in page


@pytest.mark.asvs("12.2.2")
def test_a_name_that_strangers_meet_asks_for_a_public_certificate() -> None:
    own = ["192.168.7.5", "fe80::1", "hub", "hub.local", "203.0.113.9"]
    public = ["hub.example.tw", "8.8.8.8", "2001:4860:4860::8888"]
    assert [name for name in own + public if lan.is_public(name)] == public


@pytest.mark.asvs("12.2.2")
@pytest.mark.parametrize("address", ["192.168.7.5", "8.8.8.8"])
def test_the_start_warns_of_an_address_that_strangers_meet(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, address: str
) -> None:
    monkeypatch.setattr(ports, "OpenPages", lambda *_words: None)
    monkeypatch.setattr(ports, "free_port", lambda _host, port: port)
    options = Namespace(host=address, port=8000, json=True)
    lan.show(options, lan.prepare(options), 8000)
    assert (f"{address} is met from outside" in capsys.readouterr().err) == lan.is_public(address)
