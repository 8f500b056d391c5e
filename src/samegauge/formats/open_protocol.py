"""Open Protocol, by which tightening controllers of many makers talk over TCP (port 4545): bytes <-> messages.

A message is a header of 20 bytes, fields of fixed width and a NUL. The layout of every message stands in
open_protocol.toml, written down from memory of the public specification (Atlas Copco 9836 4415 01) and compared with
independent implementations and recorded messages; it is no copy of the specification, which decides where they differ.
Revisions that the table lacks are refused, never guessed at.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from samegauge.formats.errors import FormatError
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PORT = 4545
HEADER_BYTES = 20
_LENGTH_BYTES = 4
_NUMBER_BYTES = 2  # of a field's number
_TIME = re.compile(rb"([0-9]{4})-([0-9]{2})-([0-9]{2}):([0-9]{2}):([0-9]{2}):([0-9]{2})")
_DIGITS = re.compile(rb"[0-9]+")
_SIGNED = re.compile(rb"-?[0-9]+")
_NUMBERS = {"number": _DIGITS, "integer": _SIGNED, "hundredths": _SIGNED, "flag": re.compile(rb"[01]")}
_NO_TIME = frozenset(b" 0-:")
# Text is one byte a character, whatever the controller's own alphabet; nothing is lost on the way back.
_ALPHABET = "latin-1"

Value: TypeAlias = "int | float | str | bytes | datetime | tuple[int, ...] | None"


class MessageError(FormatError):
    """A message that does not read as its table says: which one, at which byte (counted from 1), and why."""

    def __init__(self, place: Place, reason_en: str, reason_zh: str) -> None:
        self.mid, self.revision, self.byte = place.mid, place.revision, place.byte
        name = f"MID {place.mid:04d} revision {place.revision}" if place.mid else "Open Protocol"
        where = " ".join(part for part in (f"byte {place.byte}" if place.byte else "", place.field) if part)
        super().__init__(name, None, reason_en, reason_zh, field=where)


class UnknownMessageError(MessageError):
    """A message, or a revision of one, that is not in the table."""


class Place(NamedTuple):
    mid: int
    revision: int
    byte: int
    field: str = ""


class Field(NamedTuple):
    name: str
    kind: str
    width: int


class Layout(NamedTuple):
    fields: tuple[Field, ...]
    numbered: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A message of the table; one without layouts is a header alone."""

    mid: int
    name: str
    layouts: Mapping[int, Layout]

    @property
    def revisions(self) -> tuple[int, ...]:
        """Return the newest first."""
        return tuple(sorted(self.layouts, reverse=True))

    def layout(self, revision: int) -> Layout | None:
        return self.layouts.get(revision) if self.layouts else Layout((), numbered=False)


@dataclass(frozen=True, slots=True)
class Message:
    """`station` and `spindle` count from 1; `no_ack` asks a controller to send results without waiting for a word."""

    mid: int
    values: Mapping[str, Value] = field(default_factory=dict[str, Value])
    revision: int = 1
    no_ack: bool = False
    station: int = 1
    spindle: int = 1

    @property
    def name(self) -> str:
        return kinds()[self.mid].name

    def number(self, name: str, default: int = 0) -> int:
        value = self.values.get(name)
        return value if isinstance(value, int) else default

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


@cache
def kinds() -> Mapping[int, Kind]:
    table = tomllib.loads((files(__package__ or "") / "open_protocol.toml").read_text(encoding="utf-8"))
    return {int(mid): Kind(int(mid), row["name"], _layouts(row.get("revisions", {}))) for mid, row in table.items()}


@cache
def mids() -> Mapping[str, int]:
    return {kind.name: mid for mid, kind in kinds().items()}


def message(name: str, revision: int = 1, **values: Value) -> Message:
    return Message(mids()[name], values, revision)


def _layouts(rows: Mapping[str, Any]) -> dict[int, Layout]:
    """`after` names an earlier revision of the same message, whose fields come first."""
    found: dict[int, Layout] = {}
    for revision, row in sorted(rows.items(), key=lambda item: int(item[0])):
        before = found[row["after"]] if "after" in row else Layout((), numbered=False)
        own = [text.split() for text in row["fields"]]
        fields = tuple(Field(name, kind, int(width)) for name, kind, width in own)
        found[int(revision)] = Layout((*before.fields, *fields), row.get("numbered", before.numbered))
    return found


