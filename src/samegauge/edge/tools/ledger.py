"""Every tightening of one controller exactly once, on disk before the controller is told that it arrived.

A tightening belongs to the order that was begun last before it, by the controller's own numbers: while an order is
begun the tool is locked and every earlier result is here, so neither clocks nor the order of arrival matter. Numbers
that begin anew (a controller replaced or reset) begin a new era; a result is known by its era and its number.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from samegauge.edge.stations.book import Book
from samegauge.edge.tools.orders import Order, Progress, Role, roles
from samegauge.formats.tightening import Judgement, Tightening

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ERA: Final = 1 << 40  # controllers count to ten digits
# How far back results are asked for: what a controller keeps at least.
_BACK: Final = 1000
_LAST: Final = 1 << 62
_TABLES = """
create table if not exists era (number integer primary key, baseline integer not null);
create table if not exists result (place integer primary key, entry text not null unique, taken_at text not null,
  said text not null, answer text);
create table if not exists absent (place integer primary key, code integer not null);
create table if not exists "order" (number integer primary key, after integer not null, asked text not null,
  identified integer not null default 0, until integer);
"""


class NumberReusedError(Exception):
    """A number that is known came again with another content."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that answers an order, and the identifier under which it is passed on."""

    entry: UUID
    taken_at: datetime
    order: Order
    tightening: Tightening


