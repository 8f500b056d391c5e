"""What a tablet needs for a whole shift at one station without network."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from samegauge.apps.inspection.gauge_rules import Fault, Gauges
from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.plans.models import ProcedureStep
from samegauge.apps.inspection.plans.pictures import picture_url
from samegauge.apps.inspection.plans.routes import Way, ways_of
from samegauge.apps.inspection.stations.loading import pictures_of
from samegauge.apps.inspection.stations.models import EntryKind, StationEntry, StopState, UnitStop
from samegauge.apps.inspection.stations.parts import candidates
from samegauge.apps.inspection.stations.release import measured_by, release_of
from samegauge.core.language import in_both_languages
from samegauge.core.production.holds import Hold, holds_on
from samegauge.formats.canonical import canonical_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from samegauge.apps.inspection.plans.models import Procedure
    from samegauge.core.production.models import Station
    from samegauge.core.thread.models import Unit

MOST_UNITS = 40


def work_at(station: Station) -> dict[str, Any]:
    """Return the units that are at the station or come to it, what is to be done on each, and with what."""
    now = timezone.now()
    coming = _stops_at(station)
    stops, units = [stop for stop, _waits in coming], [stop.unit for stop, _waits in coming]
    ways = ways_of(units, now)
    procedures = {stop.unit_id: _procedure(stop, ways[stop.unit_id], now) for stop in stops}
    steps = _steps_of(procedures.values())
    entries = _entries_of(units, station)
    shown = [
        {
            **_unit_said(stop, entries[stop.unit_id], steps[procedure.pk]),
            "waits_for": waits,
            "procedure": procedure_said(procedure, steps[procedure.pk]),
        }
        for stop, waits in coming
        if (procedure := procedures[stop.unit_id]) is not None
    ]
    items = {step.item.pk for some in steps.values() for step in some if step.item is not None}
    said = {
        "station": station_said(station),
        "units": shown,
        "parts": candidates(items),
        "instruments": _instruments(step for some in steps.values() for step in some),
    }
    etag = hashlib.sha256(canonical_bytes(said)).hexdigest()
    return {**said, "server_time": instant(now), "etag": etag}


def instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def station_said(station: Station) -> dict[str, Any]:
    return {
        "uid": str(station.uid),
        "code": station.code,
        "name": station.name,
        "name_zh": station.name_zh,
        "sequence": station.sequence,
    }


def _stops_at(station: Station) -> list[tuple[UnitStop, list[dict[str, str]]]]:
    """What is at the station or on its way there, the nearest first, each with the stations that it still waits for."""
    open_ = UnitStop.objects.filter(station=station).exclude(state=StopState.RELEASED)
    stops = list(open_.select_related("unit__item", "station", "procedure"))
    waits = _waits_of(stops)
    pairs = [(stop, waits[stop.unit_id]) for stop in stops]
    return sorted(pairs, key=lambda pair: (len(pair[1]), pair[0].unit.serial))[:MOST_UNITS]


def _waits_of(stops: Sequence[UnitStop]) -> dict[int, list[dict[str, str]]]:
    sequence = {stop.unit_id: stop.sequence for stop in stops}
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    open_ = UnitStop.objects.filter(unit__in=sequence).exclude(state=StopState.RELEASED)
    for other in open_.select_related("station").order_by("sequence"):
        if other.sequence < sequence[other.unit_id]:
            said = {"code": other.station.code, "name": other.station.name, "name_zh": other.station.name_zh}
            found[other.unit_id].append(said)
    return found


def _procedure(stop: UnitStop, way: Way, now: datetime) -> Procedure | None:
    """The revision that the work was begun by, else the one that holds now."""
    if stop.procedure is not None and stop.procedure.withdrawn_at is None:
        return stop.procedure
    place = way.stop(stop.station.code)
    return way.procedure(place, now) if place else None


def _steps_of(procedures: Iterable[Procedure | None]) -> dict[int, list[ProcedureStep]]:
    found: dict[int, list[ProcedureStep]] = defaultdict(list)
    keys = {one.pk for one in procedures if one is not None}
    rows = ProcedureStep.objects.filter(procedure__in=keys).order_by("sequence")
    for step in rows.select_related("item", "characteristic", "picture", "procedure"):
        found[step.procedure_id].append(step)  # type: ignore[attr-defined]
    return found


def _entries_of(units: Sequence[Unit], station: Station) -> dict[int, list[StationEntry]]:
    found: dict[int, list[StationEntry]] = defaultdict(list)
    rows = StationEntry.objects.filter(unit__in={unit.pk for unit in units}, station=station)
    for row in rows.select_related("actor", "unit", "station", "procedure"):
        found[row.unit_id].append(row)
    return found


def _unit_said(stop: UnitStop, entries: Sequence[StationEntry], steps: Sequence[ProcedureStep]) -> dict[str, Any]:
    unit = stop.unit
    return {
        "uid": str(unit.uid),
        "serial": unit.serial,
        "item": unit.item.number,
        "item_name": unit.item.name,
        "item_name_zh": unit.item.name_zh,
        "simulated": unit.simulated,
        "state": stop.state,
        "due": None,
        "entries": entries_said(entries),
        "holds": [hold_said(hold) for hold in holds_of(stop, entries, steps)],
    }


def holds_of(stop: UnitStop, entries: Sequence[StationEntry], steps: Sequence[ProcedureStep]) -> list[Hold]:
    """Ask what outside holds a unit here now; only where a release was asked for and refused."""
    if stop.state != StopState.HELD:
        return []
    outcomes = {row.uid: row.outcome for row in entries}
    return holds_on(release_of(stop.unit, stop.station, entries, outcomes, steps))


def hold_said(hold: Hold) -> dict[str, str]:
    return {"holder": hold.holder, "said": hold.said, "url": hold.url}


def entries_said(rows: Sequence[StationEntry]) -> list[dict[str, Any]]:
    pictures = pictures_of(rows)
    return [_entry_said(row, pictures) for row in rows]


def _entry_said(row: StationEntry, pictures: frozenset[str]) -> dict[str, Any]:
    return {
        "id": str(row.uid),
        "unit": str(row.unit.uid),
        "station": row.station.code,
        "procedure": str(row.procedure.uid),
        "step": row.step,
        "kind": row.kind,
        "device_time": instant(row.device_time),
        "at": instant(row.at),
        "payload": row.payload,
        "by": {"uid": str(row.actor.uid) if row.actor else "", "name": row.actor_name},
        "outcome": row.outcome,
        "reason": row.reason or None,
        **({"has_picture": row.payload["sha256"] in pictures} if row.kind == EntryKind.PHOTO else {}),
    }


def procedure_said(procedure: Procedure, steps: Sequence[ProcedureStep]) -> dict[str, Any]:
    return {
        "uid": str(procedure.uid),
        "code": procedure.code,
        "revision": procedure.revision,
        "title": procedure.title,
        "title_zh": procedure.title_zh,
        "steps": [step_said(step) for step in steps],
    }


def step_said(step: ProcedureStep) -> dict[str, Any]:
    """A step as the tablet draws it: what its kind does not use is left out."""
    said: dict[str, Any] = {
        "key": step.key,
        "sequence": step.sequence,
        "kind": step.kind,
        "text": step.text,
        "text_zh": step.text_zh,
        "required": step.required,
        "unit_code": step.unit_code,
        "nominal": step.nominal,
        "lower": step.lower,
        "upper": step.upper,
        "decimals": step.decimals if step.kind == EntryKind.VALUE else None,
        "instrument_kind": step.instrument_kind,
        "characteristic_uid": str(step.characteristic.uid) if step.characteristic else None,
        "choices": step.choices,
        "item": step.item.number if step.item else None,
        "position": step.position,
        "meaning": step.meaning,
        "meaning_zh": step.meaning_zh,
        "picture_url": picture_url(step.procedure, step.picture),
    }
    needed = {"key", "sequence", "kind", "text", "text_zh", "required"}
    return {name: value for name, value in said.items() if name in needed or value not in (None, "", [])}


def _instruments(steps: Iterable[ProcedureStep]) -> list[dict[str, Any]]:
    """The instruments that the steps ask for; one that may not be used for any of its kind's steps says why."""
    by_kind: dict[str, list[ProcedureStep]] = defaultdict(list)
    for step in steps:
        if step.instrument_kind:
            by_kind[step.instrument_kind].append(step)
    rows = list(Instrument.objects.filter(kind__in=by_kind, retired_at=None).order_by("number"))
    gauges = Gauges(one.number for one in rows)
    return [_instrument_said(one, gauges.fault(one.number, measured_by(by_kind[one.kind]))) for one in rows]


def _instrument_said(one: Instrument, fault: Fault | None) -> dict[str, Any]:
    return {
        "number": one.number,
        "name": one.name,
        "kind": one.kind,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "usable": fault is None,
        "reason": in_both_languages(lambda: fault.said if fault else ""),
    }


def standings_said(units: Iterable[Unit], stations: Mapping[int, set[str]]) -> list[dict[str, Any]]:
    """How units stand at the stations that a tablet has just sent entries of."""
    shown = []
    for unit in units:
        stops = UnitStop.objects.filter(unit=unit, station__code__in=stations.get(unit.pk, ()))
        for stop in stops.select_related("unit__item", "station", "procedure").order_by("sequence"):
            entries = _entries_of([unit], stop.station)[unit.pk]
            steps = _steps_of([stop.procedure])[stop.procedure.pk] if stop.procedure else []
            said = _unit_said(stop, entries, steps)
            kept = {name: said[name] for name in ("uid", "serial", "state", "holds", "entries")}
            shown.append({**kept, "station": stop.station.code})
    return shown
