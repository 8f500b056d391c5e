"""From the lines of an AQDEF file to the records of aqdef_model; what cannot be placed refuses the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from samegauge.formats.aqdef_model import (
    ATTRIBUTIVE_TYPES,
    NOT_MEASURED,
    VALID,
    AqdefCharacteristic,
    AqdefDocument,
    AqdefPart,
    AqdefValue,
)
from samegauge.formats.aqdef_text import lines_of, moment, real_number, whole_number
from samegauge.formats.container import read_bytes
from samegauge.formats.errors import FormatError
from samegauge.formats.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHARACTERISTIC_SEPARATOR = "\x0f"
FIELD_SEPARATOR = "\x14"
# Order of the fields of one characteristic in a line of values; "" stands for a place that is not read.
LINE_FIELDS = ("K0001", "K0002", "K0004", "K0005", "K0006", "K0007", "K0008", "K0010", "K0011", "K0012")
ATTRIBUTIVE_LINE_FIELDS = ("K0020", "K0021", "", *LINE_FIELDS[1:])
SAMPLE_SIZE_FACTOR = 1000
_LIMIT_BYTES = 64 << 20
_KEY_LINE = re.compile(r"(K[0-9]{4})(?:/([0-9]{0,6})(?:/([0-9]{0,9}))?)?(?:[ \t]+(.*))?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_TEXT = 4_000
_BEGINNERS = frozenset({"K0001", "K0020"})
_NUMBERED = frozenset({"K0001", "K0002", "K0004", "K0020", "K0021"})
_REAL = frozenset({"K0001", "K2101", "K2110", "K2111", "K2112", "K2113"})
_WHOLE = frozenset({"K0002", "K0020", "K0021", "K0100"})


def parse_aqdef(
    source: Path | bytes,
    name: str,
    *,
    values: tuple[Path | bytes, str] | None = None,
    encoding: str | None = None,
) -> AqdefDocument:
    """Read a .dfq file, or a .dfd file with the .dfx file of its `values` (and that one's name)."""
    lines, used, remarks = lines_of(read_bytes(source, name, _LIMIT_BYTES), name, encoding)
    reader = _Reader(name)
    reader.read(lines)
    if values is not None:
        more, _used, _remarks = lines_of(read_bytes(values[0], values[1], _LIMIT_BYTES), values[1], encoding)
        reader.name = values[1]
        reader.read(more)
    return reader.document(name, used, remarks)


@dataclass
class _Record:
    """One value as far as it has been read; `common` is what was said of all characteristics at once."""

    position: int
    line: int
    in_line: bool
    texts: dict[str, str] = field(default_factory=dict[str, str])
    common: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class _Characteristic:
    index: int
    part: int
    line: int
    fields: dict[str, str] = field(default_factory=dict[str, str])
    records: list[_Record] = field(default_factory=list[_Record])


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self._header: dict[str, str] = {}
        self._parts: dict[int, dict[str, str]] = {}
        self._of_all: dict[str, dict[str, str]] = {"part": {}, "characteristic": {}, "value": {}}
        self._characteristics: dict[int, _Characteristic] = {}
        self._structure: list[tuple[str, str]] = []
        self._remarks: dict[str, Remark] = {}
        self._part = 1
        self._rows = 0
        self._together: list[_Record] = []  # of the values that the next /0 field is about
        self._is_complete = False

    def read(self, lines: Iterable[str]) -> None:
        for number, raw in enumerate(lines, start=1):
            text = raw.strip(" \t")
            if not text:
                continue
            found = _KEY_LINE.fullmatch(text)
            if found is not None:
                self._field(found, number)
            elif FIELD_SEPARATOR in text or CHARACTERISTIC_SEPARATOR in text or real_number(text) is not None:
                self._values(text, number)
            else:
                raise self._refusal(
                    number,
                    f"{text[:40]!a} is neither a K field nor a line of values. Check that this is an AQDEF file.",
                    f"{text[:40]!a} 不是 K 欄位，也不是量測值。確認這是 AQDEF 檔。",
                )

    def _field(self, found: re.Match[str], line: int) -> None:
        key, text = found[1], (found[4] or "").strip()
        index = int(found[2]) if found[2] else 1
        if len(text) > _LONGEST_TEXT or _CONTROL.search(text):
            raise self._refusal(
                line, "The text is too long or holds control characters.", "文字過長或含控制字元。", key
            )
        if found[3] and not key.startswith("K00"):
            raise self._refusal(line, "Only a value has a number of its own.", "只有量測值才有第二個編號。", key)
        if key.startswith("K00"):
            self._value_field(key, index, int(found[3]) if found[3] else None, text, line)
        elif not text:
            return
        elif key.startswith("K0"):
            self._header[key] = self._checked(key, text, line)
        elif key.startswith("K1"):
            self._part_field(key, index, text)
        elif key[1] in "238":
            self._characteristic_field(key, index, self._checked(key, text, line), line)
        else:
            place = f"/{found[2]}" if found[2] else ""
            self._structure.append((key + place, text))

    def _part_field(self, key: str, index: int, text: str) -> None:
        if index == 0:
            self._of_all["part"][key] = text
            return
        self._part = index
        self._parts.setdefault(index, {})[key] = text

    def _characteristic_field(self, key: str, index: int, text: str, line: int) -> None:
        if index == 0:
            self._of_all["characteristic"][key] = text
            return
        known = self._characteristics.setdefault(index, _Characteristic(index, self._part, line))
        known.fields[key] = text

    def _checked(self, key: str, text: str, line: int) -> str:
        """Return the text of a field, once it is what its kind of field wants."""
        is_number = (real_number(text) if key in _REAL else whole_number(text) if key in _WHOLE else 0) is not None
        if not is_number:
            raise self._refusal(
                line,
                f"{text[:40]!a} is not a number. Decimal point or comma, without thousands.",
                f"{text[:40]!a} 不是數字。小數用點或逗號，不加千分位。",
                key,
            )
        if key == "K0004" and moment(text) is None:
            raise self._refusal(
                line,
                f"{text[:40]!a} is no time. Write it as 21.11.2026/14:05:00.",
                f"{text[:40]!a} 不是時間。寫成 21.11.2026/14:05:00。",
                key,
            )
        return text

    def _value_field(self, key: str, index: int, place: int | None, text: str, line: int) -> None:
        if text and key in _NUMBERED:
            self._checked(key, text, line)
        if place is not None:
            for record in self._numbered(index, place, key, line):
                record.texts[key] = text
        elif index == 0:
            self._of_all_values(key, text)
        else:
            record = self._open_record(self._described(index, line, key), key, line)
            record.texts[key] = text

    def _of_all_values(self, key: str, text: str) -> None:
        """What follows a set of values is about that set; what stands before any value is about the first one."""
        self._is_complete = bool(self._together)
        for record in self._together:
            record.common[key] = text
        if not self._together:
            self._of_all["value"][key] = text

    def _open_record(self, known: _Characteristic, key: str, line: int) -> _Record:
        """The value that a field belongs to: a field that repeats begins the next one."""
        last = known.records[-1] if known.records else None
        if last is None or (key in last.texts and (key in _BEGINNERS or not last.in_line)):
            return self._begin(known, len(known.records) + 1, line, in_line=False)
        return last

    def _begin(self, known: _Characteristic, position: int, line: int, *, in_line: bool) -> _Record:
        if self._is_complete:
            self._together.clear()
            self._is_complete = False
        record = _Record(position, line, in_line)
        if not known.records:
            record.common.update(self._of_all["value"])
        known.records.append(record)
        self._together.append(record)
        return record

    def _numbered(self, index: int, place: int, key: str, line: int) -> Iterator[_Record]:
        asked = [self._described(index, line, key)] if index else list(self._characteristics.values())
        found = [known.records[place - 1] for known in asked if 0 < place <= len(known.records)]
        if not found:
            raise self._refusal(line, f"There is no value number {place}.", f"沒有第 {place} 個量測值。", key)
        yield from found

    def _described(self, index: int, line: int, key: str) -> _Characteristic:
        known = self._characteristics.get(index)
        if known is None:
            raise self._refusal(
                line,
                f"A value belongs to characteristic {index}, which is not described. Send the description with it.",
                f"量測值屬於特性 {index}，但檔案沒有描述這個特性。連同特性描述一起傳送。",
                key,
            )
        return known

    def _values(self, text: str, line: int) -> None:
        """A line of values: one portion for each characteristic of the file in the order of their numbers."""
        self._rows += 1
        for index, portion in enumerate(text.split(CHARACTERISTIC_SEPARATOR), start=1):
            if portion.strip():
                self._portion(self._described(index, line, "K0001"), portion, line)

    def _portion(self, known: _Characteristic, portion: str, line: int) -> None:
        keys = ATTRIBUTIVE_LINE_FIELDS if self._is_attributive(known) else LINE_FIELDS
        pieces = [piece.strip() for piece in portion.split(FIELD_SEPARATOR)]
        if any(pieces[len(keys) :]) or _CONTROL.search("".join(pieces)):
            raise self._refusal(
                line,
                f"Characteristic {known.index} has more than {len(keys)} fields or control characters in them.",
                f"特性 {known.index} 的欄位超過 {len(keys)} 個，或含控制字元。",
            )
        record = self._begin(known, self._rows, line, in_line=True)
        for key, piece in zip(keys, pieces, strict=False):
            if key and piece:
                record.texts[key] = self._checked(key, piece, line)

    def _is_attributive(self, known: _Characteristic) -> bool:
        return {**self._of_all["characteristic"], **known.fields}.get("K2004", "0") in ATTRIBUTIVE_TYPES

    def document(self, name: str, encoding: str, remarks: tuple[Remark, ...]) -> AqdefDocument:
        if not self._parts and not self._characteristics:
            raise self._refusal(None, "The file describes no part and no characteristic.", "檔案沒有描述零件或特性。")
        for known in self._characteristics.values():
            self._parts.setdefault(known.part, {})
        self._tell_count()
        parts = tuple(self._made_part(index) for index in sorted(self._parts))
        found = (*remarks, *self._remarks.values())
        return AqdefDocument(name, parts, dict(self._header), tuple(self._structure), encoding, found)

    def _tell_count(self) -> None:
        stated = self._header.get("K0100", "")
        if stated and int(stated) != len(self._characteristics):
            self._remark(
                "count_differs",
                None,
                f"K0100 states {stated} characteristics, the file describes {len(self._characteristics)}.",
                f"K0100 標示 {stated} 個特性，檔案描述了 {len(self._characteristics)} 個。",
            )

    def _made_part(self, index: int) -> AqdefPart:
        of_part = [known for known in self._characteristics.values() if known.part == index]
        return AqdefPart(
            index,
            {**self._of_all["part"], **self._parts[index]},
            tuple(self._made_characteristic(known) for known in sorted(of_part, key=lambda one: one.index)),
        )

    def _made_characteristic(self, known: _Characteristic) -> AqdefCharacteristic:
        fields = {**self._of_all["characteristic"], **known.fields}
        nominal = real_number(fields.get("K2101", ""))
        lower = _limit(fields, "K2110", "K2112", nominal)
        upper = _limit(fields, "K2111", "K2113", nominal)
        if lower is not None and upper is not None and lower > upper:
            raise self._refusal(
                known.line,
                f"Characteristic {known.index}: the lower limit {lower:g} is above the upper limit {upper:g}.",
                f"特性 {known.index}：下限 {lower:g} 高於上限 {upper:g}。",
                "K2110",
            )
        made = (self._made_value(record) for record in known.records)
        values = tuple(value for value in made if value is not None)
        return AqdefCharacteristic(known.index, fields, nominal, lower, upper, values, known.line)

    def _made_value(self, record: _Record) -> AqdefValue | None:
        """The value that was read; None for a mere place holder of something that was not measured."""
        texts = {key: text for key, text in {**record.common, **record.texts}.items() if text}
        value, stated = real_number(texts.get("K0001", "")), whole_number(texts.get("K0002", ""))
        size = self._sample_size(texts.get("K0020", ""), record.line)
        attribute = stated if stated is not None else VALID if (value, size) != (None, None) else NOT_MEASURED
        others = {key: text for key, text in texts.items() if key not in _NUMBERED}
        taken_at = moment(texts.get("K0004", ""))
        if value is None and size is None and taken_at is None and not others and attribute == NOT_MEASURED:
            return None
        errors = whole_number(texts.get("K0021", ""))
        return AqdefValue(record.position, value, attribute, size, errors, taken_at, others, record.line)

    def _sample_size(self, text: str, line: int) -> int | None:
        stated = whole_number(text)
        if stated is None or stated % SAMPLE_SIZE_FACTOR == 0:
            return None if stated is None else stated // SAMPLE_SIZE_FACTOR
        self._remark(
            "sample_size_plain",
            line,
            f"K0020 {stated} is no multiple of {SAMPLE_SIZE_FACTOR}; it is taken for the sample size itself.",
            f"K0020 {stated} 不是 {SAMPLE_SIZE_FACTOR} 的倍數；直接視為樣本數。",
        )
        return stated

    def _remark(self, code: str, line: int | None, text_en: str, text_zh: str) -> None:
        self._remarks.setdefault(code, Remark(code, line, text_en, text_zh))

    def _refusal(self, line: int | None, reason_en: str, reason_zh: str, key: str | None = None) -> FormatError:
        return FormatError(self.name, line, reason_en, reason_zh, field=key)


def _limit(fields: dict[str, str], limit: str, allowance: str, nominal: float | None) -> float | None:
    stated = real_number(fields.get(limit, ""))
    offset = real_number(fields.get(allowance, ""))
    if stated is not None or nominal is None or offset is None:
        return stated
    return round(nominal + offset, 12)
