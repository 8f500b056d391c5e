"""The thread in the form in which other systems exchange events: EPCIS 2.0."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema
from pydantic import Field

from samegauge.apps.history.epcis_export import MEDIA_TYPE, Asked
from samegauge.apps.history.epcis_views import epcis_answer
from samegauge.core.api_contract import GuardedRouter, Instant, file_answer
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import Unit

router = GuardedRouter(tags=["epcis"])


class EpcisQuestion(Schema):
    unit: UUID | None = Field(None, description="Of one unit; else of all")
    since: Instant | None = Field(None, description="What happened from then on")
    until: Instant | None = Field(None, description="What happened before")


@router.get("/epcis", response={200: None}, openapi_extra=file_answer(MEDIA_TYPE))
@needs(Action.READ)
def epcis_document(request: HttpRequest, asked: Query[EpcisQuestion]) -> Any:
    """Download events as one EPCIS document, each with its CBV 2.0 hash as its ID, oldest first."""
    unit = get_object_or_404(Unit, uid=asked.unit) if asked.unit else None
    organisation = request.membership.organisation  # type: ignore[attr-defined]
    return epcis_answer(organisation, Asked(unit, asked.since, asked.until), "events.epcis.jsonld")
