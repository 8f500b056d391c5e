"""Machines: what each is, on which days it was heard, what it ran, and its readings."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Schema

from samegauge.apps.fleet.rules import bounds, within
from samegauge.core.api_contract import Day, GuardedRouter, Listed, Signal, SignalQuestion, Window
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.production.models import DataItem, OperationRun
from samegauge.core.telemetry import organisation_lake, signal_json
from samegauge.core.thread.models import ItemKind, Unit

router = GuardedRouter(tags=["machines"])


class MachineRecord(Schema):
    uid: UUID
    serial: str
    item: str
    simulated: bool
    operations: int
    latest_operation_at: datetime | None


def machine_record(machine: Unit) -> MachineRecord:
    return MachineRecord(
        uid=machine.uid,
        serial=machine.serial,
        item=machine.item.number,
        simulated=machine.simulated,
        operations=machine.runs,  # type: ignore[attr-defined] - counted by the query
        latest_operation_at=machine.latest,  # type: ignore[attr-defined]
    )


class DataItemRecord(Schema):
    tag: str
    category: str
    type: str
    sub_type: str
    component: str
    units: str
    native_units: str


class RunRecord(Schema):
    uid: UUID
    unit_uid: UUID
    serial: str
    label: str
    program: str
    started_at: datetime
    ended_at: datetime
    cycle_time_s: float
    confidence: str


def run_record(run: OperationRun) -> RunRecord:
    return RunRecord(
        uid=run.uid,
        unit_uid=run.unit.uid,
        serial=run.unit.serial,
        label=run.label,
        program=run.program.name if run.program else run.program_name_reported,
        started_at=run.started_at,
        ended_at=run.ended_at,
        cycle_time_s=run.cycle_time_s,
        confidence=run.confidence,
    )


@router.get("/machines", response=Listed[MachineRecord])
@needs(Action.READ)
def machine_list(request: HttpRequest, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    return window.of(_machines().order_by("serial", "pk"), machine_record)


@router.get("/machines/{uuid:machine_uid}", response=MachineRecord)
@needs(Action.READ)
def machine_detail(request: HttpRequest, machine_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return machine_record(_machine(machine_uid))


@router.get("/machines/{uuid:machine_uid}/data-items", response=Listed[DataItemRecord])
@needs(Action.READ)
def machine_data_items(request: HttpRequest, machine_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List what the machine's device description says about its tags."""
    rows = DataItem.objects.filter(machine=_machine(machine_uid)).order_by("component", "tag")
    return window.of(rows, DataItemRecord.from_orm)


@router.get("/machines/{uuid:machine_uid}/operations", response=Listed[RunRecord])
@needs(Action.READ)
def machine_operations(
    request: HttpRequest,  # noqa: ARG001 - ninja
    machine_uid: UUID,
    window: Query[Window],
    day: Day | None = None,
) -> Any:
    """List what the machine ran, newest first; of one day in the organisation's time zone, or of all."""
    rows = OperationRun.objects.filter(machine=_machine(machine_uid)).select_related("unit", "program")
    if day:
        rows = rows.filter(**within(day))
    return window.of(rows.order_by("-started_at", "-pk"), run_record)


class DayRecord(Schema):
    """A day in the organisation's time zone."""

    day: date
    observations: int


class MachineDays(Schema):
    days: list[DayRecord]


@router.get("/machines/{uuid:machine_uid}/days", response=MachineDays)
@needs(Action.READ)
def machine_days(request: HttpRequest, machine_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    counted = organisation_lake().days(_machine(machine_uid).serial, timezone.get_current_timezone())
    return {"days": [{"day": row.day, "observations": row.observations} for row in counted]}


@router.get("/machines/{uuid:machine_uid}/days/{day}/signals", response=Signal)
@needs(Action.READ)
def machine_signals(
    request: HttpRequest,  # noqa: ARG001 - ninja
    machine_uid: UUID,
    day: Day,
    asked: Query[SignalQuestion],
) -> HttpResponse:
    """Return the readings of one tag on one day, thinned to what a screen can show."""
    return signal_json(asked.query(), _machine(machine_uid), bounds(day))


def _machines() -> QuerySet[Unit]:
    standing = Q(operations_run__retracted_at__isnull=True)
    machines = Unit.objects.filter(item__kind=ItemKind.MACHINE).select_related("item")
    return machines.annotate(
        runs=Count("operations_run", filter=standing), latest=Max("operations_run__ended_at", filter=standing)
    )


def _machine(machine_uid: UUID) -> Unit:
    return get_object_or_404(_machines(), uid=machine_uid)
