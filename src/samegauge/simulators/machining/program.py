"""An NC program of nobody's, and what the machine does line by line when it runs it."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REVISION = "B"
RAPID_MM_PER_MIN = 24_000.0
TOOL_CHANGE_S = 14.0
LENGTH_MM, WIDTH_MM, CLEAR_MM = 620.0, 410.0, 150.0
HOME = (-80.0, 0.0, CLEAR_MM)

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Cut:
    """What one tool does: passes along X, one beside the other; feed [mm/min], spindle load in its cut [%]."""

    tool: int
    name: str
    rpm: int
    feed: int
    load_percent: float
    passes: int
    depth_mm: float


CUTS = (
    Cut(1, "FACE MILL D125", 420, 520, 61.0, 16, -2.0),
    Cut(4, "ROUGHING END MILL D40", 900, 380, 54.0, 14, -12.0),
    Cut(7, "INDEXABLE DRILL D26", 1150, 260, 44.0, 10, -38.0),
    Cut(12, "FINISHING MILL D80", 760, 640, 27.0, 18, -2.5),
    Cut(15, "BORING HEAD D110", 540, 210, 21.0, 7, -46.0),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the program while it is executed, at a feed override of 100 %."""

    line: int
    duration_s: float
    start: Point
    end: Point
    feed: float
    rpm: int
    tool: int
    load_percent: float
    changes_tool: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    text: str
    steps: tuple[Step, ...]

    @property
    def file_name(self) -> str:
        return f"{self.name}.nc"

    @property
    def content(self) -> bytes:
        return self.text.encode()


def program(item: str) -> Program:
    """Return the program of the first operation on a casting."""
    name = f"{item}_OP10_REV-{REVISION}"
    writer = _Writer(["%", f"O2101 ({name})", "(SIMULATED: CUTS NO REAL PART)"])
    writer.block("G21 G90 G94 G17 G40 G80")
    for cut in CUTS:
        writer.tool(cut)
    writer.block("M30")
    return Program(name, "\n".join([*writer.lines, "%", ""]), tuple(writer.steps))


class _Writer:
    """Writes a line and notes what the machine does on it."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.steps: list[Step] = []
        self._at: Point = HOME
        self._cut = CUTS[0]
        self._number = 0

    def block(self, words: str, to: Point | None = None, feed: float = 0.0) -> None:
        """A line of words; one that moves takes as long as its way at its feed, another one a moment."""
        self._number += 10
        self.lines.append(f"N{self._number} {words}")
        there = to or self._at
        lasts = dist(self._at, there) / (feed or RAPID_MM_PER_MIN) * 60.0 + 0.05
        self._step(lasts, there, feed)

    def tool(self, cut: Cut) -> None:
        self._cut = cut
        self.lines.append(f"({cut.name})")
        self._number += 10
        self.lines.append(f"N{self._number} T{cut.tool} M6")
        self._step(TOOL_CHANGE_S, HOME, 0.0, changes_tool=True)
        self.block(f"G54 S{cut.rpm} M3")
        for words, to, feed in _passes(cut):
            self.block(words, to, feed)
        self.block(f"G0 Z{CLEAR_MM:.1f} M5", (self._at[0], self._at[1], CLEAR_MM))

    def _step(self, lasts_s: float, there: Point, feed: float, *, changes_tool: bool = False) -> None:
        turns = 0 if changes_tool else self._cut.rpm
        load = self._cut.load_percent if feed else 0.0
        self.steps.append(
            Step(len(self.lines), lasts_s, self._at, there, feed, turns, self._cut.tool, load, changes_tool)
        )
        self._at = there


def _passes(cut: Cut) -> Iterator[tuple[str, Point, float]]:
    """There and back along X, each pass beside the last one."""
    for place in range(cut.passes):
        y = round(WIDTH_MM * place / max(cut.passes - 1, 1), 3)
        start, end = (-70.0, LENGTH_MM) if place % 2 == 0 else (LENGTH_MM, -70.0)
        yield f"G0 X{start:.1f} Y{y:.3f}", (start, y, CLEAR_MM), 0.0
        yield f"G0 Z{cut.depth_mm:.1f}", (start, y, cut.depth_mm), 0.0
        yield f"G1 X{end:.1f} F{cut.feed}", (end, y, cut.depth_mm), float(cut.feed)
        yield f"G0 Z{CLEAR_MM:.1f}", (end, y, CLEAR_MM), 0.0
