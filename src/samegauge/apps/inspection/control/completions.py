"""Which units left which stations, as the thread tells: the ground for yield and for samples that were missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.core.measurement.models import Conformity, Measurement
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

COMPLETED, OVERRIDDEN = "station_completed", "station_overridden"


@dataclass(frozen=True, slots=True)
class Completion:
    """`clean`: left without rework, without a value beyond its limits, and without anybody overriding a gate."""

    unit: int
    item: int
    station: str
    at: datetime
    clean: bool


def completions(since: datetime, until: datetime | None = None) -> list[Completion]:
    """Each unit's first leaving of each station since then, in order of time; what was corrected since is left out."""
    rows = Event.objects.filter(
        kind__in=[COMPLETED, OVERRIDDEN], device_time__gt=since, unit__isnull=False, superseded_by__isnull=True
    )
    if until is not None:
        rows = rows.filter(device_time__lt=until)
    numbers = {str(number): code for number, code in Station.objects.values_list("sequence", "code") if number}
    found: dict[tuple[int, str], Completion] = {}
    listed = rows.order_by("device_time", "pk").values_list(
        "unit_id", "unit__item_id", "kind", "payload", "device_time"
    )
    for unit, item, kind, payload, at in listed:
        said = str(payload.get("station", ""))
        station = numbers.get(said, said)
        clean = kind == COMPLETED and not payload.get("rework")
        found.setdefault((unit, station), Completion(unit, item, station, at, clean))
    return list(found.values())


def measured_units(characteristics: Sequence[int], units: Sequence[int]) -> set[tuple[int, int]]:
    """Which unit has a standing value of which characteristic, as pairs."""
    rows = Measurement.objects.filter(characteristic__in=characteristics, inspection__unit__in=units)
    return set(rows.values_list("characteristic_id", "inspection__unit_id").distinct())


def units_that_failed(characteristics: Sequence[int], units: Sequence[int]) -> set[tuple[int, int]]:
    rows = Measurement.objects.filter(
        characteristic__in=characteristics, inspection__unit__in=units, stated=Conformity.FAIL
    )
    return set(rows.values_list("characteristic_id", "inspection__unit_id").distinct())
