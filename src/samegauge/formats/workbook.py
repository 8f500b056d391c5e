"""Opens Excel workbooks (xlsx) that people send: every XML part passes the door before another parser sees it."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from samegauge.doors.xml import XmlElement, XmlLimits, XmlRefused, local_name, parse_xml
from samegauge.formats.container import ArchiveLimits, read_archive
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Generator

# What openpyxl lets out on damaged or hostile workbooks (fuzzed); everything of it becomes a FormatError.
_OPENPYXL_FAULTS = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ExpatError,
    SyntaxError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    EOFError,
    OSError,
)
# A formula's reference to another workbook, such as [2]Sheet1!A1; a table's column has its brackets behind a name.
_ELSEWHERE = re.compile(r"(?<![\w.])\[[^\[\]]+\][^!\[\]]*!")


@dataclass(frozen=True, slots=True)
class WorkbookLimits:
    archive: ArchiveLimits
    xml: XmlLimits


@dataclass(frozen=True, slots=True)
class MergedCells:
    """Cells that the spreadsheet shows as one, over several rows; lines and columns count from 1."""

    first_line: int
    last_line: int
    column: int


@contextmanager
def opened_workbook(data: bytes, name: str, limits: WorkbookLimits, *, calculated: bool = False) -> Generator[Any]:
    """Openpyxl's workbook with the values its formulas had when it was saved; a fault while reading refuses the file.

    `calculated` refuses a workbook with a formula that no program has calculated yet: its cell would read as empty.
    """
    _check_parts(data, name, limits, calculated=calculated)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which are not read
            workbook: Any = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            try:
                yield workbook
            finally:
                workbook.close()
    except _OPENPYXL_FAULTS as error:
        detail = f"{type(error).__name__}: {error}"[:200]
        raise FormatError(
            name,
            None,
            f"The workbook cannot be read ({detail}). Save it again as .xlsx.",
            f"無法讀取活頁簿（{detail}）。重新另存為 .xlsx。",
        ) from error


def merged_cells(data: bytes, name: str, limits: WorkbookLimits, sheet: Any) -> tuple[MergedCells, ...]:
    """The merged cells of one of the opened workbook's sheets that reach over several rows."""
    content = read_archive(data, name, limits.archive)[sheet._worksheet_path]  # noqa: SLF001 - not said otherwise
    if b"mergeCell" not in content:
        return ()
    found = [range_boundaries(one.get("ref") or "") for one in parse_xml(content, limits.xml).iter("{*}mergeCell")]
    return tuple(
        MergedCells(top, bottom, left) for left, top, _, bottom in found if left and top and bottom and bottom > top
    )


def _check_parts(data: bytes, name: str, limits: WorkbookLimits, *, calculated: bool) -> None:
    """No entities, no bombs."""
    for path, content in read_archive(data, name, limits.archive).items():
        if not path.endswith((".xml", ".rels", ".vml")):
            continue
        try:
            root = parse_xml(content, limits.xml)
        except XmlRefused as refused:
            raise FormatError(name, refused.line, refused.reason_en, refused.reason_zh, field=path) from refused
        if calculated and local_name(root) == "worksheet":
            _check_calculated(root, name, path)


def _check_calculated(root: XmlElement, name: str, path: str) -> None:
    for cell in root.iter("{*}c"):
        if _ELSEWHERE.search(cell.findtext("{*}f") or ""):
            raise FormatError(
                name,
                None,
                f"The formula in cell {cell.get('r')} takes its value from another workbook, which is not here. "
                "Copy the cells and paste them as values.",
                f"儲存格 {cell.get('r')} 的公式取用另一個活頁簿的值，而那個活頁簿不在這裡。複製儲存格，再貼成「值」。",
                field=path,
            )
        # A formula whose result is the empty text is saved as text (t="str") with an empty value.
        if cell.get("t") != "str" and not cell.findtext("{*}v") and cell.find("{*}f") is not None:
            raise FormatError(
                name,
                None,
                f"The formula in cell {cell.get('r')} has no result. "
                "Open the workbook in a spreadsheet program and save it again.",
                f"儲存格 {cell.get('r')} 的公式沒有計算結果。用試算表軟體開啟活頁簿，再存一次。",
                field=path,
            )
