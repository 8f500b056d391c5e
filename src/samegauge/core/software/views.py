"""The administration page of the software that runs here: for owners of the organisation that runs the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from samegauge.core.face import Action as Button
from samegauge.core.face import Cell, Column, RecordTable
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.organisations.rules import administers_site
from samegauge.core.software.bill import MEDIA_TYPE, bill_of_materials, bill_text
from samegauge.core.software.components import Kind, inventory

if TYPE_CHECKING:
    from django.http import HttpRequest

    from samegauge.core.software.components import Component

LONGEST_QUERY = 200


@require_GET
@needs(Action.ADMINISTER_SITE)
def overview(request: HttpRequest) -> HttpResponse:
    _only_for_the_house(request)
    found = inventory()
    asked = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    with_tools = bool(request.GET.get("tools"))
    shown = [
        one
        for one in sorted(found.components, key=lambda one: one.name.lower())
        if (with_tools or one.runs) and asked.lower() in f"{one.name} {one.licence_text}".lower()
    ]
    context = {
        "asked": asked,
        "with_tools": with_tools,
        "version": found.product.version,
        "count": len(shown),
        "running": sum(one.runs for one in found.components),
        "table": _table(shown, with_tools=with_tools),
        "actions": [Button(_("Bill of materials (CycloneDX)"), reverse("software_file"), "download")],
    }
    return render(request, "software/overview.html", context)


@require_GET
@needs(Action.ADMINISTER_SITE)
def bill_file(request: HttpRequest) -> HttpResponse:
    _only_for_the_house(request)
    bill = bill_of_materials()
    answer = HttpResponse(bill_text(bill), content_type=f"{MEDIA_TYPE}; version=1.6; charset=utf-8")
    name = f"samegauge-{bill['metadata']['component']['version']}.cdx.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _only_for_the_house(request: HttpRequest) -> None:
    if not administers_site(request.membership):  # type: ignore[attr-defined]
        raise Http404


def _table(shown: list[Component], *, with_tools: bool) -> RecordTable:
    columns = (
        Column(pgettext("software", "Component")),
        Column(_("Version")),
        Column(_("Licence"), prose=True),
        Column(_("What it is")),
        *([Column(_("Use"))] if with_tools else []),
    )
    kinds = {
        Kind.PYTHON: _("Python package"),
        Kind.FRONTEND: _("in the pages and fonts"),
        Kind.INTERPRETER: _("interpreter"),
    }
    rows = tuple(
        (
            Cell(one.name, code=True),
            Cell(one.version, code=True),
            Cell(one.licence_text or _("not stated")),
            Cell(kinds[one.kind]),
            *(
                [Cell(_("runs with the site") if one.runs else _("tool, does not run with the site"))]
                if with_tools
                else []
            ),
        )
        for one in shown
    )
    views = ((_("Runs with the site"), "?", not with_tools), (_("With tools"), "?tools=1", with_tools))
    return RecordTable(_("Software components"), columns, rows, views=views)
