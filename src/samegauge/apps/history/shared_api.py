"""What others share with this organisation, through the window of each grant: the operations of its giver, reading."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query

from samegauge.apps.history import api, passport_api
from samegauge.apps.history.passport_api import PassportRecord
from samegauge.apps.history.records import (
    ComponentRecord,
    EventRecord,
    InspectionRecord,
    MeasurementRecord,
    ThreadRecord,
    UnitRecord,
)
from samegauge.apps.history.shared_views import looked_through
from samegauge.core.api_contract import GuardedRouter, Instant, Listed, Window, file_answer
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.sharing.models import UsedPage
from samegauge.core.thread.genealogy import MAX_DEPTH

router = GuardedRouter(tags=["shared with us"])

UNIT = "/shared/{uuid:grant_uid}/units/{uuid:unit_uid}"


@router.get(UNIT, response=UnitRecord)
@needs(Action.READ_SHARED)
def shared_unit_detail(request: HttpRequest, grant_uid: UUID, unit_uid: UUID) -> Any:
    with looked_through(request, grant_uid, UsedPage.UNIT_THREAD, {"unit_uid": unit_uid}):
        return api.unit_detail(request, unit_uid)


@router.get(f"{UNIT}/thread", response=ThreadRecord)
@needs(Action.READ_SHARED)
def shared_unit_thread(request: HttpRequest, grant_uid: UUID, unit_uid: UUID, at: Instant | None = None) -> Any:
    """Return the thread as far as it is shared: operations, machine traces and what is above the unit are not."""
    with looked_through(request, grant_uid, UsedPage.UNIT_THREAD, {"unit_uid": unit_uid}):
        return api.unit_thread(request, unit_uid, at)


@router.get(f"{UNIT}/as-built", response=Listed[ComponentRecord])
@needs(Action.READ_SHARED)
def shared_unit_as_built(
    request: HttpRequest, grant_uid: UUID, unit_uid: UUID, window: Query[Window], at: Instant | None = None
) -> Any:
    with looked_through(request, grant_uid, UsedPage.UNIT_TREE, {"unit_uid": unit_uid}):
        return api.unit_as_built(request, unit_uid, api.Depth(depth=MAX_DEPTH), window, at)


@router.get(f"{UNIT}/events", response=Listed[EventRecord])
@needs(Action.READ_SHARED)
def shared_unit_events(request: HttpRequest, grant_uid: UUID, unit_uid: UUID, window: Query[Window]) -> Any:
    with looked_through(request, grant_uid, UsedPage.UNIT_EVENTS, {"unit_uid": unit_uid}):
        return api.unit_events(request, unit_uid, window)


@router.get("/shared/{uuid:grant_uid}/inspections/{uuid:inspection_uid}", response=InspectionRecord)
@needs(Action.READ_SHARED)
def shared_inspection_detail(request: HttpRequest, grant_uid: UUID, inspection_uid: UUID) -> Any:
    with looked_through(request, grant_uid, UsedPage.INSPECTION, {"inspection_uid": inspection_uid}):
        return api.inspection_detail(request, inspection_uid)


@router.get(
    "/shared/{uuid:grant_uid}/inspections/{uuid:inspection_uid}/measurements", response=Listed[MeasurementRecord]
)
@needs(Action.READ_SHARED)
def shared_measurements(request: HttpRequest, grant_uid: UUID, inspection_uid: UUID, window: Query[Window]) -> Any:
    with looked_through(request, grant_uid, UsedPage.INSPECTION, {"inspection_uid": inspection_uid}):
        return api.inspection_measurements(request, inspection_uid, window)


@router.get(
    "/shared/{uuid:grant_uid}/documents/{uuid:document_uid}/file", response={200: None}, openapi_extra=file_answer()
)
@needs(Action.READ_SHARED)
def shared_document_file(request: HttpRequest, grant_uid: UUID, document_uid: UUID) -> HttpResponseBase:
    with looked_through(request, grant_uid, UsedPage.DOCUMENT, {"document_uid": document_uid}):
        return api.document_file(request, document_uid)


@router.get("/shared/{uuid:grant_uid}/passports", response=Listed[PassportRecord])
@needs(Action.READ_SHARED)
def shared_passport_list(request: HttpRequest, grant_uid: UUID, window: Query[Window]) -> Any:
    with looked_through(request, grant_uid, UsedPage.PASSPORTS, {}):
        return passport_api.passport_list(request, window)


@router.get(
    "/shared/{uuid:grant_uid}/passports/{uuid:passport_uid}/json",
    response={200: None},
    openapi_extra=file_answer("application/json"),
)
@needs(Action.READ_SHARED)
def shared_passport_json(request: HttpRequest, grant_uid: UUID, passport_uid: UUID) -> HttpResponseBase:
    with looked_through(request, grant_uid, UsedPage.PASSPORT_FILE, {"passport_uid": passport_uid}):
        return passport_api.passport_json(request, passport_uid)


@router.get(
    "/shared/{uuid:grant_uid}/passports/{uuid:passport_uid}/pdf",
    response={200: None},
    openapi_extra=file_answer("application/pdf"),
)
@needs(Action.READ_SHARED)
def shared_passport_pdf(request: HttpRequest, grant_uid: UUID, passport_uid: UUID) -> HttpResponseBase:
    with looked_through(request, grant_uid, UsedPage.PASSPORT_FILE, {"passport_uid": passport_uid}):
        return passport_api.passport_pdf(request, passport_uid)
