"""What a passport of one unit says, free of any language but the texts people wrote into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from samegauge.formats.canonical import JsonValue

T = TypeVar("T")


class PassportError(ValueError):
    """A passport that cannot be issued or read: what is wrong and where."""


class Status(StrEnum):
    PASSED = "pass"
    FAILED = "fail"
    UNDECIDED = "undecided"
    NOT_JUDGED = "not_judged"


class ProvenanceKind(StrEnum):
    SIMULATED = "simulated"
    ASSUMED = "assumed"
    INFERRED = "inferred"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Identity:
    serial: str
    item: str
    revision: str
    maker: str
    item_name: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """One line of the as-built tree in depth-first order; `level` 1 hangs on the unit itself."""

    level: int
    serial: str
    item: str
    revision: str
    position: str = ""
    installed_at: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    machine: str
    program: str
    program_revision: str
    program_sha256: str
    started_at: datetime | None
    ended_at: datetime | None
    cycle_time_s: float | None


@dataclass(frozen=True, slots=True)
class Characteristic:
    """`tolerance_lower` and `tolerance_upper` are signed deviations from `nominal`; a zone has only the upper one."""

    designator: str
    name: str
    unit: str
    status: Status
    actual: float | None = None
    nominal: float | None = None
    tolerance_lower: float | None = None
    tolerance_upper: float | None = None
    expanded_uncertainty: float | None = None
    coverage_factor: float | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    name: str
    device: str
    measured_at: datetime | None
    source: str
    source_sha256: str
    characteristics: tuple[Characteristic, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """`record` is the exact content that `leaf_hash` seals; its keys are the issuer's own."""

    record: Mapping[str, Any]
    leaf_hash: str


@dataclass(frozen=True, slots=True)
class AttachedDocument:
    name: str
    sha256: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Why the chunk or field that `about` names (such as `operations/0`) is not a plain record."""

    kind: ProvenanceKind
    about: str
    evidence_zh: str
    evidence_en: str


@dataclass(frozen=True, slots=True)
class Logged:
    """That the events of this passport stand in the issuer's log: `places` are theirs, in the order of `events`.

    `checkpoint` is the signed state of the log (formats.checkpoint), `proof` the other hashes of its tree, in base64
    and from left to right, that lead from the events' leaf hashes to its root.
    """

    checkpoint: str
    places: tuple[int, ...]
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passport:
    identity: Identity
    issuer: str
    issued_at: datetime
    as_built: tuple[Component, ...] = ()
    operations: tuple[Operation, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    events: tuple[RecordedEvent, ...] = ()
    documents: tuple[AttachedDocument, ...] = ()
    provenance: tuple[Provenance, ...] = field(default=())
    log: Logged | None = None


def instant_text(moment: datetime) -> str:
    """UTC with six decimals and Z."""
    if moment.tzinfo is None:
        raise PassportError(f"The time {moment.isoformat()} has no zone. Give it with its offset from UTC.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_json(value: object) -> JsonValue:
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: to_json(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, tuple):
        return [to_json(element) for element in cast("tuple[object, ...]", value)]
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, StrEnum):
        return value.value
    return cast("JsonValue", value)


def from_json(kind: type[T], value: JsonValue, where: str) -> T:
    """`kind` with exactly its fields; everything else is refused with its place."""
    return cast("T", _decode(kind, value, where))


def _decode(kind: Any, value: JsonValue, where: str) -> object:
    if get_origin(kind) in {UnionType, Union}:
        choices = [choice for choice in get_args(kind) if choice is not type(None)]
        return None if value is None else _decode(choices[0], value, where)
    if get_origin(kind) is tuple:
        return _decode_tuple(get_args(kind)[0], value, where)
    if is_dataclass(kind):
        return _decode_record(cast("type[object]", kind), value, where)
    return _decode_plain(kind, value, where)


def _decode_tuple(kind: Any, value: JsonValue, where: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise PassportError(f"{where}: a list belongs here.")
    return tuple(_decode(kind, element, f"{where}/{index}") for index, element in enumerate(value))


def _decode_record(kind: type[object], value: JsonValue, where: str) -> object:
    hints = get_type_hints(kind)
    if not isinstance(value, dict) or set(value) != set(hints):
        raise PassportError(f"{where}: exactly the fields {', '.join(hints)} belong here.")
    return kind(**{name: _decode(hint, value[name], f"{where}/{name}") for name, hint in hints.items()})


def _decode_plain(kind: Any, value: JsonValue, where: str) -> object:
    if get_origin(kind) is Mapping and isinstance(value, dict):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind in {str, int} and type(value) is kind:
        return value
    if isinstance(value, str) and isinstance(kind, type) and kind is not str:
        return _decode_text(kind, value, where)
    raise PassportError(f"{where}: {str(value)[:80]!r} does not belong here.")


def _decode_text(kind: type[object], value: str, where: str) -> object:
    try:
        if kind is datetime:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        if issubclass(kind, StrEnum):
            return kind(value)
    except ValueError as error:
        raise PassportError(f"{where}: {value[:80]!r} does not belong here.") from error
    raise PassportError(f"{where}: {value[:80]!r} does not belong here.")
