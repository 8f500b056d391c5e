"""A disk that fails: system calls of an import return errors or kill it, one call at a time.

What was refused is not half there, what was acknowledged stays, and the same command goes on when the disk is well
again: database, vault and lake together. strace injects the errors, native code included; it needs no root, but has to
be allowed to follow processes. Where it is not, and in CI, `test_power_cuts.py` has the calls fail from inside.
"""

from __future__ import annotations

import random
import shutil
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from shdr_logs import day_log
from support.import_site import COMMAND, ImportSite, environment_of

from samegauge.doors import process

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.full
SEED = 20_261_121
MOMENTS = 15  # of each kind of error; one takes some ten seconds
# What makes an import durable. strace counts the calls of each name and thread apart, so each name goes alone.
CALLS = {
    "flush of the database": ("fdatasync", ("error=EIO", "signal=KILL")),
    "flush of vault and lake": ("fsync", ("error=EIO", "signal=KILL")),
    "write of the database": ("pwrite64", ("error=ENOSPC", "error=EIO")),
    "name in the vault": ("rename", ("error=EIO",)),
    "name in the lake": ("link,linkat", ("error=ENOSPC",)),
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("logs")
    return [day_log(folder, day) for day in (23, 24)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    if shutil.which("strace") is None:
        pytest.skip("no strace: apt install strace")
    site = ImportSite(tmp_path_factory.mktemp("empty") / "home")
    assert site.command("migrate").status == 0
    return site


@pytest.fixture(scope="module")
def expected(empty: ImportSite, logs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    site = empty.copy(tmp_path_factory.mktemp("expected") / "home")
    assert site.command("import", "shdr", *logs).status == 0
    return site


def traced(site: ImportSite, logs: list[Path], calls: str, log: Path, injected: str = "") -> process.Completed:
    # Stopping at these calls alone is faster, but strace then sends no signals.
    faster = [] if "signal" in injected else ["--seccomp-bpf"]
    words = ["strace", "-f", *faster, "-qq", "-o", log, "-e", f"trace={calls}"]
    words += ["-e", f"inject={calls}:{injected}"] if injected else []
    options = process.Options(env=environment_of(site.home), status_matters=False)
    return process.run([*words, *COMMAND, "import", "shdr", *logs, "--json"], options)


def count_of(log: Path) -> int:
    """Calls of the busiest thread: strace counts each thread's own."""
    threads = Counter(line.split()[0] for line in log.read_text().splitlines() if "(" in line and "+++" not in line)
    return max(threads.values())


def stopped_and_mended(
    empty: ImportSite, expected: ImportSite, logs: list[Path], folder: Path, fault: tuple[str, str]
) -> bool:
    """Import with one injected error, look at what is left, and import again; return whether the error came."""
    calls, injected = fault
    site = empty.copy(folder / "home")
    done = traced(site, logs, calls, folder / "trace", injected)
    said = f"{injected} seed {SEED}: {done.stderr.decode()[-3000:]}"
    if "KILL" not in injected:
        assert done.status in {0, 1}, said
        assert "Traceback" not in done.stderr.decode(), said
    checkup = site.command("doctor", "--json").json
    assert checkup["faults"] == 0, (said, checkup["findings"])
    if done.status == 0:
        assert site.facts() == expected.facts(), said
    assert site.command("import", "shdr", *logs).status == 0, said
    assert site.facts() == expected.facts(), said
    assert site.command("doctor", "--json").json["faults"] == 0, said
    shutil.rmtree(site.home)
    return done.status == -signal.SIGKILL or "(INJECTED)" in (folder / "trace").read_text()


@pytest.mark.threat("T10")
@pytest.mark.parametrize(
    ("kind", "injected"), [(kind, injected) for kind, (_, errors) in CALLS.items() for injected in errors]
)
def test_an_import_survives_a_disk_that_fails_once(
    empty: ImportSite, expected: ImportSite, logs: list[Path], tmp_path: Path, kind: str, injected: str
) -> None:
    calls = CALLS[kind][0]
    traced(empty.copy(tmp_path / "counted"), logs, calls, tmp_path / "counted.trace")
    total = count_of(tmp_path / "counted.trace")
    # Which thread makes the last calls differs from run to run.
    moment = random.Random(f"{SEED}{kind}{injected}").randint(1, max(total * 3 // 4, 1))
    assert stopped_and_mended(empty, expected, logs, tmp_path, (calls, f"{injected}:when={moment}")), (moment, total)


@pytest.mark.parametrize(
    ("kind", "injected"), [(kind, injected) for kind, (_, errors) in CALLS.items() for injected in errors]
)
def test_an_import_survives_a_disk_that_fails_at_any_call(
    empty: ImportSite, expected: ImportSite, logs: list[Path], tmp_path: Path, kind: str, injected: str
) -> None:
    calls = CALLS[kind][0]
    traced(empty.copy(tmp_path / "counted"), logs, calls, tmp_path / "counted.trace")
    total = count_of(tmp_path / "counted.trace")
    came = []
    moments = random.Random(f"{SEED}{kind}{injected}each").sample(range(1, total + 1), min(MOMENTS, total))
    for moment in sorted(moments):
        folder = tmp_path / str(moment)
        folder.mkdir()
        came.append(stopped_and_mended(empty, expected, logs, folder, (calls, f"{injected}:when={moment}")))
    assert sum(came) >= len(moments) // 2
