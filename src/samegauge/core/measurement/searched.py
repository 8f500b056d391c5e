from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from samegauge.core.measurement.models import Characteristic
from samegauge.core.search.declaration import Hit, Searched, register


def _characteristic(one: Characteristic) -> Hit:
    return Hit(one.name, reverse("characteristic", args=[one.uid]), f"{one.item.number} · {one.plan}")


register(Searched(Characteristic, _("Characteristics"), "ruler-measure", ("name", "key"), _characteristic, ("item",)))
