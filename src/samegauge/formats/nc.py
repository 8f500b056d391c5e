"""NC programs after ISO 6983 (G-code): what a program is called, which tools and feeds it uses, its numbered lines.

A control reports the block it executes as the place in the file, counted from 1 (seen on Hurco controls, where tool
changes happen at the file line of their M6), not as the N word: posts restart N at 100 when it reaches 9999, so one N
may stand on several lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.doors.crypto import sha256
from samegauge.formats.container import read_bytes
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT_BYTES = 64 << 20
_COMMENT = re.compile(r"\(([^)]*)\)?")
_WORD = re.compile(r"([A-Z])[ \t]*([+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}))")
_MACRO = re.compile(r"[A-Z]?\[?#[^ \t]*")
_PROGRAM_NUMBER = re.compile(r"[O:][ \t]*([0-9]{1,8})")
_FOREIGN = re.compile(r"[^A-Z0-9 \t+\-*/.,#=\[\]%:;$&@?!_'\"|()]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x10\x15-\x1f\x7f]")
_REVISION = re.compile(r"(?<![A-Za-z0-9])REV(?:ISION)?[-_. ]{0,2}([A-Za-z]|[0-9]{1,3})(?![A-Za-z0-9])", re.IGNORECASE)
_OPERATION = re.compile(r"(?<![A-Za-z0-9])(OP[-_ ]?[0-9]{1,3}(?:[ _]*\([^)]{1,40}\))?)(?![A-Za-z0-9])", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:\.gz)?\Z", re.IGNORECASE)
_MM_PER_INCH = 25.4
_TOOL_CHANGE = 6.0
_INCH, _METRIC = 20.0, 21.0
_PER_MINUTE, _PER_REVOLUTION, _INVERSE_TIME = 94.0, 95.0, 93.0


@dataclass(frozen=True, slots=True)
class NcBlock:
    """One line of the file; `number` is its N word, which need not be unique."""

    line: int
    number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class NcToolCall:
    """A tool brought into the spindle: the M6 and the T word before or beside it (None if there was none)."""

    line: int
    block_number: int | None
    tool: int | None


@dataclass(frozen=True, slots=True)
class NcFeed:
    """`feed_mm_per_min` is None where the program has stated no unit yet or feeds per revolution or inverse time."""

    line: int
    programmed: float
    feed_mm_per_min: float | None


@dataclass(frozen=True, slots=True)
class NcProgram:
    """`sha256` of the unpacked bytes is the identity of the revision; name and revision hint are only what it says."""

    file: str
    sha256: str
    encoding: str
    number: int | None
    title: str | None
    revision_hint: str | None
    operation: str | None
    length_unit: str | None
    comments: tuple[tuple[int, str], ...]
    tool_calls: tuple[NcToolCall, ...]
    feeds: tuple[NcFeed, ...]
    blocks: tuple[NcBlock, ...]
    line_count: int

    def block_at(self, line: int) -> NcBlock | None:
        """Block at a line of the file, as a control's Block_Number counts; None for comment and empty lines."""
        low, high = 0, len(self.blocks)
        while low < high:
            middle = (low + high) // 2
            if self.blocks[middle].line < line:
                low = middle + 1
            else:
                high = middle
        found = self.blocks[low] if low < len(self.blocks) else None
        return found if found is not None and found.line == line else None

    def blocks_numbered(self, number: int) -> tuple[NcBlock, ...]:
        return tuple(block for block in self.blocks if block.number == number)


