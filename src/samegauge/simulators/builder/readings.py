"""Reading a gauge: a value as the characteristic is distributed, to the gauge's resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.simulators.builder.records import Reading

if TYPE_CHECKING:
    import numpy as np

    from samegauge.simulators.builder.records import Gate

MOST_REWORK = 5


def drawn(gate: Gate, rng: np.random.Generator, shift: float = 0.0) -> float:
    value = rng.normal(gate.mean + shift, gate.sigma)
    return round(float(value if gate.lower is not None else max(value, 0.0)), gate.decimals)


def reading(gate: Gate, value: float, as_found: float | None = None) -> Reading:
    return Reading(gate.key, value, value if as_found is None else as_found, gate.unit, gate.lower, gate.upper)


def accepted(gate: Gate, rng: np.random.Generator, shift: float = 0.0) -> tuple[Reading, int]:
    """Read, and rework until the value holds; return how often that took."""
    value = as_found = drawn(gate, rng, shift)
    rework = 0
    while not gate.holds(value) and rework < MOST_REWORK:
        value = drawn(gate, rng)
        rework += 1
    return reading(gate, value, as_found), rework
