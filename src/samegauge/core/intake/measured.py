"""Measured values from a file or a spreadsheet on their way into inspections: all of them, or none and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from samegauge.core.intake.checks import (
    Place,
    moment_of,
    own_zone,
    refuse_other_item,
    refuse_other_limits,
    refuse_unfit,
    turning,
    units_by_serial,
)
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection, InspectionKind, Measurement
from samegauge.core.organisations.models import Organisation
from samegauge.core.production.models import Confidence
from samegauge.core.scope import current_organisation_id
from samegauge.core.thread.genealogy import batches
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, record_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from samegauge.core.thread.models import Event
    from samegauge.core.thread.rules import Recorder
    from samegauge.core.vault.models import StoredFile

LOCAL_CLOCK = "no zone stated, taken as the organisation's"
NOT_STATED = "not stated"
AT_ONCE = 500


@dataclass(frozen=True)
class StatedCharacteristic:
    """A characteristic as its source states it; `line` is where."""

    key: str
    name: str
    kind: str
    unit: str
    nominal: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    line: int | None = None


@dataclass(frozen=True)
class StatedValue:
    key: str
    value: float
    line: int | None
    taken_at: datetime | None = None
    operator: str = ""
    instrument: str = ""
    unit: str | None = None  # None: that of the characteristic as stated


@dataclass(frozen=True)
class StatedSet:
    """What was measured on one unit at once; `said` goes into the unit's history as it stands."""

    serial: str
    values: tuple[StatedValue, ...]
    line: int | None
    position: int
    taken_at: datetime | None = None
    confidence: Confidence = Confidence.STATED
    evidence: tuple[dict[str, str], ...] = ()
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StatedPlan:
    item: str
    name: str
    plan: str
    kind: InspectionKind
    characteristics: tuple[StatedCharacteristic, ...]


@dataclass(frozen=True)
class Fields:
    """How the source calls what a refusal names."""

    serial: str
    value: str
    unit: str
    taken_at: str
    instrument: str
    limit: str


@dataclass(frozen=True)
class Origin:
    file: str
    stored: StoredFile | None
    recorder: Recorder
    fields: Fields
    software: str = ""


def write_measured(plan: StatedPlan, sets: Sequence[StatedSet], origin: Origin) -> int:
    """Write inspections inside the caller's transaction; sets that stand already are left as they are.

    Returns how many inspections are new.
    """
    item, _new = Item.objects.get_or_create(
        number=plan.item[:100], defaults={"name": (plan.name or plan.item)[:200], "kind": ItemKind.PART}
    )
    book = _Book(plan, item, origin)
    return len(book.written(book.checked(sets)))


def positions_new(plan: StatedPlan, item: Item, sets: Sequence[StatedSet], origin: Origin) -> set[int]:
    """Positions of the sets that `write_measured` would write; nothing is written."""
    return {one.stated.position for one in _Book(plan, item, origin).checked(sets)}


@dataclass(frozen=True)
class _Ready:
    """One set whose values are in the units of their characteristics and whose time is UTC."""

    stated: StatedSet
    taken_at: datetime | None
    rows: tuple[tuple[Characteristic, float, StatedValue], ...]


