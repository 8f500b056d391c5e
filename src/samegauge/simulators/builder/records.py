"""What a simulated company leaves behind: plain frozen facts, times in UTC, every value with unit and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from samegauge.simulators.builder.truths import Truths


@dataclass(frozen=True)
class Words:
    en: str
    zh: str


@dataclass(frozen=True)
class Gate:
    """A characteristic with its limits, and how it is distributed when nothing is wrong."""

    key: str
    name: Words
    unit: str
    lower: float | None
    upper: float | None
    mean: float
    sigma: float
    decimals: int = 1

    def holds(self, value: float) -> bool:
        return (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)


@dataclass(frozen=True)
class Reading:
    """`value` is what the step ended with; `as_found` what was read before any rework."""

    key: str
    value: float
    as_found: float
    unit: str
    lower: float | None
    upper: float | None

    @property
    def conforms(self) -> bool:
        return (self.lower is None or self.value >= self.lower) and (self.upper is None or self.value <= self.upper)


@dataclass(frozen=True)
class Party:
    """A supplier, a foundry or a customer; none of them exists."""

    code: str
    name: Words


@dataclass(frozen=True)
class Melt:
    number: str
    foundry: str
    poured_at: datetime
    charge_kg: dict[str, float]
    chemistry_percent: dict[str, float]
    pouring_temperature_degc: float


@dataclass(frozen=True)
class HeatTreatment:
    number: str
    foundry: str
    started_at: datetime
    ended_at: datetime
    heating_k_per_h: float
    soak_temperature_degc: float
    soak_h: float
    cooling_k_per_h: float
    melts: tuple[str, ...]


@dataclass(frozen=True)
class SupplyLot:
    number: str
    item: str
    supplier: str
    delivered_at: datetime
    size: int


@dataclass(frozen=True)
class Part:
    """A unit with a serial number; `lot` is the melt of a casting, the delivery of a bought part, or empty."""

    serial: str
    item: str
    lot: str
    received_at: datetime
    heat_treatment: str = ""


@dataclass(frozen=True)
class Installation:
    """`child` in `parent`; `removed_at` None: still there."""

    child: str
    parent: str
    position: str
    installed_at: datetime
    removed_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class StationStep:
    machine: str
    station: int
    operator: str
    started_at: datetime
    ended_at: datetime
    work_min: int
    rework: int
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Inspected:
    """One unit against one plan; `kind` is incoming, in_process or final."""

    serial: str
    kind: str
    plan: str
    performed_at: datetime
    inspector: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Machine:
    serial: str
    model: str
    revision: str
    options: dict[str, str]
    customer: str
    ordered_at: datetime
    started_at: datetime
    accepted_at: datetime
    delivered_at: datetime
    commissioned_at: datetime


@dataclass(frozen=True)
class HoursReading:
    machine: str
    read_at: datetime
    hours: float
    source: str


@dataclass(frozen=True)
class ServiceCall:
    """`closed_at` None: still open at the end; `removed` and `fitted` are empty when nothing was replaced."""

    number: str
    machine: str
    component: str
    kind: str
    alarm: str
    alarm_at: datetime
    opened_at: datetime
    responded_at: datetime | None
    closed_at: datetime | None
    hours: float
    removed: str
    fitted: str
    repair_h: float
    cost_twd: int

    @property
    def response_h(self) -> float | None:
        return (self.responded_at - self.opened_at).total_seconds() / 3600 if self.responded_at else None


@dataclass(frozen=True)
class Company:
    seed: int
    start: datetime
    end: datetime
    melts: tuple[Melt, ...]
    heat_treatments: tuple[HeatTreatment, ...]
    lots: tuple[SupplyLot, ...]
    parts: tuple[Part, ...]
    machines: tuple[Machine, ...]
    installations: tuple[Installation, ...]
    steps: tuple[StationStep, ...]
    inspections: tuple[Inspected, ...]
    hours: tuple[HoursReading, ...]
    calls: tuple[ServiceCall, ...]
    truths: Truths
