"""Plans, procedures and routes: every revision with its lines, and for whom it holds."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema
from ninja.errors import HttpError
from pydantic import BaseModel, Field, JsonValue

from samegauge.apps.inspection.plans.editing import version_of
from samegauge.apps.inspection.plans.effectivity import Bounds
from samegauge.apps.inspection.plans.models import (
    InspectionPlan,
    PlannedCharacteristic,
    Procedure,
    ProcedureStep,
    Revised,
    RevisionState,
    Route,
    RouteStop,
)
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.apps.inspection.plans.rules import RevisionError, lines_of, next_revision, release, withdraw
from samegauge.core.api_contract import Day, GuardedRouter, Listed, Problem, Window, Word
from samegauge.core.organisations.permissions import Action, needs

router = GuardedRouter(tags=["plans"])


class RevisionRecord(Schema):
    """One revision; empty bounds are open."""

    uid: UUID
    code: str
    revision: int
    item: str
    title: str
    title_zh: str
    state: str
    kind: str
    from_serial: str
    to_serial: str
    from_day: date | None
    to_day: date | None
    reason: str
    released_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str


class WholeRevision(RevisionRecord):
    """With `version`, which a draft's lines are written back with."""

    version: str
    lines: list[dict[str, JsonValue]]


def _record(row: Any) -> RevisionRecord:
    own = {name: getattr(row, name) for name in RevisionRecord.model_fields if name not in {"item", "kind"}}
    return RevisionRecord(item=row.item.number, kind=getattr(row, "kind", ""), **own)


def whole_revision(row: Revised) -> WholeRevision:
    lines = [_line(line) for line in lines_of(row)]
    return WholeRevision(**_record(row).dict(), version=version_of(row), lines=lines)


def _line(line: Any) -> dict[str, Any]:
    if isinstance(line, PlannedCharacteristic):
        return _planned(line)
    return _step(line) if isinstance(line, ProcedureStep) else _stop(line)


def _planned(line: PlannedCharacteristic) -> dict[str, Any]:
    names = ("instrument_kind", "resolution", "frequency", "every_n", "sampling", "chart", "reaction", "reaction_zh")
    characteristic = line.characteristic
    return {
        "characteristic_uid": str(characteristic.uid),
        "key": characteristic.key,
        "name": characteristic.name,
        "unit_code": characteristic.unit_code,
        "nominal": characteristic.nominal,
        "lower_limit": characteristic.lower_limit,
        "upper_limit": characteristic.upper_limit,
        "assumed": line.assumed,
        **{name: getattr(line, name) for name in names},
    }


def _step(step: ProcedureStep) -> dict[str, Any]:
    names = ("key", "sequence", "kind", "text", "text_zh", "required", "unit_code", "nominal", "lower", "upper")
    more = ("decimals", "instrument_kind", "choices", "position", "meaning", "meaning_zh")
    return {
        **{name: getattr(step, name) for name in (*names, *more)},
        "item": step.item.number if step.item else None,
        "characteristic_uid": str(step.characteristic.uid) if step.characteristic else None,
        "picture": step.picture.sha256 if step.picture else None,
    }


def _stop(stop: RouteStop) -> dict[str, Any]:
    return {
        "station": stop.station.code,
        "sequence": stop.sequence,
        "procedure_code": stop.procedure_code,
        "only_with": stop.only_with,
    }


class RevisionQuestion(Schema):
    item: Word | None = None
    code: Word | None = None
    state: RevisionState | None = None


def _listed(kind: type[Any], asked: RevisionQuestion, window: Window) -> dict[str, Any]:
    filters = {"item__number": asked.item, "code": asked.code, "state": asked.state}
    rows = kind.objects.filter(**{name: value for name, value in filters.items() if value is not None})
    return window.of(rows.select_related("item").order_by("code", "-revision"), _record)


@router.get("/plans", response=Listed[RevisionRecord])
@needs(Action.READ)
def inspection_plan_list(request: HttpRequest, asked: Query[RevisionQuestion], window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List inspection plans, the newest revision of each code first."""
    return _listed(InspectionPlan, asked, window)


@router.get("/plans/{uuid:plan_uid}", response=WholeRevision)
@needs(Action.READ)
def inspection_plan_detail(request: HttpRequest, plan_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return whole_revision(_found(InspectionPlan, plan_uid))


@router.get("/procedures", response=Listed[RevisionRecord])
@needs(Action.READ)
def procedure_list(request: HttpRequest, asked: Query[RevisionQuestion], window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List work and inspection instructions, the newest revision of each code first."""
    return _listed(Procedure, asked, window)


@router.get("/procedures/{uuid:procedure_uid}", response=WholeRevision)
@needs(Action.READ)
def procedure_detail(request: HttpRequest, procedure_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return whole_revision(_found(Procedure, procedure_uid))


@router.get("/routes", response=Listed[RevisionRecord])
@needs(Action.READ)
def route_list(request: HttpRequest, asked: Query[RevisionQuestion], window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List routes, the newest revision of each code first."""
    return _listed(Route, asked, window)


@router.get("/routes/{uuid:route_uid}", response=WholeRevision)
@needs(Action.READ)
def route_detail(request: HttpRequest, route_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return whole_revision(_found(Route, route_uid))


class Change(BaseModel):
    """Release takes the bounds; withdraw and next take a reason."""

    act: Literal["release", "withdraw", "next"]
    reason: str = Field("", max_length=500, pattern=r"^[^\x00]*$")
    from_serial: str = Field("", max_length=100, pattern=r"^[^\x00]*$")
    to_serial: str = Field("", max_length=100, pattern=r"^[^\x00]*$")
    from_day: Day | None = None
    to_day: Day | None = None


CHANGED: dict[int, Any] = {200: WholeRevision, 409: Problem}


@router.post("/plans/{uuid:plan_uid}/change", response=CHANGED)
@needs(SUPERVISORS)
def inspection_plan_change(request: HttpRequest, plan_uid: UUID, said: Change) -> Any:
    """Release a draft, withdraw a released revision, or copy one into the next draft."""
    return _changed(request, _found(InspectionPlan, plan_uid), said)


@router.post("/procedures/{uuid:procedure_uid}/change", response=CHANGED)
@needs(SUPERVISORS)
def procedure_change(request: HttpRequest, procedure_uid: UUID, said: Change) -> Any:
    """Release a draft, withdraw a released revision, or copy one into the next draft."""
    return _changed(request, _found(Procedure, procedure_uid), said)


@router.post("/routes/{uuid:route_uid}/change", response=CHANGED)
@needs(SUPERVISORS)
def route_change(request: HttpRequest, route_uid: UUID, said: Change) -> Any:
    """Release a draft, withdraw a released revision, or copy one into the next draft."""
    return _changed(request, _found(Route, route_uid), said)


def _found(kind: type[Any], uid: UUID) -> Any:
    return get_object_or_404(kind.objects.select_related("item"), uid=uid)


def _changed(request: HttpRequest, found: Revised, said: Change) -> WholeRevision:
    actor: Any = request.user
    try:
        if said.act == "release":
            release(found, actor, Bounds(said.from_serial, said.to_serial, said.from_day, said.to_day))
        elif said.act == "withdraw":
            withdraw(found, actor, said.reason)
        else:
            found = next_revision(found, actor, said.reason)
    except RevisionError as refusal:
        raise HttpError(409, str(refusal)) from refusal
    return whole_revision(found)
