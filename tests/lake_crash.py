"""Imports two days of one machine, once for every step that touches the disk, and dies at that step by SIGKILL.

Run as a program: `lake_crash.py FOLDER ACTION STRIDE` (every STRIDE-th step). Each attempt is a forked process with a
lake of its own, FOLDER/<step>; the first attempt that gets to its end prints its step.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shdr_logs import day_log

from samegauge.lake.intake import import_shdr, warm
from samegauge.lake.store import Lake

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = ("fsync", "link", "unlink", "mkdir")
ORGANISATION = "mill-works"
ACKNOWLEDGED = "acknowledged"


def die_at(step: int) -> None:
    """From now on every named call counts twice, before and after its work, and the `step`-th count is the last."""
    count = 0

    def tick() -> None:
        nonlocal count
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
        def ticking(*arguments: Any, **named: Any) -> Any:
            tick()
            result = call(*arguments, **named)
            tick()
            return result

        return ticking

    for name in STEPS:
        setattr(os, name, wrapped(getattr(os, name)))


def attempt(folder: Path, step: int, action: str) -> None:
    lake = Lake(folder / str(step)).for_organisation(ORGANISATION)
    files = [day_log(folder / "in", day) for day in (23, 24)]
    if action == "undo":
        import_shdr(lake, files[:1], batch="kept")
        import_shdr(lake, files, batch="undone")
    die_at(step)
    if action == "undo":
        lake.undo("undone", "crash test")
    else:
        import_shdr(lake, files, batch="crash")
    (folder / str(step) / ACKNOWLEDGED).touch()


def main() -> None:
    folder, action, stride = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    warm()  # kernels only: nothing with threads may live when the process forks
    for step in range(0, 10_000, stride):
        child = os.fork()
        if child == 0:
            attempt(folder, step, action)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            sys.stdout.write(f"{step}\n")
            return


if __name__ == "__main__":
    main()
