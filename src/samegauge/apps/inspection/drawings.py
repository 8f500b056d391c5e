"""The picture of a characteristic's capability, as data for the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samegauge.core.charts import CapabilityHistogram
from samegauge.core.charts.numerals import number_text

if TYPE_CHECKING:
    from samegauge.apps.inspection.rules import Study
    from samegauge.core.measurement.models import Characteristic


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
