"""From the records to the fold: all entries of units that are bound together by the parts scanned into them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import timezone

from samegauge.apps.inspection.plans.models import ProcedureStep
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.apps.inspection.plans.routes import Way, ways_of
from samegauge.apps.inspection.stations.fold import Entry, Instructions, Shop, Step, Stop
from samegauge.apps.inspection.stations.models import Effect, EntryKind, StationEntry
from samegauge.core.thread.models import AsBuiltEdge, Unit
from samegauge.core.vault.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from samegauge.apps.inspection.plans.models import Procedure
    from samegauge.apps.inspection.stations.reasons import Said

    Worked = set[tuple[int, str]]


@dataclass(frozen=True)
class Loaded:
    """Units, their entries as rows and as the fold takes them, and what else the fold asks for."""

    units: dict[int, Unit]
    ways: dict[int, Way]
    rows: list[StationEntry]
    effects: dict[int, Effect]
    entries: list[Entry]
    shop: Shop
    steps: dict[int, dict[str, ProcedureStep]]

    def held_too(self, held: Mapping[UUID, Said]) -> Loaded:
        return replace(self, shop=replace(self.shop, held={**self.shop.held, **held}))


def load(unit_keys: Iterable[int]) -> Loaded:
    rows = _bound_together(set(unit_keys))
    units = {row.unit.pk: row.unit for row in rows}
    missing = set(unit_keys) - units.keys()
    units |= {unit.pk: unit for unit in Unit.objects.filter(pk__in=missing).select_related("item")}
    ways = ways_of(units.values(), timezone.now())
    worked = {(row.unit_id, row.station.code) for row in rows}
    steps = _steps(ways, rows, worked)
    effects = _effects(rows)
    shop = Shop(
        zone=timezone.get_current_timezone(),
        ways={key: _stops(way, steps, worked) for key, way in ways.items()},
        serials={key: unit.serial for key, unit in units.items()},
        occupied=_occupied(rows, effects),
        taken_out=_taken_out(rows, effects),
        pictures=pictures_of(rows),
        held={row.uid: row.reason for row in rows if row.held_at is not None},
    )
    return Loaded(units, ways, rows, effects, [_entry(row) for row in rows], shop, steps)


def _bound_together(keys: set[int]) -> list[StationEntry]:
    """Return the entries of these units and of all that share a scanned part with them, directly or through others."""
    found: dict[int, StationEntry] = {}
    serials: set[str] = set()
    every = StationEntry.objects.select_related("unit__item", "station", "procedure", "actor")
    level = set(keys)
    seen: set[int] = set()
    while level:
        seen |= level
        new = {row.pk: row for row in every.filter(unit__in=level)}
        found |= new
        fresh = {row.serial for row in new.values() if row.serial} - serials
        serials |= fresh
        sharing = StationEntry.objects.filter(serial__in=fresh).values_list("unit_id", flat=True) if fresh else ()
        level = set(sharing) - seen
    return sorted(found.values(), key=lambda row: (row.at, row.uid))


def _entry(row: StationEntry) -> Entry:
    return Entry(
        id=row.uid,
        unit=row.unit_id,
        station=row.station.code,
        procedure=row.procedure.pk,
        step=row.step,
        kind=row.kind,
        at=row.at,
        payload=row.payload,
        actor=str(row.actor_id or row.actor_name),
        supervisor=row.role in SUPERVISORS,
        fault=row.fault,
    )


def _steps(
    ways: Mapping[int, Way], rows: Iterable[StationEntry], worked: Worked
) -> dict[int, dict[str, ProcedureStep]]:
    """Steps by procedure and key, of the procedures of stations where something was done."""
    procedures = {
        one.pk
        for key, way in ways.items()
        for stop in way.stops
        if (key, stop.station.code) in worked
        for one in way.procedures.get(stop.procedure_code, ())
    }
    procedures |= {row.procedure.pk for row in rows}
    steps: dict[int, dict[str, ProcedureStep]] = defaultdict(dict)
    for step in ProcedureStep.objects.filter(procedure__in=procedures).select_related("item", "characteristic"):
        steps[step.procedure_id][step.key] = step  # type: ignore[attr-defined]
    return steps


def _stops(way: Way, steps: Mapping[int, Mapping[str, ProcedureStep]], worked: Worked) -> tuple[Stop, ...]:
    return tuple(
        Stop(
            stop.station.code,
            stop.sequence,
            {
                one.pk: _instructions(one, steps.get(one.pk, {}))
                for one in way.procedures.get(stop.procedure_code, ())
                if (way.unit.pk, stop.station.code) in worked
            },
        )
        for stop in way.stops
    )


def _instructions(procedure: Procedure, steps: Mapping[str, ProcedureStep]) -> Instructions:
    return Instructions(
        procedure.pk,
        str(procedure),
        {key: _step(one) for key, one in steps.items()},
        procedure.revision,
        procedure.from_serial,
        procedure.to_serial,
        procedure.from_day,
        procedure.to_day,
        procedure.released_at,
        procedure.withdrawn_at,
    )


def _step(row: ProcedureStep) -> Step:
    return Step(
        row.key,
        row.kind,
        row.required,
        row.lower,
        row.upper,
        frozenset(str(one["value"]) for one in row.choices if one.get("passes", True)),
        row.characteristic_id,
        row.position or row.key,
        {"en": row.text, "zh": row.text_zh or row.text},
    )


def _effects(rows: Sequence[StationEntry]) -> dict[int, Effect]:
    """What the entries have led to so far, by their keys."""
    units = {row.unit_id for row in rows}
    found = Effect.objects.filter(entry__unit__in=units).select_related("event", "measurement", "edge__installed_event")
    return {effect.entry_id: effect for effect in found.select_related("edge__child")}  # type: ignore[attr-defined]


def _occupied(
    rows: Sequence[StationEntry], effects: Mapping[int, Effect]
) -> dict[str, list[tuple[datetime | None, str]]]:
    """Places of the scanned parts that no entry gave them."""
    ours = {effect.edge_id for effect in effects.values()}
    serials = {row.serial for row in rows if row.serial}
    found: dict[str, list[tuple[datetime | None, str]]] = defaultdict(list)
    for edge in AsBuiltEdge.objects.filter(child__serial__in=serials).select_related("child", "parent"):
        if edge.pk not in ours:
            found[edge.child.serial].append((edge.valid_to, edge.parent.serial))
    return found


def _taken_out(rows: Sequence[StationEntry], effects: Mapping[int, Effect]) -> dict[UUID, datetime]:
    """When parts left by another door than a scan at their step: at once, where their place was retracted."""
    found = {}
    for row in rows:
        effect = effects.get(row.pk)
        if effect is None or effect.edge is None:
            continue
        if effect.edge.retracted_at is not None:
            found[row.uid] = row.at
        elif effect.edge.valid_to is not None and effect.edge.valid_to != effect.edge_until:
            found[row.uid] = effect.edge.valid_to
    return found


def pictures_of(rows: Iterable[StationEntry]) -> frozenset[str]:
    wanted = {row.payload["sha256"] for row in rows if row.kind == EntryKind.PHOTO}
    return frozenset(StoredFile.objects.filter(sha256__in=wanted).values_list("sha256", flat=True))
