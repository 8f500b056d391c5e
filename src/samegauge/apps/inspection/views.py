from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.db.models import Count, Q
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samegauge.apps.inspection import rules, tables
from samegauge.core.measurement.models import Characteristic, Conformity
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.pages import page_of
from samegauge.core.thread.models import Item

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
@needs(Action.READ)
def characteristic_list(request: HttpRequest) -> HttpResponse:
    standing = Q(measurements__retracted_at__isnull=True)
    failed = standing & Q(measurements__stated=Conformity.FAIL)
    found = Characteristic.objects.annotate(
        measured=Count("measurements", standing), failed=Count("measurements", failed)
    )
    found = found.filter(measured__gt=0)
    if item := request.GET.get("item"):
        found = found.filter(item__number=item)
    if request.GET.get("verdict") == Conformity.FAIL:
        found = found.filter(failed__gt=0)
    page = page_of(request, found.select_related("item").order_by("item__number", "inspection_kind", "sequence"))
    table = tables.characteristic_table(page, rules.studies_of(page.rows), _saved_views(request))
    return render(request, "inspection/characteristic_list.html", {"page": page, "table": table})


def _saved_views(request: HttpRequest) -> tuple[tuple[str, str, bool], ...]:
    asked_item, failing = request.GET.get("item", ""), request.GET.get("verdict") == Conformity.FAIL
    views = [(_("All"), "?", not asked_item and not failing), (_("Not conforming"), "?verdict=fail", failing)]
    items = Item.objects.filter(characteristics__isnull=False).distinct().order_by("number")[:8]
    return (*views, *((item.number, f"?item={quote(item.number)}", item.number == asked_item) for item in items))
