from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from samegauge.core.intake.models import ImportBatch
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.production.models import OperationRun
from samegauge.core.thread.models import Document, Item, ItemKind, Unit

if TYPE_CHECKING:
    from django.http import HttpRequest

FOUND_PER_GROUP = 10


@require_GET
@needs(Action.READ)
def home(request: HttpRequest) -> HttpResponse:
    """What needs attention first, then what is there."""
    failed = Inspection.objects.filter(verdict=Conformity.FAIL).select_related("unit__item").order_by("-reported_at")
    imports = ImportBatch.objects.order_by("-started_at")
    context = {
        "failed": list(failed[:10]),
        "failed_count": failed.count(),
        "imports": list(imports[:5]),
        "troubled_imports": [batch for batch in imports[:20] if not batch.undone_at and batch.report.get("refused")],
        "parts": Unit.objects.exclude(item__kind=ItemKind.MACHINE).count(),
        "machines": Unit.objects.filter(item__kind=ItemKind.MACHINE).count(),
        "operations": OperationRun.objects.count(),
        "inspections": Inspection.objects.count(),
        "may_import": may(request.membership.role, Action.IMPORT),  # type: ignore[attr-defined]
    }
    return render(request, "home.html", context)


@require_GET
@needs(Action.READ)
def search(request: HttpRequest) -> HttpResponse:
    """Find serials, items, characteristics and documents; an exact serial opens its thread at once."""
    asked = request.GET.get("q", "").strip()[:200]
    if not asked:
        return render(request, "search.html", {"asked": ""})
    exact = Unit.objects.filter(serial__iexact=asked).first()
    if exact is not None:
        return redirect("unit_thread", exact.uid)
    context = {
        "asked": asked,
        "units": list(Unit.objects.filter(serial__icontains=asked).select_related("item")[:FOUND_PER_GROUP]),
        "items": list(
            Item.objects.filter(Q(number__icontains=asked) | Q(name__icontains=asked) | Q(name_zh__icontains=asked))[
                :FOUND_PER_GROUP
            ]
        ),
        "characteristics": list(
            Characteristic.objects.filter(name__icontains=asked).select_related("item")[:FOUND_PER_GROUP]
        ),
        "documents": list(Document.objects.filter(title__icontains=asked)[:FOUND_PER_GROUP]),
    }
    return render(request, "search.html", context)


@login_not_required
@require_GET
def health(_request: HttpRequest) -> JsonResponse:
    """Say that the web process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
