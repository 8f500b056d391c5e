"""Measured values as the target of a spreadsheet: one row for each value, or one column for each characteristic."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from samegauge.core.intake.checks import units_by_serial
from samegauge.core.intake.measured import (
    Fields,
    Origin,
    StatedCharacteristic,
    StatedPlan,
    StatedSet,
    StatedValue,
    positions_new,
    write_measured,
)
from samegauge.core.kinds.declaration import described
from samegauge.core.language import reads_chinese
from samegauge.core.measurement.models import Characteristic, InspectionKind
from samegauge.core.organisations.models import Role
from samegauge.core.takeover.cells import CellError, day_of
from samegauge.core.takeover.targets import Outcome, PlannedRow, Target, wrong
from samegauge.core.takeover.unit_sheet import found_by, optional
from samegauge.core.takeover.words import unit_named
from samegauge.core.thread.models import Item
from samegauge.core.thread.rules import Recorder
from samegauge.formats.aqdef_text import real_number
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.core.takeover.targets import Origin as SheetOrigin
    from samegauge.core.takeover.targets import TableRow, Tell

FIELDS = Fields("serial", "value", "unit", "measured_at", "instrument", "lower_limit")
MEASURED = "Measured"
_CERTAIN_COMMA = re.compile(r"[+-]?(?:0|\d+),(?:\d{1,2}|\d{4,})|[+-]?0,\d+|[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?,\d+")
_COMMA_OR_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINT_OR_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_MOMENT = re.compile(r"(.+?)[ T](\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?")


class MeasuredSheet(models.Model):
    """The columns of a sheet of measured values; no table of its own."""

    serial = models.CharField(
        gettext_lazy("Serial number"), max_length=100, help_text=gettext_lazy("Of the part that was measured.")
    )
    item = optional(
        gettext_lazy("Item number"),
        100,
        gettext_lazy("Needed where the serial number is new; it stands among the items already."),
    )
    characteristic = optional(
        gettext_lazy("Characteristic"),
        120,
        gettext_lazy("Its name or key. Without this column, each column of values is named by its title."),
    )
    value = models.CharField(
        gettext_lazy("Measured value"),
        max_length=40,
        help_text=gettext_lazy(
            "One column, or one for each characteristic. Decimal point or comma, the same throughout."
        ),
    )
    unit = optional(
        gettext_lazy("Unit"), 20, gettext_lazy("Needed unless the title of the values states it, as in Bore [mm].")
    )
    measured_at = optional(gettext_lazy("Measured at"), 40, gettext_lazy("Day and time, as 2026-11-21 14:05."))
    operator = optional(gettext_lazy("Operator"), 200, gettext_lazy("Who measured."))
    instrument = optional(gettext_lazy("Instrument number"), 50, gettext_lazy("As engraved or on its label."))
    plan = optional(
        gettext_lazy("Inspection plan"),
        200,
        gettext_lazy("Needed where several plans of the item have the characteristic."),
    )
    inspection_kind = optional(
        pgettext_lazy("record", "Kind"),
        20,
        gettext_lazy("In-process where nothing is said."),
        choices=InspectionKind.choices,
    )

    class Meta:
        abstract = True


@dataclass(frozen=True)
class Reading:
    """One row after its cells were checked one by one; `key` is the characteristic's, `unit` its symbol."""

    line: int
    serial: str
    item: str
    plan: str
    kind: InspectionKind
    key: str
    name: str
    value: float
    unit: str
    taken_at: datetime | None
    operator: str
    instrument: str

    @property
    def group(self) -> tuple[str, str, InspectionKind]:
        return self.item, self.plan, self.kind


