"""EPCIS 2.0 events as records, and what JSON-LD says of them (EPCIS 2.0 with CBV 2.0)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from samegauge.formats.epcis.event_hash import event_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from samegauge.formats.canonical import JsonValue

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
# Of what the Core Business Vocabulary has no word for.
PREFIX = "samegauge"
NAMESPACE = "urn:samegauge:epcis:"
NAMESPACES = {PREFIX: NAMESPACE}
# Rec 20 codes of the units in which parts are measured, and what GS1 calls the quantity.
QUANTITIES = {
    "mm": ("Length", "MMT"),
    "m": ("Length", "MTR"),
    "um": ("Length", "4H"),
    "µm": ("Length", "4H"),
    "in": ("Length", "INH"),
    "deg": ("Angle", "DD"),
    "rad": ("Angle", "C81"),
    "arcsec": ("Angle", "D62"),
    "degC": ("Temperature", "CEL"),
    "°C": ("Temperature", "CEL"),
    "K": ("Temperature", "KEL"),
    "kg": ("Mass", "KGM"),
    "N": ("Force", "NEW"),
    "N·m": ("Torque", "NU"),
    "Nm": ("Torque", "NU"),
    "h": ("Time", "HUR"),
    "min": ("Time", "MIN"),
    "s": ("Time", "SEC"),
    "mm/s": ("Speed", "C16"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value; a unit without a code of Rec 20 is named in words of ours."""

    name: str
    value: float
    unit: str
    lower: float | None = None
    upper: float | None = None
    conforms: bool | None = None


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """That an event was wrong, and which events say it right."""

    at: datetime
    corrected_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Common:
    """What every event says; `said` are facts in our own words, `made` describe what came into being."""

    at: datetime
    zone_minutes: int
    step: str
    recorded_at: datetime | None = None
    disposition: str = ""
    place: str = ""
    readings: tuple[Reading, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict[str, str])
    made: Mapping[str, str] = field(default_factory=dict[str, str])
    error: ErrorDeclaration | None = None


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    common: Common
    things: tuple[str, ...]
    action: str = "OBSERVE"

    def what(self) -> dict[str, JsonValue]:
        return {"type": "ObjectEvent", "epcList": self.things, "action": self.action}


@dataclass(frozen=True, slots=True)
class AssociationEvent:
    """Built in (ADD) or taken out (DELETE)."""

    common: Common
    parent: str
    children: tuple[str, ...]
    action: str

    def what(self) -> dict[str, JsonValue]:
        return {
            "type": "AssociationEvent",
            "parentID": self.parent,
            "childEPCs": self.children,
            "action": self.action,
        }


@dataclass(frozen=True, slots=True)
class TransformationEvent:
    """One thing became another, or was changed so that it cannot be told apart any more from what went in."""

    common: Common
    inputs: tuple[str, ...]
    input_lots: tuple[str, ...]
    outputs: tuple[str, ...]
    batch: str = ""

    def what(self) -> dict[str, JsonValue]:
        lots = [{"epcClass": lot} for lot in self.input_lots]
        return {
            "type": "TransformationEvent",
            **({"inputEPCList": self.inputs} if self.inputs else {}),
            **({"inputQuantityList": lots} if lots else {}),
            "outputEPCList": self.outputs,
            **({"transformationID": self.batch} if self.batch else {}),
        }


EpcisEvent = ObjectEvent | AssociationEvent | TransformationEvent


def as_json(event: EpcisEvent) -> dict[str, JsonValue]:
    """The event as JSON-LD, with its hash as its ID."""
    common = event.common
    said: dict[str, JsonValue] = {
        **event.what(),
        "eventTime": _instant(common.at),
        "eventTimeZoneOffset": _offset(common.zone_minutes),
        "bizStep": common.step,
        **({"disposition": common.disposition} if common.disposition else {}),
        **({"readPoint": {"id": common.place}} if common.place else {}),
        **({"sensorElementList": [{"sensorReport": list(map(_report, common.readings))}]} if common.readings else {}),
        **({"ilmd": _own(common.made)} if common.made else {}),
        **_own(common.said),
    }
    identity: dict[str, JsonValue] = {"eventID": event_hash(said, NAMESPACES)}
    if common.recorded_at is not None:
        identity["recordTime"] = _instant(common.recorded_at)
    if common.error is not None:
        identity["errorDeclaration"] = {
            "declarationTime": _instant(common.error.at),
            "reason": "incorrect_data",
            **({"correctiveEventIDs": common.error.corrected_by} if common.error.corrected_by else {}),
        }
    return {**said, **identity}


def _report(reading: Reading) -> dict[str, JsonValue]:
    quantity, code = QUANTITIES.get(reading.unit, (f"{PREFIX}:measured", ""))
    limits = {"lowerLimit": reading.lower, "upperLimit": reading.upper}
    stated = {name: repr(limit) for name, limit in limits.items() if limit is not None}
    return {
        "type": quantity,
        "value": reading.value,
        **({"uom": code} if code else {}),
        **_own({"characteristic": reading.name, "unit": reading.unit, **stated}),
        **({f"{PREFIX}:conforms": "true" if reading.conforms else "false"} if reading.conforms is not None else {}),
    }


def _own(facts: Mapping[str, str]) -> dict[str, JsonValue]:
    return {f"{PREFIX}:{name}": value for name, value in facts.items() if value}


def _instant(moment: datetime) -> str:
    """To the millisecond, so that the hash is of what is written."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
