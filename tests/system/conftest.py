from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.processes import RunningSite, SiteProcesses, accepts, free_port, site_processes, start_site, wait_for

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE_MS = 30_000  # a machine under load is slow, not wrong
CHROMIUM_WORDS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteProcesses]:
    with site_processes(tmp_path / "home") as processes:
        yield processes


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A database of this test's own on the cluster that ./dev test started."""
    import psycopg

    cluster = os.environ.get("SAMEGAUGE_TEST_POSTGRESQL")
    if not cluster:
        pytest.skip("needs PostgreSQL: run ./dev test, which starts one")
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield urlsplit(cluster)._replace(path=f"/{name}").geturl()
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def each_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SiteProcesses]:
    """The same site on SQLite and on PostgreSQL."""
    environment = {}
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        environment = {"SAMEGAUGE_DATABASE_URL": url, "SAMEGAUGE_JOBS_DATABASE_URL": url}
    with site_processes(tmp_path / "home", **environment) as processes:
        yield processes


@dataclass(frozen=True)
class Broker:
    host: str
    port: int


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A private Mosquitto on a free port, keeping sessions in memory."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("needs Mosquitto: apt install mosquitto")
    port = free_port()
    folder = tmp_path_factory.mktemp("broker")
    configuration = folder / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    child = process.spawn([program, "-c", str(configuration)], log=folder / "mosquitto.log")
    try:
        wait_for(lambda: child.status() is not None or accepts(port), "the broker to listen")
        if child.status() is not None:
            pytest.fail(f"Mosquitto ended: {(folder / 'mosquitto.log').read_text()}")
        yield Broker("127.0.0.1", port)
    finally:
        child.stop()


@pytest.fixture(scope="session")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """The whole platform as a person starts it, with a data folder of its own; shared by this run's tests."""
    with site_processes(tmp_path_factory.mktemp("site") / "home") as processes:
        running = start_site(processes)
        yield running
        running.child.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a screen; its own traffic to its makers is off."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_WORDS)
        yield chromium
        chromium.close()
