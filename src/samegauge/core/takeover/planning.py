"""The dry run of a spreadsheet, and its taking over: every row, or none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from samegauge.core.takeover.cells import CellError, half_width, read_cell
from samegauge.core.takeover.matching import bare_title, is_spread, stated_unit
from samegauge.core.takeover.targets import Outcome, PlannedRow, TableRow, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from samegauge.core.kinds.declaration import RecordField
    from samegauge.core.takeover.matching import Matching
    from samegauge.core.takeover.targets import Target
    from samegauge.formats.spreadsheet import Sheet, SheetRow


@dataclass(frozen=True)
class Plan:
    """Every row stands in it; `unread` are the columns that go to no field, `missing` the needed fields without one."""

    rows: tuple[PlannedRow, ...]
    unread: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @cached_property
    def counts(self) -> dict[str, int]:
        found = Counter(row.outcome for row in self.rows)
        return {outcome.value: found[outcome] for outcome in Outcome}

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.counts[Outcome.WRONG]


def nobody(_done: int) -> None:
    """Tell nobody how far it is."""


def plan(target: Target, sheet: Sheet, matching: Matching, tell: Callable[[int], None] = nobody) -> Plan:
    """Say for each row what it would do; nothing is written."""
    unread = tuple(title for place, title in enumerate(sheet.header) if place not in matching.columns)
    given = {*matching.columns.values(), *matching.constants}
    missing = tuple(one.name for one in target.fields if one.required and one.name not in given)
    if target.key not in given:
        missing = tuple(dict.fromkeys((target.key, *missing)))
    if missing:
        return Plan((), unread, missing)
    read = _Reader(target, sheet, matching)
    rows = [one for row in sheet.rows for one in read.rows(row)]
    planned = iter(target.planned([row for row in rows if isinstance(row, TableRow)], tell))
    whole = [row if isinstance(row, PlannedRow) else next(planned) for row in rows]
    return Plan(tuple(whole if target.repeats else _each_once(target, whole)), unread)


class _Reader:
    """Reads rows with what each column is, worked out once."""

    def __init__(self, target: Target, sheet: Sheet, matching: Matching) -> None:
        self.target = target
        columns = [
            (place, target.field(name), stated_unit(sheet.header[place])) for place, name in matching.columns.items()
        ]
        self.constants = [
            (target.field(name), text)
            for name, text in matching.constants.items()
            if name not in matching.columns.values()
        ]
        self.columns: list[list[tuple[int, RecordField, str]]] = [columns]
        self.titles: list[str] = [""]
        if is_spread(target, matching):
            shared = [one for one in columns if one[1].name != target.spread]
            spread = [one for one in columns if one[1].name == target.spread]
            self.columns = [[*shared, one] for one in spread]
            self.titles = [bare_title(sheet.header[place]) for place, _one, _unit in spread]

    def rows(self, row: SheetRow) -> Iterator[TableRow | PlannedRow]:
        """The row of the table; one for each filled column where several columns hold the same field."""
        for columns, title in zip(self.columns, self.titles, strict=True):
            if not title or row.cells[columns[-1][0]]:
                yield self._row(row, columns, title)

    def _row(self, row: SheetRow, columns: Sequence[tuple[int, RecordField, str]], title: str) -> TableRow | PlannedRow:
        cells = {self.target.spread_name: title} if title else {}
        problems = []
        stated = [(one, row.cells[place], unit) for place, one, unit in columns]
        for one, text, unit in (*stated, *((one, text, "") for one, text in self.constants)):
            try:
                cells[one.name] = self._cell(one, text, unit)
            except CellError as error:
                problems.append((one.name, str(error)))
        key = half_width(next((text for one, text, _unit in stated if one.name == self.target.key), ""))
        units = {one.name: unit for one, _text, unit in stated if unit}
        return wrong(row.line, key, problems) if problems else TableRow(row.line, cells, units)

    def _cell(self, one: RecordField, text: str, unit: str) -> str:
        """What things are called by is compared letter by letter, so it is read as a scanner types it."""
        names_something = one.name == self.target.key or one.target is not None or one.name in self.target.references
        return read_cell(one, half_width(text) if names_something else text, unit)


def _each_once(target: Target, rows: Sequence[PlannedRow]) -> list[PlannedRow]:
    first: dict[str, int] = {}
    found = []
    for row in rows:
        line = first.setdefault(row.key, row.line)
        if row.key and line != row.line:
            problem = (target.key, _("The same as in row %(line)d. Each may stand once.") % {"line": line})
            found.append(replace(row, outcome=Outcome.WRONG, changes={}, problems=(*row.problems, problem)))
        else:
            found.append(row)
    return found
