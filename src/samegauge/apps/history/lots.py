"""Which lots stand out: parts that are taken out more often, heat treatments after which something else is measured."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from django.utils import timezone

from samegauge.core.measurement.models import Measurement
from samegauge.core.thread.models import AsBuiltEdge, Event
from samegauge.engines.comparison.groups import MeanApart, RateApart, means_apart, rates_apart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

# Over everything that is compared: of a hundred, or of twenty looks, one finds something where nothing is.
MOST_P_OF_RATES = 0.01
MOST_P_OF_MEANS = 0.05
FEWEST_TAKEN_OUT = 3


@dataclass
class InService:
    """One lot of an item in the field: days in service, how many were taken out, and whose machines they were in."""

    item: str
    lot: str
    lot_uid: UUID
    days: float = 0.0
    taken_out: int = 0
    still_in: int = 0
    last_out: datetime | None = None
    simulated: bool = False


@dataclass(frozen=True)
class WeakLot:
    lot: InService
    compared: RateApart


def weak_lots() -> Iterator[WeakLot]:
    """Lots whose parts are taken out more often than those of the item's other lots."""
    items = defaultdict(list)
    for lot in _in_service():
        items[lot.item].append(lot)
    asked = {item: lots for item, lots in items.items() if len(lots) > 1}
    for lots in asked.values():
        apart = rates_apart(
            [lot.taken_out for lot in lots], [lot.days for lot in lots], most_p=MOST_P_OF_RATES / len(asked)
        )
        yield from (WeakLot(lots[one.place], one) for one in apart if one.events >= FEWEST_TAKEN_OUT)


def _in_service() -> list[InService]:
    now = timezone.now()
    rows = AsBuiltEdge.objects.filter(child__lot__isnull=False).values_list(
        "child__item__number", "child__lot__number", "child__lot__uid", "valid_from", "valid_to", "child__simulated"
    )
    found: dict[tuple[str, str], InService] = {}
    for item, number, uid, since, until, simulated in rows.iterator():
        lot = found.setdefault((item, number), InService(item, number, uid))
        lot.days += max(((until or now) - since).total_seconds() / 86400, 0.0)
        lot.taken_out += until is not None
        lot.still_in += until is None
        lot.simulated |= simulated
        if until is not None and (lot.last_out is None or until > lot.last_out):
            lot.last_out = until
    return [found[key] for key in sorted(found)]


@dataclass
class _Deviations:
    """How far each value lies from the middle of its own characteristic, with the batch of its unit."""

    unit_code: str
    values: list[float] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    characteristics: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class OddBatch:
    """A heat treatment after which a characteristic deviates; `compared` is in deviations from each item's middle.

    `characteristic_id` is that of one of its items, as an example.
    """

    batch: str
    characteristic: str
    characteristic_id: int
    unit_code: str
    ended_at: datetime
    simulated: bool
    compared: MeanApart


def odd_batches() -> Iterator[OddBatch]:
    batch_of: dict[int, str] = {}
    ended: dict[str, tuple[datetime, bool]] = {}
    events = Event.objects.filter(kind="heat_treated", unit__isnull=False, superseded_by__isnull=True)
    for unit, payload, at, simulated in events.values_list("unit", "payload", "device_time", "unit__simulated"):
        if batch := str(payload.get("batch", "")):
            batch_of[unit], ended[batch] = batch, (at, simulated)
    characteristics = _deviations(batch_of)
    for name, one in characteristics.items():
        for apart in means_apart(one.values, one.batches, most_p=MOST_P_OF_MEANS / len(characteristics)):
            example = one.characteristics[one.batches.index(apart.group)]
            yield OddBatch(apart.group, name, example, one.unit_code, *ended[apart.group], apart)


def _deviations(batch_of: dict[int, str]) -> dict[str, _Deviations]:
    rows = Measurement.objects.filter(inspection__unit__in=batch_of, actual__isnull=False)
    of_characteristic: dict[tuple[int, str, str], list[tuple[str, float]]] = defaultdict(list)
    for characteristic, name, code, unit, actual in rows.values_list(
        "characteristic", "characteristic__name", "characteristic__unit_code", "inspection__unit", "actual"
    ).iterator():
        of_characteristic[characteristic, name, code].append((batch_of[unit], actual))
    found: dict[str, _Deviations] = {}
    for (key, name, code), values in of_characteristic.items():
        middle = median(value for _batch, value in values)
        pooled = found.setdefault(name, _Deviations(code))
        pooled.values += [value - middle for _batch, value in values]
        pooled.batches += [batch for batch, _value in values]
        pooled.characteristics += [key] * len(values)
    return found
