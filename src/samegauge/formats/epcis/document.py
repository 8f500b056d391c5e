"""EPCIS documents: written event by event, however many there are, and read whole or refused whole."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from samegauge.formats.canonical import CanonicalError, JsonValue, parse_json
from samegauge.formats.epcis.event_hash import event_hash, namespaces_of
from samegauge.formats.epcis.model import CONTEXT, NAMESPACES, as_json
from samegauge.formats.epcis.xml_form import EVENT_TYPES, ROOTS, events_from_xml
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from samegauge.formats.epcis.model import EpcisEvent

MOST_BYTES = 64 << 20
MOST_EVENTS = 100_000
MOST_THINGS = 10_000
LONGEST_URI = 1_000
DEEPEST = 32
ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]+")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_HASH_START = "ni:"


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """What an event of a document says, as far as records are made of it; `whole` is all of it."""

    place: int
    type: str
    event_id: str
    at: datetime
    action: str
    step: str
    parent: str
    things: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    declared_wrong: bool
    whole: Mapping[str, JsonValue]


def written(events: Iterable[EpcisEvent], made_at: datetime) -> Iterator[bytes]:
    """The pieces of a document, one event at a time."""
    head = {
        "@context": [CONTEXT, NAMESPACES],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    yield _line(head)[:-1] + b',"epcisBody":{"eventList":['
    separator = b"\n"
    for event in events:
        yield separator + _line(as_json(event))
        separator = b",\n"
    yield b"\n]}}\n"


def read_document(data: bytes, name: str) -> list[ReadEvent]:
    """Every event of a document in JSON or XML; one that is not right refuses all of them, with its place and field."""
    if len(data) > MOST_BYTES:
        raise _refused(
            name, "", f"The file has more than {MOST_BYTES >> 20} MiB.", f"檔案超過 {MOST_BYTES >> 20} MiB。"
        )
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        events: Sequence[JsonValue] = events_from_xml(data, name)
        namespaces: dict[str, str] = {}
    else:
        events, namespaces = _events_of_json(data, name)
    if len(events) > MOST_EVENTS:
        raise _refused(
            name,
            "epcisBody",
            f"More than {MOST_EVENTS} events. Export less at once.",
            f"超過 {MOST_EVENTS} 筆事件。分批匯出。",
        )
    return [_Reading(name, place, event).read(namespaces) for place, event in enumerate(events)]


def _events_of_json(data: bytes, name: str) -> tuple[Sequence[JsonValue], dict[str, str]]:
    try:
        document = parse_json(data)
    except CanonicalError as error:
        raise _refused(name, "", f"This is no JSON: {error}", f"這不是 JSON：{error}") from error
    if not isinstance(document, dict) or str(document.get("type")) not in ROOTS:
        raise _refused(name, "type", "This is no EPCIS document.", "這不是 EPCIS 文件。")
    if document.get("schemaVersion") != "2.0":
        raise _refused(name, "schemaVersion", "Only EPCIS 2.0 is read in JSON.", "JSON 只讀取 EPCIS 2.0。")
    body = document.get("epcisBody")
    for step in ("queryResults", "resultsBody"):
        body = body[step] if isinstance(body, dict) and step in body else body
    events = body.get("eventList") if isinstance(body, dict) else None
    if not isinstance(events, list):
        raise _refused(name, "epcisBody/eventList", "A list of events belongs here.", "這裡應為事件清單。")
    return events, namespaces_of(document.get("@context"))


class _Reading:
    """One event, and what to say where it is wrong."""

    def __init__(self, name: str, place: int, event: JsonValue) -> None:
        self._name, self._place = name, place
        if not isinstance(event, dict):
            raise self._wrong("", "An event belongs here.", "這裡應為事件。")
        self._event = event

    def read(self, namespaces: Mapping[str, str]) -> ReadEvent:
        event = self._event
        kind = self._text("type")
        if kind not in EVENT_TYPES:
            raise self._wrong("type", f"{kind[:60]!a} is no type of event.", f"{kind[:60]!a} 不是事件類型。")
        self._refuse_depth(event, 0)
        action = self._action(kind)
        offset = self._text("eventTimeZoneOffset")
        if _OFFSET.fullmatch(offset) is None:
            raise self._wrong(
                "eventTimeZoneOffset", "An offset such as +08:00 belongs here.", "這裡應為 +08:00 這類時差。"
            )
        read = ReadEvent(
            place=self._place,
            type=kind,
            event_id=self._event_id(namespaces),
            at=self._time("eventTime"),
            action=action,
            step=self._text("bizStep", required=False),
            parent=self._uri("parentID", required=kind == "AssociationEvent"),
            things=self._uris("epcList") or self._uris("childEPCs"),
            inputs=self._uris("inputEPCList"),
            outputs=self._uris("outputEPCList"),
            declared_wrong="errorDeclaration" in event,
            whole=event,
        )
        if kind == "AssociationEvent" and not read.things and action != "DELETE" and "childQuantityList" not in event:
            raise self._wrong("childEPCs", "What is built in belongs here.", "這裡應為裝入的物件。")
        return read

    def _action(self, kind: str) -> str:
        if kind == "TransformationEvent":
            return ""
        action = self._text("action")
        if action not in ACTIONS:
            raise self._wrong("action", "ADD, OBSERVE or DELETE belongs here.", "這裡應為 ADD、OBSERVE 或 DELETE。")
        return action

    def _event_id(self, namespaces: Mapping[str, str]) -> str:
        """The stated ID, proven where it is a hash; the hash where none is stated."""
        stated = self._uri("eventID", required=False)
        own = event_hash(self._event, namespaces) if not stated or stated.startswith(_HASH_START) else ""
        if stated.startswith(_HASH_START) and stated != own:
            raise self._wrong(
                "eventID",
                "The event is not what its hash says: it was changed, or hashed in another way. "
                "Ask the sender for the original.",
                "事件內容與它的雜湊不符：被更動過，或以其他方式計算雜湊。向寄件者索取原檔。",
            )
        return stated or own

    def _text(self, field: str, *, required: bool = True) -> str:
        value = self._event.get(field, None if required else "")
        if not isinstance(value, str) or len(value) > LONGEST_URI:
            raise self._wrong(field, "A short text belongs here.", "這裡應為簡短的文字。")
        return value

    def _uri(self, field: str, *, required: bool) -> str:
        text = self._text(field, required=required)
        if (text or required) and _URI.fullmatch(text) is None:
            raise self._wrong(field, "A URI belongs here.", "這裡應為 URI。")
        return text

    def _uris(self, field: str) -> tuple[str, ...]:
        found = self._event.get(field, [])
        if not isinstance(found, list) or len(found) > MOST_THINGS:
            raise self._wrong(
                field, f"A list of at most {MOST_THINGS} URIs belongs here.", f"這裡應為至多 {MOST_THINGS} 個 URI。"
            )
        for number, uri in enumerate(found):
            if not isinstance(uri, str) or len(uri) > LONGEST_URI or _URI.fullmatch(uri) is None:
                raise self._wrong(f"{field}/{number}", "A URI belongs here.", "這裡應為 URI。")
        return tuple(cast("list[str]", found))

    def _time(self, field: str) -> datetime:
        text = self._text(field)
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC) if _TIME.fullmatch(text) else None
        except (ValueError, OverflowError):
            moment = None
        if moment is None:
            raise self._wrong(field, "A time with its zone belongs here.", "這裡應為附時區的時間。")
        return moment

    def _refuse_depth(self, value: JsonValue, depth: int) -> None:
        if depth > DEEPEST:
            raise self._wrong("", f"Nested more than {DEEPEST} deep.", f"巢狀超過 {DEEPEST} 層。")
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._refuse_depth(part, depth + 1)

    def _wrong(self, field: str, english: str, chinese: str) -> FormatError:
        return _refused(self._name, f"epcisBody/eventList/{self._place}/{field}".rstrip("/"), english, chinese)


def _refused(name: str, field: str, english: str, chinese: str) -> FormatError:
    return FormatError(name, None, english, chinese, field=field or None)


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