def parse_nc(source: Path | bytes, name: str) -> NcProgram:
    """Read a program, plain or gzip; a file with lines no control would take is refused with the line."""
    data = read_bytes(source, name, _LIMIT_BYTES)
    text, encoding = _decoded(data, name)
    reader = _ProgramReader(name)
    lines = text.split("\n")
    for line, content in enumerate(lines, start=1):
        reader.read(line, content.rstrip("\r"))
    if not reader.has_commands:
        raise FormatError(
            name,
            None,
            "The file holds no G or M word; it is not an ISO 6983 program.",
            "檔案沒有 G 或 M 指令，不是 ISO 6983 程式。",
        )
    stem = _SUFFIX.sub("", name).rpartition(".")[0] or name
    return NcProgram(
        file=name,
        sha256=sha256(data).hex(),
        encoding=encoding,
        number=reader.number,
        title=reader.title,
        revision_hint=_first(_REVISION, stem, reader.title),
        operation=_first(_OPERATION, stem, reader.title),
        length_unit=reader.length_unit,
        comments=tuple(reader.comments),
        tool_calls=tuple(reader.tool_calls),
        feeds=tuple(reader.feeds),
        blocks=tuple(reader.blocks),
        line_count=len(lines) - (not lines[-1]),
    )


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    """Comments may be UTF-8, Big5 or Western; the program words themselves are ASCII in each."""
    for codec, shown in (("utf-8-sig", "utf-8"), ("cp950", "big5"), ("cp1252", "windows-1252")):
        try:
            return data.decode(codec), shown
        except UnicodeDecodeError:
            continue
    raise FormatError(
        name,
        None,
        "The text is neither UTF-8 nor Big5 nor Windows-1252. Save the program as UTF-8.",
        "文字不是 UTF-8、Big5 或 Windows-1252。另存為 UTF-8。",
    )


def _first(pattern: re.Pattern[str], *texts: str | None) -> str | None:
    for text in texts:
        found = pattern.search(text or "")
        if found is not None:
            return found[1].upper() if pattern is _REVISION else " ".join(found[1].replace("_", " ").split())
    return None


class _ProgramReader:
    """Walks the lines and keeps the modal state that gives T and F words their meaning."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._staged_tool: int | None = None
        self._feed_mode = _PER_MINUTE
        self.has_commands = False
        self.number: int | None = None
        self.title: str | None = None
        self.length_unit: str | None = None
        self.comments: list[tuple[int, str]] = []
        self.tool_calls: list[NcToolCall] = []
        self.feeds: list[NcFeed] = []
        self.blocks: list[NcBlock] = []

    def read(self, line: int, content: str) -> None:
        if _CONTROL.search(content):
            raise self._refused(line, "The line holds control characters.", "此行含有控制字元。")
        comments = [" ".join(found[1].split()) for found in _COMMENT.finditer(content)] if "(" in content else []
        self.comments += [(line, comment) for comment in comments if comment]
        text = _COMMENT.sub(" ", content).strip().upper() if comments else content.strip().upper()
        if not text or text.startswith("%"):
            return
        foreign = _FOREIGN.search(text)
        if foreign is not None:
            raise self._refused(
                line,
                f"The character {foreign[0]!a} stands outside a comment; no control takes it.",
                f"註解外出現字元 {foreign[0]!a}，控制器無法接受。",
            )
        program = _PROGRAM_NUMBER.match(text)
        if program is not None and self.number is None:
            self.number = int(program[1])
            self.title = comments[0] if comments and comments[0] else None
            return
        self._block(line, text)

    def _block(self, line: int, text: str) -> None:
        # A word whose value is a macro variable (X#510, X[#510]) has no value until the program runs.
        words = _WORD.findall(_MACRO.sub(" ", text) if "#" in text else text)
        number = next((int(float(value)) for letter, value in words if letter == "N"), None)
        self.blocks.append(NcBlock(line, number, text))
        for letter, value in words:
            if letter == "T":
                self._staged_tool = int(float(value))
        for letter, value in words:
            self._word(line, number, letter, float(value))

    def _word(self, line: int, number: int | None, letter: str, value: float) -> None:
        if letter == "G":
            self.has_commands = True
            if value in {_INCH, _METRIC}:
                self.length_unit = "inch" if value == _INCH else "mm"
            elif value in {_PER_MINUTE, _PER_REVOLUTION, _INVERSE_TIME}:
                self._feed_mode = value
        elif letter == "M":
            self.has_commands = True
            if value == _TOOL_CHANGE:
                self.tool_calls.append(NcToolCall(line, number, self._staged_tool))
        elif letter == "F":
            self.feeds.append(NcFeed(line, value, self._feed_mm_per_min(value)))

    def _feed_mm_per_min(self, value: float) -> float | None:
        if self._feed_mode != _PER_MINUTE or self.length_unit is None:
            return None
        return value * _MM_PER_INCH if self.length_unit == "inch" else value

    def _refused(self, line: int, reason_en: str, reason_zh: str) -> FormatError:
        return FormatError(self._name, line, reason_en, reason_zh)
