"""A file that a power cut leaves whole: a device's results under the identifiers of their entries."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path


class BookError(Exception):
    """The file cannot be opened or written; nothing more can be kept."""


class Book:
    def __init__(self, path: Path, now: Callable[[], datetime], tables: str) -> None:
        self._now = now
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = full")
            self._database.executescript(tables)
        except sqlite3.Error as error:
            raise BookError(str(error)) from error

    def close(self) -> None:
        self._database.close()

    def _one(self, question: str, *values: object) -> Any:
        with closing(self._database.execute(question, values)) as rows:
            row = rows.fetchone()
        return row[0] if row else None

    def _new_entry(self, at: datetime) -> UUID:
        """UUID version 7 (RFC 9562, 5.7), as the platform wants its entries named."""
        random = int.from_bytes(os.urandom(10), "big")
        milliseconds = round(at.timestamp() * 1000)
        tail = (0x7 << 76) | ((random >> 68 & 0xFFF) << 64) | (0b10 << 62) | (random & ((1 << 62) - 1))
        return UUID(int=milliseconds << 80 | tail)
