from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from samegauge.apps.history.epcis_export import MEDIA_TYPE, Asked, document
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import Unit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from samegauge.core.organisations.models import Organisation


@require_GET
@needs(Action.READ)
def unit_epcis(request: HttpRequest, unit_uid: UUID) -> StreamingHttpResponse:
    """What happened to one unit, for others' systems."""
    unit = get_object_or_404(Unit, uid=unit_uid)
    return epcis_answer(request.membership.organisation, Asked(unit), f"{unit.serial}.epcis.jsonld")  # type: ignore[attr-defined]


def epcis_answer(organisation: Organisation, asked: Asked, name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(document(organisation, asked), content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer
