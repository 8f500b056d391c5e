from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from samegauge.apps.inspection import drawings, rules
from samegauge.core.measurement.models import Characteristic, Conformity, InspectionKind
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.pages import page_of
from samegauge.core.thread.models import Item

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


@require_GET
@needs(Action.READ)
def characteristic_list(request: HttpRequest) -> HttpResponse:
    found = Characteristic.objects.select_related("item").order_by("item__number", "inspection_kind", "sequence")
    if item := request.GET.get("item"):
        found = found.filter(item__number=item)
    if kind := request.GET.get("kind"):
        found = found.filter(inspection_kind=kind)
    standing = Q(measurements__retracted_at__isnull=True)
    counted = found.annotate(
        measured=Count("measurements", filter=standing),
        failed=Count("measurements", filter=standing & Q(measurements__stated=Conformity.FAIL)),
    ).filter(measured__gt=0)
    if request.GET.get("verdict") == Conformity.FAIL:
        counted = counted.filter(failed__gt=0)
    page = page_of(request, counted)
    rows = [(row, rules.study_of(row)) for row in page.rows]
    context = {"page": page, "rows": rows, "items": Item.objects.filter(characteristics__isnull=False).distinct(),
               "kinds": InspectionKind.choices, "asked": request.GET}
    return render(request, "inspection/characteristic_list.html", context)


@require_GET
@needs(Action.READ)
def characteristic(request: HttpRequest, characteristic_uid: UUID) -> HttpResponse:
    found = get_object_or_404(Characteristic.objects.select_related("item"), uid=characteristic_uid)
    study = rules.study_of(found)
    context = {
        "characteristic": found,
        "study": study,
        "reported": rules.reported_capability(found),
        "run_chart": drawings.run_chart(found, study),
        "histogram": drawings.histogram(found, study),
    }
    return render(request, "inspection/characteristic.html", context)
