"""At the customer: running hours month by month, failures by Weibull over those hours, calls and replaced parts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from samegauge.simulators.builder import truths
from samegauge.simulators.builder.catalogue import ADJUSTMENT, BOUGHT, Life, Place, bought_places
from samegauge.simulators.builder.records import HoursReading, Installation, ServiceCall

if TYPE_CHECKING:
    from samegauge.simulators.builder.assembly import Bench
    from samegauge.simulators.builder.orders import Order
    from samegauge.simulators.builder.records import Machine
    from samegauge.simulators.builder.supply import Store

GENERAL = "general"
LABOUR_TWD_PER_H = 1800
TRAVEL_TWD = 4200
REMOVED_AFTER_ARRIVAL = timedelta(minutes=15)
FITTED_BEFORE_CLOSING = timedelta(hours=1)
COUNTER, STATED = "controller counter", "customer statement"


@dataclass(frozen=True)
class Counter:
    """Running hours as a line through the monthly readings; hours and time turn into each other."""

    times_s: np.ndarray
    hours: np.ndarray

    def hours_at(self, moment: datetime) -> float:
        return float(np.interp(moment.timestamp(), self.times_s, self.hours))

    def time_of(self, hours: float, zone_of: datetime) -> datetime:
        return datetime.fromtimestamp(round(float(np.interp(hours, self.hours, self.times_s))), zone_of.tzinfo)


@dataclass(frozen=True)
class Replacement:
    """What came out of its place, when, and what went in."""

    removed: str
    removed_at: datetime
    fitted: Installation
    reason: str


@dataclass
class Field:
    """What happened after delivery, over all machines."""

    bench: Bench
    end: datetime
    hours: list[HoursReading] = field(default_factory=list)
    calls: list[ServiceCall] = field(default_factory=list)
    _to_repair: list[tuple[ServiceCall, Order, Place]] = field(default_factory=list)

    def serve(self, order: Order, machine: Machine) -> None:
        """Count the hours and answer the failures of one machine."""
        counter = self._counted(machine)
        failures = sorted(self._failures(order, machine, float(counter.hours[-1])), key=lambda one: one[0])
        free_at = machine.commissioned_at
        for answered, (hours, place, life) in enumerate(failures, start=1):
            alarm_at = max(counter.time_of(hours, machine.commissioned_at), free_at + timedelta(hours=2))
            if alarm_at >= self.end - timedelta(hours=6):
                break
            number = f"SC-{machine.serial}-{answered:02d}"
            call = self._call(number, place, life, alarm_at)
            call = replace(call, machine=machine.serial, hours=round(counter.hours_at(alarm_at), 1))
            if place and call.closed_at:
                self._to_repair.append((call, order, place))
            else:
                self.calls.append(call)
            if call.closed_at is None:
                break
            free_at = call.closed_at

    def repair(self, store: Store) -> list[Replacement]:
        """Fit spares in the order of time, and note them in the calls."""
        fitted = {place: part.serial for place, part in self.bench.placed.items()}
        replaced = []
        for call, order, place in sorted(self._to_repair, key=lambda one: one[0].opened_at):
            kind = BOUGHT[place.kind]
            spare = store.draw(kind, kind.item(order.model, order.options), call.opened_at)
            old, fitted[order.serial, place.position] = fitted[order.serial, place.position], spare.serial
            assert call.responded_at is not None and call.closed_at is not None  # noqa: S101, PT018 - it is repaired
            into = f"{order.serial}-{place.assembly}"
            put_in = Installation(spare.serial, into, place.position, call.closed_at - FITTED_BEFORE_CLOSING)
            replaced.append(Replacement(old, call.responded_at + REMOVED_AFTER_ARRIVAL, put_in, call.number))
            self.calls.append(replace(call, removed=old, fitted=spare.serial))
        self.calls.sort(key=lambda one: (one.opened_at, one.number))
        return replaced

    def _counted(self, machine: Machine) -> Counter:
        """Read the counter at the end of each month; every fifth customer states it instead."""
        rng = self.bench.streams.named("machine", machine.serial, "hours")
        per_day = float(np.clip(rng.normal(12.2, 1.7), 7.0, 17.5))
        stated = bool(rng.random() < 0.2)  # noqa: PLR2004 - one in five
        times, total = [machine.commissioned_at], [0.0]
        while times[-1] < self.end:
            until = min(_next_month(times[-1]), self.end)
            days = (until - times[-1]).total_seconds() / 86400
            total.append(total[-1] + round(min(per_day * float(rng.uniform(0.8, 1.12)), 22.0) * days, 1))
            times.append(until)
        source = STATED if stated else COUNTER
        self.hours += [
            HoursReading(machine.serial, at, round(hours, 1), source) for at, hours in zip(times, total, strict=True)
        ]
        return Counter(np.array([one.timestamp() for one in times]), np.array(total))

    def _failures(self, order: Order, machine: Machine, most: float) -> list[tuple[float, Place | None, Life]]:
        """Running hours of every failure: a replaced part starts a life of its own."""
        found: list[tuple[float, Place | None, Life]] = []
        for place, life in [*_lives(order), (None, ADJUSTMENT)]:
            name = place.position if place else GENERAL
            rng = self.bench.streams.named("machine", machine.serial, "life", name)
            hours, original = 0.0, True
            while True:
                scale = life.scale_h * (self._life_factor(machine, place, original=original) if place else 1.0)
                hours += max(scale * float(rng.weibull(life.shape)), 20.0)
                if hours >= most:
                    break
                found.append((hours, place, life))
                original = False
        return found

    def _life_factor(self, machine: Machine, place: Place, *, original: bool) -> float:
        part = self.bench.placed[machine.serial, place.position]
        if self.bench.planted and original and part.lot == truths.WEAK_LOT:
            return truths.WEAK_LIFE_FACTOR
        if place.position.startswith("X-RAIL") and self.bench.has_cold_bed(machine.serial):
            return truths.COLD_LIFE_FACTOR
        return 1.0

    def _call(self, number: str, place: Place | None, life: Life, alarm_at: datetime) -> ServiceCall:
        rng = self.bench.streams.named("call", number)
        opened = alarm_at + timedelta(minutes=int(rng.integers(10, 120)))
        responded = opened + timedelta(minutes=round(60 * float(rng.lognormal(np.log(9), 0.7))))
        repair_h = round(max(life.repair_h * float(rng.lognormal(0, 0.25)), 1.5), 1)
        closed = responded + timedelta(hours=repair_h)
        done = closed <= self.end
        return ServiceCall(
            number=number,
            machine="",
            component=place.position if place else GENERAL,
            kind=place.kind if place else "",
            alarm=life.alarm,
            alarm_at=alarm_at,
            opened_at=opened,
            responded_at=responded if responded <= self.end else None,
            closed_at=closed if done else None,
            hours=0.0,
            removed="",
            fitted="",
            repair_h=repair_h if done else 0.0,
            cost_twd=round(LABOUR_TWD_PER_H * repair_h) + TRAVEL_TWD + life.price_twd if done else 0,
        )


def _lives(order: Order) -> list[tuple[Place, Life]]:
    return [(place, BOUGHT[place.kind].life) for place in bought_places(order.options)]


def _next_month(moment: datetime) -> datetime:
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
