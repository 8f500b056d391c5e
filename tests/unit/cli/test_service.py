"""The systemd unit: hardened, without secrets, verified by systemd's own reader where that exists."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from samegauge.cli import service
from samegauge.cli.main import main
from samegauge.cli.service import MARK, SETTINGS, escaped, settings_text
from samegauge.doors import process

if TYPE_CHECKING:
    from pathlib import Path

AWKWARD = 'a "home" of 50% \\ $HOME'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / AWKWARD
    folder.mkdir()
    monkeypatch.setenv("SAMEGAUGE_HOME", str(folder))
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")
    monkeypatch.setenv("SAMEGAUGE_DATABASE_URL", "postgresql://us:a $ecret%@localhost/db")
    monkeypatch.setenv("SAMEGAUGE_BACKUP_FOLDER", str(tmp_path / "second place"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(service, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setattr(service, "RUNNING_SYSTEMD", tmp_path / "no systemd")
    return folder


def unit(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["service", "install", "--dry-run", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [(), ("--user",), ("--host", "::1", "--port", "80")])
def test_systemd_accepts_the_unit(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze: run where systemd is installed")
    path = tmp_path / "samegauge.service"
    path.write_text(unit(capsys, *words))
    done = process.run(["systemd-analyze", "verify", path], process.Options(status_matters=False))
    assert (done.status, done.stderr.decode()) == (0, "")


def test_a_dry_run_changes_nothing_and_says_no_secret(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = unit(capsys)
    assert list(home.iterdir()) == []
    assert not service.SYSTEM_FOLDER.exists()
    assert "ecret" not in said
    assert "ProtectSystem=strict" in said
    assert "ReadWritePaths=" in said
    assert "second place" in said
    assert unit(capsys, "--user").count("ReadWritePaths") == 0


@pytest.mark.parametrize(("words", "place"), [((), "system"), (("--user",), "config/systemd/user")])
def test_installed_and_taken_away_again(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], place: str
) -> None:
    assert main(["service", "install", "--json", *words]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    path = tmp_path / place / "samegauge.service"
    assert report == {"unit": str(path), "text": path.read_text(), "written": True, "started": False}
    settings = home / SETTINGS
    assert settings.stat().st_mode & 0o777 == 0o600
    assert 'SAMEGAUGE_DATABASE_URL="postgresql://us:a \\$ecret%@localhost/db"' in settings.read_text()
    assert "SAMEGAUGE_HOME" not in settings.read_text()
    assert main(["service", "install", *words]) == 0  # again: it is ours
    assert main(["service", "uninstall", "--json", *words]) == 0
    assert not path.exists()
    assert settings.exists()
    assert main(["service", "uninstall", *words]) == 0


def test_another_s_unit_is_not_touched(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service.SYSTEM_FOLDER.mkdir()
    path = service.SYSTEM_FOLDER / service.NAME
    path.write_text("[Unit]\n")
    assert main(["service", "install"]) == 1
    assert main(["service", "uninstall"]) == 1
    assert "was not written by samegauge" in capsys.readouterr().err
    assert path.read_text() == "[Unit]\n"
    assert MARK not in path.read_text()


def test_a_line_break_cannot_slip_in_a_setting() -> None:
    with pytest.raises(service.CommandError):
        escaped("/home\nExecStart=/bin/evil")


def test_only_our_settings_go_along(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "x")
    assert {line.split("=")[0] for line in settings_text().splitlines()} >= {"SAMEGAUGE_LANGUAGE"}
    assert "OTHER" not in settings_text()
