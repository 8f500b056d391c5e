"""Which revision holds for a serial number at a moment: the newest one in force whose range has the serial and the day.

Ranges may overlap; because the newest wins, exactly one revision (or none) holds for every serial at every moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, tzinfo

_PIECES = re.compile(r"(\d+)")


class Effective(Protocol):
    """What a revision says of when and for whom it holds; empty bounds are open."""

    @property
    def revision(self) -> int: ...
    @property
    def from_serial(self) -> str: ...
    @property
    def to_serial(self) -> str: ...
    @property
    def from_day(self) -> date | None: ...
    @property
    def to_day(self) -> date | None: ...
    @property
    def released_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


RevisionT = TypeVar("RevisionT", bound=Effective)


def serial_order(serial: str) -> tuple[tuple[int, int, str], ...]:
    """Order serial numbers as people count: TT5-9 before TT5-10, letters after digits at the same place."""
    pieces = (piece for piece in _PIECES.split(serial.casefold()) if piece)
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces)


def covers(revision: Effective, serial: str) -> bool:
    place = serial_order(serial)
    above = not revision.from_serial or serial_order(revision.from_serial) <= place
    return above and (not revision.to_serial or place <= serial_order(revision.to_serial))


def in_force(revision: Effective, at: datetime, zone: tzinfo) -> bool:
    """Whether it was released and not withdrawn at a moment whose day is within its days."""
    if revision.released_at is None or at < revision.released_at:
        return False
    if revision.withdrawn_at is not None and at >= revision.withdrawn_at:
        return False
    day = at.astimezone(zone).date()
    return (revision.from_day is None or revision.from_day <= day) and (
        revision.to_day is None or day <= revision.to_day
    )


def holding(revisions: Iterable[RevisionT], serial: str, at: datetime, zone: tzinfo) -> RevisionT | None:
    """Return the revision of one code that holds for a serial number at a moment."""
    candidates = (one for one in revisions if covers(one, serial) and in_force(one, at, zone))
    return max(candidates, key=lambda one: one.revision, default=None)


@dataclass(frozen=True)
class Bounds:
    """From which serial or day on a revision holds and up to which, both included."""

    from_serial: str = ""
    to_serial: str = ""
    from_day: date | None = None
    to_day: date | None = None

    @property
    def are_in_order(self) -> bool:
        serials = not self.from_serial or not self.to_serial
        serials = serials or serial_order(self.from_serial) <= serial_order(self.to_serial)
        return serials and (self.from_day is None or self.to_day is None or self.from_day <= self.to_day)
