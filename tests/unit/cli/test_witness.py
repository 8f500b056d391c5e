"""The log goes to a witness by file and comes back, from one command to the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.cli.main import main
from samegauge.core.merkle_log.models import SignedState
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Item, ItemKind, Unit

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")
    monkeypatch.setattr("samegauge.cli.checkpoint.open_site", lambda: None)
    settings.SAMEGAUGE_HOME = tmp_path / "home"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any], str]:
    status = main([*words, "--json"])
    captured = capsys.readouterr()
    return status, json.loads(captured.out.splitlines()[-1]), captured.err


def test_a_log_is_witnessed_by_file_and_a_rewritten_one_is_shouted_at(
    organisation: Organisation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item_of(organisation)
    request, answer, folder = tmp_path / "a.checkpoint.txt", tmp_path / "b.txt", str(tmp_path / "witness")
    _, signed, _ = said(capsys, "checkpoint", "--out", str(request))
    assert signed["size"] == 2
    _, made, _ = said(capsys, "witness", "--folder", folder, "--name", "association.example/w1")
    keys = tmp_path / "home" / "keys" / "witnesses"
    keys.mkdir(parents=True)
    (keys / "association.vkey").write_text(made["key"])
    status, refused, _ = said(capsys, "witness", str(request), "--folder", folder)
    assert (status, refused["status"]) == (1, 404)
    said(capsys, "witness", "--folder", folder, "--add-log", signed["key"])
    assert said(capsys, "witness", str(request), "--folder", folder, "--out", str(answer))[0] == 0
    status, taken, _ = said(capsys, "checkpoint", "--take", str(answer))
    assert (status, taken) == (0, {"witnesses": ["association.example/w1"]})
    with organisation_scope(organisation):
        assert SignedState.objects.get().witnessed_at is not None
    request.write_text(request.read_text().replace("old 0", "old 2"))
    assert said(capsys, "witness", str(request), "--folder", folder)[0] == 0
    with organisation_scope(organisation):
        forge(organisation)
    _, forged, _ = said(capsys, "checkpoint", "--out", str(request), "--since", "2")
    assert forged["size"] == 2
    status, outcome, err = said(capsys, "witness", str(request), "--folder", folder)
    assert (status, outcome["status"]) == (1, 409)
    assert "ALARM" in err
    assert "rewritten" in err


def item_of(organisation: Organisation) -> None:
    with organisation_scope(organisation):
        item = Item.objects.create(number="TX-650", name="Turret", kind=ItemKind.ASSEMBLY)
        Unit.objects.create(serial="T1", item=item)


def forge(organisation: Organisation) -> None:
    from samegauge.core.merkle_log.models import Entry, Log, RowSeal, Tile

    for model in (Entry, RowSeal, Tile, SignedState, Log):
        model.objects.all().delete()
    assert organisation.pk


def test_wrong_use_says_what_to_do(
    organisation: Organisation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, outcome, _ = said(capsys, "witness", "--folder", str(tmp_path / "none"))
    assert status == 2
    assert "--name" in outcome["error"]
    assert "--name" in outcome["error_zh"]
    assert said(capsys, "witness", "--folder", str(tmp_path / "w"), "--name", "two words")[0] == 2
    assert said(capsys, "checkpoint")[1]["error"].startswith("The log is empty")
    assert said(capsys, "checkpoint", "--take", str(tmp_path / "none"))[0] == 2
    (tmp_path / "odd").write_bytes(b"\xff")
    assert said(capsys, "checkpoint", "--take", str(tmp_path / "odd"))[0] == 1
    item_of(organisation)
    assert said(capsys, "checkpoint", "--new-name")[1]["origin"].endswith("/2")
