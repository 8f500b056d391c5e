"""Does a measured diameter conform, when its uncertainty is counted? The budget first, then ISO 14253-1."""

from __future__ import annotations

from samegauge.engines.gauging.decisions import decisions
from samegauge.quantities.tolerance import Limits

LIMITS = Limits(24.980, 25.000, "mm")
STANDARD_UNCERTAINTY_MM = (0.0010**2 + 0.0006**2 + 0.0005**2) ** 0.5  # certificate, repeatability, temperature

MEASURED_MM = [24.990, 24.9985, 25.0005, 25.004]
found = decisions(MEASURED_MM, LIMITS, STANDARD_UNCERTAINTY_MM)
for place, value in enumerate(MEASURED_MM):
    probability = found.probabilities[place]
    print(f"{value:.4f} mm: {found.conformity(place).value}, conforms with a probability of {probability:.3f}")
