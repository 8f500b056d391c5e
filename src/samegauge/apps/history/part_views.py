"""At the machine: may this part go in, swap it, rework it, and set a wrong clock right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.apps.history.forms import ReworkForm, SwapForm, TimeForm
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import AsBuiltEdge, Event, Item
from samegauge.core.thread.moves import correct_time, rework, swap, undo_swap
from samegauge.core.thread.parts import PartState, check_part
from samegauge.core.thread.rules import Recorder, ThreadError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

KINDS = {
    PartState.FREE: "ok",
    PartState.UNKNOWN: "undecided",
    PartState.WRONG_ITEM: "alarm",
    PartState.BLOCKED: "alarm",
    PartState.USED: "alarm",
}


@require_GET
@needs(Action.READ)
def part_check(request: HttpRequest) -> HttpResponse:
    """Scan a part: it may go in, or why not."""
    scanned, number = (request.GET.get(name, "").replace("\x00", "").strip()[:200] for name in ("scan", "item"))
    item = Item.objects.filter(number=number).first() if number else None
    context: dict[str, Any] = {"scanned": scanned, "number": number, "unknown_item": bool(number and item is None)}
    if scanned and not context["unknown_item"]:
        found = check_part(scanned, item)
        context |= {"found": found, "kind": KINDS[found.state]}
    return render(request, "history/part_check.html", context)


@require_http_methods(["GET", "POST"])
@needs(Action.RECORD)
def part_swap(request: HttpRequest) -> HttpResponse:
    """Scan what comes out and what goes in, look once more, done; or what was reworked."""
    is_rework = request.GET.get("what") == "rework"
    form_of: Any = ReworkForm if is_rework else SwapForm
    form = form_of(request.POST or None, initial={name: request.GET.get(name, "") for name in ("old", "unit")})
    context = {"form": form, "is_rework": is_rework, "done": _swapped(request.GET.get("done", ""))}
    if request.method == "GET":
        return render(request, "history/part_swap.html", context)
    edge = None
    if form.is_valid():
        place = _place_of(form.cleaned_data["unit" if is_rework else "old"])
        if "confirmed" not in request.POST and place is not None:
            return render(request, "history/part_swap.html", {**context, "place": place, "asked": form.asked()})
        try:
            edge = (rework if is_rework else swap)(form.asked(), Recorder(actor=request.user))  # type: ignore[arg-type]
        except ThreadError as refused:
            form.add_error(None, str(refused))
    if edge is None:
        return render(request, "history/part_swap.html", context, status=422)
    if is_rework:
        messages.success(request, _("%(serial)s is back in its place.") % {"serial": edge.child.serial})
        return redirect("unit_thread", edge.child.uid)
    return redirect(f"{reverse('part_swap')}?done={edge.installed_event.uid}")


def _place_of(unit: Any) -> AsBuiltEdge | None:
    places = AsBuiltEdge.objects.filter(child=unit, valid_to__isnull=True)
    return places.select_related("parent__item").first()


def _swapped(event_uid: str) -> AsBuiltEdge | None:
    """The edge of a swap that has just been recorded, to be looked at and taken back."""
    try:
        edges = AsBuiltEdge.objects.filter(installed_event__uid=UUID(event_uid))
    except ValueError:
        return None
    return edges.select_related("child", "parent", "installed_event").first()


@require_POST
@needs(Action.RECORD)
def swap_undo(request: HttpRequest, event_uid: UUID) -> HttpResponse:
    event = get_object_or_404(Event, uid=event_uid)
    try:
        old = undo_swap(event, request.POST.get("reason", ""), Recorder(actor=request.user))  # type: ignore[arg-type]
    except ThreadError as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('part_swap')}?done={event_uid}")
    messages.success(request, _("Taken back: %(serial)s never left.") % {"serial": old.child.serial})
    return redirect("unit_thread", old.parent.uid)


@require_http_methods(["GET", "POST"])
@needs(Action.RECORD)
def event_time(request: HttpRequest, event_uid: UUID) -> HttpResponse:
    """Say when an event really happened; the wrong one stays readable."""
    event = get_object_or_404(Event.objects.select_related("unit"), uid=event_uid)
    form = TimeForm(request.POST or None, initial={"at": event.device_time})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            said = form.cleaned_data
            try:
                correct_time(event, said["at"], said["reason"], Recorder(actor=request.user))  # type: ignore[arg-type]
            except ThreadError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Corrected. The event with the wrong time stays readable."))
                return redirect("unit_events", event.unit.uid) if event.unit else redirect("unit_list")
    return render(request, "history/event_time.html", {"event": event, "form": form}, status=status)
