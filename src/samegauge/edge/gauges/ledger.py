"""Every reading of one gauge on disk, beside the step that was open when it was heard, before anything else is done."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from samegauge.edge.gauges.lines import Line
from samegauge.edge.stations.book import Book, BookError
from samegauge.edge.stations.work import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# What the platform may still show as open when it was asked just before.
_MOST: Final = 200
_TABLES = """
create table if not exists reading (number integer primary key, entry text not null unique, taken_at text not null,
  said blob not null, whole integer not null, asked text, tried integer not null default 0, answer text);
create index if not exists waiting on reading (number) where asked is not null and answer is null;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """`tried` where it was on its way to the platform, which may know it."""

    entry: UUID
    taken_at: datetime
    line: Line
    asked: Asked | None
    tried: bool = False


class Ledger(Book):
    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        super().__init__(path, now, _TABLES)

    def keep(self, line: Line, asked: Asked | None) -> Kept:
        """Keep a reading for good; `asked` is the step that it may answer."""
        now = self._now()
        kept = Kept(self._new_entry(now), now, line, asked)
        said = json.dumps(asdict(asked), ensure_ascii=False) if asked else None
        try:
            self._database.execute(
                "insert into reading (entry, taken_at, said, whole, asked) values (?, ?, ?, ?, ?)",
                (str(kept.entry), now.isoformat(), line.said, line.whole, said),
            )
        except sqlite3.Error as error:
            raise BookError(str(error)) from error
        return kept

    def outbox(self) -> list[Kept]:
        """What may answer a step and was not passed on yet, oldest first."""
        return self._kept("asked is not null and answer is null order by number")

    def counted(self) -> list[Kept]:
        """The newest readings that answer a step, as far as is known."""
        return self._kept("asked is not null and coalesce(answer, 'taken') in ('taken', 'known') order by number desc")

    def mark_tried(self, entries: Iterable[UUID]) -> None:
        self._database.execute("begin immediate")
        for entry in entries:
            self._database.execute("update reading set tried = 1 where entry = ?", (str(entry),))
        self._database.execute("commit")

    def answer(self, entry: UUID, answer: str) -> None:
        """Remember what became of a reading: the platform's outcome, or why it was not used."""
        self._database.execute("update reading set answer = ? where entry = ?", (answer, str(entry)))

    def answers(self) -> list[tuple[str, str | None]]:
        """Return what was said and what became of it, all of it, oldest first."""
        rows = self._database.execute("select said, whole, answer from reading order by number").fetchall()
        return [(Line(said, bool(whole)).text, answer) for said, whole, answer in rows]

    def _kept(self, which: str) -> list[Kept]:
        rows = self._database.execute(
            f"select entry, taken_at, said, whole, asked, tried from reading where {which} limit ?",  # noqa: S608 - ours
            (_MOST,),
        ).fetchall()
        return [
            Kept(
                UUID(entry),
                datetime.fromisoformat(taken_at),
                Line(said, bool(whole)),
                Asked(**json.loads(asked)),
                bool(tried),
            )
            for entry, taken_at, said, whole, asked, tried in rows
        ]
