"""Taking a running site back to one of its backups: restored and proven beside it, then exchanged by renaming.

An owner asks on the page of backups; the supervisor does it. Until the exchange everybody works on; a failure leaves
the site as it is. What was there before stays in a folder of its own. A kill at any moment is made good at the next
start: before the exchange nothing has happened, in its middle it is brought to its end.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from samegauge.core.site import RUNNING
from samegauge.lake import durable

if TYPE_CHECKING:
    from pathlib import Path

ASKED, RESTORING, READY, HALF, DONE, FAILED = "asked", "restoring", "ready", "half", "done", "failed"
IS_OVER = {DONE, FAILED}
NOTE, BESIDE, BEFORE = "going-back.json", "going-back", "before-going-back"
# The lock of the platform that runs, what signs passports and cookies, and copies that are older than today.
STAYS = {NOTE, BESIDE, BEFORE, RUNNING, "secret_key", "keys", "backups", "before-update"}


@dataclass(frozen=True)
class Return:
    """To which archive, who asked for it and why, how far it is, and what went wrong."""

    archive: str
    by: str
    reason: str
    asked_at: str
    step: str = ASKED
    message: str = ""
    message_zh: str = ""

    @property
    def archive_name(self) -> str:
        return self.archive.rpartition("/")[2]

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.asked_at)

    @property
    def folder(self) -> str:
        """Where what was there before lies afterwards."""
        return f"{BEFORE}/{self.when:%Y%m%dT%H%M%SZ}"


def asked(home: Path) -> Return | None:
    """Return what was asked for last, however it ended."""
    try:
        return Return(**json.loads((home / NOTE).read_bytes()))
    except FileNotFoundError:
        return None


def ask(home: Path, archive: str, by: str, reason: str) -> bool:
    """Note what the supervisor shall do; False when another return is under way."""
    under_way = asked(home)
    if under_way is not None and under_way.step not in IS_OVER:
        return False
    note(home, Return(archive, by, reason, datetime.now(UTC).isoformat()))
    return True


def note(home: Path, state: Return) -> None:
    hidden = home / f"{NOTE}.new"
    with hidden.open("w", encoding="utf-8") as stream:
        json.dump(asdict(state), stream, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    hidden.replace(home / NOTE)
    durable.flush(home)


def past(home: Path) -> list[Return]:
    """Return every exchange that was made here, the newest first."""
    found = [Return(**json.loads(path.read_bytes())) for path in (home / BEFORE).glob(f"*/{NOTE}")]
    return sorted(found, key=lambda one: one.asked_at, reverse=True)


def begin(home: Path, state: Return) -> None:
    """Make room for what is going to be restored."""
    shutil.rmtree(home / BESIDE, ignore_errors=True)
    note(home, replace(state, step=RESTORING))


def exchange(home: Path, state: Return) -> None:
    """Put what was restored in the place of what is there; called again after a kill, it goes on where it was."""
    aside = home / state.folder
    if state.step == READY:
        durable.make_folder(aside)
        _move(home, aside)
        state = replace(state, step=HALF)
        note(home, state)
    if (home / BESIDE).exists():
        _move(home / BESIDE, home)
        shutil.rmtree(home / BESIDE)
    state = replace(state, step=DONE)
    note(aside, state)
    note(home, state)


def _move(source: Path, target: Path) -> None:
    for path in sorted(source.iterdir()):
        if path.name not in STAYS:
            path.rename(target / path.name)
    durable.flush(target)
    durable.flush(source)


def give_up(home: Path, state: Return, message: str, message_zh: str) -> None:
    """Leave the site as it is and say why."""
    shutil.rmtree(home / BESIDE, ignore_errors=True)
    note(home, replace(state, step=FAILED, message=message, message_zh=message_zh))
