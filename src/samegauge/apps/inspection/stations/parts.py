"""Which parts may go in: free, used in something, or blocked by an inspection that nobody has decided about."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from samegauge.core.measurement.models import Conformity, Inspection
from samegauge.core.thread.models import AsBuiltEdge, Block, Event, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

DECIDED = "disposition"
MOST_CANDIDATES = 2000


def failed_serials(parts: Iterable[Unit]) -> set[str]:
    """Return the serial numbers of those whose latest inspection by some plan failed, without a decision since."""
    later = Inspection.objects.filter(
        unit=OuterRef("unit"), kind=OuterRef("kind"), plan=OuterRef("plan"), reported_at__gt=OuterRef("reported_at")
    )
    decided = Event.objects.filter(unit=OuterRef("unit"), kind=DECIDED, device_time__gt=OuterRef("reported_at"))
    failed = Inspection.objects.filter(verdict=Conformity.FAIL, unit__in={part.pk for part in parts})
    return set(failed.filter(~Exists(later), ~Exists(decided)).values_list("unit__serial", flat=True))


def blocks_by_part(parts: Iterable[Unit]) -> dict[int, list[Block]]:
    """Return everything that ever kept a part, itself or with its lot, from being built in; by the part's key."""
    asked = list(parts)
    lots = {part.lot_id for part in asked if part.lot_id is not None}  # type: ignore[attr-defined]
    of_part: dict[int, list[Block]] = defaultdict(list)
    of_lot: dict[int, list[Block]] = defaultdict(list)
    for block in Block.objects.filter(Q(unit__in={part.pk for part in asked}) | Q(lot__in=lots)):
        (of_lot[block.lot_id] if block.lot_id else of_part[block.unit_id]).append(block)  # type: ignore[attr-defined]
    return {part.pk: [*of_part[part.pk], *of_lot[part.lot_id]] for part in asked}  # type: ignore[attr-defined]


def block_at(blocks: Iterable[Block], at: datetime) -> Block | None:
    return next((one for one in blocks if one.valid_from <= at and (one.valid_to is None or at < one.valid_to)), None)


def candidates(items: Iterable[int]) -> list[dict[str, str]]:
    """Return the parts of these items as the tablet keeps them for a shift: the newest first, free ones before used."""
    parts = list(
        Unit.objects.filter(item__in=set(items))
        .select_related("item")
        .order_by("-registered_at", "-pk")[:MOST_CANDIDATES]
    )
    holders = dict(
        AsBuiltEdge.objects.filter(child__in={part.pk for part in parts}, valid_to=None).values_list(
            "child_id", "parent__serial"
        )
    )
    free = [part for part in parts if part.pk not in holders]
    failed, blocks, now = failed_serials(free), blocks_by_part(free), timezone.now()
    blocked = {part.pk for part in free if part.serial in failed or block_at(blocks[part.pk], now) is not None}
    rows = []
    for part in parts:
        state = "used" if part.pk in holders else "blocked" if part.pk in blocked else "free"
        used_in = holders.get(part.pk, "")
        rows.append(
            {"uid": str(part.uid), "serial": part.serial, "item": part.item.number, "state": state, "used_in": used_in}
        )
    return rows
