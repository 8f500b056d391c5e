"""The exchange of a site's data for a backup's: whole at every moment, finished after a kill."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.processes import wait_for

from samegauge.cli import site
from samegauge.cli.going_back import GoingBack
from samegauge.cli.output import CommandError
from samegauge.core.backup import going_back
from samegauge.core.backup.going_back import BESIDE, DONE, FAILED, HALF, NOTE, READY, RESTORING

if TYPE_CHECKING:
    from pathlib import Path

NOW = {"samegauge.sqlite3": "new", "samegauge.sqlite3-wal": "new", "jobs.sqlite3": "new", "vault/ab/x": "new"}
STAYING = {"secret_key": "kept", "keys/one.pem": "kept", "backups/a.zip": "kept", "running.json": "kept"}
RESTORED = {"samegauge.sqlite3": "old", "vault/cd/y": "old", "lake/t": "old"}


def written(home: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != NOTE)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    written(tmp_path, NOW | STAYING)
    assert going_back.ask(tmp_path, "/backups/a.zip", "owner", "a wrong import")
    return tmp_path


def prepared(home: Path) -> going_back.Return:
    state = going_back.asked(home)
    assert state is not None
    going_back.begin(home, state)
    written(home / BESIDE, RESTORED | {"secret_key": "another"})
    state = replace(state, step=READY)
    going_back.note(home, state)
    return state


def test_after_the_exchange_the_backup_is_there_and_what_was_before_lies_aside(home: Path) -> None:
    state = prepared(home)
    going_back.exchange(home, state)
    aside = {f"{state.folder}/{name}": text for name, text in NOW.items()}
    assert found(home) == RESTORED | STAYING | aside
    [past] = going_back.past(home)
    assert (past.step, past.by, past.reason) == (DONE, "owner", "a wrong import")


@pytest.mark.parametrize("kill_at", range(1, 14))
def test_killed_at_any_rename_the_next_start_brings_it_to_its_end(
    home: Path, kill_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = prepared(home)
    aside = {f"{state.folder}/{name}": text for name, text in NOW.items()}
    with monkeypatch.context() as killing:
        calls = 0

        def counted(name: str) -> None:
            really = getattr(type(home), name)

            def moved(path: Path, target: Path) -> Path:
                nonlocal calls
                calls += 1
                if calls == kill_at:
                    raise KeyboardInterrupt
                return really(path, target)

            killing.setattr(type(home), name, moved)

        counted("rename")
        counted("replace")
        try:
            going_back.exchange(home, state)
        except KeyboardInterrupt:
            assert {**found(home), **found(home / BESIDE)}.keys() >= RESTORED.keys()
    GoingBack(home).begin_with()
    assert found(home) == RESTORED | STAYING | aside
    assert not (home / BESIDE).exists()
    ended = going_back.asked(home)
    assert ended is not None
    assert ended.step == DONE


def test_one_that_was_stopped_while_it_restored_has_changed_nothing(home: Path) -> None:
    state = going_back.asked(home)
    assert state is not None
    going_back.begin(home, state)
    written(home / BESIDE, {"samegauge.sqlite3": "half"})
    GoingBack(home).begin_with()
    assert found(home) == NOW | STAYING
    failed = going_back.asked(home)
    assert failed is not None
    assert (failed.step, failed.message, failed.message_zh) == (
        FAILED,
        "samegauge was stopped while it restored. Nothing was changed.",
        "還原途中同規被停止，沒有做任何變更。",
    )


def test_a_second_one_waits_for_the_first(home: Path) -> None:
    assert not going_back.ask(home, "/backups/b.zip", "another", "too")
    assert json.loads((home / NOTE).read_text())["by"] == "owner"
    going_back.give_up(home, prepared(home), "no", "不")
    assert going_back.ask(home, "/backups/b.zip", "another", "too")


def test_no_command_works_on_half_exchanged_data(home: Path) -> None:
    state = going_back.asked(home)
    assert state is not None
    going_back.note(home, replace(state, step=RESTORING))
    site.refuse_half_exchanged(home)
    going_back.note(home, replace(state, step=HALF))
    with pytest.raises(CommandError, match="cut off"):
        site.refuse_half_exchanged(home)


def test_a_damaged_archive_changes_nothing_and_the_page_s_sentence_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "backups" / "bad.zip").write_text("no archive")
    going_back.give_up(home, prepared(home), "", "")
    assert going_back.ask(home, str(home / "backups" / "bad.zip"), "owner", "why")
    monkeypatch.delenv("SAMEGAUGE_DATABASE_URL", raising=False)
    back = GoingBack(home)
    wait_for(lambda: back.is_ready() or (going_back.asked(home) or fail()).step == FAILED, "the restore to end")
    failed = going_back.asked(home)
    assert failed is not None
    assert failed.step == FAILED
    assert "bad.zip" in failed.message
    assert "bad.zip" in failed.message_zh
    before = NOW | STAYING | {"backups/bad.zip": "no archive"}
    assert found(home) == before


def test_a_restore_that_was_killed_says_so_and_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMEGAUGE_DATABASE_URL", raising=False)
    back = GoingBack(home)
    assert not back.is_ready()
    back.end()
    wait_for(lambda: back.is_ready() or (going_back.asked(home) or fail()).step == FAILED, "the end to be seen")
    failed = going_back.asked(home)
    assert failed is not None
    assert "Ask for it again" in failed.message
    assert "請再試一次" in failed.message_zh


def fail() -> going_back.Return:
    raise AssertionError("nothing was asked")
