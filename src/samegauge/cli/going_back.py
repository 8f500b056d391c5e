"""The supervisor's part of taking the site back to a backup."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from samegauge.cli import supervisor
from samegauge.cli.output import DONE, QUARANTINED
from samegauge.cli.parentage import PARENT_VARIABLE
from samegauge.core.backup import going_back
from samegauge.doors import process

if TYPE_CHECKING:
    from pathlib import Path


class GoingBack:
    """Restores into a folder beside when somebody asks, while the site goes on."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._log = home / "going-back.log"
        self._child: process.Child | None = None

    def begin_with(self) -> None:
        """Bring to its end what a kill has cut off."""
        state = going_back.asked(self._home)
        if state is None or state.step in going_back.IS_OVER:
            return
        if state.step in {going_back.READY, going_back.HALF}:
            going_back.exchange(self._home, state)
        else:
            going_back.give_up(
                self._home,
                state,
                "samegauge was stopped while it restored. Nothing was changed.",
                "還原途中同規被停止，沒有做任何變更。",
            )

    def is_ready(self) -> bool:
        """Look after it; True when the site has to stop for the exchange."""
        state = going_back.asked(self._home)
        if state is None or state.step in going_back.IS_OVER:
            return False
        if state.step == going_back.ASKED:
            self._start(state)
        elif self._child is not None and (status := self._child.status()) is not None:
            self._settle(state, status)
        return state.step == going_back.READY

    def exchange(self) -> None:
        """Call it when nothing runs in the folder."""
        state = going_back.asked(self._home)
        if state is not None:
            going_back.exchange(self._home, state)

    def end(self) -> None:
        if self._child is not None:
            self._child.kill()

    def _start(self, state: going_back.Return) -> None:
        going_back.begin(self._home, state)
        self._child = process.spawn(
            supervisor.command("restore", state.archive, "--json"),
            env={"SAMEGAUGE_HOME": str(self._home / going_back.BESIDE), PARENT_VARIABLE: str(os.getpid())},
            log=self._log,
        )

    def _settle(self, state: going_back.Return, status: int) -> None:
        self._child = None
        if status in {DONE, QUARANTINED}:
            going_back.note(self._home, replace(state, step=going_back.READY))
        else:
            going_back.give_up(self._home, state, *_reason(self._log))
        self._log.unlink()


def _reason(log: Path) -> tuple[str, str]:
    """What the restore said last, in both languages; it says nothing when it was killed."""
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.startswith("{")]
    said = json.loads(lines[-1]) if lines else {}
    return (
        said.get("error") or "The restore was ended from outside. Nothing was changed. Ask for it again.",
        said.get("error_zh") or "還原被外部中斷，沒有做任何變更。請再試一次。",
    )
