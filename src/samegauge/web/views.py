from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samegauge.apps.history import tables
from samegauge.core.backup.health import states
from samegauge.core.charts.numerals import number_text
from samegauge.core.database import reach
from samegauge.core.face import Action as Button
from samegauge.core.face import Cell, Column, RecordTable
from samegauge.core.intake.models import ImportBatch
from samegauge.core.labels.rules import scanned_path
from samegauge.core.language import named
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection
from samegauge.core.organisations.permissions import Action, may, needs, public
from samegauge.core.organisations.rules import administers_site
from samegauge.core.pages import Page
from samegauge.core.production.models import OperationRun
from samegauge.core.thread.models import Document, Item, ItemKind, Unit
from samegauge.core.words import conformity_chip, document_kind, provenance_of

if TYPE_CHECKING:
    from django.http import HttpRequest

FOUND_PER_GROUP = 10
LONGEST_QUERY = 200


@require_GET
@needs(Action.READ)
def home(request: HttpRequest) -> HttpResponse:
    """What needs attention first, then what is there."""
    failed = Inspection.objects.filter(verdict=Conformity.FAIL).select_related("unit__item").order_by("-reported_at")
    imports = list(ImportBatch.objects.select_related("actor").order_by("-started_at")[:5])
    troubled = [batch for batch in imports if not batch.undone_at and batch.report.get("refused")]
    allowed = may(request.membership.role, Action.IMPORT)  # type: ignore[attr-defined]
    parts = Unit.objects.exclude(item__kind=ItemKind.MACHINE).count()
    context = {
        "now": timezone.now(),
        "parts": parts,
        "imports": imports,
        "failed_count": failed.count(),
        "failed_table": _failed_table(list(failed[:10])),
        "failed_actions": [Button(_("Show the parts"), reverse("unit_list") + "?verdict=fail", "eye")],
        "troubled_imports": troubled,
        "trouble_actions": [Button(_("Show the import"), reverse("import_detail", args=[troubled[0].uid]))]
        if troubled
        else [],
        "import_table": replace(tables.import_table(Page(imports, 1, len(imports), 5, "", "")), page=None),
        "new_import": Button(_("New import"), reverse("import_new"), "upload") if allowed else None,
        "facts": [
            (_("Parts"), number_text(parts, 0), reverse("unit_list")),
            (
                _("Machines"),
                number_text(Unit.objects.filter(item__kind=ItemKind.MACHINE).count(), 0),
                reverse("machine_list"),
            ),
            (_("Operations"), number_text(OperationRun.objects.count(), 0), ""),
            (_("Inspections"), number_text(Inspection.objects.count(), 0), ""),
            (_("Characteristics"), number_text(Characteristic.objects.count(), 0), reverse("characteristic_list")),
        ],
    }
    return render(request, "home.html", context)


def _failed_table(failed: list[Inspection]) -> RecordTable:
    columns = (Column(_("Part")), Column(_("Inspection")), Column(_("Verdict")), Column(_("Reported")))
    rows = tuple(
        (
            Cell(
                row.unit.serial,
                reverse("unit_thread", args=[row.unit.uid]),
                code=True,
                note=row.unit.item.number,
                provenance=provenance_of(row.unit),
            ),
            Cell(str(row.get_kind_display()), reverse("inspection", args=[row.uid])),  # type: ignore[attr-defined]
            Cell(chip=conformity_chip(row.verdict)),
            Cell(tables.when(row.reported_at)),
        )
        for row in failed
    )
    return RecordTable(_("Needs attention"), columns, rows)


@require_GET
@needs(Action.READ)
def search(request: HttpRequest) -> HttpResponse:
    """Find serials, items, characteristics and documents; an exact serial opens its thread at once."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    if path := scanned_path(asked):
        return redirect(path)
    exact = Unit.objects.filter(serial__iexact=asked).first() if asked else None
    if exact is not None:
        return redirect("unit_thread", exact.uid)
    groups = [group for group in _groups(asked) if group["found"]] if asked else []
    return render(request, "search.html", {"asked": asked, "query": asked, "groups": groups})


def _groups(asked: str) -> list[dict[str, object]]:
    units = Unit.objects.filter(serial__icontains=asked).select_related("item")
    matching = Q(number__icontains=asked) | Q(name__icontains=asked) | Q(name_zh__icontains=asked)
    characteristics = Characteristic.objects.filter(name__icontains=asked).select_related("item")
    documents = Document.objects.filter(title__icontains=asked)
    return [
        {
            "name": _("Serial numbers"),
            "found": [
                (unit.serial, reverse("unit_thread", args=[unit.uid]), unit.item.number, provenance_of(unit))
                for unit in units[:FOUND_PER_GROUP]
            ],
        },
        {
            "name": _("Items"),
            "found": [
                (item.number, f"{reverse('unit_list')}?item={quote(item.number)}", named(item), "")
                for item in Item.objects.filter(matching)[:FOUND_PER_GROUP]
            ],
        },
        {
            "name": _("Characteristics"),
            "found": [
                (one.name, reverse("characteristic", args=[one.uid]), one.item.number, "")
                for one in characteristics[:FOUND_PER_GROUP]
            ],
        },
        {
            "name": _("Documents"),
            "found": [
                (one.title, reverse("document", args=[one.uid]), document_kind(one.kind), "")
                for one in documents[:FOUND_PER_GROUP]
            ],
        },
    ]


@public
@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Say that the web process answers and reaches its database; those who run the site see its parts too."""
    reach()
    membership = getattr(request, "membership", None)
    if membership is None or not administers_site(membership):
        return JsonResponse({"status": "ok"})
    return JsonResponse({"status": "ok", **states(settings.SAMEGAUGE_HOME)})
