"""Bytes of an AQDEF file as lines, whatever computer wrote them; and the two numbers that its texts hold."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from samegauge.formats.errors import FormatError
from samegauge.formats.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARKS: Mapping[bytes, str] = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_LATIN = "cp1252"
_END_OF_DOS_FILE = "\x1a"
_LINE_END = re.compile(r"\r\n|\n|\r")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_PAIR = re.compile(rb"([\x81-\xfe])([\x40-\x7e\x80-\xfe])")
# First bytes of the characters in daily use; the rest of each table is rare ones.
_BIG5_COMMON = range(0xA4, 0xC7)
_GB_COMMON = range(0xB0, 0xD8)
_ASCII_END = 0x80
_MOSTLY = 0.7
_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER_LENGTH = 64
_CLOCK = r"[ /.T]([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.[0-9]{1,9})?)?"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})\.([0-9]{{1,2}})\.([0-9]{{4}}|[0-9]{{2}})(?:{_CLOCK})?")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}}|[0-9]{{2}})-([0-9]{{1,2}})-([0-9]{{1,2}})(?:{_CLOCK})?")
_MONTH_FIRST = re.compile(rf"([0-9]{{1,2}})/([0-9]{{1,2}})/([0-9]{{4}}|[0-9]{{2}})(?:{_CLOCK})?")
_ZONED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9:]{5,6})")
_CENTURY_TURNS = 70
_SHORT_YEAR = 100


def lines_of(data: bytes, name: str, encoding: str | None) -> tuple[list[str], str, tuple[Remark, ...]]:
    """Return the lines, the encoding they were read with, and a remark where that had to be guessed."""
    marked = next((known for mark, known in _MARKS.items() if data.startswith(mark)), None)
    chosen = encoding or marked or _plain(data) or _guessed(data)
    try:
        text = data.decode(chosen)
    except (UnicodeDecodeError, LookupError) as error:
        raise FormatError(
            name,
            None,
            f"The text cannot be read as {chosen}. Save the file as UTF-8.",
            f"無法以 {chosen} 讀取文字。另存為 UTF-8。",
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FormatError(
            name,
            line,
            "The file holds a zero byte, so it is no AQDEF text. Export it again.",
            "檔案含有零位元組，不是 AQDEF 文字檔。重新匯出。",
        )
    return _LINE_END.split(text.rstrip(_END_OF_DOS_FILE)), chosen, _told(chosen, is_sure=bool(encoding or marked))


def _told(chosen: str, *, is_sure: bool) -> tuple[Remark, ...]:
    if is_sure or chosen in {"ascii", "utf-8"}:
        return ()
    remark = Remark(
        "encoding_guessed",
        None,
        f"The file does not say how its letters are coded; they were read as {chosen}.",
        f"檔案未註明文字編碼；以 {chosen} 讀取。",
    )
    return (remark,)


def _plain(data: bytes) -> str | None:
    if data.isascii():
        return "ascii"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _guessed(data: bytes) -> str:
    """Tell Chinese from Western letters: those stand one by one, Chinese bytes in pairs of which most are common."""
    if all(len(run) == 1 for run in _HIGH_RUN.findall(data)):
        return _LATIN
    pairs = [(lead, trail) for run in _PAIR.findall(data) for lead, trail in [(run[0][0], run[1][0])]]
    big5 = sum(lead in _BIG5_COMMON for lead, _trail in pairs)
    mainland = sum(lead in _GB_COMMON and trail > _ASCII_END for lead, trail in pairs)
    found = [(mainland, "gb18030"), (big5, "cp950")]
    for count, encoding in sorted(found, key=lambda one: one[0], reverse=True):
        # Of two that fit alike the second of the list would win by luck: in Taiwan it is Big5.
        fits = count >= _MOSTLY * len(pairs) and not (encoding == "gb18030" and big5 == count)
        if fits and _decodes(data, encoding):
            return encoding
    return _LATIN


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def real_number(text: str) -> float | None:
    """A finite number with a decimal point or comma; None for any other text."""
    plain = text.strip()
    if len(plain) > _NUMBER_LENGTH or _NUMBER.fullmatch(plain) is None:
        return None
    value = float(plain.replace(",", "."))
    return value if math.isfinite(value) else None


def whole_number(text: str) -> int | None:
    plain = text.strip()
    return int(plain) if _INTEGER.fullmatch(plain) else None


def moment(text: str) -> datetime | None:
    """Clock time of a K0004, without a zone unless the text states one; None for a text that is no time.

    Read are day.month.year, year-month-day and month/day/year, with / or a space before the time of day.
    """
    plain = text.strip()
    if _ZONED.fullmatch(plain):
        try:
            return datetime.fromisoformat(plain).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    for pattern, order in ((_DAY_FIRST, (2, 1, 0)), (_YEAR_FIRST, (0, 1, 2)), (_MONTH_FIRST, (2, 0, 1))):
        if found := pattern.fullmatch(plain):
            said = found.groups(default="0")
            year, month, day = (int(said[place]) for place in order)
            hour, minute, second = map(int, said[3:])
            try:
                return datetime(_whole_year(year), month, day, hour, minute, second)  # noqa: DTZ001 - it states none
            except ValueError:
                return None
    return None


def _whole_year(year: int) -> int:
    if year >= _SHORT_YEAR:
        return year
    return year + (1900 if year >= _CENTURY_TURNS else 2000)
