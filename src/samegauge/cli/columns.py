"""Columns of a table that a command is given: numbers and labels, refused by line and column where they are neither."""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from samegauge.cli.output import CommandError
from samegauge.engines.errors import EngineError
from samegauge.formats.errors import FormatError
from samegauge.formats.spreadsheet import read_sheet
from samegauge.quantities.errors import QuantityError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from samegauge.formats.spreadsheet import Sheet

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Say what was refused inside as a command does."""
    try:
        yield
    except FormatError as error:
        raise CommandError(error.message_en, error.message_zh) from error
    except (EngineError, QuantityError) as error:
        raise CommandError(error.reason_en, error.reason_zh) from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.", f"{path}：{error.strerror}。") from error


class Table:
    """A CSV file or the first work sheet of a workbook."""

    def __init__(self, path: Path) -> None:
        self._sheet: Sheet = read_sheet(path, path.name)
        self.rows = len(self._sheet.rows)

    def numbers(self, column: str) -> NDArray[np.float64]:
        place = self._place(column)
        return np.array([self._number(row.cells[place], row.line, column) for row in self._sheet.rows])

    def labels(self, column: str) -> tuple[str, ...]:
        place = self._place(column)
        return tuple(row.cells[place] for row in self._sheet.rows)

    def _place(self, column: str) -> int:
        sheet = self._sheet
        if column not in sheet.header:
            raise FormatError(
                sheet.file,
                sheet.header_line,
                f"There is no column “{column}”. The columns are: {', '.join(sheet.header)}.",
                f"沒有「{column}」欄。現有欄位：{'、'.join(sheet.header)}。",
            )
        return sheet.header.index(column)

    def _number(self, cell: str, line: int, column: str) -> float:
        if _NUMBER.fullmatch(cell):
            return float(cell)
        if _DECIMAL_COMMA.fullmatch(cell):
            hint, hint_zh = "Write decimals with a point.", "小數請用小數點。"
        else:
            hint, hint_zh = (
                "Write a plain number without its unit, or remove the line.",
                "請只寫數字、不加單位，或刪除該行。",
            )
        raise FormatError(
            self._sheet.file, line, f"“{cell}” is no number. {hint}", f"「{cell}」不是數字。{hint_zh}", field=column
        )


def plain_number(number: float) -> float | None:
    """JSON has no infinity and no NaN."""
    return float(number) if math.isfinite(number) else None


def in_subgroups(values: NDArray[np.float64], labels: tuple[str, ...]) -> list[NDArray[np.float64]]:
    """Values with the same label, in the order in which labels first appear."""
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    return [values[chosen] for chosen in places.values()]
