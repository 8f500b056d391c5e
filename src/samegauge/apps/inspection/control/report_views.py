from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import translation
from django.views.decorators.http import require_GET

from samegauge.apps.inspection.control import report
from samegauge.apps.inspection.control.report_pdf import render_report
from samegauge.core.language import reads_chinese
from samegauge.core.measurement.models import Characteristic
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.printing import PrintError, fonts_folder
from samegauge.core.production.models import Station

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest

    from samegauge.core.organisations.models import Organisation

LANGUAGES = {"en": "en", "zh-Hant": "zh-hant"}


@require_GET
@needs(Action.READ)
def characteristic_report(request: HttpRequest, characteristic_uid: UUID, language: str) -> HttpResponse:
    """Charts, capability with its method, and alarms with cause and action, as PDF."""
    row = get_object_or_404(Characteristic.objects.select_related("item"), uid=characteristic_uid)
    back = redirect("characteristic", characteristic_uid)
    return _printed(request, language, lambda firm: report.characteristic_report(row, firm), back)


@require_GET
@needs(Action.READ)
def quality_report(request: HttpRequest, language: str) -> HttpResponse:
    """A month's alarms, capability, causes and yield as PDF; `station` narrows it."""
    try:
        period = report.month_of(request.GET.get("month", ""))
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    code = request.GET.get("station", "")
    station = get_object_or_404(Station, code=code) if code else None
    return _printed(request, language, lambda firm: report.month_report(period, station, firm), redirect("quality"))


def _printed(
    request: HttpRequest, language: str, view: Callable[[Organisation], dict[str, Any]], back: HttpResponse
) -> HttpResponse:
    if language not in LANGUAGES:
        raise Http404
    organisation = request.membership.organisation  # type: ignore[attr-defined]
    try:
        with translation.override(LANGUAGES[language]):
            pdf = render_report(view(organisation), fonts_folder())
    except PrintError as error:
        messages.error(request, error.message_zh if reads_chinese() else error.message)
        return back
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="quality-report-{language}.pdf"'
    return response