class MeasuredTarget(Target):
    name, slug, key, icon = "measured_value", "measured-values", "serial", "ruler-measure"
    one, many = gettext_lazy("measured value"), gettext_lazy("Measured values")
    about = gettext_lazy("Values from any spreadsheet: one row for each value, or one column for each characteristic.")
    fields = tuple(described(one) for one in MeasuredSheet._meta.local_fields)
    writers = frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER, Role.INSPECTOR})
    references = frozenset({"item", "instrument"})
    repeats, spread, spread_name = True, "value", "characteristic"

    def list_url(self) -> str:
        return reverse("characteristic_list")

    def planned(self, rows: Sequence[TableRow], tell: Tell) -> list[PlannedRow]:
        reader = _Reader(rows)
        checked = [reader.row(row) for row in rows]
        readings = [one for one in checked if isinstance(one, Reading)]
        new: set[int] = set()
        faults: dict[int, tuple[str, str]] = {}
        for group in _grouped(readings):
            try:
                new |= _new_places(group, reader.items)
            except FormatError as error:
                faults[error.line or 0] = (error.field or "", error.reason_zh if reads_chinese() else error.reason_en)
        tell(len(checked))
        return [one if isinstance(one, PlannedRow) else _planned(one, new, faults) for one in checked]

    def write(self, rows: Sequence[PlannedRow], origin: SheetOrigin) -> None:
        for group in _grouped([row.work for row in rows]):
            write_measured(*_stated(group), Origin(origin.file, None, origin.recorder, FIELDS, origin.sheet))


class _Reader:
    """Reads the rows with what is known of the serial numbers, items and characteristics they name."""

    def __init__(self, rows: Sequence[TableRow]) -> None:
        self.units = units_by_serial(row.cells["serial"] for row in rows)
        numbers = {row.cells.get("item", "") for row in rows} | {one.item.number for one in self.units.values()}
        self.items = {one.number: one for one in found_by(Item.objects.all(), "number", numbers - {""})}
        self.comma = any(_CERTAIN_COMMA.fullmatch(row.cells["value"].strip()) for row in rows)
        self.known: dict[tuple[str, str], dict[str, Characteristic]] = defaultdict(dict)
        for row in Characteristic.objects.filter(item__in=self.items.values()).select_related("item"):
            for said in (row.key, row.name):
                self.known[row.item.number, said].setdefault(row.plan, row)

    def row(self, row: TableRow) -> Reading | PlannedRow:
        problems: list[tuple[str, str]] = []
        said: dict[str, Any] = {}
        for name, read in (
            ("value", self._value),
            ("unit", self._unit),
            ("measured_at", self._moment),
            ("item", self._item),
        ):
            try:
                said[name] = read(row)
            except CellError as error:
                problems.append((name, str(error)))
        for one in MeasuredTarget.fields:
            try:
                one.model_field.clean(row.cells.get(one.name, ""), None)
            except ValidationError as error:
                problems.append((one.name, " ".join(error.messages)))
        if problems:
            return wrong(row.line, row.cells["serial"], problems)
        return self._reading(row, said)

    def _reading(self, row: TableRow, said: dict[str, Any]) -> Reading | PlannedRow:
        cells = row.cells
        named, plan = cells.get("characteristic", "").strip(), cells.get("plan", "").strip()
        found = self.known.get((said["item"], named), {})
        if not named:
            return wrong(row.line, cells["serial"], [("characteristic", _("Say which characteristic it is."))])
        if not plan and len(found) > 1:
            reason = _("Several plans have it: %(plans)s. Say which.") % {"plans": ", ".join(sorted(found))}
            return wrong(row.line, cells["serial"], [("plan", reason)])
        plan = plan or next(iter(found), said["item"])
        known = found.get(plan)
        stated = cells.get("inspection_kind") or (known.inspection_kind if known else InspectionKind.IN_PROCESS)
        return Reading(
            line=row.line,
            serial=cells["serial"],
            item=said["item"],
            plan=plan[:200],
            kind=InspectionKind(stated),
            key=known.key if known else named,
            name=known.name if known else named,
            value=said["value"],
            unit=said["unit"],
            taken_at=said["measured_at"],
            operator=cells.get("operator", ""),
            instrument=cells.get("instrument", ""),
        )

    def _value(self, row: TableRow) -> float:
        """A comma is decimal where some cell of the sheet can mean nothing else; what can mean two is refused."""
        text = row.cells["value"].strip()
        unclear = _POINT_OR_THOUSANDS if self.comma else _COMMA_OR_THOUSANDS
        if unclear.fullmatch(text):
            raise CellError(_("%(text)s can mean two numbers. Write it with a decimal point.") % {"text": text})
        plain = text.replace(".", "") if "," in text and "." in text and self.comma else text
        value = real_number(plain)
        if value is None:
            raise CellError(_("%(text)s is no number. Write it as 1234.5.") % {"text": text})
        return value

    @staticmethod
    def _unit(row: TableRow) -> str:
        text = row.cells.get("unit", "").strip() or row.units.get("value", "")
        if not text:
            raise CellError(_("No unit is stated. Add it to the title, as in Bore [mm], or in a column of its own."))
        found = unit_named(text)
        if found is None:
            raise CellError(_("%(unit)s is no unit that is known here.") % {"unit": text})
        return found.symbol

    @staticmethod
    def _moment(row: TableRow) -> datetime | None:
        text = row.cells.get("measured_at", "").strip()
        if not text:
            return None
        found = _MOMENT.fullmatch(text)
        day = day_of(found[1] if found else text)
        clock = [int(part or 0) for part in found.groups()[1:]] if found else [0, 0, 0]
        try:
            return datetime.fromisoformat(day).replace(hour=clock[0], minute=clock[1], second=clock[2])
        except ValueError as error:
            raise CellError(_("There is no time %(text)s.") % {"text": text}) from error

    def _item(self, row: TableRow) -> str:
        stated, known = row.cells.get("item", ""), self.units.get(row.cells["serial"])
        if not stated and known is None:
            raise CellError(_("The serial number is new: say which item it is."))
        if stated and stated not in self.items:
            raise CellError(_("There is no item %(number)s. Take it over first.") % {"number": stated})
        return stated or (known.item.number if known else "")


