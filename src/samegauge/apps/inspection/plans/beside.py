"""From an inspection to the released plans that say what is measured in it."""

from __future__ import annotations

from collections import defaultdict

from django.urls import reverse
from django.utils import timezone

from samegauge.apps.inspection.plans.effectivity import holding
from samegauge.apps.inspection.plans.models import InspectionPlan, RevisionState
from samegauge.core.face import Action
from samegauge.core.measurement.beside import Beside, Shown, declare_beside
from samegauge.core.measurement.models import Measurement


def _find(shown: Shown) -> Beside:
    """Of each plan the revision that holds for the unit now."""
    if shown.inspection is None:
        return Beside()
    measured = Measurement.objects.filter(inspection=shown.inspection).values("characteristic")
    rows = InspectionPlan.objects.filter(item=shown.unit.item_id, state=RevisionState.RELEASED)
    by_code: dict[str, list[InspectionPlan]] = defaultdict(list)
    for row in rows.filter(lines__characteristic__in=measured).distinct().order_by("code"):
        by_code[row.code].append(row)
    now, zone = timezone.now(), timezone.get_current_timezone()
    found = [holding(some, shown.unit.serial, now, zone) for some in by_code.values()]  # type: ignore[arg-type]
    return Beside(tuple(Action(str(one), reverse("plan", args=[one.uid]), "clipboard-check") for one in found if one))


declare_beside("plans", _find)
