"""The supervisors' pages: the floor, and one unit at its stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from samegauge.apps.inspection.plans.forms import ReasonForm
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.apps.inspection.plans.routes import procedure_now, ways_of
from samegauge.apps.inspection.stations import desk
from samegauge.apps.inspection.stations.floor import floor_board, floor_table
from samegauge.apps.inspection.stations.models import EntryKind, StopState, UnitStop
from samegauge.apps.inspection.stations.receiving import Sender, Sent, receive
from samegauge.apps.inspection.stations.writing import settle
from samegauge.core.identifiers import new_uid
from samegauge.core.language import in_reader_language
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import lock_structure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

DESK = "desk"


@require_GET
@needs(Action.READ)
def floor(request: HttpRequest) -> HttpResponse:
    machines = desk.machines_on_the_line()
    kind, sentence, reason = desk.verdict_of(machines)
    board = desk.board_of(machines)
    context = {
        "machines": machines,
        "kind": kind,
        "sentence": sentence,
        "reason": reason,
        "board": board,
        "picture": mark_safe(floor_board(board)),  # noqa: S308 - core.charts escapes every text
        "figures": floor_table(board),
        "trouble": desk.trouble_table(machines),
        "overrides": desk.overrides_said(),
        "writes": _supervises(request),
    }
    return render(request, "stations/floor.html", context)


@require_POST
@needs(SUPERVISORS)
def start_unit(request: HttpRequest) -> HttpResponse:
    """Put a unit on the line: from now on its first station waits for it."""
    serial = request.POST.get("serial", "").strip()
    unit = Unit.objects.filter(serial=serial).select_related("item").first()
    if unit is None:
        messages.error(request, _("There is no unit with the serial number %(serial)s.") % {"serial": serial})
        return redirect("floor")
    if not ways_of([unit], timezone.now())[unit.pk].stops:
        messages.error(request, _("No route is released for %(item)s.") % {"item": unit.item.number})
        return redirect("floor")
    with transaction.atomic():
        lock_structure()
        settle([unit.pk])
    messages.success(request, _("%(serial)s is on the line.") % {"serial": serial})
    return redirect("unit_at_stations", unit.uid)


@require_GET
@needs(Action.READ)
def unit_at_stations(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = get_object_or_404(Unit.objects.select_related("item"), uid=unit_uid)
    stops = desk.stops_of(unit)
    if not stops:
        return render(request, "stations/unit_at_stations.html", {"unit": unit, "stops": []})
    chosen = _chosen(stops, request.GET.get("station", ""))
    entries = desk.entries_at(chosen)
    holds = desk.holds_at(chosen, entries)
    kind, sentence, reason = desk.unit_verdict(stops, holds)
    context = {
        "unit": unit,
        "stops": stops,
        "chosen": chosen,
        "kind": kind,
        "sentence": sentence,
        "reason": reason,
        "table": desk.stop_table(stops, chosen),
        "entries": desk.entry_table(entries),
        "holds": holds,
        "writes": _supervises(request) and chosen.completed_at is None,
        "is_held": chosen.state == StopState.HELD,
        "act_url": reverse("act_at_station", args=[unit.uid]),
    }
    return render(request, "stations/unit_at_stations.html", context)


def _chosen(stops: Sequence[UnitStop], asked: str) -> UnitStop:
    """The station asked for, else where the unit stands, else the last one."""
    by_code = {stop.station.code: stop for stop in stops}
    standing = (stop for stop in stops if stop.state in {StopState.HELD, StopState.HERE})
    return by_code.get(asked) or next(standing, stops[-1])


def _supervises(request: HttpRequest) -> bool:
    return may(request.membership.role, SUPERVISORS)  # type: ignore[attr-defined]


@require_POST
@needs(SUPERVISORS)
def act_at_station(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    """Release a unit past a gate, with the reason, or ask once more whether something outside holds it."""
    unit = get_object_or_404(Unit, uid=unit_uid)
    stop = get_object_or_404(
        UnitStop.objects.select_related("station", "procedure"),
        unit=unit,
        station__code=request.POST.get("station", ""),
    )
    place = redirect(reverse("unit_at_stations", args=[unit.uid]) + f"?station={stop.station.code}")
    override, form = request.POST.get("act") == "override", ReasonForm(request.POST)
    if override and not form.is_valid():
        messages.error(request, _("Say why the unit may pass."))
        return place
    procedure = stop.procedure or procedure_now(unit, stop.station.code)
    if procedure is None:
        messages.error(request, _("No procedure is released for this station."))
        return place
    entry = Sent(
        id=new_uid(),
        unit=unit.uid,
        station=stop.station.code,
        procedure=procedure.uid,
        step="",
        kind=EntryKind.OVERRIDE if override else EntryKind.FINISH,
        device_time=timezone.now(),
        payload={"reason": form.cleaned_data["reason"]} if override else {},
    )
    role = request.membership.role  # type: ignore[attr-defined]
    (receipt,), _units = receive([entry], Sender(request.user, role, DESK))  # type: ignore[arg-type]
    if receipt.outcome == "taken":
        messages.success(request, _("Released."))
    else:
        messages.warning(request, in_reader_language(receipt.reason))
    return place
