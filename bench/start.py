"""The second start of a filled site, and the web's way back after kill -9; goal 3 s each.

From the command until the address is printed and the health page answers. The peer is what no start can be without: a
Python that imports the web application and leaves.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from scenery import claim, report

ROUNDS = 7
GOAL_S = 3.0
REPOSITORY = Path(__file__).resolve().parents[1]


def started(home: Path) -> tuple[subprocess.Popen[str], str, float]:
    """The platform as `./dev run` starts it, its address, and how long that took [s]."""
    begin = time.perf_counter()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [str(REPOSITORY / "dev"), "run", "--json", "--port", str(port)]
    environment = os.environ | {"SAMEGAUGE_HOME": str(home), "SAMEGAUGE_DATABASE_URL": ""}
    child = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    said = next(line for line in child.stdout if line.startswith('{"address"'))
    address = json.loads(said)["address"]
    answers(address)
    return child, address, time.perf_counter() - begin


def answers(address: str) -> None:
    while True:
        with suppress(OSError), urllib.request.urlopen(f"{address}health/", timeout=5) as answer:  # noqa: S310 - ours
            assert answer.status == 200
            return
        time.sleep(0.02)


def killed(child: subprocess.Popen[str], address: str) -> float:
    """Kill the web process; how long until the site answers again [s]."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(child.pid)], capture_output=True, text=True, check=True
    )
    web = next(int(line.split()[0]) for line in listed.stdout.splitlines() if " web" in line)
    os.kill(web, signal.SIGKILL)
    begin = time.perf_counter()
    with suppress(ProcessLookupError):
        while True:  # until it is gone
            os.kill(web, 0)
            time.sleep(0.005)
    answers(address)
    return time.perf_counter() - begin


def importing() -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import samegauge.web.wsgi"], check=False, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> int:
    starts, ways_back, imports = [], [], []
    with tempfile.TemporaryDirectory(prefix="samegauge-bench-") as place:
        home = Path(place) / "home"
        environment = os.environ | {"SAMEGAUGE_HOME": str(home), "SAMEGAUGE_DATABASE_URL": ""}
        subprocess.run([sys.executable, "-m", "samegauge.cli", "demo"], env=environment, check=True)
        for _ in range(ROUNDS + 1):
            child, address, taken_s = started(home)
            starts.append(taken_s)
            ways_back.append(killed(child, address))
            child.send_signal(signal.SIGINT)
            child.wait(60)
            imports.append(importing())
    rows: list[dict[str, Any]] = []
    for name, taken in (("second start", starts[1:]), ("web back after kill -9", ways_back[1:])):
        more = {"best_s": round(min(taken), 2), "worst_s": round(max(taken), 2), "goal_s": GOAL_S}
        rows.append(claim(name, statistics.median(taken), statistics.median(imports[1:]), "s", **more))
    report(rows)
    return int(any(row["ours"] > GOAL_S for row in rows))


if __name__ == "__main__":
    sys.exit(main())
