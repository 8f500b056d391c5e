"""`samegauge run` as a person meets it: it starts, survives its children's deaths, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from typing import Any

from support.processes import RunningSite, free_port, start_site, wait_for

from samegauge.doors import process


def _interrupt(running: RunningSite) -> int:
    os.kill(running.child.pid, signal.SIGINT)
    return running.child.wait(60)


def test_a_first_start_makes_the_tables_and_a_one_time_link_and_ctrl_c_leaves_nothing(site: Any) -> None:
    running = start_site(site)
    assert running.get("/health/") == 200
    assert (running.setup_link or "").startswith(f"{running.address}start/")
    assert running.get(f"/start/{(running.setup_link or '').split('/start/')[1]}") == 200
    assert {"web", "worker", "web process"} <= running.processes().keys()
    wait_for((site.home / "worker-alive").exists, "the worker to look for work")
    assert _interrupt(running) == 0
    assert running.processes() == {}
    left = {path.name for path in site.home.iterdir() if path.suffix != ".log"}
    assert left == {"samegauge.sqlite3", "jobs.sqlite3", "secret_key"}


def test_web_server_and_worker_come_back_when_they_are_killed(site: Any) -> None:
    running = start_site(site)
    [web] = running.processes()["web"]
    os.kill(web, signal.SIGKILL)
    wait_for(lambda: running.processes().get("web", [web]) != [web], "another web server")
    wait_for(lambda: running.get("/health/") == 200, "the site to answer again")
    [worker] = wait_for(lambda: running.processes().get("worker"), "the worker")
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: running.processes().get("worker", [worker]) != [worker], "another worker")
    for one in running.processes()["web process"]:
        os.kill(one, signal.SIGKILL)
    wait_for(lambda: running.get("/health/") == 200, "the site to answer with new web processes")
    assert running.child.status() is None
    assert _interrupt(running) == 0


def test_a_killed_supervisor_takes_its_children_along_and_the_next_start_gets_its_port(site: Any) -> None:
    running = start_site(site)
    os.kill(running.child.pid, signal.SIGKILL)
    running.child.wait(60)
    wait_for(lambda: running.processes() == {}, "the children to end with their parent")
    assert (site.home / "running.json").exists()
    again = start_site(site, "--port", str(running.port))
    assert (again.port, again.get("/health/")) == (running.port, 200)
    assert _interrupt(again) == 0
    assert not (site.home / "running.json").exists()


def test_a_second_start_in_the_same_folder_is_refused_with_the_address_of_the_first(site: Any) -> None:
    running = start_site(site)
    second = site.start([sys.executable, "-m", "samegauge.cli", "run", "--json", "--port", str(free_port())])
    assert second.wait(60) == 1
    lines = site.log_of(second).splitlines()
    assert json.loads(lines[-1])["error"] == lines[0]
    assert running.address in lines[0]
    assert running.get("/health/") == 200


def test_another_port_is_taken_and_said_when_the_wanted_one_is_not_free(site: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        running = start_site(site, "--port", str(taken))
        assert running.port != taken
        assert f"Port {taken} is taken" in site.log_of(running.child)
        assert running.get("/health/") == 200


def test_two_migrations_at_once_do_not_clash(each_site: Any) -> None:
    words = [sys.executable, "-m", "samegauge.cli", "migrate"]
    children = [each_site.start(words), each_site.start(words)]
    assert [child.wait(120) for child in children] == [0, 0]
    options = process.Options(env=each_site.environment)
    assert process.run([sys.executable, "-m", "samegauge.cli", "first-link"], options).text.startswith("/start/")
