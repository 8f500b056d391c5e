"""Keeps the web server and the worker running, and leaves nothing running when it ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from samegauge.cli.output import CommandError, warn
from samegauge.cli.parentage import PARENT_VARIABLE
from samegauge.doors import ports, process

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LOOK_EVERY_S = 0.05
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
STEADY_AFTER_S = 10.0
STOP_WITHIN_S = 8.0
READY_WITHIN_S = 120.0


@dataclass
class Kept:
    """A command of ours that is started again when it ends, less and less eagerly while it ends soon."""

    name: str
    words: Sequence[str]
    child: process.Child | None = None
    started_s: float = 0.0
    start_at_s: float = 0.0
    pause_s: float = field(default=FIRST_PAUSE_S)

    def start(self) -> None:
        environment = {PARENT_VARIABLE: str(os.getpid())}
        self.child = process.spawn(command(*self.words), env=environment)
        self.started_s = time.monotonic()

    def look_after(self) -> None:
        """Start it when it has ended and its pause is over."""
        now_s = time.monotonic()
        if self.child is None:
            if now_s >= self.start_at_s:
                self.start()
            return
        status = self.child.status()
        if status is None:
            return
        if now_s - self.started_s > STEADY_AFTER_S:
            self.pause_s = FIRST_PAUSE_S
        warn(
            f"{self.name} ended (status {status}): it is started again.", f"{self.name} 已結束（{status}），重新啟動。"
        )
        # Its own children must not hold the port or a job.
        self.child.kill()
        self.child = None
        self.start_at_s = now_s + self.pause_s
        self.pause_s = min(self.pause_s * 2, LONGEST_PAUSE_S)


class Supervisor:
    """Runs until `stop` is set, by a signal or by whoever holds it."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.stop = threading.Event()

    def keep(self, kept: Kept) -> None:
        self.kept.append(kept)
        kept.start()

    def listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop.set())

    def wait_until_ready(self, host: str, port: int, authority: Path | None = None) -> bool:
        """Look after the children until the address answers; False when asked to stop before."""
        give_up_s = time.monotonic() + READY_WITHIN_S
        pause_s = LOOK_EVERY_S
        while not self.stop.wait(pause_s):
            self._look_after_all()
            if ports.answers(host, port, "/health/", authority):
                return True
            # A site that answers with errors is not asked twenty times a second.
            pause_s = min(pause_s * 1.1, 1.0)
            if time.monotonic() > give_up_s:
                raise CommandError(
                    f"The web server did not answer within {READY_WITHIN_S:g} s. What it wrote is above.",
                    f"網頁伺服器在 {READY_WITHIN_S:g} 秒內沒有回應。它寫出的訊息在上方。",
                )
        return False

    def run(self, until: Callable[[], bool]) -> bool:
        """Look after the children until asked to stop, then say False, or until something is so, then True."""
        while not self.stop.wait(LOOK_EVERY_S):
            self._look_after_all()
            if until():
                return True
        return False

    def end(self) -> None:
        enders = [
            threading.Thread(target=kept.child.stop, args=(STOP_WITHIN_S,))
            for kept in self.kept
            if kept.child is not None
        ]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()
        self.kept = []

    def _look_after_all(self) -> None:
        for kept in self.kept:
            kept.look_after()


def command(*words: str) -> list[str]:
    """Return the words that start one of our own commands with this very Python."""
    return [sys.executable, "-m", "samegauge.cli", *words]
