"""SHDR, the line protocol of MTConnect adapters: `timestamp|name|value`, several pairs on a line, and conditions.

A condition is told by its shape, `timestamp|name|Level|code|severity|qualifier|text`: seven fields whose third is
Normal, Warning, Fault or Unavailable in any case. Three pairs have seven fields too, so Unavailable followed by
anything but four empty fields is read as pairs (an adapter that lost its machine writes
`t|a|UNAVAILABLE|b|UNAVAILABLE|c|UNAVAILABLE`).

Time stamps are UTC and must say so by their Z. Up to nine decimals are kept exactly, together with their number, so
that a line can be written again as it came. Lines end in LF or CR LF; empty lines count as nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from samegauge.formats import shdr_kernel as kernel
from samegauge.formats.errors import FormatError
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LEVELS = ("NORMAL", "WARNING", "FAULT", "UNAVAILABLE")
_CONDITION_FIELDS = 7
_SNIPPET = 120
_BOM = b"\xef\xbb\xbf"
_STAMP = re.compile(rb"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f]")
_MARKER = re.compile(rb"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")


class Reason(Enum):
    """Why a line was set aside: English, 中文."""

    TOO_LONG = (
        f"The line is longer than {kernel.MAX_LINE_BYTES} bytes.",
        f"這一行超過 {kernel.MAX_LINE_BYTES} 位元組。",
    )
    CONTROL_BYTE = (
        "The line holds a control byte (NUL or similar), so it is not text.",
        "這一行含有控制位元組（如 NUL），不是文字。",
    )
    NOT_UTF8 = ("The line is not UTF-8.", "這一行不是 UTF-8。")
    CONFLICT_MARKER = (
        "The line is a merge conflict marker, not an observation.",
        "這一行是版本合併的衝突標記，不是觀測值。",
    )
    NO_TIMESTAMP = (
        "The line does not begin with a UTC time stamp such as 2017-10-23T08:54:30.304Z.",
        "這一行開頭不是 UTC 時間戳記（例如 2017-10-23T08:54:30.304Z）。",
    )
    IMPOSSIBLE_TIME = (
        f"The time stamp names no instant from {kernel.FIRST_YEAR} to {kernel.LAST_YEAR}.",
        f"時間戳記不是西元 {kernel.FIRST_YEAR} 至 {kernel.LAST_YEAR} 年間存在的時刻。",
    )
    NO_VALUE = ("A name stands without its value.", "有名稱而沒有對應的值。")
    NO_NAME = ("A value stands without a name.", "有值而沒有名稱。")
    TOO_MANY_PAIRS = (
        f"The line holds more than {kernel.MAX_PAIRS} pairs.",
        f"這一行超過 {kernel.MAX_PAIRS} 組名稱與值。",
    )

    def __init__(self, en: str, zh: str) -> None:
        self.en = en
        self.zh = zh


@dataclass(frozen=True, slots=True)
class Condition:
    level: str
    native_code: str
    native_severity: str
    qualifier: str
    message: str


@dataclass(frozen=True, slots=True)
class Observation:
    """`value` is as written: for a condition the whole `Level|code|severity|qualifier|text`."""

    time_ns: int
    time_digits: int
    tag: str
    value: str
    number: float | None
    condition: Condition | None
    line: int
    pair: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line set aside; `snippet` shows its beginning with everything invisible made visible."""

    line: int
    reason: Reason
    raw: bytes

    @property
    def snippet(self) -> str:
        return visible_text(self.raw.decode("utf-8", "backslashreplace"), _SNIPPET)


ParsedLine: TypeAlias = tuple[Observation, ...] | BadLine


def number_from(value: str) -> float | None:
    """The finite decimal number a value spells, None for anything else (words, vectors, NaN, 1_000)."""
    if _NUMBER.fullmatch(value) is None:
        return None
    number = float(value)
    return number if np.isfinite(number) else None


def condition_from(payload: str) -> Condition | None:
    """The condition that `Level|code|severity|qualifier|text` spells, None when the shape is another."""
    level, *said = payload.split("|")
    level = level.upper() if level.isascii() else level
    if len(said) != _CONDITION_FIELDS - 3 or level not in LEVELS or (level == "UNAVAILABLE" and any(said)):
        return None
    return Condition(level, *said)


