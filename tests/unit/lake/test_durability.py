"""Killed, crowded or on a bad disk: an import is in or out, and what was acknowledged stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import lake_crash
import lake_writer
import pytest
from lake_crash import ACKNOWLEDGED, ORGANISATION
from shdr_logs import contents, day_log, write_log

from samegauge.lake.delta_log import forget_checkpoints
from samegauge.lake.intake import import_shdr
from samegauge.lake.store import Lake

PATHS = {**os.environ, "PYTHONPATH": str(Path(lake_crash.__file__).parent)}


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], env=PATHS, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


@pytest.mark.parametrize("stride", [pytest.param(5, marks=pytest.mark.long), pytest.param(1, marks=pytest.mark.full)])
def test_an_import_killed_at_any_step_is_in_or_out_and_can_be_repeated(tmp_path: Path, stride: int) -> None:
    last = int(run(lake_crash.__file__, tmp_path, "import", stride))
    assert last > 40
    files = [day_log(tmp_path / "in", day) for day in (23, 24)]
    outcomes: set[int] = set()
    for step in range(0, last + 1, stride):
        root = tmp_path / str(step)
        lake = Lake(root).for_organisation(ORGANISATION)
        survived = len(contents(lake, "Mill01"))
        outcomes.add(survived)
        assert survived in {0, 12}
        assert survived == 12 or not (root / ACKNOWLEDGED).exists()
        report = import_shdr(lake, files, batch="crash")
        assert report.stored == 12 - survived
        assert len(report.skipped) == (2 if survived else 0)
        assert lake.counts_per_tag("Mill01") == {"Xabs": 11, "servo": 1}
    assert outcomes == {0, 12}


@pytest.mark.parametrize("stride", [pytest.param(5, marks=pytest.mark.long), pytest.param(1, marks=pytest.mark.full)])
def test_an_undo_killed_at_any_step_is_done_or_not(tmp_path: Path, stride: int) -> None:
    last = int(run(lake_crash.__file__, tmp_path, "undo", stride))
    outcomes: set[int] = set()
    for step in range(0, last + 1, stride):
        lake = Lake(tmp_path / str(step)).for_organisation(ORGANISATION)
        left = len(contents(lake, "Mill01"))
        outcomes.add(left)
        assert left in {7, 12}
        assert len(lake.ledger.live()) == (1 if left == 7 else 2)
    assert outcomes == {7, 12}


@pytest.mark.long
def test_two_writers_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    days = [day_log(tmp_path / "in", day, readings=9) for day in range(1, 9)]
    shares = [[*days[:5], days[6]], list(reversed(days[3:]))]
    writers = [
        subprocess.Popen(
            [sys.executable, lake_writer.__file__, tmp_path / "lake", ORGANISATION, *share],
            env=PATHS,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    stored = [sum(map(int, writer.communicate(timeout=120)[0].split())) for writer in writers]
    lake = Lake(tmp_path / "lake").for_organisation(ORGANISATION)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sum(stored) == len(contents(lake, "Mill01")) == 8 * 9 + 2
    assert len(set(contents(lake, "Mill01"))) == 8 * 9 + 2
    assert len(lake.ledger.files()) == 8


@pytest.mark.parametrize("nth", range(0, 16, 3))
def test_a_disk_that_fails_to_confirm_is_never_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    lake = Lake(tmp_path / "lake").for_organisation(ORGANISATION)
    files = [day_log(tmp_path / "in", day) for day in (23, 24)]
    calls = iter(range(1000))
    confirm = os.fsync

    def failing(descriptor: int) -> None:
        if next(calls) == nth:
            raise OSError(errno.EIO, "input/output error")
        confirm(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        acknowledged = _tried(lake, files)
    assert acknowledged == (next(calls) <= nth)
    survived = len(contents(lake, "Mill01"))
    assert survived in {0, 12}
    assert import_shdr(lake, files).stored == 12 - survived


def _tried(lake: Any, files: list[Path]) -> bool:
    try:
        import_shdr(lake, files)
    except OSError:
        return False
    return True


def test_data_are_confirmed_before_the_commit_that_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path / "lake").for_organisation(ORGANISATION)
    lake.prepare()
    order: list[str] = []
    confirm, link = os.fsync, os.link

    def noting(descriptor: int) -> None:
        order.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        confirm(descriptor)

    def linking(hidden: Path, visible: Path) -> None:
        order.append(f"visible {visible.name}")
        link(hidden, visible)

    monkeypatch.setattr(os, "fsync", noting)
    monkeypatch.setattr(os, "link", linking)
    import_shdr(lake, [day_log(tmp_path / "in", 23)])
    visible = order.index("visible 00000000000000000001.json")
    confirmed = {Path(name).name for name in order[:visible]}
    named = {path.name for path in tmp_path.glob("lake/*/observations/data/*.parquet")}
    assert named
    assert named | {"data"} <= confirmed
    assert Path(order[visible - 1]).parent.name == "workshop"
    assert Path(order[visible + 1]).name == "_delta_log"


def test_a_checkpoint_cut_short_hides_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake").for_organisation(ORGANISATION)
    for number in range(20):
        import_shdr(lake, [write_log(tmp_path / "in", f"Mill01-{number}.txt", [f"2017-10-23T08:00:{number:02d}Z|a|1"])])
    (checkpoint,) = tmp_path.glob("lake/*/observations/_delta_log/*.checkpoint.parquet")
    assert len(contents(lake, "Mill01")) == 20
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    assert len(contents(lake, "Mill01")) == 20
    forget_checkpoints(tmp_path / "lake" / ORGANISATION / "observations")
    assert len(contents(Lake(tmp_path / "lake").for_organisation(ORGANISATION), "Mill01")) == 20


def test_a_table_restored_without_its_empty_folders_takes_files_in(tmp_path: Path) -> None:
    first, second = (day_log(tmp_path / "in", day) for day in (23, 24))
    lake = Lake(tmp_path / "lake").for_organisation(ORGANISATION)
    import_shdr(lake, [first], batch="one")
    empty = [folder for folder in (tmp_path / "lake").rglob("*") if folder.is_dir() and not any(folder.iterdir())]
    assert "workshop" in {folder.name for folder in empty}
    for folder in empty:
        folder.rmdir()
    assert import_shdr(lake, [second], batch="two").stored > 0
