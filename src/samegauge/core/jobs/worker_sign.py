"""The worker's sign of life: a file whose age says when it last looked for work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "worker-alive"


def give(home: Path) -> None:
    (home / NAME).touch(mode=0o600)


def take_away(home: Path) -> None:
    (home / NAME).unlink(missing_ok=True)


def age_s(home: Path, now_s: float) -> float | None:
    try:
        return max(now_s - (home / NAME).stat().st_mtime, 0.0)
    except FileNotFoundError:
        return None
