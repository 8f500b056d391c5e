"""The values of an inspection as a file for others, from its page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from samegauge.core.face import Action
from samegauge.core.measurement.beside import Beside, Shown, declare_beside
from samegauge.core.measurement.models import Measurement


def _find(shown: Shown) -> Beside:
    if shown.inspection is None:
        return Beside()
    rows = Measurement.objects.filter(inspection=shown.inspection, actual__isnull=False).order_by()
    plans = list(rows.values_list("characteristic__plan", flat=True).distinct()[:2])
    asked = {"item": shown.unit.item.number, "serial": shown.unit.serial}
    if len(plans) == 1:
        asked["plan"] = plans[0]
    # A QIF document holds one plan.
    layouts = {"QIF": "qif", "AQDEF": "aqdef"} if len(plans) == 1 else {"AQDEF": "aqdef"} if plans else {}
    return Beside(
        tuple(
            Action(label, f"{reverse('inspection_data', args=[layout])}?{urlencode(asked)}", "download")
            for label, layout in layouts.items()
        )
    )


declare_beside("inspection", _find)
