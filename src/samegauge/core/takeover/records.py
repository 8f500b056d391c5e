"""Records of a declared kind as the target of a spreadsheet: what its form says of a row holds for the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from samegauge.core.fields import LONGEST_REASON
from samegauge.core.kinds.declaration import kind_of
from samegauge.core.kinds.rules import Reason, plain_values, records, save_all
from samegauge.core.scope import current_organisation_id
from samegauge.core.takeover.targets import TELL_EVERY, Outcome, PlannedRow, Target, wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.core.kinds.declaration import RecordField, RecordKind
    from samegauge.core.kinds.models import Record
    from samegauge.core.organisations.models import Person
    from samegauge.core.takeover.targets import Origin, TableRow, Tell

RETIRED = "retired_at"


class RecordTarget(Target):
    def __init__(self, kind: RecordKind) -> None:
        self.kind = kind
        self.name, self.slug, self.key = kind.name, kind.slug, kind.key
        self.one, self.many, self.about, self.icon = kind.one, kind.many, kind.about, kind.icon
        self.fields, self.writers = kind.fields, kind.writers

    def list_url(self) -> str:
        return self.kind.list_url

    def planned(self, rows: Sequence[TableRow], tell: Tell) -> list[PlannedRow]:
        standing = {str(getattr(one, self.key)): one for one in records(self.kind)} if rows else {}
        named = {name for row in rows[:1] for name in row.cells}
        targets = {one.name: _by_key(one) for one in self.kind.fields if one.target and one.name in named}
        planned: list[PlannedRow] = []
        for row in rows:
            planned.append(self._row(row, standing.get(row.cells[self.key]), targets))
            if len(planned) % TELL_EVERY == 0:
                tell(len(planned))
        return planned

    def _row(self, row: TableRow, record: Record | None, targets: dict[str, dict[str, Record]]) -> PlannedRow:
        key = row.cells[self.key]
        names = [one.name for one in self.kind.fields]
        old = plain_values(self.kind, record) if record else dict.fromkeys(names, None)
        changed = record or self.kind.model(organisation_id=current_organisation_id())
        if not self._takes(row, changed, targets) and (faults := self._faults(row, changed, targets)):
            return wrong(row.line, key, faults)
        new = plain_values(self.kind, changed)
        changes = {name: (old[name], new[name]) for name in names if self._differs(name, old, new, is_new=not record)}
        if record is not None and record.retired_at:
            changes[RETIRED] = (record.retired_at.date().isoformat(), None)
        outcome = Outcome.NEW if record is None else Outcome.CHANGED if changes else Outcome.SAME
        return PlannedRow(row.line, key, outcome, changes, work=(changed, record.version if record else 0))

    def _takes(self, row: TableRow, changed: Record, targets: dict[str, dict[str, Record]]) -> bool:
        """Put the row's cells into a record; return whether its fields and the record as a whole take them."""
        try:
            for one in self.kind.fields:
                if one.name in row.cells:
                    setattr(changed, one.name, _value(one, changed, row.cells[one.name], targets.get(one.name, {})))
            changed.clean()
        except ValidationError:
            return False
        return True

    def _faults(self, row: TableRow, changed: Record, targets: dict[str, dict[str, Record]]) -> list[tuple[str, str]]:
        """Have the form say what is wrong, as it says it to who types; making one for every row would take minutes."""
        changed.keys_are_known = True
        data = {
            one.name: _as_form(one, row.cells[one.name], targets.get(one.name, {}))
            if one.name in row.cells
            else _as_it_stands(one, changed)
            for one in self.kind.fields
        }
        form = self.kind.form(data, instance=changed)
        return [(name, " ".join(map(str, reasons))) for name, reasons in form.errors.items()]

    @staticmethod
    def _differs(name: str, old: dict[str, Any], new: dict[str, Any], *, is_new: bool) -> bool:
        return new[name] != old[name] and not (is_new and new[name] == "")

    def write(self, rows: Sequence[PlannedRow], origin: Origin) -> None:
        text = _("Spreadsheet %(file)s") % {"file": origin.file}
        why = Reason(text[:LONGEST_REASON], origin.recorder.batch)
        save_all(self.kind, [row.work for row in rows], cast("Person", origin.recorder.actor), why)


def _by_key(one: RecordField) -> dict[str, Record]:
    target = cast("type[Record]", one.target)
    return {str(getattr(row, kind_of(target).key)): row for row in target._default_manager.filter(retired_at=None)}


def _value(one: RecordField, changed: Record, cell: str, targets: dict[str, Record]) -> Any:
    if one.target is None:
        return one.model_field.clean(_typed(one, cell), changed)
    if cell and cell not in targets:
        raise ValidationError(cell)
    return targets.get(cell)


def _typed(one: RecordField, cell: str) -> Any:
    if isinstance(one.model_field, models.BooleanField):
        return cell == "yes"
    return None if not cell and one.model_field.null else cell


def _as_form(one: RecordField, cell: str, targets: dict[str, Record]) -> Any:
    """Return what a person would have put into the form."""
    if one.target is not None:
        return targets[cell].pk if cell in targets else cell and f"? {cell}"
    return _typed(one, cell)


def _as_it_stands(one: RecordField, changed: Record) -> Any:
    value = getattr(changed, one.model_field.attname)
    return "" if value is None else value
