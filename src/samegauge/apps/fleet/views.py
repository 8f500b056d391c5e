from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from samegauge.apps.fleet import drawings, rules
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.telemetry import organisation_lake, signal_json
from samegauge.core.thread.models import ItemKind, Unit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


@require_GET
@needs(Action.READ)
def machine_list(request: HttpRequest) -> HttpResponse:
    standing = Q(operations_run__retracted_at__isnull=True)
    machines = Unit.objects.filter(item__kind=ItemKind.MACHINE).select_related("item").annotate(
        runs=Count("operations_run", filter=standing), latest=Max("operations_run__ended_at", filter=standing)
    )
    lake = organisation_lake()
    rows = [(machine, lake.days(machine.serial)) for machine in machines.order_by("serial")]
    return render(request, "fleet/machine_list.html", {"rows": rows})


@require_GET
@needs(Action.READ)
def machine(request: HttpRequest, machine_uid: UUID) -> HttpResponse:
    found = _machine(machine_uid)
    days = organisation_lake().days(found.serial)
    runs = found.operations_run.select_related("unit", "program").order_by("-started_at")[:100]
    context = {"machine": found, "days": days, "runs": runs, "data_items": found.data_items.order_by("component", "tag")}
    return render(request, "fleet/machine.html", context)


@require_GET
@needs(Action.READ)
def machine_day(request: HttpRequest, machine_uid: UUID, day: str) -> HttpResponse:
    found, when = _machine(machine_uid), _day(day)
    states = rules.states_of_day(found, when)
    runs = found.operations_run.filter(**rules.within(when)).select_related("unit", "program").order_by("started_at")
    context = {
        "machine": found,
        "day": when,
        "states": states,
        "strip": drawings.day_strip(found, when, states),
        "runs": runs,
        "tags": rules.numeric_tags(found, when),
        "previous": when - timedelta(days=1),
        "next": when + timedelta(days=1),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "fleet/machine_day.html", context)


@require_GET
@needs(Action.READ)
def machine_signals(request: HttpRequest, machine_uid: UUID, day: str) -> JsonResponse:
    found = _machine(machine_uid)
    start, end = rules.bounds(_day(day))
    return signal_json(request.GET, machines=[found.serial], labels=None, within=(start, end))


def _machine(machine_uid: UUID) -> Unit:
    return get_object_or_404(Unit.objects.select_related("item"), uid=machine_uid, item__kind=ItemKind.MACHINE)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
