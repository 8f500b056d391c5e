"""Units of a sheet on their way into the thread: registered, dated facts recorded, built into one another."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import current_organisation_id
from samegauge.core.takeover.targets import TakeOverError
from samegauge.core.takeover.unit_sheet import found_by, named, units_with_names
from samegauge.core.thread.models import Item, Lot, Revision, Unit
from samegauge.core.thread.rules import Fact, Installation, install_all, record_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from samegauge.core.takeover.targets import Origin
    from samegauge.core.takeover.unit_sheet import UnitWork

ONLY_DAY = {"en": "the sheet states the day alone; its start is taken", "zh": "試算表只寫日期，取當天開始"}


def write_units(works: Sequence[UnitWork], origin: Origin) -> None:
    organisation = Organisation.objects.get(pk=current_organisation_id())
    rows = [work.row for work in works]
    items = {one.number: one for one in found_by(Item.objects.all(), "number", named(rows, "item"))}
    revisions, lots = _Made(items), _Lots()
    new = {
        work.row.serial: Unit(
            serial=work.row.serial,
            item=items[work.row.said["item"]],
            revision=revisions.of(work.row.said),
            lot=lots.of(work.row.said),
            simulated=organisation.is_simulated,
            batch=origin.recorder.batch,
        )
        for work in works
        if work.unit is None
    }
    try:
        Unit.objects.bulk_create(new.values(), batch_size=500)
    except IntegrityError as error:
        raise TakeOverError(
            "Somebody else has registered one of these serial numbers in the meantime. Do the dry run again.",
            "其間有人登錄了其中的序號。重新試算。",
        ) from error
    units = new | {work.row.serial: work.unit for work in works if work.unit is not None}
    zone = ZoneInfo(organisation.time_zone)
    record_all([fact for work in works for fact in _facts(work, units[work.row.serial], origin, zone)], origin.recorder)
    parents = named(rows, "parent") - units.keys()
    units |= {one.serial: one for one in found_by(units_with_names(), "serial", parents)}
    install_all([_installation(work, units, origin, zone) for work in works if work.installs], origin.recorder)


def _facts(work: UnitWork, unit: Unit, origin: Origin, zone: ZoneInfo) -> Iterable[Fact]:
    source = {"taken_over": _source(work, origin)}
    stated = {"stated": work.undated} if work.undated else {}
    if work.unit is None:
        said = {"serial": unit.serial, "item": unit.item.number, **source, **stated}
        yield Fact("registered", origin.recorder.receive_time, said, unit=unit)
    elif stated:
        yield Fact("stated", origin.recorder.receive_time, {**source, **stated}, unit=unit)
    for kind, day, payload in work.facts:
        said = {**payload, "day": day.isoformat(), "time_basis": ONLY_DAY, **source}
        yield Fact(kind, _start_of(day, zone), said, unit=unit)


def _source(work: UnitWork, origin: Origin) -> dict[str, Any]:
    return {"file": origin.file, "sheet": origin.sheet, "line": work.row.line}


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _installation(work: UnitWork, units: Mapping[str, Any], origin: Origin, zone: ZoneInfo) -> Installation:
    said, day = work.row.said, work.row.said.get("installed_on")
    basis = {"day": day.isoformat(), "time_basis": ONLY_DAY} if day else {"since": "unknown"}
    return Installation(
        child=units[work.row.serial],
        parent=units[said["parent"]],
        at=_start_of(day, zone) if day else origin.recorder.receive_time,
        position=said.get("position", ""),
        said={**basis, "taken_over": _source(work, origin)},
    )


class _Made:
    """Revisions by item and label, made where they are new."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = items
        self._found = {
            (one.item.number, one.label): one
            for one in found_by(Revision.objects.select_related("item"), "item__number", items)
        }

    def of(self, said: Mapping[str, Any]) -> Revision | None:
        if "revision" not in said:
            return None
        key = said["item"], said["revision"]
        if key not in self._found:
            self._found[key] = Revision.objects.create(item=self._items[key[0]], label=key[1])
        return self._found[key]


class _Lots:
    """Lots by kind and number, made where they are new."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Lot] = {}

    def of(self, said: Mapping[str, Any]) -> Lot | None:
        if "lot" not in said:
            return None
        key = said["lot_kind"], said["lot"]
        if key not in self._found:
            self._found[key], _new = Lot.objects.get_or_create(kind=key[0], number=key[1])
        return self._found[key]
