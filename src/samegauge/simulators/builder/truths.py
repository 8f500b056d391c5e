"""What was planted in the company for analyses to find, with its exact figures and a simple test that finds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


DRIFT_STATION, DRIFT_KEY, DRIFT_FROM_DAY, DRIFT_UM_PER_DAY = 48, "square_yz", 330, 0.03
GAUGE_STATION, GAUGE_KEY, GAUGE_OPERATOR, GAUGE_BIAS_UM = 30, "spindle_runout_300", "OP-08", 2.4
COLD_BATCH, COLD_SOAK_DEGC, COLD_SOAK_H = "HT-02-BED", 498.0, 2.5
COLD_STRESS_MPA, COLD_STRAIGHTNESS_UM, COLD_LIFE_FACTOR = 30.0, 2.5, 0.06
WEAK_LOT, WEAK_LIFE_FACTOR = "BRG-L003", 0.08


@dataclass(frozen=True)
class DriftingStation:
    """From `begins_at` on, what the station measures grows by `slope_per_day`."""

    station: int
    characteristic: str
    unit: str
    begins_at: datetime
    slope_per_day: float
    test: str = "slope of as_found over the day of the step, from begins_at on: t test, p < 1e-4"


@dataclass(frozen=True)
class BadHeatTreatment:
    """A load of beds that was soaked too cold and too short; the furnace's own record shows it."""

    batch: str
    soak_temperature_degc: float
    soak_h: float
    residual_stress_added_mpa: float
    rail_straightness_x_added_um: float
    x_rail_life_factor: float
    machines: tuple[str, ...]
    test: str = "residual_stress of the batch against other beds: Welch t test, p < 1e-4; rate of RAIL calls: p < 1e-3"


@dataclass(frozen=True)
class WeakPart:
    """A delivery whose Weibull scale is `life_factor` of what it should be; no incoming inspection shows it."""

    lot: str
    supplier: str
    item: str
    life_factor: float
    serials: tuple[str, ...]
    machines: tuple[str, ...]
    test: str = "rate of BRG calls per running hour, machines of the lot against the others: exact binomial, p < 1e-3"


@dataclass(frozen=True)
class BiasedGauge:
    """One operator's gauge reads too much."""

    station: int
    characteristic: str
    unit: str
    operator: str
    bias: float
    test: str = "as_found by the operator against the others at the station: Welch t test, p < 1e-4"


@dataclass(frozen=True)
class Truths:
    """None where nothing was planted."""

    drift: DriftingStation | None = None
    heat_treatment: BadHeatTreatment | None = None
    part: WeakPart | None = None
    gauge: BiasedGauge | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
