"""The way of one unit: its options, the route that holds for it, and the procedure at each station."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from samegauge.apps.inspection.plans.effectivity import holding
from samegauge.apps.inspection.plans.models import Procedure, Route, RouteStop
from samegauge.core.thread.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from samegauge.core.thread.models import Unit

ORDERED = "ordered"


@dataclass(frozen=True)
class Way:
    """A unit's stops in order and, by code, every revision of the procedures that they name, newest first."""

    unit: Unit
    route: Route | None
    stops: tuple[RouteStop, ...]
    procedures: Mapping[str, Sequence[Procedure]]

    def procedure(self, stop: RouteStop, at: datetime) -> Procedure | None:
        revisions = self.procedures.get(stop.procedure_code, ())
        return holding(revisions, self.unit.serial, at, timezone.get_current_timezone())  # type: ignore[type-var]

    def stop(self, station: str) -> RouteStop | None:
        return next((one for one in self.stops if one.station.code == station), None)


def ways_of(units: Iterable[Unit], at: datetime) -> dict[int, Way]:
    """Return the way of each unit, by its key: five queries however many units there are."""
    asked = list(units)
    routes: dict[int, list[Route]] = defaultdict(list)
    for route in Route.objects.filter(item__in={unit.item_id for unit in asked}):  # type: ignore[attr-defined]
        routes[route.item_id].append(route)
    zone = timezone.get_current_timezone()
    held = {unit.pk: holding(routes[unit.item_id], unit.serial, at, zone) for unit in asked}  # type: ignore[attr-defined]
    stops: dict[int, list[RouteStop]] = defaultdict(list)
    for stop in RouteStop.objects.filter(route__in={one for one in held.values() if one}).select_related("station"):
        stops[stop.route_id].append(stop)  # type: ignore[attr-defined]
    procedures: dict[str, list[Procedure]] = defaultdict(list)
    codes = {stop.procedure_code for some in stops.values() for stop in some}
    for one in Procedure.objects.filter(code__in=codes).order_by("code", "-revision"):
        procedures[one.code].append(one)
    options = options_of(asked)
    return {unit.pk: _way(unit, held[unit.pk], stops, options[unit.pk], procedures) for unit in asked}


def procedure_now(unit: Unit, station: str) -> Procedure | None:
    now = timezone.now()
    way = ways_of([unit], now)[unit.pk]
    stop = way.stop(station)
    return way.procedure(stop, now) if stop else None


def _way(
    unit: Unit,
    route: Route | None,
    stops: Mapping[int, Sequence[RouteStop]],
    options: Mapping[str, Any],
    procedures: Mapping[str, Sequence[Procedure]],
) -> Way:
    needed = tuple(_needed(stops[route.pk], options)) if route else ()
    return Way(unit, route, needed, procedures)


def options_of(units: Iterable[Unit]) -> dict[int, dict[str, Any]]:
    """Return the options each unit was ordered with, as its order says."""
    found: dict[int, dict[str, Any]] = {unit.pk: {} for unit in units}
    for event in Event.objects.filter(kind=ORDERED, unit__in=found, superseded_by=None).order_by("device_time", "pk"):
        options = event.payload.get("options")
        if event.unit_id is not None and isinstance(options, dict):
            found[event.unit_id] = options
    return found


def _needed(stops: Iterable[RouteStop], options: Mapping[str, Any]) -> Iterable[RouteStop]:
    for stop in sorted(stops, key=lambda one: (one.sequence, one.station.code)):
        if all(str(options.get(name)) in map(str, values) for name, values in stop.only_with.items()):
            yield stop
