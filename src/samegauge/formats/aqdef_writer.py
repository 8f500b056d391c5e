"""From the records of aqdef_model to a .dfq file; what no AQDEF file can hold is refused, nothing is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from samegauge.formats.aqdef_model import NOT_MEASURED
from samegauge.formats.aqdef_reader import SAMPLE_SIZE_FACTOR
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from samegauge.formats.aqdef_model import AqdefCharacteristic, AqdefDocument, AqdefValue

_LINE_END = "\r\n"
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f]|\A[ \t]|[ \t]\Z")
_FOR_CHARACTERISTIC = re.compile(r"K[238][0-9]{3}")
_FOR_PART = re.compile(r"K1[0-9]{3}")
_FOR_VALUE = re.compile(r"K00[0-9]{2}")


def write_aqdef(document: AqdefDocument) -> bytes:
    """Each value with its K fields on lines of their own, in UTF-8 with its mark: letters without one must be guessed.

    A value that was not taken is written as one with attribute 255, so that those taken together stay together.
    """
    text = _LINE_END.join([*_descriptions(document), *_values(document)]) + _LINE_END
    return text.encode("ascii" if text.isascii() else "utf-8-sig")


def _descriptions(document: AqdefDocument) -> Iterator[str]:
    name, characteristics = document.file, [one for part in document.parts for one in part.characteristics]
    indices = [one.index for one in characteristics]
    if sorted(indices) != list(range(1, len(indices) + 1)):
        raise _refusal(name, "Characteristics are numbered from 1 through the whole file.", "特性編號須由 1 起連續。")
    yield f"K0100 {len(indices)}"
    for key, text in document.header.items():
        if key != "K0100":
            yield f"{key} {_text(name, key, text)}"
    for part in document.parts:
        yield from _fields(name, part.fields, part.index, _FOR_PART)
        for one in part.characteristics:
            yield from _fields(name, one.fields, one.index, _FOR_CHARACTERISTIC)
    for key, text in document.structure:
        yield f"{key} {_text(name, key, text)}"


def _fields(name: str, fields: Mapping[str, str], index: int, wanted: re.Pattern[str]) -> Iterator[str]:
    for key, text in fields.items():
        if wanted.fullmatch(key) is None:
            raise _refusal(name, f"{key} does not belong here.", f"{key} 不屬於這裡。", key)
        yield f"{key}/{index} {_text(name, key, text)}"


def _values(document: AqdefDocument) -> Iterator[str]:
    waiting = {
        one.index: (one, {value.position: value for value in one.values})
        for part in document.parts
        for one in part.characteristics
        if one.values
    }
    last = max((position for _one, values in waiting.values() for position in values), default=0)
    for position in range(1, last + 1):
        for one, values in waiting.values():
            value = values.get(position)
            if value is not None:
                yield from _value(document.file, one, value)
            elif position < max(values):
                yield f"{'K0020' if one.is_attributive else 'K0001'}/{one.index}"
                yield f"K0002/{one.index} {NOT_MEASURED}"


def _value(name: str, one: AqdefCharacteristic, value: AqdefValue) -> Iterator[str]:
    """The field that begins a value of the characteristic comes first, also where it has nothing to say."""
    numbers = {
        "K0001": value.value,
        "K0020": None if value.sample_size is None else value.sample_size * SAMPLE_SIZE_FACTOR,
        "K0021": value.errors,
        "K0002": value.attribute,
    }
    first = "K0020" if one.is_attributive else "K0001"
    for key in (first, *(key for key in numbers if key != first)):
        if numbers[key] is not None:
            yield f"{key}/{one.index} {numbers[key]!r}"
        elif key == first:
            yield f"{key}/{one.index}"
    if value.taken_at is not None:
        yield f"K0004/{one.index} {_clock(value.taken_at)}"
    yield from _fields(name, value.fields, one.index, _FOR_VALUE)


def _clock(taken_at: datetime) -> str:
    """As the format has it; a zone, which it has no place for, is kept in the form of ISO 8601."""
    if taken_at.tzinfo is not None:
        return taken_at.isoformat(timespec="seconds")
    return f"{taken_at.day:02}.{taken_at.month:02}.{taken_at.year:04}/{taken_at:%H:%M:%S}"


def _text(name: str, key: str, text: str) -> str:
    if not text or _UNWRITABLE.search(text):
        raise _refusal(
            name,
            f"{text[:40]!a} cannot be written: it is empty, or has line breaks, control characters or outer spaces.",
            f"{text[:40]!a} 無法寫入：內容空白，或含換行、控制字元、前後空白。",
            key,
        )
    return text


def _refusal(name: str, reason_en: str, reason_zh: str, key: str | None = None) -> FormatError:
    return FormatError(name, None, reason_en, reason_zh, field=key)
