"""One running platform per data folder: a lock that dies with its holder and leaves no file when it ends in order."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import CommandError
from samegauge.core.site import RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class HomeInUseError(CommandError):
    """Another `samegauge run` serves this data folder."""


class HomeLock:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.left_behind = _read(descriptor)
        """What a killed run wrote here; empty after an orderly end."""

    def write(self, facts: dict[str, Any]) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(facts).encode(), 0)

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


@contextmanager
def held(home: Path) -> Iterator[HomeLock]:
    path = home / RUNNING
    lock = _acquire(path)
    try:
        yield lock
    finally:
        lock.release()


def holder(home: Path) -> int | None:
    """Return the process that said it runs the platform here; one that was killed may still be named."""
    try:
        return json.loads((home / RUNNING).read_bytes()).get("pid")
    except (FileNotFoundError, ValueError):
        return None


def _acquire(path: Path) -> HomeLock:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _read(descriptor)
            os.close(descriptor)
            where = other.get("address", "")
            raise HomeInUseError(
                f"The data folder {path.parent} is in use by another samegauge (process {other.get('pid')}, {where}). "
                "Open that address, stop it with Ctrl-C, or set SAMEGAUGE_HOME to another folder.",
                f"資料夾 {path.parent} 正由另一個 samegauge 使用（程序 {other.get('pid')}，{where}）。"
                "開啟該網址、按 Ctrl-C 停止它，或把 SAMEGAUGE_HOME 設為其他資料夾。",
            ) from None
        if _still_there(path, descriptor):
            return HomeLock(path, descriptor)
        os.close(descriptor)


def _still_there(path: Path, descriptor: int) -> bool:
    """Tell whether the locked file is still the one at this path: its last holder may just have removed it."""
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _read(descriptor: int) -> dict[str, Any]:
    content = os.pread(descriptor, 4096, 0)
    try:
        return json.loads(content) if content else {}
    except json.JSONDecodeError:
        return {}
