"""A site that other machines reach does not start without https, unless somebody says so by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from samegauge.cli.main import main
from samegauge.cli.output import MISUSED
from samegauge.cli.run import _refuse_plain_http
from samegauge.core.site import Site

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.asvs("12.2.1"), pytest.mark.threat("T20")]

OPEN_TO_OTHERS = ["0.0.0.0", "::", "192.168.1.5", "fe80::1", "hub.example.tw", "127.0.0.1.example.tw"]  # noqa: S104 - refused


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("HTTPS", "PLAIN_HTTP"):
        monkeypatch.delenv(f"SAMEGAUGE_{name}", raising=False)
    monkeypatch.setenv("SAMEGAUGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")
    return monkeypatch


@pytest.mark.parametrize("host", OPEN_TO_OTHERS)
def test_the_command_refuses_and_says_what_to_do(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--host", host]) == MISUSED
    said = capsys.readouterr().err
    assert host in said
    assert all(word in said for word in ("SAMEGAUGE_HTTPS=1", "SAMEGAUGE_PLAIN_HTTP=1"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_no_https(host: str) -> None:
    assert _refuse_plain_http(host, Site.from_environment()) is None


@pytest.mark.parametrize("word", ["SAMEGAUGE_HTTPS", "SAMEGAUGE_PLAIN_HTTP"])
def test_whoever_states_it_may_open_the_site(environment: pytest.MonkeyPatch, word: str) -> None:
    environment.setenv(word, "1")
    assert _refuse_plain_http("192.168.1.5", Site.from_environment()) is None
