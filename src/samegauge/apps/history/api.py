"""Units and their threads: what each is, what it is made of, what happened to it, and what was measured."""

# ruff: noqa: TC003 - annotations are read at run time
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, prefetch_related_objects
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Schema, Status
from pydantic import BaseModel, Field, JsonValue

from samegauge.apps.history import queries
from samegauge.apps.history.records import (
    ComponentRecord,
    EventRecord,
    InspectionRecord,
    MeasurementRecord,
    OperationRecord,
    ThreadRecord,
    TraceRecord,
    UnitRecord,
    branch_record,
    component_record,
    event_record,
    inspection_record,
    measurement_record,
    operation_record,
    thread_record,
    trace_record,
    unit_record,
)
from samegauge.core.api_contract import (
    GuardedRouter,
    Instant,
    Listed,
    Signal,
    SignalQuestion,
    Window,
    Word,
    Words,
    file_answer,
)
from samegauge.core.measurement.models import Conformity, Inspection, InspectionKind
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.production.models import OperationRun, Trace
from samegauge.core.telemetry import signal_json
from samegauge.core.thread.genealogy import MAX_DEPTH, Branch, as_built, used_in
from samegauge.core.thread.models import Document, Event, ItemKind, Unit
from samegauge.core.thread.moves import correct_time
from samegauge.core.thread.rules import Fact, Recorder, ThreadError, correct, install, record, refuse_future, remove
from samegauge.core.vault.rules import open_stored

router = GuardedRouter(tags=["thread"])

# Kinds of event that samegauge writes itself when the thing happens; nobody else may claim that it did.
SHARING_KINDS = {"shared", "sharing_ended"}
OWN_KINDS = {"registered", "made", "inspected", "installed", "removed", "passport_issued", "import_undone"}
OWN_KINDS |= {"blocked", "released", "reworked", "swap_undone", "recall", "supplier_event"} | SHARING_KINDS
# Records hang on these, which a correcting event alone would not change.
MOVES = {"installed", "removed"}
STRUCTURAL_KINDS = MOVES | {"passport_issued", "import_undone", "blocked", "released", "swap_undone", "recall"}
STRUCTURAL_KINDS |= SHARING_KINDS


class UnitQuestion(Schema):
    item: Word | None = Field(None, description="Exact number of the item")
    item_kind: ItemKind | None = None
    serial: Word | None = Field(None, description="Exact serial number")
    serial_starts: Word | None = Field(None, description="Beginning of the serial number")
    verdict: Conformity | None = Field(None, description="Some inspection of the unit has this verdict")


@router.get("/units", response=Listed[UnitRecord])
@needs(Action.READ)
def unit_list(request: HttpRequest, asked: Query[UnitQuestion], window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List units by item, kind, serial number or verdict, in the order of item and serial number."""
    filters = {
        "item__number": asked.item,
        "item__kind": asked.item_kind,
        "serial": asked.serial,
        "serial__istartswith": asked.serial_starts,
    }
    units = _units().filter(**{name: value for name, value in filters.items() if value is not None})
    if asked.verdict:
        units = units.filter(pk__in=Inspection.objects.filter(verdict=asked.verdict).values("unit"))
    answer = window.of(units.order_by("item__number", "serial", "pk"), lambda unit: unit)
    verdicts = queries.verdicts_of(answer["items"])
    answer["items"] = [unit_record(unit, verdicts[unit.pk]) for unit in answer["items"]]
    return answer


@router.get("/units/by-serial", response=UnitRecord)
@needs(Action.READ)
def unit_by_serial(request: HttpRequest, serial: Word) -> Any:  # noqa: ARG001 - ninja
    unit = get_object_or_404(_units(), serial=serial)
    return unit_record(unit, queries.verdicts_of([unit])[unit.pk])


@router.get("/units/{uuid:unit_uid}", response=UnitRecord)
@needs(Action.READ)
def unit_detail(request: HttpRequest, unit_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    unit = _unit(unit_uid)
    return unit_record(unit, queries.verdicts_of([unit])[unit.pk])


@router.get("/units/{uuid:unit_uid}/thread", response=ThreadRecord)
@needs(Action.READ)
def unit_thread(request: HttpRequest, unit_uid: UUID, at: Instant | None = None) -> Any:  # noqa: ARG001 - ninja
    """Return the thread of a unit: as built at the moment asked for (now), and all that happened to it."""
    view = queries.thread_view(_unit(unit_uid), at or datetime.now(UTC))
    prefetch_related_objects(view.events, "superseded_by")
    return thread_record(view)


class Depth(Schema):
    depth: int = Field(MAX_DEPTH, ge=1, le=MAX_DEPTH, description="Levels below the unit")


@router.get("/units/{uuid:unit_uid}/as-built", response=Listed[ComponentRecord])
@needs(Action.READ)
def unit_as_built(
    request: HttpRequest,  # noqa: ARG001 - ninja
    unit_uid: UUID,
    depth: Query[Depth],
    window: Query[Window],
    at: Instant | None = None,
) -> Any:
    """Return what is in the unit at a moment (now): parents before children, each with its level."""
    unit = _unit(unit_uid)
    return _branches(unit, as_built(unit, at or datetime.now(UTC), depth.depth), window)


@router.get("/units/{uuid:unit_uid}/contents", response=Listed[ComponentRecord])
@needs(Action.READ)
def unit_contents(
    request: HttpRequest,  # noqa: ARG001 - ninja
    unit_uid: UUID,
    depth: Query[Depth],
    window: Query[Window],
    at: Instant | None = None,
) -> Any:
    """Trace downwards: what is in the unit at a moment, or, without one, ever was."""
    unit = _unit(unit_uid)
    return _branches(unit, as_built(unit, at, depth.depth), window)


@router.get("/units/{uuid:unit_uid}/used-in", response=Listed[ComponentRecord])
@needs(Action.READ)
def unit_used_in(
    request: HttpRequest,  # noqa: ARG001 - ninja
    unit_uid: UUID,
    window: Query[Window],
    at: Instant | None = None,
) -> Any:
    """Trace upwards: which units hold this one at a moment, or, without one, ever did; nearest first."""
    unit = _unit(unit_uid)
    return _branches(unit, used_in(unit, at), window)


@router.get("/units/{uuid:unit_uid}/events", response=Listed[EventRecord])
@needs(Action.READ)
def unit_events(request: HttpRequest, unit_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List what happened to the unit and to what was put into it or taken out, newest first."""
    events = queries.events_of(_unit(unit_uid)).prefetch_related("superseded_by").order_by("-device_time", "-pk")
    return window.of(events, event_record)


class NewEvent(BaseModel):
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60, description="What happened, in lower case")
    device_time: Instant = Field(description="When, by the clock of the device or person that saw it")
    payload: dict[str, JsonValue] = Field(description="What is to be said about it; units in the names of the fields")


