"""Which units a query string asks for: the same answer for the list, its labels and whatever follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.core.measurement.models import Conformity, Inspection
from samegauge.core.thread.models import Item, ItemKind, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet


def asked_parts(asked: Mapping[str, str]) -> QuerySet[Unit]:
    """Units other than machines: by item, by the start of the serial number, by verdict."""
    units = Unit.objects.filter(item__in=Item.objects.exclude(kind=ItemKind.MACHINE))
    if item := asked.get("item"):
        units = units.filter(item__number=item)
    if serial := asked.get("serial"):
        units = units.filter(serial__istartswith=serial)
    if asked.get("verdict") == Conformity.FAIL:
        units = units.filter(pk__in=Inspection.objects.filter(verdict=Conformity.FAIL).values("unit"))
    return units
