"""A tightening controller without its network: parameter sets, a tool that may be locked, and what it tightened.

Torque and angle are drawn from normal distributions of the parameter set by seed: simulated, no joint is modelled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from samegauge.formats.tightening import Judgement
from samegauge.simulators.builder.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from samegauge.formats.open_protocol import Value

BATCH_OK, BATCH_UNUSED, BATCH_RUNNING = 1, 2, 3


@dataclass(frozen=True)
class ParameterSet:
    """Torque in N·m, angle in degrees; `batch_size` 0 counts no batch."""

    number: int
    name: str = ""
    torque_min: float = 2.8
    torque_target: float = 3.1
    torque_max: float = 3.4
    torque_sigma: float = 0.05
    angle_min: int = 20
    angle_target: int = 60
    angle_max: int = 120
    angle_sigma: float = 8.0
    batch_size: int = 0


@dataclass
class Plant:
    """`tighten` pulls the trigger once; what `results` holds survives a restart of the controller, as in its memory."""

    now: Callable[[], datetime]
    parameter_sets: dict[int, ParameterSet]
    seed: int = 1
    name: str = "Simulated"
    enabled: bool = True
    selected: int = 0
    identifier: str = ""
    batch_counter: int = 0
    alarm: str = ""
    last_id: int = 0
    results: dict[int, dict[str, Value]] = field(default_factory=dict[int, "dict[str, Value]"])

    def tighten(self, torque_n_m: float | None = None) -> dict[str, Value] | None:
        """Return the result; None where the tool is locked or no parameter set is selected."""
        chosen = self.parameter_sets.get(self.selected)
        if not self.enabled or chosen is None:
            return None
        self.last_id += 1
        draw = Streams(self.seed).named("tightening", self.last_id)
        torque = draw.normal(chosen.torque_target, chosen.torque_sigma) if torque_n_m is None else torque_n_m
        result = self._judged(
            chosen, round(float(torque), 2), round(float(draw.normal(chosen.angle_target, chosen.angle_sigma)))
        )
        self.results[self.last_id] = result
        return result

    def forget(self) -> None:
        """A factory reset: results are gone and numbers begin anew."""
        self.results.clear()
        self.last_id = 0

    def _judged(self, chosen: ParameterSet, torque: float, angle: int) -> dict[str, Value]:
        torque_status = _judged(torque, chosen.torque_min, chosen.torque_max)
        angle_status = _judged(angle, chosen.angle_min, chosen.angle_max)
        ok = torque_status == angle_status == Judgement.OK
        status = self._count(chosen, ok=ok)
        return {
            "controller_name": self.name,
            "identifier": self.identifier,
            "parameter_set": chosen.number,
            "parameter_set_name": chosen.name,
            "batch_size": chosen.batch_size,
            "batch_counter": self.batch_counter,
            "batch_status": status,
            "tightening_status": int(ok),
            "torque_status": int(torque_status),
            "angle_status": int(angle_status),
            "torque_min": chosen.torque_min,
            "torque_max": chosen.torque_max,
            "torque_target": chosen.torque_target,
            "torque": torque,
            "angle_min": chosen.angle_min,
            "angle_max": chosen.angle_max,
            "angle_target": chosen.angle_target,
            "angle": angle,
            "tightened_at": self.now(),
            "tightening_id": self.last_id,
            "torque_unit": 1,
            "result_type": 1,
        }

    def _count(self, chosen: ParameterSet, *, ok: bool) -> int:
        if not chosen.batch_size:
            return BATCH_UNUSED
        if self.batch_counter >= chosen.batch_size:
            self.batch_counter = 0
        self.batch_counter += ok
        return BATCH_OK if self.batch_counter == chosen.batch_size else BATCH_RUNNING


def _judged(value: float, lower: float, upper: float) -> Judgement:
    if value < lower:
        return Judgement.LOW
    return Judgement.HIGH if value > upper else Judgement.OK
