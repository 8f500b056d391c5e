"""Real processes for system tests: a site of its own, and waiting for what must come."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUPPORT = Path(__file__).parent
PATIENCE_S = 120.0


def wait_for(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Return the condition's first true value; the limit is there for a machine that hangs, not to judge speed."""
    give_up_s = time.monotonic() + patience_s
    while not (value := condition()):
        if time.monotonic() > give_up_s:
            pytest.fail(f"Waited {patience_s:g} s in vain for: {what}")
        time.sleep(0.03)
    return value


@dataclass
class SiteProcesses:
    """A site of its own, whose commands and workers run as real processes."""

    home: Path
    environment: dict[str, str]
    children: list[process.Child] = field(default_factory=list)

    def tell(self, *words: str) -> dict[str, Any]:
        """Run one verb of support/site_process.py and return what it printed."""
        options = process.Options(env=self.environment)
        return json.loads(process.run([sys.executable, SUPPORT / "site_process.py", *words], options).text)

    def start_worker(self, **environment: str) -> process.Child:
        return self.start([sys.executable, str(SUPPORT / "worker_process.py")], **environment)

    def start(self, words: list[str], **environment: str) -> process.Child:
        log = self.home / f"process-{len(self.children)}.log"
        child = process.spawn(words, env={**self.environment, **environment}, log=log)
        self.children.append(child)
        return child

    def log_of(self, child: process.Child) -> str:
        return (self.home / f"process-{self.children.index(child)}.log").read_text(errors="replace")

    def end(self) -> None:
        for child in self.children:
            child.kill()


@contextmanager
def site_processes(home: Path, **environment: str) -> Iterator[SiteProcesses]:
    home.mkdir(exist_ok=True)
    settings = {
        "SAMEGAUGE_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "samegauge.web.settings",
        "SAMEGAUGE_DATABASE_URL": "",
        "SAMEGAUGE_JOBS_DATABASE_URL": "",
        "SAMEGAUGE_LANGUAGE": "en",
    }
    processes = SiteProcesses(home, settings | environment)
    try:
        yield processes
    finally:
        processes.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class RunningSite:
    """A real `samegauge run` and where it answers."""

    site: SiteProcesses
    child: process.Child
    address: str
    setup_link: str | None

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    def get(self, path: str) -> int:
        """Return the status of a page, 0 when nobody answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
                line = connection.makefile("rb").readline().split()
        except OSError:
            return 0
        return int(line[1]) if len(line) > 1 else 0

    def processes(self) -> dict[str, list[int]]:
        """Return the process numbers that run for this site's data folder, by command."""
        found: dict[str, list[int]] = {}
        mark = f"SAMEGAUGE_HOME={self.site.home}".encode()
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == self.child.pid:
                continue
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.setdefault(self._name(folder), []).append(int(folder.name))
        return found

    def _name(self, folder: Path) -> str:
        words = (folder / "cmdline").read_bytes().decode().split("\0")
        name = words[words.index("samegauge.cli") + 1] if "samegauge.cli" in words else "other"
        parent = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("PPid:"))
        # The web server's own processes are forks of it and bear its words.
        return "web process" if name == "web" and int(parent.split()[1]) != self.child.pid else name


def start_site(site: SiteProcesses, *words: str) -> RunningSite:
    """Start `samegauge run` and wait until it has printed its JSON."""
    words = words or ("--port", str(free_port()))
    child = site.start([sys.executable, "-m", "samegauge.cli", "run", "--json", *words])
    facts = wait_for(lambda: child.status() is not None or _facts(site.log_of(child)), "samegauge run to be ready")
    if facts is True:
        pytest.fail(f"samegauge run ended with {child.status()}: {site.log_of(child)[-3000:]}")
    return RunningSite(site, child, **facts)


def _facts(log: str) -> dict[str, Any] | None:
    lines = [line for line in log.splitlines(keepends=True) if line.startswith('{"address"') and line.endswith("}\n")]
    return json.loads(lines[-1]) if lines else None
