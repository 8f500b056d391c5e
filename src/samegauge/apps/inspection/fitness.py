"""A value of an instrument whose calibration had run out on the day is no measurement that can be taken in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from samegauge.apps.inspection.gauge_rules import doubts
from samegauge.apps.inspection.models import Instrument
from samegauge.core.measurement.instruments import Unfit, declare_fitness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


def _find(uses: frozenset[tuple[str, date]]) -> Iterator[Unfit]:
    stretches = doubts(Instrument.objects.filter(number__in={number for number, _day in uses}))
    for number, day in sorted(uses):
        hit = next((one for one in stretches.get(number, ()) if not one.found_out and one.covers(day)), None)
        if hit is not None:
            due = hit.first - timedelta(days=1)
            yield Unfit(
                number,
                day,
                f"The calibration of {number} ran out on {due}; it was used on {day}. Record its newer calibration, "
                "or measure again.",
                f"量具 {number} 的校正在 {due} 到期，卻在 {day} 使用。登錄較新的校正，或重新量測。",
            )


declare_fitness(_find)
