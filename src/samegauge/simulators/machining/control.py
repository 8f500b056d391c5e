"""A machining centre's control as its adapter tells of it: SHDR lines with the tag names of the family "mazak"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from samegauge.simulators.machining.program import HOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.simulators.machining.plan import Job, Stop
    from samegauge.simulators.machining.program import Program

SAMPLED_S = 10.0
HEARTBEAT = timedelta(hours=1)
RESET = timedelta(seconds=45)
"""From the button released to the program going on."""
JOGGED = timedelta(minutes=18)


@dataclass
class Control:
    """Says what happens, in order of time."""

    said: list[tuple[datetime, str]] = field(default_factory=list)

    def say(self, at: datetime, *readings: object) -> None:
        """Readings are a tag and its value in turn."""
        self.said.append((at, "|".join(str(one) for one in (stamp(at), *readings))))

    def lines(self, since: datetime, until: datetime) -> bytes:
        """What was said from an instant to another, the last one included."""
        return "".join(f"{text}\n" for at, text in self.said if since <= at <= until).encode()

    def silent_night(self, since: datetime, until: datetime) -> None:
        """The adapter runs on while the machine is off."""
        at = since
        while at < until:
            self.say(at, "avail", "AVAILABLE", "power", "OFF", "execution", "READY", "estop", "ARMED")
            at += HEARTBEAT
        self.say(until - timedelta(seconds=1), "power", "OFF")

    def switched_on(self, at: datetime) -> None:
        self.say(at, "power", "ON", "mode", "MANUAL", "execution", "READY", "Fovr", 100, "Frapidovr", 100, "Srpm", 0)
        self.say(at, "coolant_cond", "NORMAL", "", "", "", "")

    def set_up(self, begin: datetime, rng: np.random.Generator) -> None:
        """The operator moves the axes by hand to find the edges of the fixture."""
        for step in range(int(JOGGED / timedelta(seconds=SAMPLED_S))):
            x, y, z = (round(float(value), 3) for value in rng.uniform(-40.0, 40.0, 3))
            self.say(begin + step * timedelta(seconds=SAMPLED_S), "Xabs", x, "Yabs", y, "Zabs", z)
        self.say(begin + JOGGED, "mode", "AUTOMATIC")

    def run(self, job: Job, of: Program, rng: np.random.Generator) -> datetime:
        """Run the program once; return when it was completed."""
        ran = _Run(self, job, of)
        ran.begin()
        for at_s in ran.instants():
            ran.go_to(at_s, rng)
        return ran.complete()


class _Run:
    """The program's own time counts from its start and stands still during a stop."""

    def __init__(self, control: Control, job: Job, of: Program) -> None:
        self._control, self._job, self._program = control, job, of
        scale = [
            100.0 / job.override_percent if step.feed and step.tool == job.slowed_tool else 1.0 for step in of.steps
        ]
        self._ends_s = np.cumsum([step.duration_s * one for step, one in zip(of.steps, scale, strict=True)])
        self._stops = list(job.stops)
        self._stood = timedelta()
        self._override = 100.0

    def instants(self) -> Sequence[float]:
        """Every sample, and each tool change as it begins."""
        starts_s = self._ends_s - [step.duration_s for step in self._program.steps]
        changes = [
            round(float(start), 3)
            for start, step in zip(starts_s, self._program.steps, strict=True)
            if step.changes_tool
        ]
        return sorted({*changes, *np.arange(0.0, float(self._ends_s[-1]), SAMPLED_S).tolist()})

    def begin(self) -> None:
        told = ("program", self._program.name, "PartId", self._job.serial, "execution", "ACTIVE")
        self._control.say(self._job.started_at, "mode", "AUTOMATIC", *told, "Fovr", 100, "Frapidovr", 100)

    def go_to(self, at_s: float, rng: np.random.Generator) -> None:
        while self._stops and self._stops[0].after_s <= at_s:
            self._stand_still(self._stops.pop(0))
        now = self._job.started_at + timedelta(seconds=at_s) + self._stood
        place = min(int(np.searchsorted(self._ends_s, at_s + 1e-6, side="right")), len(self._program.steps) - 1)
        step = self._program.steps[place]
        self._dial(now, self._job.override_percent if step.tool == self._job.slowed_tool else 100.0)
        if step.changes_tool:
            self._control.say(now, "line", step.line, "Tool_number", step.tool, "Srpm", 0, "Fact", 0, "Sload", 0)
            return
        begun_s = float(self._ends_s[place - 1]) if place else 0.0
        share = (at_s - begun_s) / (float(self._ends_s[place]) - begun_s)
        x, y, z = (round(a + (b - a) * share, 3) for a, b in zip(step.start, step.end, strict=True))
        rpm = step.rpm + int(rng.integers(-2, 3))
        load = step.load_percent * self._job.load_factor * self._override / 100.0 + 3.0 + float(rng.normal(0.0, 0.8))
        feed = round(step.feed * self._override / 100.0)
        axes = ("Xabs", x, "Yabs", y, "Zabs", z)
        self._control.say(now, *axes, "Fact", feed, "Srpm", rpm, "Sload", round(max(load, 0.0), 1), "line", step.line)

    def _dial(self, now: datetime, percent: float) -> None:
        if percent != self._override:
            self._override = percent
            self._control.say(now, "Fovr", round(percent))

    def _stand_still(self, stop: Stop) -> None:
        began = self._job.started_at + timedelta(seconds=stop.after_s) + self._stood
        ended = began + timedelta(seconds=stop.lasts_s)
        if stop.is_emergency:
            self._control.say(began, "execution", "INTERRUPTED", "estop", "TRIGGERED", "Fact", 0, "Srpm", 0)
            self._control.say(began, "system_cond", "FAULT", "1006", "", "", "EMERGENCY STOP (SIMULATED)")
            self._control.say(ended - RESET, "estop", "ARMED")
            self._control.say(ended - RESET, "system_cond", "NORMAL", "", "", "", "")
        else:
            self._control.say(began, "execution", "FEED_HOLD", "Fact", 0)
            self._control.say(began, "coolant_cond", "WARNING", "402", "1", "LOW", "COOLANT LEVEL LOW (SIMULATED)")
            self._control.say(ended, "coolant_cond", "NORMAL", "", "", "", "")
        self._control.say(ended, "execution", "ACTIVE")
        self._stood += timedelta(seconds=stop.lasts_s)

    def complete(self) -> datetime:
        ended = self._job.started_at + timedelta(seconds=round(float(self._ends_s[-1]) + 0.5, 3)) + self._stood
        last = self._program.steps[-1]
        x, y, z = HOME
        self._control.say(ended, "line", last.line, "Xabs", x, "Yabs", y, "Zabs", z, "Fact", 0, "Srpm", 0, "Sload", 0)
        self._control.say(ended, "execution", "PROGRAM_COMPLETED", "PartCountAct", self._job.number)
        return ended


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
