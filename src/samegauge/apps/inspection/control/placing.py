"""The one seam to the plans: at which station a characteristic is measured, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.apps.inspection.plans.models import (
    ChartKind,
    Frequency,
    PlannedCharacteristic,
    ProcedureStep,
    RevisionState,
    RouteStop,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from samegauge.core.production.models import Station


def stations_of(characteristics: Collection[int]) -> dict[int, Station]:
    """The station of each characteristic that a released procedure of a released route measures."""
    steps = ProcedureStep.objects.filter(
        characteristic__in=characteristics, procedure__state=RevisionState.RELEASED
    ).values_list("characteristic_id", "procedure__code")
    codes = dict(steps)
    stops = RouteStop.objects.filter(
        procedure_code__in=set(codes.values()), route__state=RevisionState.RELEASED
    ).select_related("station")
    by_code = {stop.procedure_code: stop.station for stop in stops.order_by("pk")}
    return {key: by_code[code] for key, code in codes.items() if code in by_code}


def planned_charts(characteristics: Collection[int]) -> dict[int, str]:
    """The chart that the plan in force names for each characteristic that one has."""
    lines = PlannedCharacteristic.objects.filter(
        characteristic__in=characteristics, plan__state=RevisionState.RELEASED
    ).exclude(chart=ChartKind.NONE)
    return dict(lines.order_by("pk").values_list("characteristic_id", "chart"))


def planned_in(plans: Collection[int]) -> set[int]:
    """The characteristics that these plans name."""
    lines = PlannedCharacteristic.objects.filter(plan__in=plans)
    return set(lines.order_by().values_list("characteristic_id", flat=True))


def units_between(characteristics: Collection[int]) -> dict[int, int]:
    """After how many units at the latest a characteristic is measured again, where a released plan says so."""
    lines = PlannedCharacteristic.objects.filter(
        characteristic__in=characteristics,
        plan__state=RevisionState.RELEASED,
        frequency__in=[Frequency.EVERY_UNIT, Frequency.EVERY_NTH],
    ).values_list("characteristic_id", "every_n")
    return {key: every or 1 for key, every in lines}
