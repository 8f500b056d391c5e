"""Which castings the builder machined itself, on which machining centre, when, and what disturbed the work."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from samegauge.simulators.builder.catalogue import CASTINGS, MODELS, casting_item
from samegauge.simulators.builder.shifts import at_work
from samegauge.simulators.builder.stations import TABLE_TABLE
from samegauge.simulators.builder.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from samegauge.simulators.builder.records import Company, Part

KIND = "headstock"
ITEM = casting_item(MODELS[TABLE_TABLE], KIND)
NEWEST = 8
MACHINES = ("MC01", "MC02")
SWITCHED_ON = timedelta(minutes=-10)
SET_UP = timedelta(minutes=5)
STARTS = (timedelta(minutes=30), timedelta(hours=4, minutes=40))
"""After eight in the morning: the first casting of a day and the second one."""
HARDNESS_HB, LOAD_PER_HB = 213.0, 0.006


@dataclass(frozen=True)
class Stop:
    """`after_s` of the program's own time."""

    after_s: float
    lasts_s: float
    is_emergency: bool = False


@dataclass(frozen=True)
class Job:
    """One casting's operation; `number` counts from 1."""

    serial: str
    machine: str
    number: int
    of: int
    started_at: datetime
    load_factor: float
    stops: tuple[Stop, ...] = ()
    slowed_tool: int = 0
    override_percent: float = 100.0

    @property
    def trace(self) -> str:
        """As a control's recorder names the file of one part."""
        return f"{KIND.capitalize()}-{self.machine}-{self.number:02d}of{self.of:02d}"


@dataclass(frozen=True)
class WorkDay:
    """`morning` is eight o'clock in Taiwan, which is midnight UTC."""

    machine: str
    morning: datetime
    jobs: tuple[Job, ...]

    @property
    def midnight(self) -> datetime:
        """When this day began in Taiwan."""
        return self.morning - timedelta(hours=8)

    @property
    def date(self) -> date:
        return self.morning.date()


def planned(company: Company) -> tuple[WorkDay, ...]:
    """Machine the newest castings of one item, each after its incoming inspection and long before it is built in."""
    inspected = {one.serial: one for one in company.inspections if one.kind == "incoming"}
    parts = [part for part in company.parts if part.item == ITEM and part.serial in inspected][-NEWEST:]
    ready = {part.serial: at_work(inspected[part.serial].performed_at + timedelta(days=1)) for part in parts}
    hardness = {part.serial: _hardness_hb(company, part) for part in parts}
    slots: dict[str, Iterator[datetime]] = {}
    jobs: dict[tuple[str, datetime], list[Job]] = {}
    free = dict.fromkeys(MACHINES, company.start)
    for place, part in enumerate(sorted(parts, key=lambda one: (ready[one.serial], one.serial))):
        machine = MACHINES[place % len(MACHINES)]
        if ready[part.serial] > free[machine] or machine not in slots:
            slots[machine] = _slots(ready[part.serial])
        started = free[machine] = next(slots[machine])
        day = (machine, started.replace(hour=0, minute=0))
        load = 1.0 + LOAD_PER_HB * (hardness[part.serial] - HARDNESS_HB)
        job = Job(
            part.serial, machine, place + 1, len(parts), started, load, **_disturbed(place, Streams(company.seed))
        )
        jobs.setdefault(day, []).append(job)
    return tuple(WorkDay(machine, morning, tuple(some)) for (machine, morning), some in sorted(jobs.items()))


def _hardness_hb(company: Company, part: Part) -> float:
    found = next(one for one in company.inspections if one.serial == part.serial and one.kind == "incoming")
    return next(one.value for one in found.readings if one.key == "hardness")


def _slots(ready_at: datetime) -> Iterator[datetime]:
    """Two castings a day from the next working day on."""
    day = ready_at
    while True:
        day = at_work(day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1))
        for start in STARTS:
            yield day + start


def _disturbed(place: int, streams: Streams) -> dict[str, Any]:
    """The second one stands for want of coolant, the third one's operator slows a tool, at the fifth one is a crash."""
    rng = streams.named("machining", place)
    after = float(rng.integers(1500, 3600))
    if place == 1:
        return {"stops": (Stop(after, float(rng.integers(300, 700))),)}
    if place == 2:  # noqa: PLR2004 - the third one
        return {"slowed_tool": 4, "override_percent": 70.0}
    if place == 4:  # noqa: PLR2004 - the fifth one
        return {"stops": (Stop(after, float(rng.integers(500, 900)), is_emergency=True),)}
    return {}


def truths(days: Sequence[WorkDay]) -> dict[str, Any]:
    """What was planted in the readings."""
    jobs = [job for day in days for job in day.jobs]
    return {
        "item": ITEM,
        "foundry": CASTINGS[KIND].foundry,
        "stopped": [
            {"serial": job.serial, "machine": job.machine, **asdict(stop)} for job in jobs for stop in job.stops
        ],
        "slowed": [
            {"serial": job.serial, "tool": job.slowed_tool, "feed_override_percent": job.override_percent}
            for job in jobs
            if job.slowed_tool
        ],
        "spindle_load_share_per_HB": LOAD_PER_HB,
        "test": "interruptions of the operation of each stopped casting; mean feed override of the slowed one below "
        "100 %; spindle load of the first tool grows with the hardness found at incoming inspection",
    }
