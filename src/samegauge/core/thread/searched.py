from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from samegauge.core.language import named
from samegauge.core.search.declaration import Hit, Searched, register
from samegauge.core.thread.models import Document, Unit
from samegauge.core.words import document_kind, provenance_of


def _unit(unit: Unit) -> Hit:
    url = reverse("unit_thread", args=[unit.uid])
    return Hit(unit.serial, url, f"{unit.item.number} · {named(unit.item)}", provenance_of(unit))


def _document(document: Document) -> Hit:
    return Hit(document.title, reverse("document", args=[document.uid]), document_kind(document.kind))


register(Searched(Unit, _("Serial numbers"), "box", ("serial",), _unit, ("item",), opens=True))
register(Searched(Document, _("Documents"), "file-text", ("title",), _document))