def parse_line(raw: bytes, line: int) -> ParsedLine:
    """Observations of one non-empty line without its line end, or why it has none."""
    fault = _byte_fault(raw)
    if fault is not None:
        return BadLine(line, fault, raw)
    stamp, *fields = raw.decode("utf-8").split("|")
    match = _STAMP.fullmatch(stamp.encode("utf-8"))
    if match is None:
        return BadLine(line, Reason.NO_TIMESTAMP, raw)
    time_ns = _time_ns(match)
    if time_ns is None:
        return BadLine(line, Reason.IMPOSSIBLE_TIME, raw)
    fault = _field_fault(fields)
    if fault is not None:
        return BadLine(line, fault, raw)
    digits = len(match[7] or b"")
    payload = "|".join(fields[1:])
    condition = condition_from(payload)
    if condition is not None:
        return (Observation(time_ns, digits, fields[0], payload, None, condition, line, 0),)
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return tuple(
        Observation(time_ns, digits, tag, value, number_from(value), None, line, pair)
        for pair, (tag, value) in enumerate(pairs)
    )


def read_lines(data: bytes) -> Iterator[ParsedLine]:
    """The readable reference for `parse_columns`: every non-empty line in turn."""
    lines = data.removeprefix(_BOM).split(b"\n")
    for number, terminated in enumerate(lines, start=1):
        raw = terminated.removesuffix(b"\r")
        if raw:
            yield parse_line(raw, number)


def _byte_fault(raw: bytes) -> Reason | None:
    if len(raw) > kernel.MAX_LINE_BYTES:
        return Reason.TOO_LONG
    if _CONTROL.search(raw):
        return Reason.CONTROL_BYTE
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return Reason.NOT_UTF8
    return Reason.CONFLICT_MARKER if _MARKER.match(raw) else None


def _field_fault(fields: list[str]) -> Reason | None:
    if not fields or len(fields) % 2:
        return Reason.NO_VALUE
    if not all(fields[::2]) and condition_from("|".join(fields[1:])) is None:
        return Reason.NO_NAME
    if not fields[0]:
        return Reason.NO_NAME
    return Reason.TOO_MANY_PAIRS if len(fields) // 2 > kernel.MAX_PAIRS else None


def _time_ns(match: re.Match[bytes]) -> int | None:
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not kernel.FIRST_YEAR <= year <= kernel.LAST_YEAR:
        return None
    try:
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    fraction = (match[7] or b"").ljust(9, b"0")
    return int(whole.timestamp()) * 1_000_000_000 + int(fraction)


