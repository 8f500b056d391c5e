from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.db.models import Case, Count, Q, When
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samegauge.apps.inspection import rules, tables
from samegauge.apps.inspection.plans.drafting import origin_for
from samegauge.apps.inspection.plans.models import InspectionPlan
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.core.face import Action as Button
from samegauge.core.measurement.models import NUMBER_OF_PART, Characteristic, Conformity
from samegauge.core.organisations.permissions import Action, may, needs
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
    last = Case(When(kind=NUMBER_OF_PART, then=1), default=0)
    found = found.select_related("item").order_by(last, "item__number", "inspection_kind", "sequence")
    page = page_of(request, found)
    table = tables.characteristic_table(page, rules.studies_of(page.rows), _saved_views(request))
    context = {"page": page, "table": table, "plans": _plan_buttons(request, item) if item else ()}
    return render(request, "inspection/characteristic_list.html", context)


def _saved_views(request: HttpRequest) -> tuple[tuple[str, str, bool], ...]:
    asked_item, failing = request.GET.get("item", ""), request.GET.get("verdict") == Conformity.FAIL
    views = [(_("All"), "?", not asked_item and not failing), (_("Not conforming"), "?verdict=fail", failing)]
    items = Item.objects.filter(characteristics__isnull=False).distinct().order_by("number")[:8]
    return (*views, *((item.number, f"?item={quote(item.number)}", item.number == asked_item) for item in items))


def _plan_buttons(request: HttpRequest, item: str) -> list[Button]:
    """The plans of an item, and the draft of what an import said of it and no plan holds yet."""
    buttons = []
    if InspectionPlan.objects.filter(item__number=item).exists():
        buttons.append(Button(_("Plans"), f"{reverse('plan_list')}?item={quote(item)}", "clipboard-check"))
    if may(request.membership.role, SUPERVISORS) and origin_for(item):  # type: ignore[attr-defined]
        buttons.append(Button(_("Draft a plan"), f"{reverse('new_plan')}?item={quote(item)}", "plus"))
    return buttons
