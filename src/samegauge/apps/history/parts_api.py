"""Parts at the machine: the check of a scan, swap and rework, blocks, where lots went, and recalls."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema, Status
from pydantic import BaseModel, Field

from samegauge.apps.history.models import Recall
from samegauge.apps.history.records import ComponentRecord, component_record
from samegauge.apps.history.tracing import Affected, lots_in, traced, units_of
from samegauge.core.api_contract import GuardedRouter, Instant, Listed, Window, Word, Words
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import Block, Event, Item, Lot, Unit
from samegauge.core.thread.moves import Rework, Swap, rework, swap, undo_swap
from samegauge.core.thread.parts import PartState, block, check_part, release
from samegauge.core.thread.rules import Recorder, refuse_future

router = GuardedRouter(tags=["thread"])


class PartAnswer(Schema):
    state: PartState
    unit_uid: UUID | None
    serial: str | None
    item: str | None
    reason: str = Field(description="In the language asked for; empty when the part may go in")


@router.get("/parts/check", response=PartAnswer)
@needs(Action.READ)
def part_check(request: HttpRequest, scan: Word, item: Word | None = None) -> Any:  # noqa: ARG001 - ninja
    """Tell whether a part may be built in: the serial number or the code of a label, and the item that is wanted."""
    wanted = get_object_or_404(Item, number=item) if item else None
    found = check_part(scan, wanted)
    unit = found.unit
    return PartAnswer(
        state=found.state,
        unit_uid=unit.uid if unit else None,
        serial=unit.serial if unit else None,
        item=unit.item.number if unit else None,
        reason=found.said,
    )


class SwapSaid(BaseModel):
    new_uid: UUID = Field(description="The part that takes this one's place; of the same item")
    at: Instant
    reason: Words


@router.post("/units/{uuid:unit_uid}/swap", response={201: ComponentRecord})
@needs(Action.RECORD)
def swap_unit(request: HttpRequest, unit_uid: UUID, said: SwapSaid) -> Any:
    """Take the unit out and put another one in its place, as one step."""
    refuse_future(said.at)
    asked = Swap(_unit(unit_uid), _unit(said.new_uid), said.at, said.reason)
    return Status(201, component_record(swap(asked, _recorder(request))))


class Undoing(BaseModel):
    reason: Words


@router.post("/events/{uuid:event_uid}/undo-swap", response=ComponentRecord)
@needs(Action.RECORD)
def undo_a_swap(request: HttpRequest, event_uid: UUID, said: Undoing) -> Any:
    """Take back a swap that was recorded wrongly, by the event that put the new part in."""
    return component_record(undo_swap(get_object_or_404(Event, uid=event_uid), said.reason, _recorder(request)))


class ReworkSaid(BaseModel):
    out_at: Instant
    in_at: Instant
    reason: Words
    done: Words = Field(description="What was done to it")


@router.post("/units/{uuid:unit_uid}/rework", response={201: ComponentRecord})
@needs(Action.RECORD)
def rework_unit(request: HttpRequest, unit_uid: UUID, said: ReworkSaid) -> Any:
    """Record that the unit was out of its place, had something done to it, and went back."""
    refuse_future(said.in_at)
    asked = Rework(_unit(unit_uid), said.out_at, said.in_at, said.reason, said.done)
    return Status(201, component_record(rework(asked, _recorder(request))))


class BlockRecord(Schema):
    uid: UUID
    reason: str
    blocked_at: datetime
    released_at: datetime | None


def block_record(row: Block) -> BlockRecord:
    return BlockRecord(uid=row.uid, reason=row.reason, blocked_at=row.valid_from, released_at=row.valid_to)


@router.post("/units/{uuid:unit_uid}/block", response={201: BlockRecord})
@needs(Action.RECORD)
def block_unit(request: HttpRequest, unit_uid: UUID, said: Undoing) -> Any:
    """Keep the unit from being built in until it is released."""
    return Status(201, block_record(block(_unit(unit_uid), said.reason, _recorder(request))))


@router.post("/units/{uuid:unit_uid}/release", response=BlockRecord)
@needs(Action.RECORD)
def release_unit(request: HttpRequest, unit_uid: UUID, said: Undoing) -> Any:
    standing = get_object_or_404(Block, unit=_unit(unit_uid), valid_to__isnull=True)
    return block_record(release(standing, said.reason, _recorder(request)))


@router.post("/lots/{uuid:lot_uid}/block", response={201: BlockRecord})
@needs(Action.RECORD)
def block_lot(request: HttpRequest, lot_uid: UUID, said: Undoing) -> Any:
    """Keep every unit of the lot from being built in until the lot is released."""
    return Status(201, block_record(block(get_object_or_404(Lot, uid=lot_uid), said.reason, _recorder(request))))


@router.post("/lots/{uuid:lot_uid}/release", response=BlockRecord)
@needs(Action.RECORD)
def release_lot(request: HttpRequest, lot_uid: UUID, said: Undoing) -> Any:
    standing = get_object_or_404(Block, lot=get_object_or_404(Lot, uid=lot_uid), valid_to__isnull=True)
    return block_record(release(standing, said.reason, _recorder(request)))


class LotRecord(Schema):
    uid: UUID
    number: str
    kind: str
    items: list[str]
    parts: int


@router.get("/units/{uuid:unit_uid}/made-of", response=Listed[LotRecord])
@needs(Action.READ)
def unit_made_of(
    request: HttpRequest,  # noqa: ARG001 - ninja
    unit_uid: UUID,
    window: Query[Window],
    at: Instant | None = None,
) -> Any:
    """Trace backwards: the melts, heat treatments and deliveries of everything in the unit at a moment (now)."""
    found = lots_in(_unit(unit_uid), at or datetime.now(UTC))
    return window.of(
        found,
        lambda one: LotRecord(
            uid=one.lot.uid, number=one.lot.number, kind=one.lot.kind, items=list(one.items), parts=one.parts
        ),
    )


class SuspectRecord(Schema):
    serial: str
    since: datetime
    until: datetime | None


class AffectedRecord(Schema):
    machine_uid: UUID
    serial: str
    model: str
    customer: str
    place: str
    country: str
    running_hours_h: float | None
    replaced: bool
    parts: list[SuspectRecord]


def affected_record(one: Affected) -> AffectedRecord:
    return AffectedRecord(
        machine_uid=one.machine.uid,
        serial=one.machine.serial,
        model=one.machine.item.number,
        customer=one.customer,
        place=one.place,
        country=one.country,
        running_hours_h=one.running_hours_h,
        replaced=one.is_replaced,
        parts=[SuspectRecord(serial=part.unit.serial, since=part.since, until=part.until) for part in one.parts],
    )


@router.get("/lots/{uuid:lot_uid}/machines", response=Listed[AffectedRecord])
@needs(Action.READ)
def lot_machines(request: HttpRequest, lot_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """Trace forwards: the machines in which units of the lot are or were, with their customers."""
    return window.of(list(traced(units_of(get_object_or_404(Lot, uid=lot_uid))).affected), affected_record)


class RecalledRecord(Schema):
    machine_uid: UUID
    serial: str
    state: str
    note: str


class RecallRecord(Schema):
    uid: UUID
    title: str
    reason: str
    criterion: dict[str, Any]
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    machines: list[RecalledRecord]


def recall_record(case: Recall) -> RecallRecord:
    rows = case.machines.select_related("machine").order_by("machine__serial")
    return RecallRecord(
        uid=case.uid,
        title=case.title,
        reason=case.reason,
        criterion=case.criterion,
        opened_at=case.opened_at,
        opened_by=case.opened_by,
        closed_at=case.closed_at,
        machines=[
            RecalledRecord(machine_uid=row.machine.uid, serial=row.machine.serial, state=row.state, note=row.note)
            for row in rows
        ],
    )


@router.get("/recalls", response=Listed[RecallRecord])
@needs(Action.READ)
def recall_list(request: HttpRequest, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List the recalls, newest first, with how far each machine is."""
    return window.of(Recall.objects.order_by("-opened_at", "-pk"), recall_record)


def _unit(unit_uid: UUID) -> Unit:
    return get_object_or_404(Unit.objects.select_related("item"), uid=unit_uid)


def _recorder(request: HttpRequest) -> Recorder:
    return Recorder(actor=request.user)  # type: ignore[arg-type]