@dataclass(frozen=True, slots=True)
class ShdrColumns:
    """The observations of one file in file order, column by column, with the lines set aside.

    `tag` and `text` are codes into `words`. `text` holds what the number cannot give back; it is -1 where `number` with
    `decimals` decimals is exactly what was written. `number` is NaN where the value is no number.
    """

    file: str
    lines: int
    blank_lines: int
    open_ended: bool  # the last line has no line end, so it may have been cut
    rows: NDArray[np.void]  # kernel.ROW_TYPE
    words: tuple[str, ...]
    bad_lines: tuple[BadLine, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def time_ns(self) -> NDArray[np.int64]:
        return self.rows["time_ns"]

    @property
    def time_digits(self) -> NDArray[np.int8]:
        return self.rows["time_digits"]

    @property
    def tag(self) -> NDArray[np.int32]:
        return self.rows["tag"]

    @property
    def number(self) -> NDArray[np.float64]:
        return self.rows["number"]

    @property
    def decimals(self) -> NDArray[np.int8]:
        return self.rows["decimals"]

    @property
    def text(self) -> NDArray[np.int32]:
        return self.rows["text"]

    @property
    def line(self) -> NDArray[np.int32]:
        return self.rows["line"]

    @property
    def pair(self) -> NDArray[np.int16]:
        return self.rows["pair"]

    def observation(self, row: int) -> Observation:
        code = int(self.text[row])
        number = float(self.number[row])
        value = self.words[code] if code >= 0 else written(number, int(self.decimals[row]))
        return Observation(
            int(self.time_ns[row]),
            int(self.time_digits[row]),
            self.words[int(self.tag[row])],
            value,
            None if np.isnan(number) else number,
            condition_from(value),
            int(self.line[row]),
            int(self.pair[row]),
        )


def written(number: float, decimals: int) -> str:
    """A number of at most 15 digits as the log spelled it."""
    return f"{number:.{decimals}f}"


def parse_columns(data: bytes, file: str) -> ShdrColumns:
    """All observations of a file; bad lines are set aside, a file that is no SHDR log at all is refused.

    No log: empty, or not one good line, or more bad lines than good ones.
    """
    content = np.frombuffer(data, np.uint8)[len(_BOM) if data.startswith(_BOM) else 0 :]
    pipes, feeds, beyond_ascii = kernel.census(content)
    room = pipes // 2 + 1
    # Pages that stay untouched cost nothing, so upper bounds (two pipes an observation) are no waste.
    rows = np.empty(room, kernel.ROW_TYPE)
    spans = np.empty((2 * room, 2), np.int64)
    bad = np.empty(feeds + 1, kernel.BAD_TYPE)
    table = np.zeros(1 << (4 * room).bit_length(), np.int32)
    state = np.zeros(kernel.STATE_SIZE, np.int64)
    state[kernel.NON_ASCII] = beyond_ascii
    kernel.parse(content, table, spans, rows, bad, state)
    bad_lines = tuple(_bad_lines(content, bad[: state[kernel.BAD]]))
    _refuse_other_formats(file, int(state[kernel.LINE] - state[kernel.BLANK]), bad_lines)
    words = tuple(_words(content, spans[: state[kernel.WORDS]]))
    return ShdrColumns(
        file=file,
        lines=int(state[kernel.LINE]),
        blank_lines=int(state[kernel.BLANK]),
        open_ended=not data.endswith(b"\n"),
        rows=_with_spelled_numbers(rows[: state[kernel.ROW]], words),
        words=words,
        bad_lines=bad_lines,
    )


def warm() -> None:
    """Compile, or load from disk, so that the first import does not wait."""
    parse_columns(b"2017-02-02T16:37:08.9062500Z|Block_Number|0|Program_Status|READY\n", "warm")


def _words(content: NDArray[np.uint8], spans: NDArray[np.int64]) -> Iterator[str]:
    for start, end in spans.tolist():
        # Words of a line that was set aside later are here too; no row points at them, so they need not be UTF-8.
        yield content[start:end].tobytes().decode("utf-8", "replace")


def _bad_lines(content: NDArray[np.uint8], spans: NDArray[np.void]) -> Iterator[BadLine]:
    for start, end, line in spans.tolist():
        parsed = parse_line(content[start:end].tobytes().removesuffix(b"\r"), line)
        if not isinstance(parsed, BadLine):
            raise RuntimeError(  # noqa: TRY004 - the two parsers disagree, which no argument's type explains
                f"Line {line} is good for the reference and bad for the compiled parser: {parsed!r}"
            )
        yield parsed


def _with_spelled_numbers(rows: NDArray[np.void], words: tuple[str, ...]) -> NDArray[np.void]:
    """Numbers that only their text gives back (05, 1e5, 17 digits), found once per distinct word."""
    spelled = [number_from(word) for word in words]
    if any(number is not None for number in spelled):
        lookup = np.array([np.nan if number is None else number for number in spelled])
        rows["number"] = np.where(rows["text"] >= 0, lookup[rows["text"]], rows["number"])
    return rows


def _refuse_other_formats(file: str, filled_lines: int, bad_lines: tuple[BadLine, ...]) -> None:
    if filled_lines == 0:
        raise FormatError(file, None, "The file is empty. Export the log again.", "檔案是空的。重新匯出紀錄檔。")
    if 2 * len(bad_lines) > filled_lines:
        first = bad_lines[0]
        raise FormatError(
            file,
            first.line,
            f"This is no SHDR log: {len(bad_lines)} of {filled_lines} lines cannot be read. {first.reason.en} "
            "Nothing of it was taken; choose the adapter's log (timestamp|name|value).",
            f"這不是 SHDR 紀錄檔：{filled_lines} 行中有 {len(bad_lines)} 行無法讀取。{first.reason.zh}"
            "檔案完全沒有匯入；選擇轉接器的紀錄檔（timestamp|name|value）。",
        )
