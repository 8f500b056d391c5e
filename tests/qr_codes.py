"""Reads QR codes back from a PDF, module by module, with nothing of the library that drew them (ISO/IEC 18004).

As far as the labels need it: version 2 at error level M (one block, so no error correction is needed to read a clean
drawing), alphanumeric.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from pdfminer.high_level import extract_pages
from pdfminer.layout import LTLine

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 25
DATA_CODEWORDS = 28
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
FORMAT_MASK = 0x5412
LEVEL_M = 0
POINTS_PER_MM = 72 / 25.4
MASKS = (
    lambda row, column: (row + column) % 2,
    lambda row, _column: row % 2,
    lambda _row, column: column % 3,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)


def codes_on_pages(pdf: bytes) -> list[list[tuple[float, float, str]]]:
    """Of each page its codes as left and top edge [mm] of the drawing and its text, row by row."""
    return [_codes(page) for page in extract_pages(io.BytesIO(pdf))]


def _codes(page: Any) -> list[tuple[float, float, str]]:
    found = []
    for strokes in _drawings([one for one in _parts(page) if isinstance(one, LTLine)]):
        left = min(stroke.x0 for stroke in strokes)
        top = max(stroke.y0 for stroke in strokes)
        module = (max(stroke.x1 for stroke in strokes) - left) / SIZE
        grid = [[False] * SIZE for _ in range(SIZE)]
        for stroke in strokes:
            row = round((top - stroke.y0) / module)
            for column in range(round((stroke.x0 - left) / module), round((stroke.x1 - left) / module)):
                grid[row][column] = True
        edge = page.height - top - module / 2
        found.append((left / POINTS_PER_MM, edge / POINTS_PER_MM, text_of(grid)))
    return sorted(found, key=lambda code: (round(code[1]), code[0]))


def _parts(thing: Any) -> Iterator[Any]:
    for part in thing:
        yield part
        if hasattr(part, "__iter__"):
            yield from _parts(part)


def _drawings(strokes: list[Any]) -> list[list[Any]]:
    """Strokes of one drawing follow each other row by row; its first is the upper edge of a finder, 7 modules."""
    drawings: list[list[Any]] = []
    for stroke in strokes:
        down = drawings[-1][-1].y0 - stroke.y0 if drawings else 0
        if not drawings or not -1e-3 < down < 2.5 / 7 * (drawings[-1][0].x1 - drawings[-1][0].x0):
            drawings.append([])
        drawings[-1].append(stroke)
    return drawings


def text_of(grid: list[list[bool]]) -> str:
    mask = MASKS[_mask_number(grid)]
    bits = "".join(str(int(grid[row][column] ^ (mask(row, column) == 0))) for row, column in _data_places())
    codewords = "".join(bits[8 * place : 8 * place + 8] for place in range(DATA_CODEWORDS))
    assert codewords[:4] == "0010", "not alphanumeric"
    count, place, text = int(codewords[4:13], 2), 13, ""
    while len(text) < count:
        pair = count - len(text) > 1
        value = int(codewords[place : place + (11 if pair else 6)], 2)
        text += ALPHANUMERIC[value // 45] + ALPHANUMERIC[value % 45] if pair else ALPHANUMERIC[value]
        place += 11 if pair else 6
    return text


def _mask_number(grid: list[list[bool]]) -> int:
    places = [(8, column) for column in (0, 1, 2, 3, 4, 5, 7, 8)] + [(row, 8) for row in (7, 5, 4, 3, 2, 1, 0)]
    said = int("".join(str(int(grid[row][column])) for row, column in places), 2) ^ FORMAT_MASK
    assert said >> 13 == LEVEL_M, "not at error level M"
    return said >> 10 & 7


def _data_places() -> Iterator[tuple[int, int]]:
    """Modules that carry data: pairs of columns from the right, upwards and downwards in turn."""
    right, upwards = SIZE - 1, True
    while right > 0:
        right -= right == 6  # the timing pattern
        for step in range(SIZE):
            row = SIZE - 1 - step if upwards else step
            yield from ((row, column) for column in (right, right - 1) if not _is_pattern(row, column))
        right, upwards = right - 2, not upwards


def _is_pattern(row: int, column: int) -> bool:
    finders = (row < 9 and (column < 9 or column >= SIZE - 8)) or (row >= SIZE - 8 and column < 9)
    alignment = abs(row - 18) <= 2 and abs(column - 18) <= 2
    return finders or alignment or 6 in {row, column}
