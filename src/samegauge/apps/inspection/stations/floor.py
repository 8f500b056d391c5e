"""The floor as a picture: machines down, stations across; grey is normal, colour is where somebody must act."""

from __future__ import annotations

from dataclasses import dataclass

from samegauge.core.charts.svg import WIDTH, Fragment, box, document, element, group, label, line, link, shortened
from samegauge.core.charts.words import ChartTable

NAME_WIDTH = 118.0
STATE_WIDTH = 232.0
TOP = 52.0
ROW_HEIGHT = 36.0
MARK = 9.0


@dataclass(frozen=True)
class FloorCell:
    """One machine at one station: passed, here, held, waiting, or not on its way."""

    state: str
    troubled: bool = False


@dataclass(frozen=True)
class FloorRow:
    name: str
    url: str
    cells: tuple[FloorCell | None, ...]
    here: str
    """Where it stands, in words."""
    alarm: bool = False


@dataclass(frozen=True)
class Section:
    """Neighbouring stations of one section of the line."""

    name: str
    count: int


@dataclass(frozen=True)
class FloorBoard:
    sentence: str
    sections: tuple[Section, ...]
    stations: tuple[str, ...]
    rows: tuple[FloorRow, ...]
    heads: tuple[str, str, str]
    """Of the table behind: machine, where it stands, stations passed."""


def floor_board(board: FloorBoard) -> str:
    step = (WIDTH - NAME_WIDTH - STATE_WIDTH) / max(len(board.stations), 1)
    height = TOP + ROW_HEIGHT * len(board.rows) + 8
    return document(
        (WIDTH, height),
        board.sentence,
        *_heads(board, step, height),
        *(_row(row, TOP + ROW_HEIGHT * place, step) for place, row in enumerate(board.rows)),
    )


def floor_table(board: FloorBoard) -> ChartTable:
    rows = tuple(
        (row.name, row.here, str(sum(cell is not None and cell.state == "released" for cell in row.cells)))
        for row in board.rows
    )
    return ChartTable(board.heads, rows, (False, False, True))


def _heads(board: FloorBoard, step: float, height: float) -> list[Fragment]:
    """Sections as names over their stations, alternating in height where they are narrow."""
    drawn, first = list[Fragment](), 0
    for place, section in enumerate(board.sections):
        left, room = NAME_WIDTH + first * step, section.count * step
        drawn.append(line((left, TOP - 22 if place % 2 else TOP - 42), (left, height - 8), "c-phase"))
        following = board.sections[place + 1].count * step if place + 1 < len(board.sections) else STATE_WIDTH
        drawn.append(
            label((left + 4, TOP - 8 if place % 2 else TOP - 28), shortened(section.name, room + following - 10), "")
        )
        first += section.count
    return drawn


def _row(row: FloorRow, top: float, step: float) -> Fragment:
    middle = top + ROW_HEIGHT / 2
    strong = "c-suspect" if row.alarm else "c-strong"
    parts = [
        line((0.0, top), (WIDTH, top), "c-grid"),
        link(row.url, label((0.0, middle + 6), shortened(row.name, NAME_WIDTH - 12), strong)),
        label(
            (WIDTH - STATE_WIDTH + 14, middle + 6), shortened(row.here, STATE_WIDTH - 14), strong if row.alarm else ""
        ),
    ]
    cells = [(cell, NAME_WIDTH + place * step) for place, cell in enumerate(row.cells) if cell is not None]
    # Where the machine stands lies over its neighbours.
    cells.sort(key=lambda pair: pair[0].state in {"here", "held"})
    return group(*parts, *(_cell(cell, left, middle, step) for cell, left in cells))


def _cell(cell: FloorCell, left: float, middle: float, step: float) -> Fragment:
    width, centre = max(step - 2, 2.0), left + step / 2
    if cell.state == "held":
        return element("path", d=_octagon(centre, middle), class_="c-alarm")
    if cell.state == "here":
        mark = element("circle", cx=centre, cy=middle, r=MARK, class_="c-setup")
        return group(mark, element("path", d=_triangle(centre, middle), class_="c-warning")) if cell.troubled else mark
    if cell.state == "released":
        return box((left + 1, middle - 5), (width, 10.0), "c-run")
    return box((left + 1, middle - 2), (width, 4.0), "c-wait")


def _octagon(x: float, y: float) -> str:
    far, near = MARK + 1, (MARK + 1) * 0.414
    corners = (
        (-near, -far),
        (near, -far),
        (far, -near),
        (far, near),
        (near, far),
        (-near, far),
        (-far, near),
        (-far, -near),
    )
    return "M" + "L".join(f"{x + dx:.1f} {y + dy:.1f}" for dx, dy in corners) + "Z"


def _triangle(x: float, y: float) -> str:
    return f"M{x:.1f} {y - MARK:.1f}L{x + MARK:.1f} {y + MARK * 0.7:.1f}L{x - MARK:.1f} {y + MARK * 0.7:.1f}Z"
