"""Notices: what the caller was told, and that it was read."""

# ruff: noqa: TC001, TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Schema

from samegauge.core.api_contract import GuardedRouter, Listed, Window
from samegauge.core.attention.api import Said
from samegauge.core.attention.declaration import STAFF
from samegauge.core.attention.models import Severity, StepKind
from samegauge.core.notifications.models import Notice
from samegauge.core.notifications.notices import mark_read
from samegauge.core.organisations.permissions import needs

router = GuardedRouter(tags=["notices"])


class NoticeRecord(Schema):
    """What was said then of one step of one duty."""

    duty_uid: UUID
    kind: StepKind
    severity: Severity
    said: Said
    at: datetime
    read_at: datetime | None


def notice_record(row: Notice) -> NoticeRecord:
    return NoticeRecord(
        duty_uid=row.incident.uid,
        kind=StepKind(row.kind),
        severity=Severity(row.severity),
        said=row.said,
        at=row.at,
        read_at=row.read_at,
    )


@router.get("/notices", response=Listed[NoticeRecord])
@needs(STAFF)
def notice_list(request: HttpRequest, window: Query[Window], *, unread: bool = False) -> Any:
    """List what the caller was told, the newest first."""
    rows = Notice.objects.filter(person_id=request.user.pk).select_related("incident").order_by("-at", "-pk")
    return window.of(rows.filter(read_at__isnull=True) if unread else rows, notice_record)


class MarkedRead(Schema):
    marked: int


@router.post("/notices/read", response=MarkedRead)
@needs(STAFF)
def read_all_notices(request: HttpRequest) -> Any:
    """Mark everything the caller was told as read; how many were not yet."""
    return {"marked": mark_read(request.user)}  # type: ignore[arg-type]
