"""Public identifiers: unguessable, and sorted by the time they were made."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def new_uid() -> UUID:
    """Return a UUID version 7: 48 bits of milliseconds, then 74 random bits (RFC 9562, 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return UUID(int=value)
