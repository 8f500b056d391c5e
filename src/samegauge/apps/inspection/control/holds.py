"""What keeps a unit at its station: an unanswered alarm, and a characteristic that must be measured on every unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.apps.inspection.control.gates import closed_gates
from samegauge.apps.inspection.control.placing import stations_of
from samegauge.apps.inspection.control.rules import open_alarms
from samegauge.core.charts.numerals import number_text
from samegauge.core.measurement.models import Conformity, Measurement
from samegauge.core.production.holds import Hold, Release, declare_holds

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDER = "control"


def _find(release: Release) -> Iterator[Hold]:
    yield from _alarms(release)
    yield from _unmeasured(release)


def _alarms(release: Release) -> Iterator[Hold]:
    """Of what was measured here, and of what this unit's own values raised elsewhere."""
    here = Q(process__members__characteristic__in=release.characteristics)
    own = Q(measurement__inspection__unit=release.unit) | Q(latest__inspection__unit=release.unit)
    found = open_alarms().filter(here | own).distinct().select_related("process__lead")
    for alarm in found.order_by("since", "pk"):
        said = _("%(name)s is out of control. Find the cause and record what was done.")
        yield Hold(HOLDER, said % {"name": alarm.process.lead.name}, reverse("alarm", args=[alarm.uid]))


def _unmeasured(release: Release) -> Iterator[Hold]:
    gates = closed_gates([release.unit.item.pk])
    if not gates:
        return
    stations = stations_of({key for _standing, keys in gates for key in keys})
    measured = set(
        Measurement.objects.filter(inspection__unit=release.unit, stated=Conformity.PASS).values_list(
            "characteristic_id", flat=True
        )
    )
    for standing, keys in gates:
        here = {key for key in keys if key in stations and stations[key].pk == release.station.pk}
        if here and not here & measured:
            lead = standing.process.lead
            said = _("%(name)s: Cpk %(goal)s is not proven yet, so every unit is measured. Measure this one.")
            facts = {"name": lead.name, "goal": number_text(standing.goal, 2)}
            yield Hold(HOLDER, said % facts, reverse("characteristic", args=[lead.uid]))


declare_holds(HOLDER, _find)
