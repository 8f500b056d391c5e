"""Grants: given, revoked, looked after; and what is shared with this organisation."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema, Status
from pydantic import BaseModel, Field, StringConstraints

from samegauge.core.api_contract import GuardedRouter, Instant, Listed, Window, Word, Words
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.sharing import rules
from samegauge.core.sharing.models import Covers, Grant, GrantUse, UsedPage
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder

router = GuardedRouter(tags=["sharing"])


class GrantRecord(Schema):
    """What one organisation lets another one read of one unit."""

    uid: UUID
    giver: str
    receiver: str
    receiver_uid: UUID
    unit_uid: UUID
    serial: str
    item: str
    covers: Covers
    reason: str
    granted_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    revocation_reason: str


def grant_record(grant: Grant) -> GrantRecord:
    return GrantRecord(
        uid=grant.uid,
        giver=grant.organisation.name,
        receiver=grant.receiver.name,
        receiver_uid=grant.receiver.uid,
        unit_uid=grant.unit_uid,
        serial=grant.serial,
        item=grant.item_number,
        covers=Covers(grant.covers),
        reason=grant.reason,
        granted_at=grant.granted_at,
        ends_at=grant.ends_at,
        revoked_at=grant.revoked_at,
        revocation_reason=grant.revocation_reason,
    )


@router.get("/shared", response=Listed[GrantRecord])
@needs(Action.READ_SHARED)
def shared_list(request: HttpRequest, window: Query[Window], serial_starts: Word | None = None) -> Any:  # noqa: ARG001 - ninja
    """List what other organisations share with this one now."""
    found = rules.received().order_by("serial", "pk")
    return window.of(found.filter(serial__istartswith=serial_starts) if serial_starts else found, grant_record)


@router.get("/shared/{uuid:grant_uid}", response=GrantRecord)
@needs(Action.READ_SHARED)
def shared_detail(request: HttpRequest, grant_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return grant_record(get_object_or_404(rules.readable(), uid=grant_uid))


@router.get("/grants", response=Listed[GrantRecord])
@needs(Action.READ_SHARED)
def grant_list(request: HttpRequest, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List what this organisation shares and has shared, newest first."""
    return window.of(rules.given().order_by("-granted_at", "-pk"), grant_record)


@router.get("/grants/{uuid:grant_uid}", response=GrantRecord)
@needs(Action.READ_SHARED)
def grant_detail(request: HttpRequest, grant_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return grant_record(get_object_or_404(rules.given(), uid=grant_uid))


class NewGrant(BaseModel):
    receiver_uid: UUID = Field(description="The receiver's sharing code")
    covers: Covers
    reason: Annotated[Words, StringConstraints(max_length=LONGEST_REASON)]
    ends_at: Instant | None = None


@router.post("/units/{uuid:unit_uid}/grants", response={201: GrantRecord})
@needs(Action.SHARE)
def share_unit(request: HttpRequest, unit_uid: UUID, said: NewGrant) -> Any:
    """Let another organisation on this site read the unit's history, its passports, or both."""
    unit = get_object_or_404(Unit.objects.select_related("item"), uid=unit_uid)
    receiver = rules.receiver_of(str(said.receiver_uid))
    offer = rules.Offer(said.covers, said.reason, said.ends_at)
    grant = rules.share(unit, receiver, offer, Recorder(actor=request.user))  # type: ignore[arg-type]
    return Status(201, grant_record(grant))


class Revocation(BaseModel):
    reason: Annotated[Words, StringConstraints(max_length=LONGEST_REASON)]


@router.post("/grants/{uuid:grant_uid}/revocation", response=GrantRecord)
@needs(Action.SHARE)
def revoke_grant(request: HttpRequest, grant_uid: UUID, said: Revocation) -> Any:
    """End a grant; to the receiver's next request nothing of it exists any more."""
    grant = get_object_or_404(rules.given(), uid=grant_uid)
    rules.revoke(grant, said.reason, Recorder(actor=request.user))  # type: ignore[arg-type]
    return grant_record(grant)


class UseRecord(Schema):
    at: datetime
    person: str
    page: UsedPage
    subject: str
    by_program: bool


def use_record(use: GrantUse) -> UseRecord:
    return UseRecord(
        at=use.at, person=use.person_name, page=UsedPage(use.page), subject=use.subject, by_program=use.by_program
    )


@router.get("/grants/{uuid:grant_uid}/uses", response=Listed[UseRecord])
@needs(Action.READ_SHARED)
def grant_uses(request: HttpRequest, grant_uid: UUID, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List who of the receiver read what, newest first."""
    return window.of(get_object_or_404(rules.given(), uid=grant_uid).uses.all(), use_record)
