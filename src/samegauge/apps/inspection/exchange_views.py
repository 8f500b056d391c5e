"""The download of inspection data, for a person and for a program."""

from __future__ import annotations

from typing import Literal

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from ninja import Query, Schema

from samegauge.apps.inspection.exchange import FORMS, Asked, ExchangeError, exported
from samegauge.core.api_contract import GuardedRouter, Word, file_answer
from samegauge.core.language import reads_chinese
from samegauge.core.organisations.permissions import Action, needs

router = GuardedRouter(tags=["characteristics"])
LONGEST = 200


class InspectionDataQuestion(Schema):
    """Which records; QIF holds one plan of one item."""

    item: Word = ""
    plan: Word = ""
    serial: Word = ""


@require_GET
@needs(Action.READ)
def inspection_data(request: HttpRequest, layout: str) -> HttpResponse:
    """A file of the asked records; what cannot be written is said instead."""
    if layout not in FORMS:
        raise BadRequest(layout)
    given = {name: request.GET.get(name, "")[:LONGEST].replace("\0", "") for name in ("item", "plan", "serial")}
    return _file(layout, Asked(**given))


@router.get(
    "/inspection-data/{layout}",
    response={200: None},
    openapi_extra=file_answer(*(media_type for _ending, media_type in FORMS.values())),
)
@needs(Action.READ)
def inspection_data_file(
    request: HttpRequest,  # noqa: ARG001 - ninja
    layout: Literal["qif", "aqdef"],
    asked: Query[InspectionDataQuestion],
) -> HttpResponse:
    """Download characteristics, values and statistics as a QIF 3.0 or AQDEF file."""
    return _file(layout, Asked(asked.item, asked.plan, asked.serial))


def _file(layout: str, asked: Asked) -> HttpResponse:
    try:
        made = exported(layout, asked, timezone.now())
    except ExchangeError as error:
        raise BadRequest(error.message_zh if reads_chinese() else str(error)) from error
    response = HttpResponse(made.content, content_type=FORMS[layout][1])
    response["Content-Disposition"] = f'attachment; filename="{made.name.encode("ascii", "replace").decode()}"'
    return response
