"""Runs the tests on SQLite, those in Chromium, then those that touch the database on PostgreSQL; for ./dev test."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.processes import free_port, wait_for

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
NOTHING_COLLECTED = 5
PROCESSES = "2"
SHARED_OUT = ("--dist", "worksteal")  # else one process waits while the other is left with the slow ones
SLOWEST = ("--durations=40", "--durations-min=5")
OWNER = "postgres"


def main(arguments: Sequence[str]) -> int:
    full = "--full" in arguments
    words = [word for word in arguments if word != "--full"]
    environment = {
        "DJANGO_SETTINGS_MODULE": "support.settings",
        "PYTHONPATH": str(REPOSITORY / "tests"),
        "SAMEGAUGE_TEST_FULL": "1" if full else "",
        "SAMEGAUGE_DATABASE_URL": "",
    }
    with postgresql() as cluster:
        environment["SAMEGAUGE_TEST_POSTGRESQL"] = cluster or ""
        # Playwright leaves its event loop open in a process, and Django's ORM refuses to work beside one.
        apart = [] if "-m" in words else ["-m", "not browser"]
        results = {"SQLite": run_pytest([*words, *apart], environment)}
        if apart:
            results["Chromium"] = run_pytest([*words, "-m", "browser"], environment)
        if cluster:
            results["PostgreSQL"] = run_pytest(words, {**environment, "SAMEGAUGE_DATABASE_URL": cluster})
    for name, (status, elapsed_s) in results.items():
        verdict = "passed" if status in {0, NOTHING_COLLECTED} else f"FAILED (pytest status {status})"
        sys.stdout.write(f"{name:<11} {verdict} in {elapsed_s:.0f} s\n")
    if not cluster:
        sys.stdout.write(f"PostgreSQL  did not run: {missing_for_postgresql()}\n")
        if os.environ.get("CI") == "true":
            return 1
    return int(any(status not in {0, NOTHING_COLLECTED} for status, _elapsed_s in results.values()))


def run_pytest(words: Sequence[str], environment: dict[str, str]) -> tuple[int, float]:
    """Run pytest with its output on this terminal; return its status and how long it took."""
    started_s = time.monotonic()
    child = process.spawn(
        [sys.executable, "-m", "pytest", "-q", "-n", PROCESSES, *SHARED_OUT, *SLOWEST, *words],
        cwd=REPOSITORY,
        env=environment,
    )
    try:
        return child.wait(), time.monotonic() - started_s
    except KeyboardInterrupt:
        # As if it had been typed there, so that the tests end the servers they started.
        os.kill(child.pid, signal.SIGINT)
        child.wait()
        raise
    finally:
        child.kill()


@contextmanager
def postgresql() -> Iterator[str | None]:
    """A cluster of this run's own, given as its URL; None where PostgreSQL cannot run."""
    initdb = find_initdb()
    if initdb is None or missing_for_postgresql():
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="samegauge-postgresql-"))
    try:
        yield from _serve(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def missing_for_postgresql() -> str:
    """What PostgreSQL needs here and does not find, and what to do; empty when it can run."""
    if find_initdb() is None:
        return "initdb is missing. Install it: apt install postgresql"
    if os.geteuid() == 0 and OWNER not in {user.pw_name for user in pwd.getpwall()}:
        return f"it refuses to run as root, and there is no user {OWNER}. Make one: useradd --system {OWNER}"
    return ""


def initialise(data: Path) -> Path:
    """Make an empty cluster; return the program that serves it."""
    initdb = find_initdb()
    if initdb is None:
        raise FileNotFoundError(missing_for_postgresql())
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(OWNER)
        os.chown(data, owner.pw_uid, owner.pw_gid)
    words = [*as_owner_of_clusters(), initdb, "-D", data, "-U", "postgres", "-A", "trust"]
    process.run([*words, "-E", "UTF8", "--locale=C.UTF-8"], process.Options(cwd=data))
    return initdb.with_name("postgres")


def as_owner_of_clusters() -> list[str]:
    """The words before a command of PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return []
    owner = pwd.getpwnam(OWNER)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def _serve(folder: Path) -> Iterator[str]:
    folder.chmod(0o755)
    port = free_port()
    data = folder / "data"
    program = initialise(data)
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": data,
        # The cluster is thrown away: durability is tested on the product's settings, not here.
        "fsync": "off",
        "max_connections": 200,
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = process.spawn(
        [*as_owner_of_clusters(), str(program), "-D", str(data), *options],
        cwd=data,
        log=folder / "log",
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        wait_for(lambda: answers(url), "PostgreSQL to start")
        yield url
    finally:
        server.stop(grace_s=2)


def find_initdb() -> Path | None:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))  # noqa: PTH207 - a pattern from the root
    on_path = shutil.which("initdb")
    return Path(found[-1]) if found else Path(on_path) if on_path else None


def answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
