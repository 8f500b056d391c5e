"""May this part be built in? What a scan is answered, and the blocks that say no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from samegauge.core.labels.rules import scanned_path
from samegauge.core.thread.genealogy import Among, after
from samegauge.core.thread.models import AsBuiltEdge, Block, Lot, Unit
from samegauge.core.thread.rules import Fact, Recorder, ThreadError, blocks_on, lock_structure, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from samegauge.core.thread.models import Item


class PartState(StrEnum):
    FREE = "free"
    UNKNOWN = "unknown"
    WRONG_ITEM = "wrong_item"
    BLOCKED = "blocked"
    USED = "used"


@dataclass(frozen=True)
class PartCheck:
    """`said` tells in the reader's language why the part may not be built in and what to do; empty when it may."""

    state: PartState
    scanned: str
    unit: Unit | None = None
    said: str = ""

    @property
    def is_free(self) -> bool:
        return self.state == PartState.FREE


def scanned_units(scanned: str) -> QuerySet[Unit]:
    """The unit of a serial number, or of the code on a label."""
    text = scanned.replace("\x00", "").strip()
    kind, _slash, code = scanned_path(text)[1:].partition("/")
    found = Q(uid=UUID(code)) if kind == "U" else Q(serial=text)
    return Unit.objects.filter(found).select_related("item", "lot")


def blocked_among(units: Iterable[int]) -> set[int]:
    """Return which of the units are blocked now, themselves or with their lot."""
    standing = Block.objects.filter(valid_to__isnull=True)
    blocked = Q(pk__in=standing.values("unit")) | Q(lot__in=standing.values("lot"))
    return set(Unit.objects.filter(blocked, Among("pk", units)).values_list("pk", flat=True))


def check_part(scanned: str, item: Item | None = None, at: datetime | None = None) -> PartCheck:
    """Answer a scan in two queries: may this part go in at a moment (now), where an item is wanted as that item."""
    at = at or datetime.now(UTC)
    places = AsBuiltEdge.objects.filter(after(at), child=OuterRef("pk")).order_by("valid_from")
    unit = scanned_units(scanned).annotate(holder=Subquery(places.values("parent__serial")[:1])).first()
    if unit is None:
        said = _("No part has the number %(serial)s here. Scan again, or register it.") % {"serial": scanned.strip()}
        return PartCheck(PartState.UNKNOWN, scanned, None, said)
    holder = unit.holder  # type: ignore[attr-defined] - annotated
    facts = {"serial": unit.serial, "is": unit.item.number, "wanted": item.number if item else "", "in": holder}
    if item is not None and unit.item_id != item.pk:
        said = _("%(serial)s is %(is)s, and %(wanted)s belongs here. Scan the right one.") % facts
        return PartCheck(PartState.WRONG_ITEM, scanned, unit, said)
    if block := blocks_on(unit, at).first():
        return PartCheck(PartState.BLOCKED, scanned, unit, _blocked(unit, block))
    if holder:
        said = _("%(serial)s is in %(in)s. Scan the right one, or have its removal recorded.") % facts
        return PartCheck(PartState.USED, scanned, unit, said)
    return PartCheck(PartState.FREE, scanned, unit)


def _blocked(unit: Unit, block: Block) -> str:
    facts = {
        "serial": unit.serial,
        "lot": unit.lot.number if unit.lot else "",
        "reason": block.reason,
        "who": block.blocked_event.actor_name,
    }
    if block.lot_id:
        return _("%(serial)s is of lot %(lot)s, which %(who)s blocked: %(reason)s. Take one of another lot.") % facts
    return _("%(serial)s was blocked by %(who)s: %(reason)s. Take another one, or have it released.") % facts


def block(what: Unit | Lot, reason: str, recorder: Recorder, at: datetime | None = None) -> Block:
    """Keep a unit, or all of a lot, from being built in; what is in a machine already stays there."""
    if not reason.strip():
        raise ThreadError(_("Say why it is blocked."))
    at = at or datetime.now(UTC)
    named = _named(what)
    with transaction.atomic():
        lock_structure()
        if Block.objects.filter(**named, valid_to__isnull=True).exists():
            raise ThreadError(_("%(what)s is blocked already.") % {"what": what})
        event = record(_fact("blocked", what, reason, at), recorder)
        return Block.objects.create(**named, reason=reason.strip(), valid_from=at, blocked_event=event)


def release(standing: Block, reason: str, recorder: Recorder, at: datetime | None = None) -> Block:
    if not reason.strip():
        raise ThreadError(_("Say why it is released."))
    at = at or datetime.now(UTC)
    with transaction.atomic():
        lock_structure()
        standing.refresh_from_db()
        if standing.valid_to is not None:
            raise ThreadError(_("%(what)s has been released already.") % {"what": standing.unit or standing.lot})
        what = standing.unit or standing.lot
        assert what is not None  # noqa: S101 - the database keeps one of the two
        standing.valid_to = at
        standing.released_event = record(_fact("released", what, reason, at), recorder)
        standing.save()
    return standing


def _named(what: Unit | Lot) -> dict[str, Unit | Lot]:
    return {"unit" if isinstance(what, Unit) else "lot": what}


def _fact(kind: str, what: Unit | Lot, reason: str, at: datetime) -> Fact:
    if isinstance(what, Unit):
        simulated, unit, named = what.simulated, what, {}
    else:
        simulated = what.organisation.is_simulated
        unit, named = None, {"lot": what.number, "lot_kind": what.kind}
    said = {"reason": reason.strip(), **named} | ({"simulated": True} if simulated else {})
    return Fact(kind, at, said, unit=unit)
