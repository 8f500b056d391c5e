"""Are these forty bores under control and capable? With any engine: arrays in, a frozen result with its method out."""

from __future__ import annotations

import numpy as np

from samegauge.engines.spc.capability.judgement import judged_capability
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.quantities.tolerance import Limits

BORES_MM = np.random.default_rng(7).normal(35.004, 0.002, 40).round(4)

chart = imr_charts(BORES_MM).location
outside = [place + 1 for place in chart.out_of_limits]
print(f"limits {chart.lower[0]:.4f} ... {chart.upper[0]:.4f} mm, outside: {outside}")
found = judged_capability(BORES_MM, Limits(34.994, 35.014, "mm"))
if found.index is not None:
    print(f"{found.symbol} = {found.index.value:.2f}, at least {found.index.lower_bound:.2f}: {found.verdict.value}")
for caution in found.cautions:
    print(caution.text_en)
print(found.normal.method.reference)
