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
from samegauge.formats.spreadsheet import column_letter, read_sheet
from samegauge.quantities.errors import QuantityError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from samegauge.formats.spreadsheet import Sheet

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_UNITS = frozenset({"unit", "units", "uom", "單位"})
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
        self._refuse_mixed_units()

    def numbers(self, column: str) -> NDArray[np.float64]:
        place = self._place(column)
        return np.array([self._number(row.cells[place], row.line, column) for row in self._sheet.rows])

    def whole_numbers(self, column: str) -> NDArray[np.float64]:
        found = self.numbers(column)
        if broken := np.flatnonzero(found != np.round(found)).tolist():
            raise self._refused(
                broken[0],
                column,
                f"{found[broken[0]]:g} is no number of items. Give whole numbers.",
                f"{found[broken[0]]:g} 不是件數，請填整數。",
            )
        return found

    def labels(self, column: str) -> tuple[str, ...]:
        place = self._place(column)
        found = tuple(row.cells[place] for row in self._sheet.rows)
        if "" in found:
            raise self._refused(
                found.index(""),
                column,
                "The label is missing. Fill it in, or remove the line.",
                "缺少標籤。請填寫，或刪除該行。",
            )
        return found

    def subgroups(self, column: str, *, joined: bool = False) -> tuple[str, ...]:
        """Labels of subgroups; one that comes back later would join values of different times, unless `joined`."""
        found = self.labels(column)
        seen: set[str] = set()
        for place, label in enumerate(found):
            if not joined and label in seen and label != found[place - 1]:
                raise self._refused(
                    place,
                    column,
                    f"The subgroup “{label}” comes back after others. Give each subgroup a label of its own, such as "
                    "day and hour; or say --join-subgroups if equal labels mean one subgroup.",
                    f"子組「{label}」在其他子組之後又出現。請讓每個子組有自己的標籤，例如日期加時間；"
                    "若相同標籤確為同一子組，請加 --join-subgroups。",
                )
            seen.add(label)
        return found

    def _refused(self, place: int, column: str, reason: str, reason_zh: str) -> FormatError:
        return FormatError(self._sheet.file, self._sheet.rows[place].line, reason, reason_zh, field=column)

    def _refuse_mixed_units(self) -> None:
        """Numbers of one column cannot be in several units."""
        for column in self._sheet.header:
            if column.casefold() not in _UNITS:
                continue
            at = self._sheet.header.index(column)
            units = [row.cells[at] for row in self._sheet.rows]
            other = next((place for place, unit in enumerate(units) if unit != units[0]), None)
            if other is not None:
                raise self._refused(
                    other,
                    column,
                    f"The unit “{units[other]}” follows “{units[0]}”. Convert the values to one unit.",
                    f"單位由「{units[0]}」變為「{units[other]}」。請將數值換算為同一單位。",
                )

    def _place(self, column: str) -> int:
        sheet = self._sheet
        if column not in sheet.header:
            raise FormatError(
                sheet.file,
                sheet.header_line,
                f"There is no column “{column}”. The columns are: {', '.join(sheet.header)}.",
                f"沒有「{column}」欄。現有欄位：{'、'.join(sheet.header)}。",
            )
        place = sheet.header.index(column)
        # The sheet calls a title that stands again by its letter too.
        again = [at for at, title in enumerate(sheet.header) if title == f"{column} {column_letter(at)}"]
        if again:
            raise FormatError(
                sheet.file,
                sheet.header_line,
                f"Columns {column_letter(place)} and {column_letter(again[0])} are both called “{column}”. Rename one.",
                f"{column_letter(place)} 欄與 {column_letter(again[0])} 欄都叫「{column}」。請將其中一欄改名。",
                field=column,
            )
        return place

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