class FrameBuffer:
    """Cuts a stream into messages wherever the network cut it; gives them without the NUL at their end."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._held += data
        while len(self._held) >= _LENGTH_BYTES:
            length = _length(bytes(self._held[:_LENGTH_BYTES]))
            if len(self._held) <= length:
                return
            if self._held[length]:
                raise MessageError(
                    Place(0, 0, length + 1),
                    f"The message says that it is {length} bytes long, but no NUL follows there.",
                    f"訊息自稱長 {length} 位元組，但其後不是 NUL。",
                )
            frame = bytes(self._held[:length])
            del self._held[: length + 1]
            yield frame


def _length(head: bytes) -> int:
    if not _DIGITS.fullmatch(head) or int(head) < HEADER_BYTES:
        raise MessageError(
            Place(0, 0, 1),
            f'A message begins with its length in four digits, at least 0020; here stands "{_shown(head)}".',
            f"訊息開頭應為四位數的長度，至少 0020；這裡是「{_shown(head)}」。",
        )
    return int(head)


def _shown(data: bytes) -> str:
    return visible_text(data.decode(_ALPHABET), 40)


def decode(frame: bytes, zone: tzinfo = UTC) -> Message:
    """Read one message without its NUL; `zone` is that of the controller's clock, which sends local times."""
    if len(frame) < HEADER_BYTES or _length(frame[:_LENGTH_BYTES]) != len(frame):
        raise MessageError(
            Place(0, 0, 1),
            f"The message is {len(frame)} bytes long, which is not what its header says.",
            f"訊息長 {len(frame)} 位元組，與表頭所稱不符。",
        )
    head = _Header(frame)
    mid = head.number(4, 4, "mid")
    revision = head.number(8, 3, "revision", blank=1, mid=mid) or 1
    if head.number(18, 1, "message_parts", mid=mid) > 1:
        raise UnknownMessageError(
            Place(mid, revision, 19, "message_parts"),
            "Messages in several parts are not read. Ask for a lower revision.",
            "不讀取分段訊息。改用較低的修訂版。",
        )
    layout = _layout_of(mid, revision)
    reader = _Reader(frame, Place(mid, revision, HEADER_BYTES + 1), layout.numbered, zone)
    values = {one.name: reader.take(number, one) for number, one in enumerate(layout.fields, start=1)}
    reader.end()
    return Message(
        mid,
        values,
        revision,
        no_ack=head.number(11, 1, "no_ack", mid=mid) == 1,
        station=head.number(12, 2, "station", mid=mid) or 1,
        spindle=head.number(14, 2, "spindle", mid=mid) or 1,
    )


def encode(one: Message, zone: tzinfo = UTC) -> bytes:
    """Write a message with its NUL."""
    layout = _layout_of(one.mid, one.revision)
    body = bytearray()
    for number, each in enumerate(layout.fields, start=1):
        place = Place(one.mid, one.revision, HEADER_BYTES + len(body) + 1, each.name)
        prefix = f"{number:02d}".encode() if layout.numbered else b""
        body += prefix + _written(each, one.values.get(each.name), place, zone)
    flag = "1" if one.no_ack else " "
    station, spindle = (f"{number:02d}" if number > 1 else "  " for number in (one.station, one.spindle))
    head = f"{HEADER_BYTES + len(body):04d}{one.mid:04d}{one.revision:03d}{flag}{station}{spindle}    "
    return head.encode() + bytes(body) + b"\0"


def _layout_of(mid: int, revision: int) -> Layout:
    kind = kinds().get(mid)
    layout = kind.layout(revision) if kind else None
    if layout is None:
        what, what_zh = ("This message", "這個訊息") if kind is None else ("This revision", "這個修訂版")
        raise UnknownMessageError(
            Place(mid, revision, 5 if kind is None else 9),
            f"{what} is not in the table of those that are read.",
            f"{what_zh}不在可讀取的表中。",
        )
    return layout


class _Header:
    def __init__(self, frame: bytes) -> None:
        self._frame = frame

    def number(self, start: int, width: int, name: str, *, blank: int = 0, mid: int = 0) -> int:
        raw = self._frame[start : start + width]
        if not raw.strip():
            return blank
        if not _DIGITS.fullmatch(raw):
            raise _no_number(Place(mid, 0, start + 1, name), raw)
        return int(raw)


