"""The files that machining leaves: a program, a device description, a log of each day, a trace of each casting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from samegauge.simulators.builder.streams import Streams
from samegauge.simulators.machining.control import Control
from samegauge.simulators.machining.devices import device_description
from samegauge.simulators.machining.plan import ITEM, MACHINES, SET_UP, SWITCHED_ON, planned, truths
from samegauge.simulators.machining.program import program

if TYPE_CHECKING:
    from samegauge.simulators.builder.records import Company
    from samegauge.simulators.machining.plan import WorkDay
    from samegauge.simulators.machining.program import Program

CLEANED = timedelta(minutes=50)
"""From the last casting to the main switch."""


@dataclass(frozen=True)
class Written:
    """A file; `serial` is the casting's whose trace it is."""

    name: str
    content: bytes
    serial: str = ""


@dataclass(frozen=True)
class Machining:
    item: str
    devices: Written
    program: Written
    logs: tuple[Written, ...]
    traces: tuple[Written, ...]
    truths: dict[str, Any]


def machining(company: Company) -> Machining:
    """The same company always leaves the same bytes."""
    days, nc = planned(company), program(ITEM)
    recorded = [(day, *_recorded(day, nc, Streams(company.seed))) for day in days]
    return Machining(
        item=ITEM,
        devices=Written("devices.xml", device_description(MACHINES)),
        program=Written(nc.file_name, nc.content),
        logs=tuple(log for _day, log, _traces in recorded),
        traces=tuple(trace for _day, _log, traces in recorded for trace in traces),
        truths=truths(days),
    )


def _recorded(day: WorkDay, nc: Program, streams: Streams) -> tuple[Written, list[Written]]:
    """One day of one machine, from midnight to midnight in Taiwan, and the stretch of it that each casting took."""
    control, rng = Control(), streams.named("control", day.machine, day.date)
    control.silent_night(day.midnight, day.morning + SWITCHED_ON)
    control.switched_on(day.morning + SWITCHED_ON)
    control.set_up(day.morning + SET_UP, rng)
    spans = [(job, control.run(job, nc, rng)) for job in day.jobs]
    ended = max(end for _job, end in spans)
    control.silent_night(ended + CLEANED, day.midnight + timedelta(days=1))
    after = day.date + timedelta(days=1)
    log = Written(
        f"{day.machine}-{day.date:%Y%m%d}-{after:%Y%m%d}.txt", control.lines(day.midnight, day.midnight + timedelta(1))
    )
    return log, [Written(f"{job.trace}.txt", control.lines(job.started_at, end), job.serial) for job, end in spans]
