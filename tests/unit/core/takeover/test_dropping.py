"""Files that measuring programs put into a folder: taken in whole, once, and put away with the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aqdef_samples import dfq

from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import run_here
from samegauge.core.measurement.models import Inspection, Measurement
from samegauge.core.takeover import dropping
from samegauge.core.takeover.models import SavedMatching

if TYPE_CHECKING:
    from pathlib import Path

    from support.way_in import TakeOver

    from samegauge.core.organisations.models import Organisation


@pytest.fixture
def root(organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMEGAUGE_DROP_FOLDER", str(tmp_path / "drop"))
    monkeypatch.setattr(dropping._Seen, "states", {})
    return tmp_path / "drop" / str(organisation.uid)


def look() -> None:
    dropping.look(settled_s=0.0)


def work() -> None:
    """What the worker does between two looks."""
    for job in Job.objects.filter(state=JobState.REQUESTED):
        run_here(job)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def dropped(folder: Path, name: str, data: bytes) -> Path:
    (folder / "incoming").mkdir(parents=True, exist_ok=True)
    (folder / "incoming" / name).write_bytes(data)
    return folder / "incoming" / name


def test_a_file_is_taken_in_once_and_put_with_the_done_ones(way: TakeOver, root: Path) -> None:
    dropped(root / "aqdef", "shift.dfq", dfq())
    look()
    assert names(root / "aqdef" / "incoming") == ["shift.dfq"]  # not still for long enough
    look()
    assert names(root / "aqdef" / "incoming") == []
    look()
    assert Job.objects.count() == 1
    work()
    look()
    assert (names(root / "aqdef" / "done"), names(root / "aqdef" / "working")) == (["shift.dfq"], [])
    assert Inspection.objects.count() == 2
    dropped(root / "aqdef", "shift.dfq", dfq())
    for _round in range(3):
        look()
        work()
    look()
    assert len(names(root / "aqdef" / "done")) == 2
    assert Inspection.objects.count() == 2


def test_a_growing_file_waits(way: TakeOver, root: Path) -> None:
    path = dropped(root / "aqdef", "slow.dfq", dfq()[:100])
    for size in (200, 300):
        look()
        path.write_bytes(dfq()[:size])
    look()
    assert names(root / "aqdef" / "incoming") == ["slow.dfq"]
    dropped(root / "aqdef", "other.dfq.part", dfq())
    for _round in range(3):
        look()
    assert "other.dfq.part" in names(root / "aqdef" / "incoming")
    dropping.look(settled_s=3600.0)
    assert Job.objects.count() == 1


@pytest.mark.parametrize("killed_before", ["asking", "doing", "putting away"])
def test_a_kill_at_any_point_loses_nothing_and_doubles_nothing(way: TakeOver, root: Path, killed_before: str) -> None:
    dropped(root / "aqdef", "shift.dfq", dfq())
    look()
    if killed_before == "asking":
        path = root / "aqdef" / "incoming" / "shift.dfq"
        path.rename(root / "aqdef" / "working" / f"01a1ff6a-a8b0-70f5-ac62-93dfb3d19764--{path.name}")
    else:
        look()
    if killed_before == "putting away":
        work()
    dropping._Seen.states.clear()  # a new process
    for _round in range(3):
        look()
        work()
    look()
    assert names(root / "aqdef" / "done") == ["shift.dfq"]
    assert (Job.objects.count(), Inspection.objects.count()) == (1, 2)


def test_a_refused_file_lies_beside_the_reason(way: TakeOver, root: Path) -> None:
    dropped(root / "qif", "broken.qif", b"<QIFDocument")
    for _round in range(3):
        look()
        work()
    look()
    assert names(root / "qif" / "refused") == ["broken.qif", "broken.qif.txt"]
    english, chinese = (root / "qif" / "refused" / "broken.qif.txt").read_text("utf-8").splitlines()
    assert "not well formed" in english
    assert "格式不正確" in chinese
    assert names(root / "qif" / "done") == []


def test_a_link_is_not_followed(way: TakeOver, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.dfq"
    secret.write_bytes(dfq())
    (root / "aqdef" / "incoming").mkdir(parents=True)
    (root / "aqdef" / "incoming" / "link.dfq").symlink_to(secret)
    (root / "aqdef" / "incoming" / "folder").mkdir()
    for _round in range(3):
        look()
        work()
    assert names(root / "aqdef" / "refused") == ["link.dfq", "link.dfq.txt"]
    assert (Job.objects.count(), secret.read_bytes()) == (0, dfq())


def test_each_remembered_matching_has_a_folder_of_its_own(furnished: TakeOver, root: Path) -> None:
    SavedMatching.objects.create(
        target="measured-values",
        name="三次元/線 3",
        columns={"件號": "serial", "孔徑": "value"},
        constants={"unit": "mm", "item": "TX-650"},
    )
    look()
    assert names(root) == ["aqdef", "qif", "三次元_線 3"]
    dropped(root / "三次元_線 3", "a.csv", '量測報告\n件號,孔徑\nSH-1,"40,0012"\nSH-2,"40,01"\n'.encode())
    dropped(root / "三次元_線 3", "b.csv", "件號,別的\nSH-1,1\n".encode())
    for _round in range(3):
        look()
        work()
    look()
    assert names(root / "三次元_線 3" / "done") == ["a.csv"]
    assert names(root / "三次元_線 3" / "refused") == ["b.csv", "b.csv.txt"]
    assert sorted(Measurement.objects.values_list("actual", "characteristic__name")) == [
        (40.0012, "孔徑"),
        (40.01, "孔徑"),
    ]


def test_without_the_setting_nothing_is_looked_at(
    way: TakeOver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMEGAUGE_DROP_FOLDER", raising=False)
    look()
    assert not (tmp_path / "drop").exists()