class Ledger(Book):
    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        super().__init__(path, now, _TABLES)

    def begin_era(self, latest: Tightening | None, at_newest: Tightening | None) -> None:
        """Compare with what the controller holds: its latest result, and its result of the newest number known here.

        What lies before the first meeting is none of ours; a controller that counts anew is read from its beginning.
        """
        newest, last = self.newest, latest.tightening_id if latest else 0
        if newest is None:
            self._new_era(last)
        elif last < newest or (at_newest is not None and not self._same(newest, at_newest)):
            self._new_era(max(0, last - _BACK))

    def take(self, one: Tightening) -> bool:
        """Keep a result for good; False where it is here already, or older than the first meeting."""
        if self._era is None:
            self._new_era(one.tightening_id - 1)
        if one.tightening_id <= self._baseline:
            return False
        place = self._place(one.tightening_id)
        if self._said(place) is not None:
            if not self._same(one.tightening_id, one):
                raise NumberReusedError(f"Result {one.tightening_id} came again with another content.")
            return False
        now = self._now()
        self._database.execute(
            "insert into result (place, entry, taken_at, said) values (?, ?, ?, ?)",
            (place, str(self._new_entry(now)), now.isoformat(), _text(one)),
        )
        return True

    @property
    def newest(self) -> int | None:
        """The highest number known of the current era; its baseline where nothing came yet."""
        if self._era is None:
            return None
        last = self._one("select max(place) from result where place >= ?", self._era * _ERA)
        return last % _ERA if last is not None else self._baseline

    def missing(self) -> list[int]:
        """Numbers between the baseline and the newest that neither came nor are known to be gone."""
        newest = self.newest
        if newest is None:
            return []
        low = self._place(self._baseline)
        rows = self._database.execute(
            "select place from result where place > ? union select place from absent where place > ?", (low, low)
        )
        here = {place % _ERA for (place,) in rows}
        first = max(self._baseline + 1, newest - _BACK)
        return [number for number in range(first, newest) if number not in here]

    def mark_absent(self, number: int, code: int) -> None:
        """The controller has no such result (any more); `code` is its refusal."""
        self._database.execute("insert or ignore into absent values (?, ?)", (self._place(number), code))

    def begin(self, order: Order) -> int:
        """Open an order, or find it open after an interruption; any other open one is closed."""
        row = self._database.execute('select number, asked from "order" where until is null').fetchone()
        if row and row[1] == _text(order):
            return row[0]
        self.close_order()
        inserted = self._database.execute(
            'insert into "order" (after, asked) values (?, ?) returning number',
            (self._place(self.newest or 0), _text(order)),
        )
        return inserted.fetchone()[0]

    def mark_identified(self, number: int, *, identified: bool) -> None:
        self._database.execute('update "order" set identified = ? where number = ?', (identified, number))

    def close_order(self) -> None:
        """What comes later, however that was possible, counts for no order."""
        until = self._place(self.newest or 0)
        self._database.execute('update "order" set until = ? where until is null', (until,))

    def progress(self, number: int) -> Progress:
        return self._judged(number)[0]

    def judged(self, number: int) -> list[tuple[Role, Tightening]]:
        return [(role, kept.tightening) for role, kept in self._judged(number)[1]]

    def outbox(self) -> list[Kept]:
        """What answers an order and was not passed on yet, oldest first."""
        waiting = {
            entry for (entry,) in self._database.execute("select entry from result where answer is null").fetchall()
        }
        numbers = self._database.execute('select number from "order" order by number').fetchall() if waiting else []
        judged = [pair for (number,) in numbers for pair in self._judged(number)[1]]
        return [kept for role, kept in judged if role is Role.COUNTED and str(kept.entry) in waiting]

    def mark_passed_on(self, entry: UUID, answer: str) -> None:
        self._database.execute("update result set answer = ? where entry = ?", (answer, str(entry)))

    def times(self, order: Order, answers: frozenset[str]) -> int:
        """How many results of this very order, however often it was opened, ended with one of these answers."""
        rows = self._database.execute("select entry, answer from result where answer is not null").fetchall()
        ended = {entry for entry, answer in rows if answer in answers}
        numbers = self._database.execute('select number from "order" where asked = ?', (_text(order),)).fetchall()
        return sum(str(kept.entry) in ended for (number,) in numbers for _role, kept in self._judged(number)[1])

    def _judged(self, number: int) -> tuple[Progress, list[tuple[Role, Kept]]]:
        asked, after, identified, until = self._database.execute(
            'select asked, after, identified, until from "order" where number = ?', (number,)
        ).fetchone()
        following = self._one('select min(after) from "order" where number > ?', number)
        rows = self._database.execute(
            "select place, entry, taken_at, said from result where place > ? and place <= ? order by place",
            (after, _LAST if following is None else following),
        ).fetchall()
        order = Order(**json.loads(asked))
        within = [_tightening(said) for place, *_ids, said in rows if place <= (_LAST if until is None else until)]
        progress, judged = roles(order, within, identified=bool(identified))
        judged += [(Role.SURPLUS, _tightening(said)) for *_ids, said in rows[len(judged) :]]
        return progress, [
            (role, Kept(UUID(entry), datetime.fromisoformat(taken_at), order, one))
            for (role, one), (_place, entry, taken_at, _said) in zip(judged, rows, strict=True)
        ]

    @property
    def _era(self) -> int | None:
        return self._one("select max(number) from era")

    @property
    def _baseline(self) -> int:
        return self._one("select baseline from era order by number desc") or 0

    def _new_era(self, baseline: int) -> None:
        self._database.execute("insert into era (number, baseline) values (?, ?)", ((self._era or 0) + 1, baseline))

    def _place(self, number: int) -> int:
        return (self._era or 0) * _ERA + number

    def _said(self, place: int) -> str | None:
        return self._one("select said from result where place = ?", place)

    def _same(self, number: int, one: Tightening) -> bool:
        said = self._said(self._place(number))
        return said is None or _mark(_tightening(said)) == _mark(one)


def _mark(one: Tightening) -> tuple[object, ...]:
    """What every revision tells alike. Not the torque: earlier revisions say nothing of its unit."""
    at = one.tightened_at.isoformat()[:19] if one.tightened_at else ""
    return one.tightening_id, one.parameter_set, one.ok, one.angle_deg, at


def _text(one: Order | Tightening) -> str:
    return json.dumps(asdict(one), ensure_ascii=False, default=lambda value: value.isoformat())


def _tightening(said: str) -> Tightening:
    values = json.loads(said)
    at = values.pop("tightened_at")
    for name in ("torque_judgement", "angle_judgement"):
        values[name] = Judgement(values[name])
    return Tightening(**values, tightened_at=datetime.fromisoformat(at) if at else None)
