"""What the API says about units, components, events, operations and measurements; identifiers are public ones only."""

# ruff: noqa: TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from samegauge.apps.history.queries import Child, ThreadView
    from samegauge.core.measurement.models import Inspection, Measurement
    from samegauge.core.production.models import OperationRun, Trace
    from samegauge.core.thread.genealogy import Branch
    from samegauge.core.thread.models import AsBuiltEdge, Document, Event, Unit


class ItemOfUnit(Schema):
    number: str
    name: str
    name_zh: str
    kind: str


class UnitRecord(Schema):
    uid: UUID
    serial: str
    item: ItemOfUnit
    revision: str | None
    lot: str | None
    simulated: bool
    registered_at: datetime
    import_uid: UUID | None
    verdict: str = Field(description="Worst verdict of the unit's inspections; empty when it was not inspected")


def unit_record(unit: Unit, verdict: str) -> UnitRecord:
    item = unit.item
    return UnitRecord(
        uid=unit.uid,
        serial=unit.serial,
        item=ItemOfUnit(number=item.number, name=item.name, name_zh=item.name_zh, kind=item.kind),
        revision=unit.revision.label if unit.revision else None,
        lot=unit.lot.number if unit.lot else None,
        simulated=unit.simulated,
        registered_at=unit.registered_at,
        import_uid=unit.batch.uid if unit.batch else None,
        verdict=verdict,
    )


class ComponentRecord(Schema):
    """One unit in a tree and the edge that holds it."""

    uid: UUID
    serial: str
    item: str
    level: int
    parent_uid: UUID
    child_uid: UUID
    position: str
    installed_at: datetime
    removed_at: datetime | None


def component_record(edge: AsBuiltEdge) -> ComponentRecord:
    """Describe the edge that an installation or removal has just written."""
    return ComponentRecord(
        uid=edge.child.uid,
        serial=edge.child.serial,
        item=edge.child.item.number,
        level=1,
        parent_uid=edge.parent.uid,
        child_uid=edge.child.uid,
        position=edge.position,
        installed_at=edge.valid_from,
        removed_at=edge.valid_to,
    )


def branch_record(branch: Branch, uids: Mapping[int, UUID]) -> ComponentRecord:
    """`uids` are those of every unit of the tree, by its key."""
    return ComponentRecord(
        uid=branch.uid,
        serial=branch.serial,
        item=branch.item,
        level=branch.depth,
        parent_uid=uids[branch.parent_id],
        child_uid=uids[branch.child_id],
        position=branch.position,
        installed_at=branch.since,
        removed_at=branch.until,
    )


class PartRecord(Schema):
    """A unit directly inside another, and how many lie below it."""

    uid: UUID
    serial: str
    item: str
    position: str
    installed_at: datetime
    removed_at: datetime | None
    below: int


class AsBuiltRecord(Schema):
    at: datetime
    direct: int = Field(description="Units directly inside")
    total: int = Field(description="Units inside at any level")
    parts: list[PartRecord] = Field(description="The first units directly inside; the rest is at as-built")
    removed: list[PartRecord] = Field(description="What was taken out by then, newest first")


def _part(edge: AsBuiltEdge, below: int) -> PartRecord:
    return PartRecord(
        uid=edge.child.uid,
        serial=edge.child.serial,
        item=edge.child.item.number,
        position=edge.position,
        installed_at=edge.valid_from,
        removed_at=edge.valid_to,
        below=below,
    )


def _inside(child: Child) -> PartRecord:
    return _part(child.edge, child.below)


class EventRecord(Schema):
    uid: UUID
    unit_uid: UUID | None
    serial: str | None
    kind: str
    device_time: datetime
    receive_time: datetime
    actor: str
    payload: dict[str, Any]
    import_uid: UUID | None
    supersedes_uid: UUID | None
    superseded_by_uid: UUID | None
    leaf_hash: str


def event_record(event: Event) -> EventRecord:
    later = next(iter(event.superseded_by.all()), None)
    return EventRecord(
        uid=event.uid,
        unit_uid=event.unit.uid if event.unit else None,
        serial=event.unit.serial if event.unit else None,
        kind=event.kind,
        device_time=event.device_time,
        receive_time=event.receive_time,
        actor=event.actor_name,
        payload=event.payload,
        import_uid=event.batch.uid if event.batch else None,
        supersedes_uid=event.supersedes.uid if event.supersedes else None,
        superseded_by_uid=later.uid if later else None,
        leaf_hash=event.leaf_hash,
    )


class OperationRecord(Schema):
    uid: UUID
    unit_uid: UUID
    serial: str
    machine_uid: UUID
    machine_serial: str
    label: str
    sequence: int
    program: str
    program_revision: str
    program_sha256: str
    started_at: datetime
    ended_at: datetime
    cycle_time_s: float
    confidence: str
    evidence: list[Any]
    facts: dict[str, Any]


