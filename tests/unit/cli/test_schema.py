from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from samegauge.cli import schema
from samegauge.core.site import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("SAMEGAUGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SAMEGAUGE_DATABASE_URL", "")
    package = tmp_path / "package" / "core" / "migrations"
    package.mkdir(parents=True)
    (package / "0001_initial.py").write_text("operations = []\n")
    return dataclasses.replace(Site.from_environment(), package=tmp_path / "package")


def _mark(site: Site, mark: int) -> None:
    with closing(sqlite3.connect(site.database["NAME"])) as connection:
        connection.execute(f"PRAGMA user_version = {mark}")


def test_tables_are_current_when_their_mark_is_this_versions(site: Site) -> None:
    assert not schema.is_current(site)
    _mark(site, schema.fingerprint(site))
    assert schema.is_current(site)
    _mark(site, 0)
    assert not schema.is_current(site)


def test_a_new_or_changed_migration_changes_the_mark(site: Site) -> None:
    first = schema.fingerprint(site)
    assert first == schema.fingerprint(site) != 0
    folder = site.package / "core" / "migrations"
    (folder / "0002_more.py").write_text("operations = []\n")
    second = schema.fingerprint(site)
    (folder / "0002_more.py").write_text("operations = [1]\n")
    assert len({first, second, schema.fingerprint(site)}) == 3


def test_postgresql_is_always_asked(site: Site) -> None:
    assert not schema.is_current(dataclasses.replace(site, database_url="postgresql://a@localhost/b"))


def test_settling_leaves_whole_databases_alone_in_the_folder(site: Site) -> None:
    path = Path(site.database["NAME"])
    left_open = sqlite3.connect(path)
    left_open.execute("PRAGMA journal_mode=WAL")
    left_open.execute("CREATE TABLE part (serial TEXT)")
    left_open.commit()
    assert path.with_name(path.name + "-wal").stat().st_size > 0
    schema.settle(site)
    assert path.with_name(path.name + "-wal").stat().st_size == 0
    left_open.close()
    schema.settle(site)
    assert [one.name for one in sorted(site.home.glob("*.sqlite3*"))] == [path.name]
