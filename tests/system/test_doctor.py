"""The sanity check as a command, over databases that were damaged in their file."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.import_site import ImportSite, environment_of
from support.processes import SUPPORT

from samegauge.doors import process

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    folder = tmp_path_factory.mktemp("sound")
    site = ImportSite(folder / "home")
    process.run([sys.executable, SUPPORT / "simulated_site.py", folder], process.Options(env=environment_of(site.home)))
    (folder / "phrase").write_text("a sentence that is long\n")
    assert site.command("backup-keys", folder / "sealed", "--passphrase-file", folder / "phrase").status == 0
    with closing(sqlite3.connect(site.home / "samegauge.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return site


@pytest.fixture
def site(sound: ImportSite, tmp_path: Path) -> ImportSite:
    return sound.copy(tmp_path / "home")


def found(site: ImportSite) -> tuple[int, set[str]]:
    said = site.command("doctor", "--json")
    return said.status, {finding["kind"] for finding in said.json["findings"]}


def changed(site: ImportSite, statement: str) -> None:
    with closing(sqlite3.connect(site.home / "samegauge.sqlite3")) as database, database:
        database.execute(statement)


def test_a_sound_site_is_called_sound_in_both_languages(sound: ImportSite) -> None:
    said = sound.command("doctor")
    assert (said.status, said.out.startswith("0 faults, 0 remarks; ")) == (0, True)
    assert sound.command("doctor", SAMEGAUGE_LANGUAGE="zh").out.startswith("0 項錯誤、0 項提醒；")


def test_a_damaged_page_is_found(site: ImportSite) -> None:
    path = site.home / "samegauge.sqlite3"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 3 * 4096] = bytes(range(256)) * 48
    path.write_bytes(data)
    assert found(site) == (1, {"database_damaged"})


def test_a_file_that_is_no_database_is_found(site: ImportSite) -> None:
    (site.home / "samegauge.sqlite3").write_bytes(b"no database at all" * 1000)
    assert found(site) == (1, {"database_damaged"})


def test_a_reference_to_nothing_is_found(site: ImportSite) -> None:
    changed(site, "DELETE FROM thread_item")
    status, kinds = found(site)
    assert (status, "reference_broken" in kinds) == (1, True)


def test_no_database_is_found_and_none_is_made(tmp_path: Path) -> None:
    site = ImportSite(tmp_path / "home")
    assert found(site) == (1, {"database_missing"})
    assert not (site.home / "samegauge.sqlite3").exists()


def test_tables_of_another_version_are_found_and_left_alone(site: ImportSite) -> None:
    changed(site, "DELETE FROM django_migrations WHERE app = 'jobs' AND name LIKE '0002%'")
    assert found(site) == (0, {"migration_missing"})
    changed(site, "INSERT INTO django_migrations (app, name, applied) VALUES ('jobs', '9999_tomorrow', '2030-01-01')")
    assert found(site) == (1, {"migration_missing", "migration_unknown"})
    with closing(sqlite3.connect(site.home / "samegauge.sqlite3")) as database:
        rows = database.execute("SELECT count(*) FROM django_migrations WHERE app = 'jobs'").fetchone()
    assert rows == (2,)