def operation_record(run: OperationRun) -> OperationRecord:
    return OperationRecord(
        uid=run.uid,
        unit_uid=run.unit.uid,
        serial=run.unit.serial,
        machine_uid=run.machine.uid,
        machine_serial=run.machine.serial,
        label=run.label,
        sequence=run.sequence,
        program=run.program.name if run.program else run.program_name_reported,
        program_revision=run.program.revision_label if run.program else "",
        program_sha256=run.program.sha256 if run.program else "",
        started_at=run.started_at,
        ended_at=run.ended_at,
        cycle_time_s=run.cycle_time_s,
        confidence=run.confidence,
        evidence=run.evidence,
        facts=run.facts,
    )


class TraceRecord(Schema):
    uid: UUID
    unit_uid: UUID
    machine_uid: UUID
    machine_serial: str
    label: str
    started_at: datetime
    ended_at: datetime
    readings: int
    confidence: str
    evidence: list[Any]


def trace_record(trace: Trace) -> TraceRecord:
    return TraceRecord(
        uid=trace.uid,
        unit_uid=trace.unit.uid,
        machine_uid=trace.machine.uid,
        machine_serial=trace.machine.serial,
        label=trace.label,
        started_at=trace.started_at,
        ended_at=trace.ended_at,
        readings=trace.readings,
        confidence=trace.confidence,
        evidence=trace.evidence,
    )


class InspectionRecord(Schema):
    uid: UUID
    unit_uid: UUID
    serial: str
    serial_reported: str
    kind: str
    plan: str
    performed_at: datetime | None
    reported_at: datetime
    laboratory: str
    software: str
    verdict: str
    measured: int
    passed: int
    failed: int
    confidence: str
    evidence: list[Any]
    source: str
    source_sha256: str


def inspection_record(row: Inspection) -> InspectionRecord:
    return InspectionRecord(
        uid=row.uid,
        unit_uid=row.unit.uid,
        serial=row.unit.serial,
        serial_reported=row.serial_reported,
        kind=row.kind,
        plan=row.plan,
        performed_at=row.performed_at,
        reported_at=row.reported_at,
        laboratory=row.laboratory,
        software=row.software,
        verdict=row.verdict,
        measured=row.measured,  # type: ignore[attr-defined] - counted by the query
        passed=row.passed,  # type: ignore[attr-defined]
        failed=row.failed,  # type: ignore[attr-defined]
        confidence=row.confidence,
        evidence=row.evidence,
        source=row.source.name if row.source else "",
        source_sha256=row.source.sha256 if row.source else "",
    )


class MeasurementRecord(Schema):
    """Values are in the unit that `unit_code` names."""

    characteristic_uid: UUID
    key: str
    name: str
    unit_code: str
    nominal: float | None
    lower_limit: float | None
    upper_limit: float | None
    actual: float | None
    deviation: float | None
    stated: str = Field(description="Verdict of the source")
    recomputed: str = Field(description="Verdict from the limits")
    unit_uid: UUID
    serial: str
    inspection_uid: UUID


def measurement_record(row: Measurement) -> MeasurementRecord:
    characteristic, inspection = row.characteristic, row.inspection
    return MeasurementRecord(
        characteristic_uid=characteristic.uid,
        key=characteristic.key,
        name=characteristic.name,
        unit_code=characteristic.unit_code,
        nominal=characteristic.nominal,
        lower_limit=characteristic.lower_limit,
        upper_limit=characteristic.upper_limit,
        actual=row.actual,
        deviation=row.deviation,
        stated=row.stated,
        recomputed=row.recomputed,
        unit_uid=inspection.unit.uid,
        serial=inspection.unit.serial,
        inspection_uid=inspection.uid,
    )


class DocumentRecord(Schema):
    uid: UUID
    title: str
    kind: str
    media_type: str
    size_bytes: int
    sha256: str


def document_record(document: Document) -> DocumentRecord:
    stored = document.stored
    return DocumentRecord(
        uid=document.uid,
        title=document.title,
        kind=document.kind,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
    )


class ThreadRecord(Schema):
    unit: UnitRecord
    as_built: AsBuiltRecord
    used_in: list[ComponentRecord]
    operations: list[OperationRecord]
    inspections: list[InspectionRecord]
    traces: list[TraceRecord]
    documents: list[DocumentRecord]
    event_count: int
    events: list[EventRecord] = Field(description="The newest events; the rest is at events")


def thread_record(view: ThreadView) -> ThreadRecord:
    tree = view.as_built
    uids = {view.unit.pk: view.unit.uid} | {branch.unit_id: branch.uid for branch in view.holders}
    for row in (*view.operations, *view.inspections, *view.traces):
        row.unit = view.unit
    return ThreadRecord(
        unit=unit_record(view.unit, view.verdict),
        as_built=AsBuiltRecord(
            at=tree.at,
            direct=tree.direct,
            total=tree.total,
            parts=[_inside(child) for child in tree.children],
            removed=[_part(edge, 0) for edge in tree.removed],
        ),
        used_in=[branch_record(branch, uids) for branch in view.holders],
        operations=[operation_record(run) for run in view.operations],
        inspections=[inspection_record(row) for row in view.inspections],
        traces=[trace_record(trace) for trace in view.traces],
        documents=[document_record(document) for document in view.documents],
        event_count=view.event_count,
        events=[event_record(event) for event in view.events],
    )
