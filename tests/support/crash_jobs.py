"""Jobs that leave traces in a folder, for tests that kill the worker; CRASH_JOBS names the version of the code."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.core.jobs.rules import JobError, job

if TYPE_CHECKING:
    from samegauge.core.jobs.rules import Progress

STEPS = {
    "first": ["one", "two", "three", "four"],
    "longer": ["one", "two", "three", "four", "five"],
    "reordered": ["one", "new", "two", "three", "four"],
}


@job("traces")
def traces(progress: Progress, folder: str) -> dict[str, Any]:
    names = STEPS[os.environ.get("CRASH_JOBS", "first")]
    sizes = []
    for number, name in enumerate(names):
        progress.tell(number, len(names), f"step {name}", f"步驟 {name}")
        sizes.append(progress.step(name, leave_trace, folder=folder, name=name))
    progress.tell(len(names), len(names), "all steps", "全部步驟")
    return {"sizes": sizes}


def leave_trace(folder: str, name: str) -> int:
    """Note the start, write the effect (the same when run twice), and in step three wait for the test."""
    place = Path(folder)
    with (place / "starts").open("a") as starts:
        starts.write(name + "\n")
    effect = place / f"effect-{name}"
    effect.write_text(name)
    while name == "three" and not (place / "go").exists():
        time.sleep(0.02)
    return len(name)


@job("patient")
def patient(progress: Progress, folder: str) -> None:
    """Go on until somebody stops it."""
    (Path(folder) / "starts").write_text("patient\n")
    while True:
        progress.tell(1, 2, "waiting", "等待中")
        time.sleep(0.05)


@job("failing")
def failing(progress: Progress) -> None:
    progress.step("refuse", refuse)


def refuse() -> None:
    raise JobError("line 3: the unit is missing", "第 3 行：缺少單位")