class _Reader:
    def __init__(self, frame: bytes, place: Place, numbered: bool, zone: tzinfo) -> None:  # noqa: FBT001 - of a layout
        self._frame, self._place, self._numbered, self._zone = frame, place, numbered, zone
        self._at = HEADER_BYTES

    def take(self, number: int, one: Field) -> Value:
        if self._numbered:
            self._skip_number(number, one)
        place = self._here(one.name)
        if one.kind == "list":
            return self._list(one, place)
        width = min(one.width, len(self._frame) - self._at) if one.kind == "rest" else one.width
        return _read(one.kind, self._bytes(width, place), place, self._zone)

    def end(self) -> None:
        if extra := len(self._frame) - self._at:
            raise MessageError(
                self._here(""),
                f"{extra} bytes stand after the last field. Ask for a lower revision.",
                f"最後一個欄位之後還有 {extra} 位元組。改用較低的修訂版。",
            )

    def _list(self, one: Field, place: Place) -> tuple[int, ...]:
        count = int(_matched(_DIGITS, self._bytes(one.width, place), place))
        entries = (self._bytes(one.width, self._here(one.name)) for _entry in range(count))
        return tuple(int(_matched(_DIGITS, entry, place)) for entry in entries)

    def _skip_number(self, number: int, one: Field) -> None:
        place = self._here(one.name)
        raw = self._bytes(_NUMBER_BYTES, place)
        if raw != f"{number:02d}".encode():
            raise MessageError(
                place,
                f'Field {number:02d} is expected here; "{_shown(raw)}" stands in its place.',
                f"這裡應為欄位 {number:02d}，實際是「{_shown(raw)}」。",
            )

    def _bytes(self, width: int, place: Place) -> bytes:
        raw = self._frame[self._at : self._at + width]
        if len(raw) < width:
            raise MessageError(
                place,
                f"{width} bytes are expected here, {len(raw)} are left in the message.",
                f"這裡應有 {width} 位元組，訊息只剩 {len(raw)}。",
            )
        self._at += width
        return raw

    def _here(self, name: str) -> Place:
        return Place(self._place.mid, self._place.revision, self._at + 1, name)


def _read(kind: str, raw: bytes, place: Place, zone: tzinfo) -> Value:
    if pattern := _NUMBERS.get(kind):
        number = int(_matched(pattern, raw, place))
        return number / 100 if kind == "hundredths" else number
    if kind == "time":
        return _time(raw, place, zone)
    return raw if kind == "raw" else raw.decode(_ALPHABET).rstrip(" \0")


def _matched(pattern: re.Pattern[bytes], raw: bytes, place: Place) -> bytes:
    if not pattern.fullmatch(raw):
        raise _no_number(place, raw)
    return raw


def _no_number(place: Place, raw: bytes) -> MessageError:
    return MessageError(
        place, f'Digits are expected here; "{_shown(raw)}" stands there.', f"這裡應為數字，實際是「{_shown(raw)}」。"
    )


def _time(raw: bytes, place: Place, zone: tzinfo) -> datetime | None:
    """Controllers leave a time that never was (a parameter set nobody changed) blank or all zeros."""
    if _NO_TIME.issuperset(raw):
        return None
    match = _TIME.fullmatch(raw)
    try:
        if match:
            year, month, day, hour, minute, second = (int(part) for part in match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        pass
    raise MessageError(
        place,
        f'A time such as 2026-11-21:08:30:00 is expected here; "{_shown(raw)}" stands there.',
        f"這裡應為 2026-11-21:08:30:00 這樣的時間，實際是「{_shown(raw)}」。",
    )


def _written(one: Field, value: Value, place: Place, zone: tzinfo) -> bytes:
    raw = _bytes_of(one, value, zone)
    if raw is None or (len(raw) != one.width and one.kind not in {"rest", "list"}) or len(raw) > _longest(one):
        raise MessageError(
            place,
            f"{value!r} cannot be written as {one.kind} of {one.width} bytes.",
            f"{value!r} 無法寫成 {one.width} 位元組的 {one.kind}。",
        )
    return raw


def _longest(one: Field) -> int:
    return 999 * one.width + one.width if one.kind == "list" else one.width


def _bytes_of(one: Field, value: Value, zone: tzinfo) -> bytes | None:
    """Nothing given is blank or zero, as controllers fill what does not apply."""
    if value is None and one.kind not in {*_NUMBERS, "list"}:
        return b"" if one.kind == "rest" else b" " * one.width
    match one.kind, 0 if value is None else value:
        case "time", datetime() as time:
            raw = time.astimezone(zone).strftime("%Y-%m-%d:%H:%M:%S").encode()
        case "list", tuple() as numbers:
            raw = b"".join(f"{number:0{one.width}d}".encode() for number in (len(numbers), *numbers))
        case "raw", bytes() as given:
            raw = given
        case (("text" | "rest"), str() as text):
            raw = text.encode(_ALPHABET, "replace")
            raw = raw if one.kind == "rest" else raw.ljust(one.width)
        case kind, (int() | float()) as number if kind in _NUMBERS:
            whole = round(number * (100 if kind == "hundredths" else 1))
            raw = f"{whole:0{one.width}d}".encode()
            raw = raw if _NUMBERS[kind].fullmatch(raw) else None
        case _:
            raw = None
    return raw
