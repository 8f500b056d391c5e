"""An import that is killed again and again, or done twice at once, leaves what an undisturbed one leaves."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from support.import_site import ImportSite, package_slice
from support.processes import site_processes, start_site, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from samegauge.doors import process

SEED = 20_170_201
KILLS = 8


@pytest.fixture(scope="module")
def package(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package_slice(test_data / "nist-smstestbed", tmp_path_factory.mktemp("slice") / "package")


@pytest.fixture(scope="module")
def undisturbed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    site = ImportSite(tmp_path_factory.mktemp("undisturbed") / "home")
    assert site.command("import", "nist-tdp", package).status == 3
    return site


@pytest.fixture(scope="module")
def expected(undisturbed: ImportSite) -> dict[str, Any]:
    facts = undisturbed.facts()
    assert facts["events"][0] > 0
    assert facts["events"][1] == 0
    assert set(facts["stored"]) == {"Hurco01", "Hurco02", "Hurco04"}
    return facts


def kill_at(site: ImportSite, child: process.Child, mark: int) -> bool:
    """Kill the process as soon as it has made that much durable; return whether it was still at work."""
    wait_for(lambda: child.status() is not None or site.progress() >= mark, f"the import to reach {mark}")
    busy = child.status() is None
    child.kill()
    return busy


def marks(total: int, kills: int) -> list[int]:
    """Moments from the first file kept until nearly the last fact written, the same for every run."""
    return sorted(random.Random(SEED).sample(range(1, total * 9 // 10), kills))


def killed_again_and_again(site: ImportSite, package: Path, moments: list[int]) -> dict[str, Any]:
    site.home.mkdir()
    kills = sum(kill_at(site, site.start("import", "nist-tdp", package), mark) for mark in moments)
    assert kills == len(moments), f"seed {SEED}: {moments}"
    ended = site.command("import", "nist-tdp", package, "--json")
    assert ended.status == 3, ended.err
    return ended.json


SAME = ("files", "units", "events", "operations", "inspections", "statuses", "observations", "machines", "quarantined")


@pytest.mark.threat("T10")
def test_a_killed_import_goes_on_and_is_equal_in_the_end(
    package: Path, undisturbed: ImportSite, expected: dict[str, Any], tmp_path: Path
) -> None:
    site = ImportSite(tmp_path / "home")
    moments = marks(undisturbed.progress(), KILLS)
    report = killed_again_and_again(site, package, moments)
    assert site.facts() == expected, f"seed {SEED}: {moments}"
    assert {name: report[name] for name in ("operations", "quarantined")} == {
        "operations": len(expected["operations"]),
        "quarantined": sum(len(row[5]) for row in expected["files"]),
    }


@pytest.mark.full
def test_the_whole_package_killed_at_each_moment_alone(test_data: Path, tmp_path: Path) -> None:
    package = test_data / "nist-smstestbed"
    whole = ImportSite(tmp_path / "whole")
    first = whole.command("import", "nist-tdp", package, "--json").json
    facts = whole.facts()
    for mark in marks(whole.progress(), KILLS):
        site = ImportSite(tmp_path / f"killed-{mark}")
        report = killed_again_and_again(site, package, [mark])
        assert {name: report[name] for name in SAME} == {name: first[name] for name in SAME}, mark
        assert site.facts() == facts, mark


@pytest.mark.full
def test_the_whole_package_killed_again_and_again(test_data: Path, tmp_path: Path) -> None:
    package = test_data / "nist-smstestbed"
    whole = ImportSite(tmp_path / "whole")
    whole.command("import", "nist-tdp", package)
    site = ImportSite(tmp_path / "killed")
    killed_again_and_again(site, package, marks(whole.progress(), KILLS))
    assert site.facts() == whole.facts()


def test_two_imports_of_the_same_files_at_once_double_nothing_and_lose_nothing(
    package: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    site = ImportSite(tmp_path / "home")
    site.home.mkdir()
    both = [site.start("import", "nist-tdp", package, "--json") for _ in range(2)]
    ended = [child.wait(600) for child in both]
    log = site.home.with_suffix(".log").read_text()
    assert ended == [3, 3], log
    assert "Traceback" not in log
    assert site.facts() == expected
    assert site.table_rows()["organisations_organisation"] == 1


def test_two_imports_that_share_files_take_each_in_once(
    package: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    site = ImportSite(tmp_path / "home")
    site.home.mkdir()
    extra = tmp_path / "more"
    package_copy = package_slice_with(package, extra)
    children = [site.start("import", "nist-tdp", folder, "--json") for folder in (package, package_copy)]
    ended = [child.wait(600) for child in children]
    log = site.home.with_suffix(".log").read_text()
    assert set(ended) <= {0, 3}, log
    assert 3 in ended
    found = site.facts()
    assert [row[1] for row in found["files"]].count(found["files"][0][1]) == 1
    compared = ("units", "traces", "operations", "measurements", "stored", "arrived", "events")
    assert {name: found[name] for name in compared} == {name: expected[name] for name in compared}


def package_slice_with(package: Path, target: Path) -> Path:
    """Copy the package without one day, so that the two imports are not the same command."""
    for path in sorted(package.rglob("*")):
        if path.is_file() and "Hurco01-20170517" not in path.name:
            place = target / path.relative_to(package)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return target


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Any]:
    with site_processes(tmp_path / "home") as processes:
        site = start_site(processes)
        yield site
        site.child.stop()


def test_web_and_worker_killed_in_the_middle_lose_and_double_nothing(
    running: Any, package: Path, expected: dict[str, Any]
) -> None:
    site = ImportSite(running.site.home)
    uid = site.tell("ask", "nist-tdp", package)["uid"]
    start, end = site.progress(), 0
    for kill in range(3):
        end = start + 15 * (kill + 1)
        wait_for(lambda end=end: site.progress() >= end, "the worker to go on")
        found = running.processes()
        for name in ("worker", "web", "web process"):
            for number in found.get(name, []):
                os.kill(number, signal.SIGKILL)
    ended = wait_for(lambda: done(site.tell("job", uid)), "the import to end")
    assert ended["state"] == "done", ended
    assert site.facts() == expected
    wait_for(lambda: running.get("/health/") == 200, "the site to answer again")


def done(job: dict[str, Any]) -> dict[str, Any] | None:
    return job if job["state"] not in {"requested", "running"} else None


def test_the_worker_finishes_a_command_that_was_killed(
    package: Path, undisturbed: ImportSite, expected: dict[str, Any], tmp_path: Path
) -> None:
    with site_processes(tmp_path / "home") as processes:
        site = ImportSite(processes.home)
        assert kill_at(site, site.start("import", "nist-tdp", package), undisturbed.progress() // 2)
        processes.start([sys.executable, "-m", "samegauge.cli", "worker"])
        wait_for(lambda: settled(site), "the worker to finish it")
    assert site.facts() == expected


def settled(site: ImportSite) -> bool:
    with closing(sqlite3.connect(site.home / "samegauge.sqlite3", timeout=60)) as database:
        return [row[0] for row in database.execute("SELECT state FROM jobs_job")] == ["done"]
