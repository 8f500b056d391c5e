"""Readings of the simulated company's gauge studies: each gauge as good or bad as it was made, all of it assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samegauge.apps.inspection.gauge_readings import Reading
from samegauge.apps.inspection.models import StudyKind
from samegauge.simulators.builder.stations import STATIONS
from samegauge.simulators.builder.streams import Streams
from samegauge.simulators.builder.truths import GAUGE_BIAS_UM, GAUGE_KEY, GAUGE_OPERATOR, GAUGE_STATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    Study = tuple[str, StudyKind, int, str, dict[str, Any], list[Reading]]

OPERATORS = ("QC-1", "QC-2", "QC-3")
OF_STATION = next(station for station in STATIONS if station.number == GAUGE_STATION)
RUN_OUT = next(gate for gate in OF_STATION.gates if gate.key == GAUGE_KEY)


def gauge_studies(seed: int) -> Iterator[Study]:
    """Number of the gauge, kind, days before the end, unit, how it is judged, readings."""

    def stream(number: str) -> np.random.Generator:
        return Streams(seed).named("gauge study", number)

    biased = {GAUGE_OPERATOR: GAUGE_BIAS_UM}
    spread = (RUN_OUT.mean, RUN_OUT.sigma)
    yield (
        "DI-02",
        StudyKind.CROSSED,
        41,
        RUN_OUT.unit,
        {"upper": RUN_OUT.upper},
        _crossed(stream("DI-02"), spread, 0.12, OF_STATION.operators, biased),
    )
    yield "MI-01", StudyKind.CROSSED, 120, "mm", {"lower": 24.97, "upper": 25.03}, _micrometer(stream("MI-01"))
    yield "DI-01", StudyKind.RANGE, 200, "µm", {"upper": 15.0}, _pairs(stream("DI-01"))
    yield "BB-01", StudyKind.NESTED, 260, "µm", {"upper": 9.0}, _nested(stream("BB-01"))
    shots = _repeated(stream("CA-01"), 50.0, 0.004, 25, 2)
    yield "CA-01", StudyKind.TYPE_ONE, 150, "mm", {"lower": 49.8, "upper": 50.2, "reference": 50.0}, shots
    torques = _repeated(stream("TW-03"), 50.4, 0.35, 15, 1)
    yield "TW-03", StudyKind.BIAS, 90, "N·m", {"lower": 40.0, "upper": 60.0, "reference": 50.0}, torques
    yield "CM-01", StudyKind.LINEARITY, 300, "mm", {"lower": -0.05, "upper": 0.05}, _lengths(stream("CM-01"))
    yield "LV-01", StudyKind.STABILITY, 20, "µm/m", {}, _occasions(stream("LV-01"))
    yield "FG-01", StudyKind.ATTRIBUTE, 70, "", {"rejecting": "no"}, _ratings(stream("FG-01"))


def _crossed(
    rng: np.random.Generator,
    parts: tuple[float, float],
    own: float,
    operators: tuple[str, ...],
    biased: dict[str, float],
) -> list[Reading]:
    """Ten parts, three readings by each operator."""
    truths = rng.normal(*parts, 10)
    return [
        Reading(str(part), who, round(float(truth + biased.get(who, 0.0) + rng.normal(0.0, own)), 3))
        for part, truth in enumerate(truths, 1)
        for who in operators
        for _trial in range(3)
    ]


def _micrometer(rng: np.random.Generator) -> list[Reading]:
    return _crossed(rng, (25.0, 0.008), 0.0004, OPERATORS, {"QC-3": 0.0002})


def _pairs(rng: np.random.Generator) -> list[Reading]:
    truths = rng.normal(7.5, 2.0, 5)
    return [
        Reading(str(part), who, round(float(truth + rng.normal(0.0, 0.3)), 1))
        for part, truth in enumerate(truths, 1)
        for who in OPERATORS[:2]
    ]


def _nested(rng: np.random.Generator) -> list[Reading]:
    """Each operator has machines of his own, as a ball bar test leaves nothing to pass on."""
    return [
        Reading(f"{who}-{part}", who, round(float(truth + rng.normal(0.0, 0.15)), 2))
        for who in OPERATORS
        for part, truth in enumerate(rng.normal(5.2, 1.4, 5), 1)
        for _trial in range(3)
    ]


def _repeated(rng: np.random.Generator, mean: float, own: float, count: int, decimals: int) -> list[Reading]:
    return [Reading("1", "QC-1", round(float(rng.normal(mean, own)), decimals)) for _place in range(count)]


def _lengths(rng: np.random.Generator) -> list[Reading]:
    """It reads longer lengths a little too long, as one that stands warm does."""
    return [
        Reading(f"{length:g} mm", "QC-2", round(float(length * (1 + 3e-6) + rng.normal(0.0, 0.0006)), 4), length)
        for length in (50.0, 300.0, 600.0, 900.0, 1200.0)
        for _trial in range(5)
    ]


def _occasions(rng: np.random.Generator) -> list[Reading]:
    return [
        Reading(f"W{occasion:02d}", "QC-1", round(float(rng.normal(10.0, 0.2)), 2))
        for occasion in range(1, 13)
        for _trial in range(5)
    ]


def _ratings(rng: np.random.Generator) -> list[Reading]:
    """Twenty joints, half of them good; near the limit people judge them differently."""
    gaps = rng.uniform(0.0, 0.06, 20)
    return [
        Reading(str(part), who, "no" if gap + rng.normal(0.0, 0.0035) > 0.03 else "go", "no" if gap > 0.03 else "go")  # noqa: PLR2004 - the feeler's thickness in mm
        for part, gap in enumerate(gaps, 1)
        for who in OPERATORS
        for _trial in range(2)
    ]
