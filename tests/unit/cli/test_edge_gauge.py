from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from samegauge.cli import station_device
from samegauge.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

CALL = ["--hub", "https://hub.example", "--station", "S17", "--instrument", "M-01"]


@pytest.fixture(autouse=True)
def person(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMEGAUGE_TOKEN", "right")
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)


def test_without_a_token_nothing_is_opened(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMEGAUGE_TOKEN")
    assert main(["edge", "gauge", "/dev/ttyUSB0", *CALL]) == 2
    assert "Set SAMEGAUGE_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["/dev/ttyUSB0", "--baud", "1234"], "--baud 1234 is no speed"),
        (["/dev/ttyUSB0", "--zone", "Mars/Olympus"], "no such time zone"),
        (["readings.txt"], "readings.txt is no serial port"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_kept(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "readings.txt").write_text("12.5\n")
    assert main(["edge", "gauge", *words, *CALL]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "gauge.sqlite3").exists()


def test_a_ledger_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edge", "gauge", "/dev/ttyUSB0", *CALL, "--ledger", "nowhere/gauge.sqlite3"]) == 1
    assert "nowhere/gauge.sqlite3: unable to open" in capsys.readouterr().err


def test_a_system_without_such_ports_is_told_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_device, "find_spec", lambda _name: None)
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "zh-Hant")
    assert main(["edge", "gauge", "COM3", *CALL]) == 1
    assert "這個系統沒有 POSIX 的序列埠" in capsys.readouterr().err
