"""The pictures of a characteristic, as data for the charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samegauge.core.charts import CapabilityHistogram, ControlChart, Phase, RunPoint
from samegauge.core.charts.numerals import number_text

if TYPE_CHECKING:
    from samegauge.apps.inspection.rules import Study
    from samegauge.core.measurement.models import Characteristic

SHOWN_DECIMALS = 4


def run_chart(characteristic: Characteristic, study: Study) -> ControlChart | None:
    """Individuals in the order of the parts, with the rules they violate."""
    if study.chart is None:
        return None
    chart = study.chart
    rules: dict[int, list[int]] = {}
    for violation in chart.violations:
        rules.setdefault(violation.index, []).append(violation.rule)
    points = tuple(
        RunPoint(
            row.inspection.unit.serial,
            row.actual,
            tuple(sorted(rules.get(place, []))),
            url=reverse("inspection", args=[row.inspection.uid]),
        )
        for place, row in enumerate(study.measurements)
        if row.actual is not None
    )
    phases = (Phase(0, len(points), chart.center, chart.lower_limit, chart.upper_limit),) if chart.has_spread else ()
    return ControlChart(
        sentence=_run_sentence(study),
        quantity=characteristic.name,
        unit=characteristic.unit_code,
        points=points,
        phases=phases,
        lower_specification=characteristic.lower_limit,
        upper_specification=characteristic.upper_limit,
        order_name=_("Part, in the order of the source"),
        decimals=SHOWN_DECIMALS,
    )


def range_chart(characteristic: Characteristic, study: Study) -> ControlChart | None:
    """Moving ranges of neighbouring parts with their own limits."""
    if study.chart is None or not study.chart.has_spread:
        return None
    chart = study.chart
    beyond = set(chart.range_violations)
    points = tuple(
        RunPoint(row.inspection.unit.serial, float(value), (1,) if place in beyond else ())
        for place, (row, value) in enumerate(zip(study.measurements[1:], chart.moving_range, strict=True))
    )
    phase = Phase(0, len(points), chart.range_center, chart.range_lower_limit, chart.range_upper_limit)
    return ControlChart(
        sentence=_("Moving range of neighbouring parts"),
        quantity=_("Moving range"),
        unit=characteristic.unit_code,
        points=points,
        phases=(phase,),
        order_name=_("Part, in the order of the source"),
        decimals=SHOWN_DECIMALS,
    )


def _run_sentence(study: Study) -> str:
    if study.chart is None or not study.chart.has_spread:
        return _("All values are equal")
    count = len({violation.index for violation in study.chart.violations})
    if not count:
        return _("No run rule is violated in %(n)d values") % {"n": len(study.values)}
    return ngettext("%(count)d value violates a run rule", "%(count)d values violate a run rule", count) % {
        "count": count
    }


def histogram(characteristic: Characteristic, study: Study) -> CapabilityHistogram | None:
    if study.capability is None or study.capability.sigma_overall <= 0:
        return None
    capability = study.capability
    counts, edges = np.histogram(study.values, bins="sturges")
    outside = capability.count - capability.inside
    sentence = ngettext(
        "%(count)d of %(n)d values lies outside the limits",
        "%(count)d of %(n)d values lie outside the limits",
        outside,
    ) % {"count": outside, "n": capability.count}
    return CapabilityHistogram(
        sentence=sentence
        if outside
        else _("All %(n)s values lie within the limits") % {"n": number_text(capability.count, 0)},
        quantity=characteristic.name,
        unit=characteristic.unit_code,
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
        lower_specification=characteristic.lower_limit,
        upper_specification=characteristic.upper_limit,
        nominal=characteristic.nominal,
        mean=capability.mean,
        sigma_within=capability.sigma_within,
        sigma_overall=capability.sigma_overall,
    )
