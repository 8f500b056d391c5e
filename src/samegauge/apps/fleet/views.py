from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from samegauge.apps.fleet import drawings, rules, tables
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.production.models import DataItem, OperationRun
from samegauge.core.telemetry import numeric_tags, organisation_lake, signal_json
from samegauge.core.thread.models import ItemKind, Unit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

SHOWN_RUNS = 100
FIRST_YEAR, LAST_YEAR = 1900, 2199


@require_GET
@needs(Action.READ)
def machine_list(request: HttpRequest) -> HttpResponse:
    standing = Count("operations_run", filter=Q(operations_run__retracted_at__isnull=True))
    machines = Unit.objects.filter(item__kind=ItemKind.MACHINE).select_related("item").annotate(runs=standing)
    lake, zone = organisation_lake(), timezone.get_current_timezone()
    rows = [(machine, lake.days(machine.serial, zone)) for machine in machines.order_by("serial")]
    return render(request, "fleet/machine_list.html", {"table": tables.machine_table(rows)})


@require_GET
@needs(Action.READ)
def machine(request: HttpRequest, machine_uid: UUID) -> HttpResponse:
    found = _machine(machine_uid)
    days = organisation_lake().days(found.serial, timezone.get_current_timezone())
    runs = (
        OperationRun.objects.filter(machine=found)
        .select_related("unit", "program")
        .order_by("-started_at")[:SHOWN_RUNS]
    )
    context = {
        "machine": found,
        "days": tables.day_table(found, days),
        "runs": tables.run_table(runs[:SHOWN_RUNS]),
        "data_items": tables.data_item_table(DataItem.objects.filter(machine=found).order_by("component", "tag")),
    }
    return render(request, "fleet/machine.html", context)


@require_GET
@needs(Action.READ)
def machine_day(request: HttpRequest, machine_uid: UUID, day: str) -> HttpResponse:
    found, when = _machine(machine_uid), _day(day)
    states = rules.states_of_day(found, when)
    runs = (
        OperationRun.objects.filter(machine=found, **rules.within(when))
        .select_related("unit", "program")
        .order_by("started_at")
    )
    tags = numeric_tags(found.serial, rules.bounds(when))
    asked = request.GET.get("tag")
    context = {
        "machine": found,
        "day": when,
        "states": states,
        "strip": drawings.day_strip(found, when, states),
        "alarms": tables.alarm_table(states) if states else None,
        "runs": tables.run_table(runs.order_by("started_at")),
        "signal_tags": tags,
        "signal_tag": asked if asked in tags else next(iter(tags), ""),
        "previous": when - timedelta(days=1),
        "next": when + timedelta(days=1),
    }
    return render(request, "fleet/machine_day.html", context)


@require_GET
@needs(Action.READ)
def machine_signals(request: HttpRequest, machine_uid: UUID, day: str) -> JsonResponse:
    return signal_json(request.GET, _machine(machine_uid), rules.bounds(_day(day)))


def _machine(machine_uid: UUID) -> Unit:
    return get_object_or_404(Unit.objects.select_related("item"), uid=machine_uid, item__kind=ItemKind.MACHINE)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Http404
    return day
