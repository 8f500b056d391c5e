"""What a quality manager opens in the morning: what is out of control, what holds machines, capability, yield."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils import timezone

from samegauge.apps.inspection.control.completions import Completion, completions, measured_units, units_that_failed
from samegauge.apps.inspection.control.gates import Standing, closed_gates, standings
from samegauge.apps.inspection.control.missed import Missed, missed
from samegauge.apps.inspection.control.models import Alarm, Process, ProcessMember
from samegauge.apps.inspection.control.placing import stations_of
from samegauge.core.measurement.models import Conformity, Inspection, Measurement
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Event, ItemKind, Unit
from samegauge.engines.laws.inference import share_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.engines.spc.capability.normal import Verdict

PERIODS = (30, 90, 365)
MOST_CAUSES = 10
_GONE = "delivered"


@dataclass(frozen=True)
class Period:
    """From `since` up to, but not including, `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Held:
    """A closed gate, the station it is at, and the machines in the works that have no value of it yet."""

    standing: Standing
    station: Station | None
    units: tuple[Unit, ...]


def by_bound(standing: Standing) -> tuple[float, int]:
    """The weakest first, those without an index last."""
    return (standing.index.lower_bound if standing.index else math.inf), standing.process.pk


@dataclass(frozen=True)
class StationCapability:
    """The processes measured at one station; `worst` has the smallest lower bound. None: at no station of a route."""

    station: Station | None
    rows: tuple[Standing, ...]

    @property
    def worst(self) -> Standing | None:
        return min(self.rows, key=by_bound, default=None)

    def counted(self, verdict: Verdict) -> int:
        return sum(one.verdict is verdict for one in self.rows)


@dataclass(frozen=True)
class StationYield:
    """Units that left a station for the first time, those of them without rework or failed value, and the bounds."""

    station: str
    count: int
    clean: int
    lower: float
    upper: float

    @property
    def share(self) -> float:
        return self.clean / self.count


@dataclass(frozen=True)
class Morning:
    """`inspected` and `failed` count standing values of the period."""

    period: Period
    gates: tuple[Held, ...]
    missed: tuple[Missed, ...]
    stations: tuple[StationCapability, ...]
    causes: tuple[tuple[str, str, int], ...]
    failures: tuple[tuple[str, int], ...]
    yields: tuple[StationYield, ...]


def period_of(days: int, now: datetime | None = None) -> Period:
    until = now or timezone.now()
    return Period(until - timedelta(days=days), until)


def morning(period: Period) -> Morning:
    return Morning(
        period,
        tuple(_held()),
        tuple(missed()),
        tuple(capability_by_station()),
        tuple(causes(period)),
        tuple(failures(period)),
        tuple(yields(period)),
    )


def watched() -> list[Process]:
    """Every process that has values, its leading characteristic with it."""
    rows = Process.objects.filter(seen__gt=1, members__isnull=False).distinct()
    return list(rows.select_related("lead__item", "design").order_by("pk"))


def capability_by_station(processes: Sequence[Process] | None = None) -> list[StationCapability]:
    """Of processes with limits: those at a station in the order of the route, the others last."""
    asked = watched() if processes is None else list(processes)
    stations = _station_of(asked)
    grouped: dict[int | None, list[Standing]] = defaultdict(list)
    for one in standings(asked):
        if one.index is not None:
            place = stations.get(one.process.pk)
            grouped[place.pk if place else None].append(one)
    known = {one.pk: one for one in stations.values()}
    found = [StationCapability(known[key] if key else None, tuple(rows)) for key, rows in grouped.items()]
    return sorted(found, key=_in_route)


def _in_route(row: StationCapability) -> tuple[bool, int, str]:
    return (
        row.station is None,
        (row.station.sequence or 0) if row.station else 0,
        row.station.code if row.station else "",
    )


def _station_of(processes: Iterable[Process]) -> dict[int, Station]:
    members = dict(ProcessMember.objects.filter(process__in=processes).values_list("characteristic_id", "process_id"))
    return {members[key]: station for key, station in stations_of(members).items()}


def _held() -> list[Held]:
    closed = closed_gates()
    if not closed:
        return []
    stations = _station_of([standing.process for standing, _keys in closed])
    in_works = _in_the_works()
    keys = [key for _standing, some in closed for key in some]
    measured = measured_units(keys, [unit.pk for unit in in_works])
    items = dict(
        ProcessMember.objects.filter(characteristic__in=keys).values_list(
            "characteristic_id", "characteristic__item_id"
        )
    )
    found = []
    for standing, some in closed:
        item_of = {items[key]: key for key in some}
        waiting = [
            unit for unit in in_works if unit.item.pk in item_of and (item_of[unit.item.pk], unit.pk) not in measured
        ]
        found.append(Held(standing, stations.get(standing.process.pk), tuple(waiting)))
    return found


def _in_the_works() -> list[Unit]:
    """Machines that were begun and not delivered."""
    delivered = Event.objects.filter(kind=_GONE, unit__item__kind=ItemKind.MACHINE).values("unit")
    rows = Unit.objects.filter(item__kind=ItemKind.MACHINE).exclude(pk__in=delivered)
    return list(rows.select_related("item").order_by("serial"))


def causes(period: Period) -> list[tuple[str, str, int]]:
    """How often each cause was found, in both languages, most frequent first."""
    rows = Alarm.objects.filter(answered_at__gte=period.since, answered_at__lt=period.until, cause__isnull=False)
    counted = rows.order_by().values_list("cause__name", "cause__name_zh").annotate(count=Count("pk"))
    return sorted(((name, zh or name, count) for name, zh, count in counted), key=lambda one: (-one[2], one[0]))


def failures(period: Period) -> list[tuple[str, int]]:
    """Which characteristics failed, most frequent first."""
    inspections = Inspection.objects.filter(reported_at__gte=period.since, reported_at__lt=period.until)
    rows = Measurement.objects.filter(stated=Conformity.FAIL, inspection__in=inspections.values("pk"))
    counted = Counter(dict(rows.order_by().values_list("characteristic__name").annotate(count=Count("pk"))))
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


def yields(period: Period) -> list[StationYield]:
    left = completions(period.since, period.until)
    if not left:
        return []
    failed = _failed_at(left)
    by_station: dict[str, list[bool]] = defaultdict(list)
    for one in left:
        by_station[one.station].append(one.clean and (one.unit, one.station) not in failed)
    order = dict(Station.objects.values_list("code", "sequence"))
    found = []
    for station, clean in by_station.items():
        found.append(StationYield(station, len(clean), sum(clean), *share_bounds(sum(clean), len(clean))))
    return sorted(found, key=lambda one: (order.get(one.station) or 0, one.station))


def _failed_at(left: Sequence[Completion]) -> set[tuple[int, str]]:
    """Units with a value beyond its limits at a station, even if a later one held."""
    units = sorted({one.unit for one in left})
    rows = ProcessMember.objects.filter(characteristic__item__in={one.item for one in left})
    stations = stations_of(list(rows.values_list("characteristic_id", flat=True)))
    return {(unit, stations[key].code) for key, unit in units_that_failed(list(stations), units)}
