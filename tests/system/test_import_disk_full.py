"""A disk that is full: the import says so and leaves whole facts only; with more room the same command goes on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.import_site import ImportSite, package_slice

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_KB = 1_200
STEP_KB = 1_500
IN_IMPORT_KB = 250
IN_IMPORT = "The import stopped: "
MOST_STEPS = 24
EMPTY = """SELECT count(*) FROM measurement_inspection
    WHERE id NOT IN (SELECT inspection_id FROM measurement_measurement)"""
MUTE = """SELECT count(*) FROM thread_unit
    WHERE id NOT IN (SELECT unit_id FROM thread_event WHERE kind = 'registered')"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own in memory, too small for anything yet."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system: run this test as root")
    place = tmp_path / "disk"
    place.mkdir()
    process.run(["mount", "-t", "tmpfs", "-o", f"size={FIRST_KB}k", "samegauge-test", place])
    try:
        yield place
    finally:
        process.run(["umount", place])


def test_a_full_disk_stops_the_import_and_room_lets_it_go_on(small_disk: Path, test_data: Path, tmp_path: Path) -> None:
    package = package_slice(test_data / "nist-smstestbed", tmp_path / "package")
    ample = ImportSite(tmp_path / "ample")
    assert ample.command("import", "nist-tdp", package).status == 3
    site, stops, size_kb = ImportSite(small_disk / "home"), [], FIRST_KB
    said = site.command("import", "nist-tdp", package, "--json")
    while said.status == 1 and len(stops) < MOST_STEPS:
        stops.append(said.json)
        assert_whole(site)
        size_kb += IN_IMPORT_KB if said.json["error"].startswith(IN_IMPORT) else STEP_KB
        process.run(["mount", "-o", f"remount,size={size_kb}k", small_disk])
        said = site.command("import", "nist-tdp", package, "--json")
    assert said.status == 3, said.err
    in_import = [stop for stop in stops if stop["error"].startswith(IN_IMPORT)]
    assert len(in_import) >= 3
    assert all(stop["error_zh"].startswith("匯入中斷：") for stop in in_import)
    before = stops[: len(stops) - len(in_import)]
    assert before
    assert all(stop["error"].startswith("The tables of the database could not be made: ") for stop in before)
    for stop in stops:
        assert any(reason in stop["error"].lower() for reason in ("no space left on device", "disk is full"))
    assert site.facts() == ample.facts()


def assert_whole(site: ImportSite) -> None:
    """Hold what is in the database against itself: it reads, and every fact has what it rests on."""
    path = site.home / "samegauge.sqlite3"
    if not path.exists():
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "measurement_inspection" not in tables:
            return
        assert [database.execute(query).fetchone()[0] for query in (EMPTY, MUTE)] == [0, 0]
        kept = [sha256 for (sha256,) in database.execute("SELECT sha256 FROM vault_storedfile")]
    assert all((site.home / "vault" / sha256[:2] / sha256).is_file() for sha256 in kept)
