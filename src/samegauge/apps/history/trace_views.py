"""Where a lot or a unit went, and what a unit was made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from samegauge.apps.history import trace_tables
from samegauge.apps.history.forms import BlockForm
from samegauge.apps.history.recalls import RecallKind
from samegauge.apps.history.tracing import lots_in, traced, units_of
from samegauge.core.charts import TreeNode
from samegauge.core.face import Action as Button
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.thread.models import Block, Lot, Unit
from samegauge.core.thread.parts import block, release
from samegauge.core.thread.rules import Recorder, ThreadError, blocks_on

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@require_GET
@needs(Action.READ)
def unit_trace(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    """Forward to machines and customers, backward to melts, heat treatments and deliveries."""
    unit = get_object_or_404(Unit.objects.select_related("item", "lot"), uid=unit_uid)
    found = traced([unit.pk])
    lots = lots_in(unit, datetime.now(UTC))
    root = TreeNode(unit.serial, unit.item.number, reverse("unit_thread", args=[unit.uid]))
    context = {
        "unit": unit,
        "found": found,
        "forward": trace_tables.forward_tree(root, found),
        "affected": trace_tables.affected_table(found),
        "backward": trace_tables.backward_tree(unit, lots),
        "lots": trace_tables.lots_table(lots),
        **_blocking(request, blocks_on(unit, datetime.now(UTC)).first(), reverse("unit_block", args=[unit.uid])),
    }
    return render(request, "history/unit_trace.html", context)


@require_GET
@needs(Action.READ)
def lot(request: HttpRequest, lot_uid: UUID) -> HttpResponse:
    one = get_object_or_404(Lot.objects.select_related("item"), uid=lot_uid)
    found = traced(units_of(one))
    asked = urlencode({"kind": RecallKind.LOT.value, "named": one.number})
    standing = Block.objects.filter(lot=one, valid_to__isnull=True).select_related("blocked_event").first()
    context = {
        "lot": one,
        "found": found,
        "summary": trace_tables.summary(found),
        "forward": trace_tables.forward_tree(TreeNode(one.number, str(one.get_kind_display())), found),  # type: ignore[attr-defined]
        "affected": trace_tables.affected_table(found),
        "stock": trace_tables.stock_table(found.in_stock),
        "recall": Button(_("Start a recall"), f"{reverse('recall_new')}?{asked}", "alert-triangle"),
        **_blocking(request, standing, reverse("lot_block", args=[one.uid])),
    }
    return render(request, "history/lot.html", context)


def _blocking(request: HttpRequest, standing: Block | None, url: str) -> dict[str, Any]:
    """What the form that blocks and releases needs."""
    may_record = may(request.membership.role, Action.RECORD)  # type: ignore[attr-defined]
    return {"blocked": standing, "block_url": url, "block_form": BlockForm() if may_record else None}


@require_POST
@needs(Action.RECORD)
def unit_block(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = get_object_or_404(Unit, uid=unit_uid)
    _switch(request, unit, Block.objects.filter(unit=unit, valid_to__isnull=True).first())
    return redirect("unit_trace", unit.uid)


@require_POST
@needs(Action.RECORD)
def lot_block(request: HttpRequest, lot_uid: UUID) -> HttpResponse:
    one = get_object_or_404(Lot, uid=lot_uid)
    _switch(request, one, Block.objects.filter(lot=one, valid_to__isnull=True).first())
    return redirect("lot", one.uid)


def _switch(request: HttpRequest, what: Unit | Lot, standing: Block | None) -> None:
    """Block it, or release it where it is blocked."""
    recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
    form = BlockForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        if standing is None:
            block(what, reason, recorder)
            messages.success(request, _("%(what)s is blocked: nobody can build it in.") % {"what": what})
        else:
            release(standing, reason, recorder)
            messages.success(request, _("%(what)s is released.") % {"what": what})
    except ThreadError as refusal:
        messages.error(request, str(refusal))
