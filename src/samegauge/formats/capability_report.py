"""Capability workbook (xlsx) that CheckMate writes beside its QIF results: a row per characteristic, a column per part.

What the sheet calls Pp and Ppk rests on the sample standard deviation (n - 1) over all parts of the row, none left out;
a geometric tolerance is taken as two-sided about zero (lower limit = minus the zone), and a zone at maximum material
condition is widened by the mean bonus of the feature's measured sizes. The sheet states no sigma.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from samegauge.doors.xml import XmlLimits
from samegauge.formats.container import ArchiveLimits, read_bytes
from samegauge.formats.errors import FormatError
from samegauge.formats.workbook import WorkbookLimits, opened_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LIMITS = WorkbookLimits(
    ArchiveLimits(total_bytes=64 << 20, members=500), XmlLimits(size_bytes=32 << 20, elements=500_000, depth=64)
)
_MAX_ROWS = 5_000
_MAX_COLUMNS = 500
_HEAD = ("Features", "Specification")
_UPPER, _NOMINAL, _LOWER = "Upper Tolerance", "Nominal", "Lower Tolerance"
_PLAUSIBLE_LIMIT = 1e9
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """One characteristic as the sheet reports it, in mm; None where the sheet leaves the cell empty."""

    row: int
    feature: str
    characteristic: str
    nominal_mm: float | None
    upper_tolerance_mm: float | None
    lower_tolerance_mm: float | None
    values_mm: tuple[float | None, ...]
    mean_mm: float | None
    maximum_mm: float | None
    minimum_mm: float | None
    pp: float | None
    ppk: float | None
    cp: float | None
    cpk: float | None
    n: int | None
    n_in_tolerance: int | None


@dataclass(frozen=True, slots=True)
class CapabilityReport:
    """`printed` is the date in the sheet's head, without a zone, as text."""

    file: str
    sheet: str
    printed: str | None
    serials: tuple[str, ...]
    rows: tuple[CapabilityRow, ...]


def parse_capability_report(source: Path | bytes, name: str) -> CapabilityReport:
    """Read the workbook's table; a workbook without one, or a damaged one, is refused whole."""
    data = read_bytes(source, name, _LIMITS.archive.total_bytes)
    with opened_workbook(data, name, _LIMITS) as workbook:
        return _report(workbook, name)


def _report(workbook: Any, name: str) -> CapabilityReport:
    for sheet in workbook.worksheets:
        rows = sheet.iter_rows(max_row=_MAX_ROWS, max_col=_MAX_COLUMNS, values_only=True)
        table: list[tuple[object, ...]] = list(rows)
        for place, cells in enumerate(table):
            if tuple(_text(cell) for cell in cells[:2]) == _HEAD:
                return _from_table(table, place, sheet.title, name)
    raise FormatError(
        name,
        None,
        "No sheet has the columns Features and Specification; this is no capability report.",
        "沒有工作表含有 Features 與 Specification 欄，這不是製程能力報告。",
    )


def _from_table(table: list[tuple[object, ...]], place: int, sheet: str, name: str) -> CapabilityReport:
    header = [_text(cell) for cell in table[place]]
    for required in (_UPPER, _NOMINAL, _LOWER):
        if header.count(required) != 1:
            raise FormatError(
                name,
                place + 1,
                f"The column {required} is missing or stands twice.",
                f"缺少欄位 {required}，或欄位重複。",
                field=required,
            )
    columns = {title: index for index, title in enumerate(header) if title}
    serials = tuple(header[len(_HEAD) : columns[_UPPER]])
    if not all(serials) or len(set(serials)) != len(serials):
        raise FormatError(name, place + 1, "The part columns need one serial each.", "每個零件欄位都須有唯一的序號。")
    rows: list[CapabilityRow] = []
    feature = ""
    for offset, cells in enumerate(table[place + 1 :], start=place + 2):
        label = _text(cells[0]) if cells else ""
        reader = _RowReader(name, offset, columns, cells)
        if reader.has_limits():
            rows.append(reader.row(feature, label, len(serials)))
        elif label:
            feature = label
    return CapabilityReport(name, sheet, _printed(table[:place]), serials, tuple(rows))


def _printed(head: Sequence[tuple[object, ...]]) -> str | None:
    return next((cell.isoformat() for cells in head for cell in cells if isinstance(cell, datetime)), None)


def _text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""


class _RowReader:
    def __init__(self, name: str, line: int, columns: dict[str, int], cells: tuple[object, ...]) -> None:
        self._name = name
        self._line = line
        self._columns = columns
        self._cells = cells

    def has_limits(self) -> bool:
        return self._number(_UPPER) is not None or self._number(_NOMINAL) is not None

    def row(self, feature: str, label: str, parts: int) -> CapabilityRow:
        if not label:
            raise FormatError(self._name, self._line, "The characteristic has no name.", "特性沒有名稱。")
        start = len(_HEAD)
        return CapabilityRow(
            row=self._line,
            feature=feature,
            characteristic=label,
            nominal_mm=self._number(_NOMINAL),
            upper_tolerance_mm=self._number(_UPPER),
            lower_tolerance_mm=self._number(_LOWER),
            values_mm=tuple(self._cell(index, "part") for index in range(start, start + parts)),
            mean_mm=self._number("XBAR"),
            maximum_mm=self._number("Maximum"),
            minimum_mm=self._number("Minimum"),
            pp=self._number("Pp"),
            ppk=self._number("Ppk"),
            cp=self._number("Cp"),
            cpk=self._number("Cpk"),
            n=self._count("Number of Samples"),
            n_in_tolerance=self._count("Samples in tol"),
        )

    def _number(self, title: str) -> float | None:
        index = self._columns.get(title)
        return None if index is None else self._cell(index, title)

    def _count(self, title: str) -> int | None:
        value = self._number(title)
        if value is None:
            return None
        if not value.is_integer() or value < 0:
            raise self._refused(title)
        return int(value)

    def _cell(self, index: int, title: str) -> float | None:
        """Number in a cell; the sheet writes its means as text."""
        cell = self._cells[index] if index < len(self._cells) else None
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
            raise self._refused(title)
        if isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()) is None:
            raise self._refused(title)
        try:
            value = float(cell)
        except OverflowError as error:
            raise self._refused(title) from error
        if not math.isfinite(value) or abs(value) > _PLAUSIBLE_LIMIT:
            raise self._refused(title)
        return value

    def _refused(self, title: str) -> FormatError:
        return FormatError(
            self._name,
            self._line,
            "The cell holds no finite number of mm.",
            "儲存格不是有限的毫米數值。",
            field=title,
        )
