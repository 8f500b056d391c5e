"""What a tightening controller says of one tightening, whichever message and revision brought it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from samegauge.formats.open_protocol import MessageError, Place
from samegauge.quantities.units import convert

if TYPE_CHECKING:
    from samegauge.formats.open_protocol import Message

RESULTS = frozenset({"result", "old_result"})
# Field "torque_unit" of revision 3 and later; earlier ones always speak of N·m. 7 is percent, which is no torque.
_UNITS = {0: "N·m", 1: "N·m", 2: "lbf·ft", 3: "lbf·in", 4: "kgf·m", 5: "kgf·cm", 6: "ozf·in", 8: "N·cm"}
_TIGHTENED = 1


class Judgement(IntEnum):
    """The controller's own, against the limits of its parameter set."""

    LOW = 0
    OK = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Tightening:
    """`tightened_at` is what the controller's clock said; `is_tightening` is false for loosening and bookkeeping."""

    tightening_id: int
    identifier: str
    parameter_set: int
    ok: bool
    torque: float
    torque_unit: str
    torque_judgement: Judgement
    angle_deg: int
    angle_judgement: Judgement
    tightened_at: datetime | None
    is_tightening: bool

    @property
    def torque_n_m(self) -> float:
        return convert(self.torque, source=self.torque_unit, target="N·m")


def tightening_from(message: Message) -> Tightening:
    """Read a result, told at once (0061) or asked for afterwards (0065)."""
    at = message.values.get("tightened_at")
    unit = message.number("torque_unit", 1)
    if unit not in _UNITS:
        raise MessageError(
            Place(message.mid, message.revision, 0, "torque_unit"),
            f"Torque unit {unit} is not known. Let the controller report N·m.",
            f"不認得扭矩單位 {unit}。將控制器設為回報 N·m。",
        )
    torque = message.values["torque"]
    return Tightening(
        tightening_id=message.number("tightening_id"),
        identifier=message.text("identifier").strip(),
        parameter_set=message.number("parameter_set"),
        ok=message.number("tightening_status") == 1,
        torque=float(torque) if isinstance(torque, (int, float)) else 0.0,
        torque_unit=_UNITS[unit],
        torque_judgement=_judgement(message, "torque_status"),
        angle_deg=message.number("angle"),
        angle_judgement=_judgement(message, "angle_status"),
        tightened_at=at if isinstance(at, datetime) else None,
        is_tightening=message.number("result_type", _TIGHTENED) in {0, _TIGHTENED},
    )


def _judgement(message: Message, name: str) -> Judgement:
    number = message.number(name)
    if number > Judgement.HIGH:
        raise MessageError(
            Place(message.mid, message.revision, 0, name),
            f"{number} is none of 0 (low), 1 (OK) and 2 (high).",
            f"{number} 不是 0（過低）、1（合格）、2（過高）之一。",
        )
    return Judgement(number)
