"""Sharing as its giver and its receiver see it; what is shared itself is shown by the pages of the apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.core.language import named
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.sharing import rules, tables
from samegauge.core.sharing.forms import ShareForm
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from samegauge.core.sharing.models import Grant


@require_http_methods(["GET", "POST"])
@needs(Action.SHARE)
def share(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    """Share a unit: said, shown once more with the receiver's name, then done."""
    unit = get_object_or_404(Unit.objects.select_related("item"), uid=unit_uid)
    form = ShareForm(request.POST or None)
    context = {
        "unit": unit,
        "form": form,
        "known": rules.known_receivers(),
        "one_wall": rules.stands_behind_one_wall(),
    }
    if request.method == "GET":
        return render(request, "sharing/share.html", context)
    if not form.is_valid():
        return render(request, "sharing/share.html", context, status=422)
    if "confirmed" not in request.POST:
        return render(request, "sharing/share.html", {**context, "receiver": form.receiver, "offer": form.offer()})
    try:
        grant = rules.share(unit, form.receiver, form.offer(), Recorder(actor=request.user))  # type: ignore[arg-type]
    except rules.SharingError as refusal:
        form.add_error(None, str(refusal))
        return render(request, "sharing/share.html", context, status=422)
    told = _("%(serial)s is shared with %(receiver)s.") % {"serial": unit.serial, "receiver": named(grant.receiver)}
    messages.success(request, told)
    return redirect("grant", grant.uid)


@require_GET
@needs(Action.READ_SHARED)
def shared_with_us(request: HttpRequest) -> HttpResponse:
    page = page_of(request, rules.received().order_by("serial", "pk"))
    return render(
        request,
        "sharing/shared_with_us.html",
        {
            "table": tables.received_table(page),
            "page": page,
            "code": request.membership.organisation.uid,  # type: ignore[attr-defined]
            "one_wall": rules.stands_behind_one_wall(),
        },
    )


@require_GET
@needs(Action.READ_SHARED)
def shared_by_us(request: HttpRequest) -> HttpResponse:
    page = page_of(request, rules.given().order_by("-granted_at", "-pk"))
    context = {"table": tables.given_table(page), "page": page, "one_wall": rules.stands_behind_one_wall()}
    return render(request, "sharing/shared_by_us.html", context)


@require_GET
@needs(Action.READ_SHARED)
def grant_page(request: HttpRequest, grant_uid: UUID) -> HttpResponse:
    return _grant_page(request, get_object_or_404(rules.given(), uid=grant_uid))


def _grant_page(request: HttpRequest, grant: Grant, refusal: str = "") -> HttpResponse:
    page = page_of(request, grant.uses.all())
    context = {
        "grant": grant,
        "unit": Unit.objects.filter(pk=grant.unit_id).first(),
        "chip": tables.state_chip(grant),
        "facts": tables.facts(grant),
        "page": page,
        "table": tables.use_table(page),
        "is_live": tables.state_chip(grant).kind == "ok",
        "may_share": may(request.membership.role, Action.SHARE),  # type: ignore[attr-defined]
        "refusal": refusal,
    }
    return render(request, "sharing/grant.html", context, status=422 if refusal else 200)


@require_POST
@needs(Action.SHARE)
def revoke(request: HttpRequest, grant_uid: UUID) -> HttpResponse:
    grant = get_object_or_404(rules.given(), uid=grant_uid)
    try:
        rules.revoke(grant, request.POST.get("reason", ""), Recorder(actor=request.user))  # type: ignore[arg-type]
    except rules.SharingError as refusal:
        return _grant_page(request, grant, str(refusal))
    messages.success(request, _("Revoked. Nothing of it is left to the receiver."))
    return redirect("grant", grant.uid)
