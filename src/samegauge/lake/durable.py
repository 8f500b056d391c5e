"""Bytes that survive a power cut: nothing counts as written before the disk has said so.

deltalake 1.6 writes data and log without a single fsync (strace), so a cut right after its commit can leave an empty
log file and an unreadable table. Hence the order here: data, their folder, then the log entry under a hidden name,
then the link that makes it visible, then the log's folder.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


def flush(path: Path) -> None:
    """Have the disk confirm a file's bytes or a folder's names; an OSError means it did not, and no retry helps."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        flush(folder.parent)


def publish(path: Path, content: bytes, workshop: Path) -> None:
    """Write a file that is either absent or whole; FileExistsError when another one has the name."""
    hidden = workshop / uuid4().hex
    try:
        with hidden.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(hidden, path)
    finally:
        hidden.unlink(missing_ok=True)
    flush(path.parent)


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """One writer at a time, across processes; the lock of a killed writer is free at once."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
