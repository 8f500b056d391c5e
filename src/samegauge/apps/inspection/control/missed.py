"""Samples that were to be taken and were not: by the plan's frequency, or by the hours that a design names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from samegauge.apps.inspection.control.completions import Completion, completions, measured_units
from samegauge.apps.inspection.control.models import Process
from samegauge.apps.inspection.control.placing import stations_of, units_between
from samegauge.core.measurement.models import Characteristic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# What has not been worked on for so long is no process that somebody watches now.
RECENT = timedelta(days=60)


@dataclass(frozen=True)
class Missed:
    """`units` went by without a value, or none came since `since` though one is expected every `every_h`."""

    characteristic: Characteristic
    since: datetime
    units: int = 0
    every_units: int = 0
    every_h: float = 0.0
    station: str = ""


def missed(now: datetime | None = None) -> list[Missed]:
    moment = now or timezone.now()
    return sorted([*_by_hours(moment), *_by_units(moment)], key=lambda one: (one.since, one.characteristic.pk))


def _by_hours(now: datetime) -> Iterator[Missed]:
    rows = Process.objects.filter(design__expected_every_h__isnull=False, last_at__isnull=False)
    for process in rows.filter(members__isnull=False).distinct().select_related("design", "lead__item"):
        every_h = process.design.expected_every_h if process.design else None
        if every_h and process.last_at and now > process.last_at + timedelta(hours=every_h):
            yield Missed(process.lead, process.last_at, every_h=every_h)


def _by_units(now: datetime) -> Iterator[Missed]:
    left: dict[tuple[int, str], list[Completion]] = defaultdict(list)
    for one in completions(now - RECENT):
        left[one.item, one.station].append(one)
    if not left:
        return
    items = {item for item, _station in left}
    rows = {row.pk: row for row in Characteristic.objects.filter(item__in=items).select_related("item")}
    every = units_between(list(rows))
    stations = stations_of(list(every))
    units = sorted({one.unit for some in left.values() for one in some})
    measured = measured_units(list(stations), units)
    for key, station in stations.items():
        passed = left[rows[key].item.pk, station.code]
        without = 0
        while without < len(passed) and (key, passed[-1 - without].unit) not in measured:
            without += 1
        if without >= every[key]:
            yield Missed(rows[key], passed[-without].at, without, every[key], station=station.code)
