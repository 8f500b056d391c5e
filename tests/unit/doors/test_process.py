from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from samegauge.doors.process import (
    Options,
    ProgramFailedError,
    ProgramMissingError,
    ProgramTimedOutError,
    run,
    spawn,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.asvs("1.2.5")
@pytest.mark.threat("T08")
def test_a_program_is_run_without_a_shell() -> None:
    hostile = "$(touch /tmp/never); `id` | cat > x"
    completed = run([sys.executable, "-c", "import sys; print(sys.argv[1])", hostile])
    assert completed.text.strip() == hostile
    assert completed.status == 0


def test_environment_is_added_and_input_reaches_the_program(tmp_path: Path) -> None:
    script = "import os, sys; print(os.environ['ADDED'], 'PATH' in os.environ, os.getcwd(), sys.stdin.read())"
    done = run([sys.executable, "-c", script], Options(cwd=tmp_path, env={"ADDED": "規"}, stdin="同".encode()))
    assert done.text.split() == ["規", "True", str(tmp_path), "同"]


def test_a_bad_status_names_the_program_and_its_last_words() -> None:
    with pytest.raises(ProgramFailedError, match=r"status 3\. Its last lines: no such gauge"):
        run([sys.executable, "-c", "import sys; sys.stderr.write('no such gauge'); sys.exit(3)"])
    tolerant = run([sys.executable, "-c", "raise SystemExit(3)"], Options(status_matters=False))
    assert tolerant.status == 3


def test_a_missing_program_says_what_to_do() -> None:
    with pytest.raises(ProgramMissingError, match="Install it or check the path"):
        run(["/nonexistent/program"])
    with pytest.raises(ProgramMissingError, match="Install it or check the path"):
        spawn(["/nonexistent/program"])


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(ProgramTimedOutError, match=r"within 0\.2 s"):
        run([sys.executable, "-c", "import time; time.sleep(60)"], Options(timeout_s=0.2))


def test_stopping_a_child_ends_its_own_children_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grandchild = (
        "import subprocess, sys, time; sleeper = [sys.executable, '-c', 'import time; time.sleep(60)'];"
        "print(subprocess.Popen(sleeper).pid, flush=True); time.sleep(60)"
    )
    child = spawn([sys.executable, "-c", grandchild], log=log)
    for _attempt in range(400):
        if log.read_text().endswith("\n"):
            break
        time.sleep(0.025)
    assert child.status() is None
    assert child.stop(grace_s=5) != 0
    pid = int(log.read_text())
    for _attempt in range(200):
        if not _alive(pid):
            break
        time.sleep(0.025)
    assert not _alive(pid)


def test_kill_ends_a_child_that_ignores_the_polite_signal(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    child = spawn([sys.executable, "-c", stubborn], cwd=tmp_path, env={"A": "1"}, log=log)
    with pytest.raises(ProgramTimedOutError):
        child.wait(0.05)
    assert child.kill() == -9


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - procfs
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