class _Book:
    def __init__(self, plan: StatedPlan, item: Item, origin: Origin) -> None:
        self.plan, self.item, self.origin = plan, item, origin
        self.organisation = Organisation.objects.get(pk=current_organisation_id())
        self.zone: ZoneInfo = own_zone()
        self.stated = {one.key: one for one in plan.characteristics}
        self.new: list[Characteristic] = []
        self.known = self._characteristics()

    def place(self, line: int | None, name: str) -> Place:
        return Place(self.origin.file, line, name)

    def _characteristics(self) -> dict[str, Characteristic]:
        rows = list(Characteristic.objects.filter(item=self.item, plan=self.plan.plan))
        known = {row.key: row for row in rows} | {str(row.uid): row for row in rows}
        self.new = [
            Characteristic(
                item=self.item,
                plan=self.plan.plan,
                inspection_kind=self.plan.kind,
                key=one.key,
                name=one.name[:200],
                kind=one.kind[:60],
                nominal=one.nominal,
                lower_limit=one.lower_limit,
                upper_limit=one.upper_limit,
                unit_code=one.unit,
                sequence=len(rows) + place,
            )
            for place, one in enumerate(self.plan.characteristics)
            if one.key not in known
        ]
        for one in self.plan.characteristics:
            if one.key in known:
                turned = turning(known[one.key], one.unit, self.place(one.line, self.origin.fields.unit))
                refuse_other_limits(known[one.key], one, turned, self.place(one.line, self.origin.fields.limit))
        return known | {row.key: row for row in self.new}

    def checked(self, sets: Sequence[StatedSet]) -> list[_Ready]:
        """The sets that do not stand here yet, once nothing speaks against any of them."""
        ready = [self._ready(one) for one in sets]
        self._refuse_twice(ready)
        fields = self.origin.fields
        refuse_unfit(
            (
                (value.instrument, taken_at, self.place(value.line, fields.instrument))
                for one in ready
                for _row, _actual, value in one.rows
                if (taken_at := self._moment(value) or one.taken_at) is not None
            ),
            self.zone,
        )
        known = units_by_serial(one.stated.serial for one in ready)
        for one in ready:
            if one.stated.serial in known:
                place = self.place(one.stated.line, self.origin.fields.serial)
                refuse_other_item(known[one.stated.serial], self.item, place)
        return self._unknown(ready, known)

    def written(self, ready: Sequence[_Ready]) -> list[Inspection]:
        Characteristic.objects.bulk_create(self.new)
        known = units_by_serial(one.stated.serial for one in ready)
        return self._inspections(ready, known | self._registered(ready, known))

    def _ready(self, one: StatedSet) -> _Ready:
        name, received_at = self.origin.fields.taken_at, self.origin.recorder.receive_time
        taken_at = one.taken_at and moment_of(one.taken_at, self.zone, received_at, self.place(one.line, name))
        return _Ready(one, taken_at, tuple(self._row(value) for value in one.values))

    def _row(self, value: StatedValue) -> tuple[Characteristic, float, StatedValue]:
        known, unit = self.known[value.key], value.unit or self.stated[value.key].unit
        return known, turning(known, unit, self.place(value.line, self.origin.fields.unit))(value.value), value

    def _moment(self, value: StatedValue) -> datetime | None:
        place = self.place(value.line, self.origin.fields.taken_at)
        return value.taken_at and moment_of(value.taken_at, self.zone, self.origin.recorder.receive_time, place)

    def _refuse_twice(self, ready: Iterable[_Ready]) -> None:
        """Two values of one characteristic of one unit at one time: one of them has the wrong serial number."""
        first: dict[tuple[str, datetime | None, str], int | None] = {}
        for one in ready:
            for row, _actual, value in one.rows:
                key = (one.stated.serial, one.taken_at, row.key)
                if key in first:
                    raise self.place(value.line, self.origin.fields.serial).refusal(
                        f"{one.stated.serial} has two values of {row.name} at the same time, the first in line "
                        f"{first[key]}. Correct a serial number or a time.",
                        f"序號 {one.stated.serial} 的「{row.name}」在同一時間有兩個值，第一個在第 {first[key]} 行。"
                        "修正序號或時間。",
                    )
                first[key] = value.line

    def _registered(self, ready: Sequence[_Ready], known: Mapping[str, Unit]) -> dict[str, Unit]:
        """Units that nobody knew, registered now."""
        new: dict[str, Unit] = {}
        for serial in (one.stated.serial for one in ready):
            if serial not in known and serial not in new:
                simulated, batch = self.organisation.is_simulated, self.origin.recorder.batch
                new[serial] = Unit(serial=serial, item=self.item, batch=batch, simulated=simulated)
        Unit.objects.bulk_create(new.values(), batch_size=AT_ONCE)
        received_at = self.origin.recorder.receive_time
        facts = [
            Fact("registered", received_at, {"serial": serial, "item": self.item.number}, unit=unit)
            for serial, unit in new.items()
        ]
        record_all(facts, self.origin.recorder)
        return new

    def _unknown(self, ready: Sequence[_Ready], known: Mapping[str, Unit]) -> list[_Ready]:
        """Leave out the sets that stand here already; one that stands with another value is refused."""
        standing: dict[tuple[str, datetime | None], dict[str, float | None]] = defaultdict(dict)
        keys = [unit.pk for unit in known.values()]
        characteristics = {row.pk for row in self.known.values() if row.pk}
        for asked in batches(keys):
            rows = Measurement.objects.filter(inspection__unit__in=asked, characteristic__in=characteristics)
            for row in rows.select_related("inspection__unit", "characteristic"):
                key = (row.inspection.unit.serial, _second(row.inspection.performed_at))
                standing[key][row.characteristic.key] = row.actual
        return [one for one in ready if not self._stands(one, standing)]

    def _stands(self, one: _Ready, standing: Mapping[tuple[str, datetime | None], Mapping[str, float | None]]) -> bool:
        there = standing.get((one.stated.serial, _second(one.taken_at)), {})
        other = [row for row, actual, _value in one.rows if row.key in there and there[row.key] != actual]
        if other and one.taken_at is not None:
            raise self.place(one.stated.line, self.origin.fields.value).refusal(
                f"{one.stated.serial}: {other[0].name} stands here with another value of the same time, "
                f"{one.taken_at:%Y-%m-%d %H:%M:%S} UTC. Undo the earlier import, or correct the time.",
                f"{one.stated.serial}：「{other[0].name}」在同一時間（{one.taken_at:%Y-%m-%d %H:%M:%S} UTC）"
                "已有另一個值。撤銷先前的匯入，或修正時間。",
            )
        return bool(one.rows) and not other and all(row.key in there for row, _actual, _value in one.rows)

    def _inspections(self, ready: Sequence[_Ready], units: Mapping[str, Unit]) -> list[Inspection]:
        received_at = self.origin.recorder.receive_time
        events = record_all(
            [
                Fact("inspected", one.taken_at or received_at, self._payload(one), unit=units[one.stated.serial])
                for one in ready
            ],
            self.origin.recorder,
        )
        made = Inspection.objects.bulk_create(
            [self._inspection(one, units[one.stated.serial], event) for one, event in zip(ready, events, strict=True)],
            batch_size=AT_ONCE,
        )
        Measurement.objects.bulk_create(
            [
                self._measurement(inspection, *row)
                for inspection, one in zip(made, ready, strict=True)
                for row in one.rows
            ],
            batch_size=AT_ONCE,
        )
        return made

    def _payload(self, one: _Ready) -> dict[str, Any]:
        stated, stored = one.stated, self.origin.stored
        return {
            "kind": self.plan.kind.value,
            "plan": self.plan.plan,
            "source": {"name": self.origin.file, **({"sha256": stored.sha256} if stored else {})},
            "position_in_source": stated.position,
            "time_stated": None if stated.taken_at is None else stated.taken_at.isoformat(),
            "time_basis": _basis(one),
            "actuals": {row.key: actual for row, actual, _value in one.rows},
            "match": {"confidence": stated.confidence.value, "evidence": list(stated.evidence)},
            **stated.said,
        }

    def _inspection(self, one: _Ready, unit: Unit, event: Event) -> Inspection:
        verdicts = {_verdict(row, actual) for row, actual, _value in one.rows}
        worst = Conformity.FAIL if Conformity.FAIL in verdicts else Conformity.UNDECIDED
        return Inspection(
            unit=unit,
            kind=self.plan.kind,
            plan=self.plan.plan,
            performed_at=one.taken_at,
            reported_at=one.taken_at or self.origin.recorder.receive_time,
            time_basis=_basis(one),
            software=self.origin.software[:200],
            serial_reported=one.stated.serial if one.stated.confidence == Confidence.STATED else "",
            position_in_source=one.stated.position,
            source=self.origin.stored,
            verdict=Conformity.PASS if verdicts == {Conformity.PASS} else worst,
            confidence=one.stated.confidence,
            evidence=list(one.stated.evidence),
            event=event,
            batch=self.origin.recorder.batch,
        )

    def _measurement(
        self, inspection: Inspection, row: Characteristic, actual: float, value: StatedValue
    ) -> Measurement:
        verdict = _verdict(row, actual)
        return Measurement(
            inspection=inspection,
            characteristic=row,
            actual=actual,
            deviation=None if row.nominal is None else actual - row.nominal,
            instrument=value.instrument[:50],
            measured_at=self._moment(value),
            operator=value.operator[:200],
            stated=verdict,
            recomputed=verdict,
            batch=self.origin.recorder.batch,
        )


def _second(moment: datetime | None) -> datetime | None:
    """Most formats have no finer time; a record that went out and came back is the same one."""
    return moment and moment.replace(microsecond=0)


def _verdict(row: Characteristic, actual: float) -> Conformity:
    """By the limits alone: these sources state no verdict and no uncertainty."""
    if row.lower_limit is None and row.upper_limit is None:
        return Conformity.UNDECIDED
    low = row.lower_limit is not None and actual < row.lower_limit
    high = row.upper_limit is not None and actual > row.upper_limit
    return Conformity.FAIL if low or high else Conformity.PASS


def _basis(one: _Ready) -> str:
    if one.stated.taken_at is None:
        return NOT_STATED
    return "stated" if one.stated.taken_at.tzinfo else LOCAL_CLOCK
