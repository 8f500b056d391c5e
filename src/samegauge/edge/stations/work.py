"""What is to be done at a station, and how a value answers it.

What is open is the platform's word (`GET /api/stations/{code}/work`). It is read with the token
of the person at the device, and what the device records is that person's record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    Json: TypeAlias = Mapping[str, Any]
    Tell: TypeAlias = "Callable[[str, str], None]"

LOOK_EVERY_S: Final = 2.0


class HubError(Exception):
    """The platform is not reached or does not do what it is asked."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


class Hub(Protocol):
    async def work(self) -> Json:
        """Return what is to be done at the station."""
        ...

    async def record(self, entries: Sequence[Json]) -> Json:
        """Send entries; the answer has one result for each."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """The value that a step of one unit asks for; unit and limits are the step's."""

    unit: str
    serial: str
    station: str
    procedure: str
    step: str
    unit_code: str = ""
    lower: float | None = None
    upper: float | None = None
    instrument: str = ""

    def holds(self, value: float) -> bool:
        return (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)

    def entry(self, identifier: UUID, taken_at: datetime, value: float) -> dict[str, Any]:
        """Write a value as the entry of its step."""
        return {
            "id": str(identifier),
            "unit": self.unit,
            "station": self.station,
            "procedure": self.procedure,
            "step": self.step,
            "kind": "value",
            "device_time": taken_at.isoformat().replace("+00:00", "Z"),
            "payload": {"value": value, "unit_code": self.unit_code, "instrument": self.instrument},
        }


def asked_by(one: Json, step: Json, station: str, instrument: str) -> dict[str, Any]:
    """Return what `Asked` says of a step of value."""
    return {
        "unit": one["uid"],
        "serial": one["serial"],
        "station": station,
        "procedure": one["procedure"]["uid"],
        "step": step["key"],
        "unit_code": step.get("unit_code", ""),
        "lower": step.get("lower"),
        "upper": step.get("upper"),
        "instrument": instrument,
    }


def open_step(work: Json) -> tuple[Json, Json] | None:
    """Return the one unit that is here and its first open step; None where a person has to decide or to act first."""
    here = [one for one in work["units"] if one["state"] == "here" and _is_begun_or_alone(one, work["units"])]
    if len(here) != 1:
        return None
    (one,) = here
    standing = _standing(one["entries"])
    for step in one["procedure"]["steps"]:
        answers = [entry for entry in standing if entry["step"] == step["key"]]
        if answers and not answers[-1].get("reason"):
            continue
        # A reading outside the limits keeps its step shut until a person withdraws it.
        return None if answers or not step["required"] else (one, step)
    return None


def _is_begun_or_alone(one: Json, units: Iterable[Json]) -> bool:
    """Of several units at a station the one that was begun; who works on two at once works by hand."""
    begun = [other for other in units if other["state"] == "here" and _standing(other["entries"])]
    return one in begun if begun else True


def _standing(entries: Iterable[Json]) -> list[Json]:
    counted = sorted(
        (one for one in entries if one.get("outcome") not in {"conflict", "refused"}),
        key=lambda one: (one.get("at") or one["device_time"], one["id"]),
    )
    gone = {one["payload"].get("entry") for one in counted if one["kind"] == "withdraw"}
    return [one for one in counted if one["kind"] != "withdraw" and one["id"] not in gone]
