"""Jobs in a real worker process that is killed at the worst moment."""

from __future__ import annotations

import base64
import json
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.processes import wait_for


def _starts(folder: Path) -> list[str]:
    path = folder / "starts"
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "traces"
    place.mkdir()
    return place


def _kill_in_step_three(site: Any, folder: Path) -> str:
    uid = site.tell("ask", "traces", json.dumps({"folder": str(folder)}))["uid"]
    worker = site.start_worker()
    wait_for(lambda: _starts(folder) == ["one", "two", "three"], "step three to begin")
    before = site.tell("show", uid)
    assert (before["state"], before["done"], before["total"], before["message"]) == ("running", 2, 4, "step three")
    worker.kill()
    (folder / "go").touch()
    return uid


def test_a_killed_job_goes_on_at_the_interrupted_step(each_site: Any, folder: Path) -> None:
    uid = _kill_in_step_three(each_site, folder)
    each_site.start_worker()
    ended = each_site.tell("end", uid)
    assert (ended["state"], ended["done"], ended["total"]) == ("done", 4, 4)
    assert ended["result"] == {"sizes": [3, 3, 5, 4]}
    assert _starts(folder) == ["one", "two", "three", "three", "four"]
    assert {path.name: path.read_text() for path in folder.glob("effect-*")} == {
        f"effect-{name}": name for name in ("one", "two", "three", "four")
    }


def test_a_step_added_behind_by_an_update_is_done_and_the_finished_ones_are_not_repeated(
    site: Any, folder: Path
) -> None:
    uid = _kill_in_step_three(site, folder)
    site.start_worker(CRASH_JOBS="longer")
    ended = site.tell("end", uid)
    assert (ended["state"], ended["done"], ended["total"]) == ("done", 5, 5)
    assert _starts(folder) == ["one", "two", "three", "three", "four", "five"]


def test_other_steps_after_an_update_start_the_job_again(site: Any, folder: Path) -> None:
    uid = _kill_in_step_three(site, folder)
    site.start_worker(CRASH_JOBS="reordered")
    ended = site.tell("end", uid)
    assert (ended["state"], ended["result"]) == ("done", {"sizes": [3, 3, 3, 5, 4]})
    assert _starts(folder) == ["one", "two", "three", "one", "new", "two", "three", "four"]


def test_a_running_job_stops_when_asked_and_one_that_waits_behind_it_never_starts(each_site: Any, folder: Path) -> None:
    arguments = json.dumps({"folder": str(folder)})
    running = each_site.tell("ask", "patient", arguments)["uid"]
    each_site.start_worker()
    wait_for(lambda: _starts(folder), "the job to begin")
    waiting = each_site.tell("ask", "traces", arguments)["uid"]
    assert each_site.tell("cancel", waiting)["state"] == "cancelled"
    each_site.tell("cancel", running)
    assert each_site.tell("end", running)["state"] == "cancelled"
    after = each_site.tell("ask", "failing", "{}")["uid"]
    ended = each_site.tell("end", after)
    assert (ended["state"], ended["message"], ended["message_zh"]) == (
        "failed",
        "line 3: the unit is missing",
        "第 3 行：缺少單位",
    )
    assert _starts(folder) == ["patient"]


class Bomb:
    """A pickle that writes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self._path, "exploded")


@pytest.mark.asvs("1.5.2")
@pytest.mark.threat("T13")
def test_a_pickled_row_is_never_read_and_never_written(site: Any, folder: Path) -> None:
    bomb = base64.b64encode(pickle.dumps({"args": (Bomb(folder / "crater"), 1), "kwargs": {}})).decode()
    first = site.tell("ask", "failing", "{}")["uid"]
    site.start_worker()
    site.tell("end", first)
    with closing(sqlite3.connect(site.home / "jobs.sqlite3", timeout=60)) as queue, queue:
        assert queue.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        formats = {row[0] for row in queue.execute("SELECT DISTINCT serialization FROM workflow_status")}
        columns = [row[1] for row in queue.execute("PRAGMA table_info(workflow_status)")]
        planted = {
            "workflow_uuid": "bomb",
            "inputs": bomb,
            "serialization": "py_pickle",
            "status": "ENQUEUED",
            "queue_partition_key": "of the bomb",
        }
        copied = ", ".join(column for column in columns if column not in planted)
        queue.execute(
            f"INSERT INTO workflow_status ({', '.join(planted)}, {copied}) "  # noqa: S608
            f"SELECT ?, ?, ?, ?, ?, {copied} FROM workflow_status",
            list(planted.values()),
        )
    assert formats == {"portable_json"}
    wait_for(lambda: "holds a pickled row" in site.log_of(site.children[0]), "the worker to refuse the pickle")
    assert site.tell("end", site.tell("ask", "failing", "{}")["uid"])["state"] == "failed"
    assert not (folder / "crater").exists()