@router.post("/units/{uuid:unit_uid}/events", response={201: EventRecord})
@needs(Action.RECORD)
def record_event(request: HttpRequest, unit_uid: UUID, said: NewEvent) -> Any:
    """Append an event to the unit's thread."""
    unit = _unit(unit_uid)
    if said.kind in OWN_KINDS:
        raise ThreadError(_("Events of this kind are written by samegauge itself. Choose another kind."))
    refuse_future(said.device_time)
    fact = Fact(said.kind, said.device_time, said.payload, unit=unit)
    return Status(201, event_record(record(fact, _recorder(request))))


class EventQuestion(Schema):
    kind: Word | None = None
    since: Instant | None = Field(None, description="Device time from, inclusive")
    until: Instant | None = Field(None, description="Device time to, exclusive")


@router.get("/events", response=Listed[EventRecord])
@needs(Action.READ)
def event_list(request: HttpRequest, asked: Query[EventQuestion], window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List events of all units, newest first."""
    filters = {"kind": asked.kind, "device_time__gte": asked.since, "device_time__lt": asked.until}
    events = _events().filter(**{name: value for name, value in filters.items() if value is not None})
    return window.of(events.order_by("-device_time", "-pk"), event_record)


@router.get("/events/{uuid:event_uid}", response=EventRecord)
@needs(Action.READ)
def event_detail(request: HttpRequest, event_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return event_record(get_object_or_404(_events(), uid=event_uid))


class Correction(BaseModel):
    payload: dict[str, JsonValue] = Field(description="What the event should have said")
    reason: Words
    device_time: Instant | None = Field(None, description="When it really happened; without it, when the event says")


@router.post("/events/{uuid:event_uid}/correction", response={201: EventRecord})
@needs(Action.RECORD)
def correct_event(request: HttpRequest, event_uid: UUID, said: Correction) -> Any:
    """Append an event that supersedes a wrong one; the wrong one stays readable.

    Of an installation or removal only the time can be corrected: the place of the part follows it.
    """
    wrong = get_object_or_404(_events(), uid=event_uid)
    if said.device_time:
        refuse_future(said.device_time)
    if wrong.kind in MOVES and said.device_time and said.payload == wrong.payload:
        return Status(201, event_record(correct_time(wrong, said.device_time, said.reason, _recorder(request))))
    if wrong.kind in STRUCTURAL_KINDS:
        raise ThreadError(_("Records hang on an event of this kind. Record the removal, installation or import anew."))
    corrected = correct(wrong, said.payload, said.reason, _recorder(request), said.device_time)
    return Status(201, event_record(corrected))


class Installation(BaseModel):
    parent_uid: UUID
    at: Instant
    position: str = Field("", max_length=100, pattern=r"^[^\x00]*$")


@router.post("/units/{uuid:unit_uid}/install", response={201: ComponentRecord})
@needs(Action.RECORD)
def install_unit(request: HttpRequest, unit_uid: UUID, said: Installation) -> Any:
    """Record that the unit went into another; it can be in one place only."""
    refuse_future(said.at)
    child, parent = _unit(unit_uid), _unit(said.parent_uid)
    return Status(201, component_record(install(child, parent, said.at, _recorder(request), said.position)))


class Removal(BaseModel):
    at: Instant
    reason: Words


@router.post("/units/{uuid:unit_uid}/remove", response={201: ComponentRecord})
@needs(Action.RECORD)
def remove_unit(request: HttpRequest, unit_uid: UUID, said: Removal) -> Any:
    """Record that the unit came out of where it is, and why."""
    refuse_future(said.at)
    return Status(201, component_record(remove(_unit(unit_uid), said.at, _recorder(request), said.reason)))


@router.get("/units/{uuid:unit_uid}/operations", response=Listed[OperationRecord])
@needs(Action.READ)
def unit_operations(request: HttpRequest, unit_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    return window.of(queries.operations_of(_unit(unit_uid)).select_related("unit"), operation_record)


@router.get("/operations/{uuid:operation_uid}", response=OperationRecord)
@needs(Action.READ)
def operation_detail(request: HttpRequest, operation_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    runs = OperationRun.objects.select_related("unit", "machine", "program")
    return operation_record(get_object_or_404(runs, uid=operation_uid))


@router.get("/units/{uuid:unit_uid}/traces", response=Listed[TraceRecord])
@needs(Action.READ)
def unit_traces(request: HttpRequest, unit_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List the stretches of machine readings that were recorded while the unit was made."""
    traces = Trace.objects.filter(unit=_unit(unit_uid)).select_related("unit", "machine")
    return window.of(traces.order_by("started_at", "pk"), trace_record)


@router.get("/traces/{uuid:trace_uid}/signals", response=Signal)
@needs(Action.READ)
def trace_signals(request: HttpRequest, trace_uid: UUID, asked: Query[SignalQuestion]) -> HttpResponse:  # noqa: ARG001
    """Return the readings of one tag in a trace, thinned to what a screen can show."""
    trace = get_object_or_404(Trace.objects.select_related("machine"), uid=trace_uid)
    span = (trace.started_at, trace.ended_at + timedelta(seconds=1))
    return signal_json(asked.query(), trace.machine, span, trace.label)


class InspectionQuestion(Schema):
    unit: UUID | None = None
    kind: InspectionKind | None = None
    verdict: Conformity | None = None


@router.get("/inspections", response=Listed[InspectionRecord])
@needs(Action.READ)
def inspection_list(
    request: HttpRequest,  # noqa: ARG001 - ninja
    asked: Query[InspectionQuestion],
    window: Query[Window],
) -> Any:
    filters = {"unit__uid": asked.unit, "kind": asked.kind, "verdict": asked.verdict}
    found = Inspection.objects.filter(**{name: value for name, value in filters.items() if value is not None})
    rows = _counted(found).select_related("unit", "source").order_by("-reported_at", "-pk")
    return window.of(rows, inspection_record)


@router.get("/inspections/{uuid:inspection_uid}", response=InspectionRecord)
@needs(Action.READ)
def inspection_detail(request: HttpRequest, inspection_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    rows = _counted(Inspection.objects.all()).select_related("unit", "source")
    return inspection_record(get_object_or_404(rows, uid=inspection_uid))


@router.get("/inspections/{uuid:inspection_uid}/measurements", response=Listed[MeasurementRecord])
@needs(Action.READ)
def inspection_measurements(
    request: HttpRequest,  # noqa: ARG001 - ninja
    inspection_uid: UUID,
    window: Query[Window],
) -> Any:
    inspection = get_object_or_404(Inspection, uid=inspection_uid)
    rows = queries.measurements_of(inspection).select_related("characteristic", "inspection__unit")
    return window.of(rows, measurement_record)


@router.get("/documents/{uuid:document_uid}/file", response={200: None}, openapi_extra=file_answer())
@needs(Action.READ)
def document_file(request: HttpRequest, document_uid: UUID) -> FileResponse:  # noqa: ARG001 - ninja
    """Download a document's bytes as they came in."""
    stored = get_object_or_404(Document.objects.select_related("stored"), uid=document_uid).stored
    return FileResponse(
        open_stored(stored), as_attachment=True, filename=stored.name, content_type="application/octet-stream"
    )


def _branches(root: Unit, branches: list[Branch], window: Window) -> dict[str, Any]:
    uids = {root.pk: root.uid} | {branch.unit_id: branch.uid for branch in branches}
    return window.of(branches, lambda branch: branch_record(branch, uids))


def _counted(inspections: QuerySet[Inspection]) -> QuerySet[Inspection]:
    standing = Q(measurements__retracted_at__isnull=True)
    return inspections.annotate(
        measured=Count("measurements", filter=standing),
        passed=Count("measurements", filter=standing & Q(measurements__stated=Conformity.PASS)),
        failed=Count("measurements", filter=standing & Q(measurements__stated=Conformity.FAIL)),
    )


def _units() -> QuerySet[Unit]:
    return Unit.objects.select_related("item", "revision", "lot", "batch")


def _unit(unit_uid: UUID) -> Unit:
    return get_object_or_404(_units(), uid=unit_uid)


def _events() -> QuerySet[Event]:
    return Event.objects.select_related("unit", "batch", "supersedes").prefetch_related("superseded_by")


def _recorder(request: HttpRequest) -> Recorder:
    return Recorder(actor=request.user)  # type: ignore[arg-type]
