"""Records from and to spreadsheets: columns are matched to fields, a dry run shows the effect, then all rows go in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from samegauge.core.kinds.declaration import RecordField, RecordKind, kind_of
from samegauge.core.kinds.rules import LONGEST_REASON, RecordError, plain_values, records, save
from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from samegauge.core.kinds.models import Record
    from samegauge.core.organisations.models import Person
    from samegauge.formats.spreadsheet import Sheet, SheetRow

LANGUAGES = ("en", "zh-hant")
YES = {"yes", "true", "1", "y", "是", "有", "v", "✓"}
NO = {"no", "false", "0", "n", "否", "無", ""}


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True)
class PlannedRow:
    """What one row of the sheet would do; `changes` holds old and new value per field, `problems` field and reason."""

    line: int
    key: str
    outcome: Outcome
    changes: dict[str, tuple[Any, Any]]
    problems: tuple[tuple[str, str], ...] = ()
    record: Record | None = None
    seen: int = 0


@dataclass(frozen=True)
class Plan:
    """The dry run of a whole sheet. Every row stands in it; `unread` are the columns that go to no field."""

    rows: tuple[PlannedRow, ...]
    unread: tuple[str, ...]
    missing: tuple[str, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.count(Outcome.WRONG)


def headings(kind: RecordKind, language: str) -> tuple[str, ...]:
    with override(language):
        return tuple(one.heading for one in kind.fields)


def guessed_columns(kind: RecordKind, header: Iterable[str]) -> dict[int, str]:
    """Match columns to fields by name or by heading in either language; one in another unit is left to the person."""
    known = {_bare(one.name): one.name for one in kind.fields}
    for language in LANGUAGES:
        known |= dict(zip(map(_bare, headings(kind, language)), (one.name for one in kind.fields), strict=True))
    matched: dict[int, str] = {}
    for column, title in enumerate(header):
        name = known.get(_bare(title))
        if name is not None and name not in matched.values() and _unit(title) in {"", kind.field(name).unit}:
            matched[column] = name
    return matched


def _unit(title: str) -> str:
    """The unit that a heading states, as the table of units writes it; one that nobody knows as it stands."""
    stated = re.search(r"\[(.*?)\]", title)
    try:
        return unit(stated[1]).symbol if stated else ""
    except UnknownUnitError:
        return stated[1] if stated else ""


def _bare(title: str) -> str:
    return re.sub(r"\[.*?\]|[\s_*:]|（.*?）|\(.*?\)", "", title).casefold()


def plan(kind: RecordKind, sheet: Sheet, columns: Mapping[int, str]) -> Plan:
    """Say for each row what it would do; nothing is written."""
    unread = tuple(title for place, title in enumerate(sheet.header) if place not in columns)
    missing = tuple(one.name for one in kind.fields if one.required and one.name not in columns.values())
    if missing:
        return Plan((), unread, missing)
    standing = {str(getattr(one, kind.key)): one for one in records(kind)}
    targets = {one.name: _keys_of(one) for one in kind.fields if one.target and one.name in columns.values()}
    seen: dict[str, int] = {}
    rows = []
    for row in sheet.rows:
        cells = {name: row.cells[column] for column, name in columns.items()}
        rows.append(_planned(kind, row, cells, standing, targets))
        first = seen.setdefault(rows[-1].key, row.line)
        if first != row.line:
            problem = (kind.key, _("The same as in row %(line)d. Each may stand once.") % {"line": first})
            rows[-1] = PlannedRow(row.line, rows[-1].key, Outcome.WRONG, {}, (problem,))
    return Plan(tuple(rows), unread, ())


def _keys_of(one: RecordField) -> dict[str, int]:
    if one.target is None:
        return {}
    return dict(one.target._default_manager.filter(retired_at__isnull=True).values_list(kind_of(one.target).key, "pk"))


def _planned(
    kind: RecordKind,
    row: SheetRow,
    cells: dict[str, str],
    standing: dict[str, Any],
    targets: dict[str, dict[str, int]],
) -> PlannedRow:
    key = cells[kind.key]
    record = standing.get(key)
    old = plain_values(kind, record) if record else dict.fromkeys((one.name for one in kind.fields), None)
    data = {one.name: _as_form(one, cells, record, targets) for one in kind.fields}
    form = kind.form(data, instance=record or kind.model())
    problems = tuple((name, " ".join(map(str, reasons))) for name, reasons in form.errors.items())
    if problems:
        return PlannedRow(row.line, key, Outcome.WRONG, {}, problems)
    new = plain_values(kind, form.instance)
    changes = {name: (old[name], new[name]) for name in cells if new[name] != old[name] and (record or new[name] != "")}
    outcome = Outcome.NEW if record is None else Outcome.CHANGED if changes else Outcome.SAME
    return PlannedRow(row.line, key, outcome, changes, (), form.instance, record.version if record else 0)


def _as_form(one: RecordField, cells: dict[str, str], record: Record | None, targets: dict[str, dict[str, int]]) -> Any:
    """Return what a person would have put into the form: columns that the sheet lacks keep what stands."""
    if one.name not in cells:
        value = getattr(record, one.model_field.attname) if record else one.model_field.get_default()
        return "" if value is None else value
    cell = cells[one.name]
    if one.target is not None:
        return targets[one.name].get(cell, cell and f"? {cell}")
    if isinstance(one.model_field, models.BooleanField):
        word = cell.casefold()
        return word not in NO if word in YES | NO else None
    return _choice_of(one, cell) if one.choices else cell


def _choice_of(one: RecordField, cell: str) -> str:
    for language in LANGUAGES:
        with override(language):
            for value, label in one.choices:
                if cell.casefold() in {str(value).casefold(), str(label).casefold()}:
                    return str(value)
    return cell


def take_in(kind: RecordKind, sheet: Sheet, columns: Mapping[int, str], actor: Person) -> Plan:
    """Write every row of a sound sheet, or none: the dry run is done again, because the records may have changed."""
    with transaction.atomic():
        planned = plan(kind, sheet, columns)
        if not planned.is_sound:
            raise RecordError(_("Some rows cannot be taken in. Nothing was written; look at the list below."))
        reason = _("Spreadsheet %(file)s") % {"file": sheet.file}
        for row in planned.rows:
            if row.record is not None and row.outcome is not Outcome.SAME:
                save(kind, row.record, actor, seen=row.seen, reason=reason[:LONGEST_REASON])
        return planned


def table_of(kind: RecordKind, records: Iterable[Record]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return headings in the reader's language and rows as texts; what `plan` reads back as unchanged."""
    rows = [tuple(_as_cell(one, record) for one in kind.fields) for record in records]
    return tuple(one.heading for one in kind.fields), rows


def _as_cell(one: RecordField, record: Record) -> str:
    value = getattr(record, one.name)
    if value is None:
        return ""
    if one.target is not None:
        return str(getattr(value, kind_of(one.target).key))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if one.choices:
        return str(dict(one.choices).get(value, value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