def _grouped(readings: Iterable[Reading]) -> list[list[Reading]]:
    groups: dict[tuple[str, str, InspectionKind], list[Reading]] = defaultdict(list)
    for one in readings:
        groups[one.group].append(one)
    return list(groups.values())


def _stated(group: Sequence[Reading]) -> tuple[StatedPlan, list[StatedSet]]:
    """One plan of one item, and what was measured on each part at once; a set's position is its first row."""
    item, plan, kind = group[0].group
    first = {one.key: one for one in reversed(group)}
    stated = StatedPlan(
        item,
        item,
        plan,
        kind,
        tuple(StatedCharacteristic(key, one.name, MEASURED, one.unit, line=one.line) for key, one in first.items()),
    )
    sets: dict[tuple[str, datetime | None], list[Reading]] = defaultdict(list)
    for one in group:
        sets[one.serial, one.taken_at].append(one)
    return stated, [
        StatedSet(serial, tuple(_value(one) for one in found), found[0].line, found[0].line, taken_at)
        for (serial, taken_at), found in sets.items()
    ]


def _value(one: Reading) -> StatedValue:
    return StatedValue(one.key, one.value, one.line, one.taken_at, one.operator, one.instrument, one.unit)


def _new_places(group: Sequence[Reading], items: dict[str, Item]) -> set[int]:
    """Lines of the rows whose set does not stand here yet."""
    plan, sets = _stated(group)
    found = positions_new(plan, items[plan.item], sets, Origin("", None, Recorder(), FIELDS))
    return {value.line for one in sets if one.position in found for value in one.values if value.line is not None}


def _planned(one: Reading, new: set[int], faults: dict[int, tuple[str, str]]) -> PlannedRow:
    if one.line in faults:
        return wrong(one.line, one.serial, [faults[one.line]])
    changes = {"characteristic": (None, one.name), "value": (None, f"{one.value:.12g} {one.unit}")}
    row = PlannedRow(one.line, one.serial, Outcome.NEW, changes, work=one)
    return row if one.line in new else replace(row, outcome=Outcome.SAME, changes={})
