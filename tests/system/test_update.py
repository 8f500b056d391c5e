"""The upgrade drill: a data folder as an earlier version left it, under this version; updates that fail, are killed,
come from a newer version or start under a platform that runs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.import_site import COMMAND, ImportSite, environment_of
from support.processes import SUPPORT, site_processes, start_site

from samegauge.doors import process

pytestmark = pytest.mark.long
ARCHIVES = sorted((Path(__file__).parents[1] / "recorded" / "backups").glob("*.zip"))
BREAKING = {"DJANGO_SETTINGS_MODULE": "support.breaking_settings", "PYTHONPATH": str(SUPPORT.parent)}


def as_left(archive: Path, home: Path) -> ImportSite:
    """The data folder of an earlier version, put together without the product."""
    home.mkdir(mode=0o700)
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if name != "manifest.json":
                opened.extract(name, home)
    (home / "database.sqlite3").rename(home / "samegauge.sqlite3")
    return ImportSite(home)


def stated(archive: Path) -> dict[str, Any]:
    with zipfile.ZipFile(archive) as opened:
        return json.loads(opened.read("manifest.json"))


def columns_of(site: ImportSite) -> dict[str, list[str]]:
    with closing(sqlite3.connect(site.home / "samegauge.sqlite3")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: sorted(row[1] for row in database.execute(f"PRAGMA table_info({table})"))
            for table in tables
            if not table.startswith("sqlite_")
        }


def fingerprints(site: ImportSite, columns: dict[str, list[str]]) -> dict[str, tuple[int, str]]:
    """Rows and a hash of each table, over the columns that are named."""
    with closing(sqlite3.connect(site.home / "samegauge.sqlite3")) as database:
        found = {}
        for table, names in columns.items():
            chosen = ", ".join(f'"{name}"' for name in names)
            rows = sorted(map(repr, database.execute(f"SELECT {chosen} FROM {table}")))  # noqa: S608 - names of the database's own
            found[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
        return found


def copies(site: ImportSite) -> list[str]:
    return sorted(path.name for path in (site.home / "before-update").glob("*"))


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.stem)
def test_every_record_of_an_earlier_version_is_there_after_the_update(archive: Path, tmp_path: Path) -> None:
    site = as_left(archive, tmp_path / "home")
    columns = columns_of(site)
    # Sessions end, and the framework's own lists grow.
    for name in ("django_migrations", "django_session", "django_content_type", "auth_permission"):
        columns.pop(name, None)
    before = fingerprints(site, columns)
    assert sum(rows for rows, _ in before.values()) > 30
    assert site.command("migrate").status == 0
    assert fingerprints(site, columns) == before
    facts = site.facts()
    assert facts["events"][0] > 0
    assert facts["events"][1] == 0
    faults = [one for one in site.command("doctor", "--json").json["findings"] if one["weight"] == "fault"]
    assert {one["kind"] for one in faults} <= {"key_missing"}  # keys are in no archive
    files = {entry["path"]: entry["sha256"] for entry in stated(archive)["files"] if "sqlite3" not in entry["path"]}
    assert files == {name: hashlib.sha256((site.home / name).read_bytes()).hexdigest() for name in files}
    said = site.command("backup", tmp_path / "after.zip", "--json")
    assert said.status == 0, said.err
    # A copy of what was there before stays where anything was changed, and a second start makes no other.
    made = copies(site)
    assert len(made) == (stated(tmp_path / "after.zip")["migrations"] != stated(archive)["migrations"])
    for copy in made:
        with closing(sqlite3.connect(site.home / "before-update" / copy)) as kept:
            assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert site.command("migrate").status == 0
    assert copies(site) == made


@pytest.fixture
def current(tmp_path: Path) -> ImportSite:
    site = as_left(ARCHIVES[-1], tmp_path / "home")
    assert site.command("migrate").status == 0
    shutil.rmtree(site.home / "before-update", ignore_errors=True)
    outdated(site)
    return site


def outdated(site: ImportSite) -> None:
    """Have the next command look what the tables lack."""
    with closing(sqlite3.connect(site.home / "samegauge.sqlite3")) as database:
        database.execute("PRAGMA user_version = 1")


def test_an_update_that_fails_leaves_the_tables_of_the_version_before(current: ImportSite) -> None:
    columns = columns_of(current)
    before = fingerprints(current, columns)
    said = current.command("backup", "nothing.zip", "--json", **BREAKING, BREAK="fail")
    assert said.status == 1
    assert "The update of the tables failed: ValueError: the update is wrong" in said.json["error"]
    assert "資料表更新失敗" in said.json["error_zh"]
    assert columns_of(current) == columns
    assert fingerprints(current, columns) == before
    assert "unfinished" not in copies(current)
    # The version that ran until now goes on.
    assert current.command("migrate").status == 0
    found = [one["kind"] for one in current.command("doctor", "--json").json["findings"]]
    assert found == ["log_not_begun"]  # the worker begins it; the check itself writes nothing
    assert fingerprints(current, columns) == before


def test_an_update_that_is_killed_is_undone_at_the_next_start(current: ImportSite) -> None:
    columns = columns_of(current)
    before = fingerprints(current, columns)
    child = current.start("migrate", **BREAKING, BREAK="kill")
    assert child.wait(120) == -signal.SIGKILL
    assert columns_of(current) != columns
    assert "unfinished" in copies(current)
    assert current.command("migrate").status == 0
    assert columns_of(current) == columns
    assert "unfinished" not in copies(current)
    found = [one["kind"] for one in current.command("doctor", "--json").json["findings"]]
    assert found == ["log_not_begun"]
    assert fingerprints(current, columns) == before


@pytest.mark.postgresql
def test_an_update_that_fails_on_postgresql_leaves_nothing_behind(tmp_path: Path, postgresql_url: str) -> None:
    import psycopg

    on_postgresql = {"SAMEGAUGE_DATABASE_URL": postgresql_url}
    site = ImportSite(tmp_path / "home")
    assert site.command("restore", ARCHIVES[0], **on_postgresql).status == 0

    def found() -> list[Any]:
        with psycopg.connect(postgresql_url) as connection:
            names = connection.execute("SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2")
            items = connection.execute("SELECT name FROM thread_item ORDER BY 1")
            faults = site.command("doctor", "--json", **on_postgresql).json["findings"]
            return [names.fetchall(), items.fetchall(), faults]

    before = found()
    said = site.command("migrate", **BREAKING, BREAK="fail", **on_postgresql)
    assert said.status == 1
    assert "The update of the tables failed: ValueError: the update is wrong" in said.err
    assert found() == before


def test_a_newer_version_s_database_is_refused_and_left_alone(current: ImportSite) -> None:
    with closing(sqlite3.connect(current.home / "samegauge.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('thread', '9999_tomorrow', '2030-01-01')"
        )
    columns = columns_of(current)
    before = fingerprints(current, columns)
    for words in (("migrate",), ("backup", current.home / "no.zip")):
        said = current.command(*words)
        assert said.status == 1
        assert "of a newer samegauge than this one (thread.9999_tomorrow)" in said.err
    assert fingerprints(current, columns) == before
    assert copies(current) == []


def test_a_newer_version_s_database_on_a_start_of_the_platform(current: ImportSite) -> None:
    with closing(sqlite3.connect(current.home / "samegauge.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('thread', '9999_tomorrow', '2030-01-01')"
        )
    said = current.command("run", "--port", "0")
    assert (said.status, "of a newer samegauge than this one" in said.err) == (1, True)


def test_tables_are_not_changed_under_a_platform_that_runs(tmp_path: Path) -> None:
    with site_processes(tmp_path / "home") as processes:
        running = start_site(processes)
        site = ImportSite(processes.home)
        outdated(site)
        said = site.command("backup", tmp_path / "no.zip", **BREAKING, BREAK="fail")
        assert (said.status, "is in use by another samegauge" in said.err) == (1, True)
        assert running.get("/health/") == 200
        running.child.stop()


def test_without_room_for_the_copy_nothing_is_begun(current: ImportSite) -> None:
    """A limit on the size of files stands in for the disk."""
    options = process.Options(env=environment_of(current.home, **BREAKING, BREAK="fail"), status_matters=False)
    columns = columns_of(current)
    before = fingerprints(current, columns)
    done = process.run(["prlimit", "--fsize=40000", *COMMAND, "migrate"], options)
    assert done.status == 1
    assert "The update copies the database first, and that failed" in done.stderr.decode()
    assert "Nothing was changed" in done.stderr.decode()
    assert copies(current) == []
    assert fingerprints(current, columns) == before
