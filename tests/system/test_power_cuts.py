"""Power cuts and failing disks while facts go into database, vault and lake: none that was acknowledged is lost.

In the slice for CI the disk is a model inside the process that writes (`support/honest_disk.py`), which needs neither
root nor ptrace. With `--full` more of the same, and images of a real ext4 under a loop device, also with PostgreSQL on
it; where that cannot be mounted those tests say so and do not run.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support import suite
from support.import_site import environment_of
from support.loop_disks import copied, made, missing_for_loops, mounted
from support.processes import SUPPORT, wait_for

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20_261_121
PROGRAM = SUPPORT / "power_cut.py"
KINDS_OF_ERRORS = 14
IMAGES, ERRORS = 200, 1_000


def told(home: Path, *words: str | Path | int, **environment: str) -> str:
    options = process.Options(env=environment_of(home, **environment), timeout_s=7200)
    return process.run([sys.executable, PROGRAM, *map(str, words)], options).text


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    told(home, "prepare")
    with closing(sqlite3.connect(home / "samegauge.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


def images_of(prepared: Path, folder: Path, seed: int, count: int, **environment: str) -> list[dict[str, Any]]:
    folder.mkdir()
    told(prepared, "images", folder, seed, count, **environment)
    found = json.loads(told(prepared, "check", folder).splitlines()[-1])
    shutil.rmtree(folder)
    return found


def nothing_lost(found: list[dict[str, Any]]) -> None:
    assert [(one["image"], one["lost"], one["faults"]) for one in found if one["lost"] or one["faults"]] == []
    assert any(one["acknowledged"] for one in found)


@pytest.mark.long
def test_a_power_cut_loses_nothing_that_was_acknowledged(prepared: Path, tmp_path: Path) -> None:
    found = images_of(prepared, tmp_path / "images", SEED, 12)
    assert len(found) == 12
    nothing_lost(found)


@pytest.mark.long
def test_a_weaker_setting_of_the_database_would_be_noticed(prepared: Path, tmp_path: Path) -> None:
    found = images_of(prepared, tmp_path / "images", SEED, 8, SYNCHRONOUS="synchronous=NORMAL")
    assert any(one["lost"] for one in found)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(IMAGES // 20))
def test_many_power_cuts_lose_nothing(prepared: Path, tmp_path: Path, seed: int) -> None:
    found = images_of(prepared, tmp_path / "images", seed, 20)
    assert len(found) == 20
    nothing_lost(found)


def failed_calls(prepared: Path, folder: Path, seed: int, count: int) -> int:
    folder.mkdir()
    told(prepared, "errors", folder, seed, count)
    nothing_lost([json.loads(path.read_text()) for path in folder.glob("*/told.json")])
    came = len(list(folder.glob("*/came")))
    shutil.rmtree(folder)
    return came


@pytest.mark.long
def test_a_call_that_fails_loses_nothing_and_the_same_goes_in_afterwards(prepared: Path, tmp_path: Path) -> None:
    assert failed_calls(prepared, tmp_path / "errors", SEED, KINDS_OF_ERRORS) > KINDS_OF_ERRORS // 3


@pytest.mark.full
def test_a_thousand_calls_that_fail_lose_nothing(prepared: Path, tmp_path: Path) -> None:
    came = seed = 0
    while came < ERRORS:
        came += failed_calls(prepared, tmp_path / str(seed), seed, 10 * KINDS_OF_ERRORS)
        seed += 1
    assert came >= ERRORS


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> None:
    if reason := missing_for_loops(tmp_path_factory.mktemp("loops")):
        pytest.skip(f"power cuts by copying a mounted image did not run: {reason}")


@contextmanager
def writing(home: Path, acknowledged: Path, **environment: str) -> Iterator[process.Child]:
    inbox = acknowledged.with_name("inbox")
    inbox.mkdir()
    words = [sys.executable, str(PROGRAM), "facts", "10000", str(acknowledged), str(inbox)]
    child = process.spawn(words, env=environment_of(home, **environment), log=acknowledged.with_name("log"))
    try:
        wait_for(lambda: child.status() is not None or acknowledged.exists(), "the first fact")
        yield child
    finally:
        _go_on(child)
        child.kill()


def cut(image: Path, acknowledged: Path, target: Path, frozen: list[process.Child]) -> None:
    """Copy the image while everything that writes to it stands still."""
    for child in frozen:
        assert child.status() is None, acknowledged.with_name("log").read_text()
        os.killpg(child.pid, signal.SIGSTOP)
    target.mkdir()
    shutil.copyfile(acknowledged, target / "acknowledged")
    copied(image, target / "image")
    for child in frozen:
        _go_on(child)


def _go_on(child: process.Child) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGCONT)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(IMAGES // 10))
def test_images_of_a_mounted_disk_lose_nothing(prepared: Path, tmp_path: Path, loops: None, seed: int) -> None:
    chance, image = random.Random(seed), made(tmp_path / "disk.img", 96)
    with mounted(image, tmp_path / "disk") as disk:
        shutil.copytree(prepared, disk / "home")
        process.run(["sync", "-f", disk])
        acknowledged = tmp_path / "acknowledged"
        with writing(disk / "home", acknowledged) as child:
            for number in range(10):
                time.sleep(chance.uniform(0.05, 0.5))
                cut(image, acknowledged, tmp_path / f"cut-{number}", [child])
    (tmp_path / "checked").mkdir()
    with ExitStack() as mounts:
        for number in range(10):
            source = tmp_path / f"cut-{number}"
            place = mounts.enter_context(mounted(source / "image", tmp_path / "checked" / f"{seed}-{number}"))
            shutil.copyfile(source / "acknowledged", place / "acknowledged")
        found = json.loads(told(prepared, "check", tmp_path / "checked").splitlines()[-1])
    assert len(found) == 10
    nothing_lost(found)


@contextmanager
def cluster(data: Path, port: int) -> Iterator[process.Child]:
    initdb = suite.find_initdb()
    assert initdb is not None
    words = [*suite.as_owner_of_clusters(), str(initdb.with_name("postgres")), "-D", str(data)]
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_wal_size": "64MB"}
    words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    # Nobody runs after a power cut, but here another process may bear the number that the file names.
    (data / "postmaster.pid").unlink(missing_ok=True)
    log = data.parents[1] / f"postgresql-{port}.log"
    server = process.spawn(words, cwd=data, log=log)
    try:
        wait_for(lambda: server.status() is not None or suite.answers(_url(port)), "PostgreSQL to start")
        assert server.status() is None, log.read_text()
        yield server
    finally:
        _go_on(server)
        server.stop()


def _url(port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder into which PostgreSQL's own account may look, as it may not below pytest's."""
    path = Path(tempfile.mkdtemp(prefix="samegauge-power-cut-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(IMAGES // 10))
def test_images_of_a_mounted_disk_with_postgresql_lose_nothing(folder: Path, loops: None, seed: int) -> None:
    if reason := suite.missing_for_postgresql():
        pytest.skip(f"power cuts under PostgreSQL did not run: {reason}")
    chance, image, port = random.Random(seed), made(folder / "disk.img", 320), suite.free_port()
    with mounted(image, folder / "disk") as disk:
        suite.initialise(disk / "data")
        with cluster(disk / "data", port) as server:
            environment = {"SAMEGAUGE_DATABASE_URL": _url(port)}
            told(disk / "home", "prepare", **environment)
            process.run(["sync", "-f", disk])
            acknowledged = folder / "acknowledged"
            with writing(disk / "home", acknowledged, **environment) as child:
                for number in range(10):
                    time.sleep(chance.uniform(0.05, 0.5))
                    cut(image, acknowledged, folder / f"cut-{number}", [child, server])
    found = []
    for number in range(10):
        source, checked = folder / f"cut-{number}", folder / f"checked-{number}"
        with mounted(source / "image", checked / str(number)) as place, cluster(place / "data", port):
            shutil.copyfile(source / "acknowledged", place / "acknowledged")
            said = told(place / "home", "check", checked, SAMEGAUGE_DATABASE_URL=_url(port))
            found += json.loads(said.splitlines()[-1])
        (source / "image").unlink()
    assert len(found) == 10
    nothing_lost(found)
