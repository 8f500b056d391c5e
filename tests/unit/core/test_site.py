from __future__ import annotations

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from samegauge.core.site import Site, SiteError, default_home, own_command, postgresql_settings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("SECRET_KEY", "DATABASE_URL", "JOBS_DATABASE_URL", "HOSTS", "HTTPS"):
        monkeypatch.delenv(f"SAMEGAUGE_{name}", raising=False)
    monkeypatch.setenv("SAMEGAUGE_HOME", str(tmp_path / "site"))
    return monkeypatch


def test_without_settings_the_site_is_one_folder_on_this_machine(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = Site.from_environment()
    assert site.home == tmp_path / "site"
    assert stat.S_IMODE(site.home.stat().st_mode) == 0o700
    assert site.allowed_hosts == ["127.0.0.1", "localhost", "[::1]"]
    assert site.trusted_origins == []
    assert not site.https
    assert site.database["NAME"] == site.home / "samegauge.sqlite3"
    assert site.jobs_database_url == f"sqlite:///{site.home}/jobs.sqlite3"


def test_the_command_is_named_as_a_shell_finds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "a venv"
    place.mkdir()
    monkeypatch.setattr(sys, "executable", str(place / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert own_command() == "samegauge"
    (place / "samegauge").write_text("")
    (place / "samegauge").chmod(0o755)
    assert own_command() == f"'{place}/samegauge'"
    monkeypatch.setenv("PATH", str(place))
    assert own_command() == "samegauge"


def test_the_secret_is_made_once_for_its_owner_alone(environment: pytest.MonkeyPatch) -> None:
    first, second = Site.from_environment(), Site.from_environment()
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 50
    assert stat.S_IMODE((first.home / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_together_share_one_secret(environment: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = {site.secret_key for site in pool.map(lambda _: Site.from_environment(), range(8))}
    assert len(secrets) == 1
    assert "" not in secrets


def test_what_the_environment_states_counts(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SAMEGAUGE_SECRET_KEY", "stated")
    environment.setenv("SAMEGAUGE_HOSTS", "hub.example.tw,,192.168.1.5")
    environment.setenv("SAMEGAUGE_HTTPS", "1")
    environment.setenv("SAMEGAUGE_DATABASE_URL", "postgresql://sam@db/hub")
    environment.setenv("SAMEGAUGE_JOBS_DATABASE_URL", "postgresql://sam@db/jobs")
    site = Site.from_environment()
    assert site.secret_key == "stated"
    assert not (site.home / "secret_key").exists()
    assert site.allowed_hosts[3:] == ["hub.example.tw", "192.168.1.5"]
    assert site.trusted_origins == ["https://hub.example.tw", "https://192.168.1.5"]
    assert site.https
    assert site.database["HOST"] == "db"
    assert site.jobs_database_url == "postgresql://sam@db/jobs"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/samegauge"),
        ("linux", {"XDG_DATA_HOME": "", "HOME": "/lin"}, "/lin/.local/share/samegauge"),
        ("darwin", {"HOME": "/lin"}, "/lin/Library/Application Support/samegauge"),
        ("win32", {"LOCALAPPDATA": "/lin/AppData/Local"}, "/lin/AppData/Local/samegauge"),
    ],
)
def test_the_default_folder_is_the_platforms(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_home() == Path(expected)


def test_a_database_url_is_read_with_its_escapes() -> None:
    read = postgresql_settings("postgresql://chen%40firm:p%3Aw%2F@db.local:5433/hub%20one")
    named = {name: read[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert named == {"NAME": "hub one", "USER": "chen@firm", "PASSWORD": "p:w/", "HOST": "db.local", "PORT": "5433"}
    assert read["ENGINE"] == "samegauge.core.database_walls.postgresql"


def test_a_short_database_url_leaves_the_rest_to_the_server() -> None:
    read = postgresql_settings("postgres:///hub")
    assert {read[name] for name in ("USER", "PASSWORD", "HOST", "PORT")} == {""}


@pytest.mark.parametrize(
    "url", ["mysql://a@b/c", "postgresql://a@b", "postgresql://a@b/", "hub", "sqlite:///x", "//a/b"]
)
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(SiteError):
        postgresql_settings(url)


@pytest.mark.parametrize("url", ["postgresql://a@b:port/c", "postgresql://a@b:99999/c", "postgresql://[::1/c"])
def test_an_unreadable_url_is_refused_in_the_same_words(url: str) -> None:
    with pytest.raises(SiteError):
        postgresql_settings(url)


PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: an acknowledged commit survives a power cut
    "foreign_keys": 1,
    "trusted_schema": 0,
    "busy_timeout": 20_000,
    "journal_size_limit": 67_108_864,
}


def site_connection(site: Site) -> DatabaseWrapper:
    return DatabaseWrapper({**connections.settings["default"], **site.database, "TIME_ZONE": None}, alias="site")


def read_pragmas(connection: DatabaseWrapper) -> dict[str, Any]:
    with connection.cursor() as cursor:
        found = {}
        for name in PRAGMAS:
            cursor.execute(f"PRAGMA {name}")
            (found[name],) = cursor.fetchone()
        return found


@pytest.mark.usefixtures("django_db_blocker")
def test_every_sqlite_connection_is_durable_and_strict(environment: pytest.MonkeyPatch, django_db_blocker: Any) -> None:
    site = Site.from_environment()
    found = []
    with django_db_blocker.unblock():
        for _ in range(3):
            connection = site_connection(site)
            found.append(read_pragmas(connection))
            connection.close()
        connection = site_connection(site)
        read_pragmas(connection)
        connection.close()
        found.append(read_pragmas(connection))  # opened again by itself
        connection.close()
    assert found == [PRAGMAS] * 4


def test_sqlite_transactions_take_the_write_lock_at_once(
    environment: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    site = Site.from_environment()
    statements: list[str] = []
    with django_db_blocker.unblock():
        connection = site_connection(site)
        connection.ensure_connection()
        connection.connection.set_trace_callback(statements.append)
        connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        connection.rollback()
        connection.close()
    assert "BEGIN IMMEDIATE" in statements
