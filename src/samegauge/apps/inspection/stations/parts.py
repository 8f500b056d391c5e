"""Which parts may go in: free, used in something, or blocked by an inspection that nobody has decided about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.apps.inspection.rules import unsettled_inspections
from samegauge.core.measurement.models import Conformity
from samegauge.core.thread.models import AsBuiltEdge, Unit
from samegauge.core.thread.parts import blocked_among

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CANDIDATES = 2000


def failed_serials(parts: Iterable[Unit]) -> set[str]:
    """Return the serial numbers of those whose latest inspection by some plan failed, without a decision since."""
    keys = {part.pk for part in parts}
    if not keys:
        return set()
    failed = unsettled_inspections(Conformity.FAIL).filter(unit__in=keys)
    return set(failed.values_list("unit__serial", flat=True))


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
    failed, blocked = failed_serials(free), blocked_among(part.pk for part in free)
    rows = []
    for part in parts:
        closed = part.serial in failed or part.pk in blocked
        state = "used" if part.pk in holders else "blocked" if closed else "free"
        used_in = holders.get(part.pk, "")
        rows.append(
            {"uid": str(part.uid), "serial": part.serial, "item": part.item.number, "state": state, "used_in": used_in}
        )
    return rows
