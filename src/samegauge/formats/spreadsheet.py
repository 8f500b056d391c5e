"""Tables that people keep in spreadsheet programs: CSV in the encodings these save, and Excel workbooks (xlsx).

Every cell is the text that a person sees, so a serial such as 00012 or 1E5 stays what it is. Files written here come
back the same, white space around a cell and kinds of line break apart.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from samegauge.doors.xml import XmlLimits
from samegauge.formats.container import ArchiveLimits, read_bytes
from samegauge.formats.errors import FormatError
from samegauge.formats.plain_text import visible_text
from samegauge.formats.workbook import WorkbookLimits, merged_cells, opened_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from samegauge.formats.workbook import MergedCells

_FILE_BYTES = 20 << 20
_MAX_ROWS = 50_000
_MAX_COLUMNS = 200
_MAX_CELL = 32_767  # as in Excel
_LONGEST_WRITTEN = 32_700
_LAST_EXCEL_ROW = 1_048_576
_WORKBOOK_LIMITS = WorkbookLimits(
    ArchiveLimits(total_bytes=96 << 20, members=500), XmlLimits(size_bytes=64 << 20, elements=1_000_000, depth=64)
)
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t"
_ROWS_TO_TELL_DELIMITER = 50
# A spreadsheet program runs such a cell of a CSV file as a formula; plain numbers are harmless.
_RUNS = re.compile(r"'*[=+\-@＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@＝＋－＠]")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
# What XML 1.0 cannot hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SHEET_NAME_LENGTH = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]|^'|'$")
_TEXT_FORMAT = "@"
_COLUMN_WIDTH = 20
_LEADING_ZEROS = re.compile("0{2,32}")
_PROPERTIES_PART = "docProps/core.xml"
_STAMPED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_EPOCH_STAMP = rb"\g<1>1980-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`line` is the row's number in the spreadsheet program, from 1; as many cells as the header has."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The filled rows of one work sheet before anybody has said which of them names the columns.

    `name` is the work sheet's, "" for CSV; `sheets` are the workbook's visible ones.
    """

    file: str
    name: str
    sheets: tuple[str, ...]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid with its header. A column without a name, or with one that stands twice, is called by its letter too."""

    file: str
    name: str
    header_line: int
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]


def read_grid(source: Path | bytes, name: str, *, sheet: str | None = None) -> Grid:
    """Every filled row of a CSV file or of one work sheet, by default the first visible one."""
    data = _checked_bytes(source, name)
    if not data.startswith(_ZIP_MAGIC):
        return Grid(name, "", (), tuple(_filled(_csv_lines(_decoded(data, name), name), name)))
    with opened_workbook(data, name, _WORKBOOK_LIMITS, calculated=True) as workbook:
        chosen = _chosen(workbook.worksheets, sheet, name)
        merged = merged_cells(data, name, _WORKBOOK_LIMITS, chosen)
        lines = _spread(_workbook_lines(chosen, name), merged)
        visible = tuple(one.title for one in workbook.worksheets if one.sheet_state == "visible")
        return Grid(name, chosen.title, visible, tuple(_filled(lines, name)))


def sheet_of(grid: Grid, header_line: int | None = None) -> Sheet:
    """The table below its header, by default the first row with two filled cells; what is unclear is refused."""
    place = _header_place(grid, header_line)
    head = grid.rows[place]
    rows = grid.rows[place + 1 :]
    if len(rows) > _MAX_ROWS:
        raise FormatError(
            grid.file,
            rows[_MAX_ROWS].line,
            f"The table has more than {_MAX_ROWS} rows. Split it into several files.",
            f"表格超過 {_MAX_ROWS} 列。分成數個檔案。",
        )
    header = _titles(head.cells)
    fitted = tuple(_fitted(row, len(header), grid.file) for row in rows)
    return Sheet(grid.file, grid.name, head.line, header, fitted)


def read_sheet(source: Path | bytes, name: str) -> Sheet:
    """The table of a CSV file or of the first visible work sheet."""
    return sheet_of(read_grid(source, name))


def column_letter(place: int) -> str:
    """The letters over a column, counted from 0, in every spreadsheet program."""
    return get_column_letter(place + 1)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with its mark, so that Excel shows Chinese; a text that Excel would run as a formula gets a ' before it."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for cells in (header, *rows):
        writer.writerow([_guarded(_printable(cell)) for cell in cells])
    return stream.getvalue().encode("utf-8-sig")


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[str]], *, title: str) -> bytes:
    """One work sheet of texts, equal bytes for equal contents."""
    return write_workbook([(title, header, rows)])


def write_workbook(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[str]]]]) -> bytes:
    """Work sheets of texts, each with its title, header and rows."""
    workbook: Any = openpyxl.Workbook(write_only=True)
    for title, header, rows in sheets:
        name = _NOT_IN_SHEET_NAMES.sub(" ", _printable(title)).strip()[:_SHEET_NAME_LENGTH]
        sheet = workbook.create_sheet(name or "Sheet")
        sheet.freeze_panes = "A2"
        for column in range(1, len(header) + 1):
            sheet.column_dimensions[get_column_letter(column)].width = _COLUMN_WIDTH
            sheet.column_dimensions[get_column_letter(column)].number_format = _TEXT_FORMAT
        for cells in (header, *rows):
            sheet.append([_text_cell(sheet, text) for text in cells])
    stream = io.BytesIO()
    workbook.save(stream)
    return _without_clock(stream)


def _checked_bytes(source: Path | bytes, name: str) -> bytes:
    data = read_bytes(source, name, _FILE_BYTES)
    if data.startswith(_OLE_MAGIC):
        raise FormatError(
            name,
            None,
            "This is an old Excel workbook (.xls) or one with a password. Save it as .xlsx without a password.",
            "這是舊版 Excel 活頁簿（.xls）或設有密碼。另存為 .xlsx，不設密碼。",
        )
    return data


def _decoded(data: bytes, name: str) -> str:
    """Text of a CSV file; without a mark it is UTF-8 or, where that fails, what Excel in Taiwan saves (cp950)."""
    encodings = ("utf-16",) if data.startswith(_UTF16_MARKS) else ("utf-8-sig", "cp950")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
        raise FormatError(
            name,
            text.count("\n", 0, text.index("\0")) + 1,
            "The file holds a zero byte, so it is no CSV text. Save it as CSV UTF-8.",
            "檔案含有零位元組，不是 CSV 文字檔。另存為「CSV UTF-8」。",
        )
    raise FormatError(
        name,
        None,
        "The text is neither UTF-8, UTF-16 nor Big5. Save it as CSV UTF-8.",
        "文字不是 UTF-8、UTF-16 或 Big5 編碼。另存為「CSV UTF-8」。",
    )


def _csv_lines(text: str, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    best = max(_DELIMITERS, key=lambda delimiter: _rows_agreeing(text, delimiter))
    line = 0
    try:
        for line, cells in enumerate(_csv_rows(text, best), start=1):
            yield line, tuple(_unguarded(cell) for cell in cells)
    except csv.Error as error:
        raise FormatError(
            name,
            line + 1,
            f"The quotation marks or the length of a cell are wrong ({error}). Save the file as CSV again.",
            f"引號或儲存格長度有誤（{error}）。重新另存為 CSV。",
        ) from error


def _csv_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _rows_agreeing(text: str, delimiter: str) -> tuple[int, int]:
    """How many of the first rows are as wide as the header that the delimiter would give, and how wide that is."""
    widths: list[int] = []
    try:
        for cells in islice(_csv_rows(text, delimiter), _ROWS_TO_TELL_DELIMITER):
            if widths or sum(1 for cell in cells if cell.strip()) > 1:
                widths.append(len(cells))
    except csv.Error:
        pass  # the quotation marks fit another delimiter, or none; reading says where
    return (widths.count(widths[0]), widths[0]) if widths else (0, 0)


def _chosen(sheets: Sequence[Any], wanted: str | None, name: str) -> Any:
    for sheet in sheets:
        if sheet.title == wanted or (wanted is None and sheet.sheet_state == "visible"):
            return sheet
    known = ", ".join(sheet.title for sheet in sheets)
    raise FormatError(
        name,
        None,
        f"There is no work sheet {wanted}; the workbook has: {known}."
        if wanted
        else "The workbook shows no work sheet. Unhide the one to be read.",
        f"沒有工作表 {wanted}；活頁簿裡有：{known}。" if wanted else "活頁簿沒有可見的工作表。取消隱藏要讀取的工作表。",
    )


def _workbook_lines(sheet: Any, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    for line, cells in enumerate(sheet.iter_rows(max_row=_LAST_EXCEL_ROW), start=1):
        if cells:  # else one of perhaps a million rows that the file leaves out
            yield line, tuple(_shown(cell, name, line) for cell in cells)


def _shown(cell: Any, name: str, line: int) -> str:
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case str() if cell.data_type == "e":
            raise FormatError(
                name,
                line,
                f"The cell shows the error {value}. Correct it in the spreadsheet.",
                f"儲存格顯示錯誤值 {value}。先在試算表裡修正。",
                field=get_column_letter(cell.column),
            )
        case str():
            return _unguarded(value)
        case int() | float():
            zeros = len(cell.number_format) if _LEADING_ZEROS.fullmatch(cell.number_format) else 0
            return _number(value).zfill(zeros)
        case _:
            return _moment(value)


def _number(value: float) -> str:
    """Fifteen digits as the program shows them, without an exponent."""
    number = Decimal(f"{value:.15g}" if isinstance(value, float) else value)
    if not number.is_finite():
        raise OverflowError(value)
    return f"{number:f}" if number else "0"


def _moment(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat()


def _header_place(grid: Grid, line: int | None) -> int:
    places = enumerate(grid.rows)
    if line is not None:
        found = next((place for place, row in places if row.line == line), None)
        if found is None:
            raise FormatError(
                grid.file,
                line,
                "This row is empty. Choose the row that names the columns.",
                "這一列是空的。選擇寫有欄位名稱的那一列。",
            )
        return found
    found = next((place for place, row in places if sum(map(bool, row.cells)) > 1), None)
    if found is not None:
        return found
    if not grid.rows or any(len(row.cells) > 1 for row in grid.rows):
        raise FormatError(
            grid.file,
            None,
            "No row holds the names of the columns. The first row of the table must name every column.",
            "找不到欄位名稱。表格第一列須寫出每一欄的名稱。",
        )
    return 0


def _titles(cells: tuple[str, ...]) -> tuple[str, ...]:
    titles = [" ".join(cell.split()) for cell in cells]
    letters = [get_column_letter(place) for place in range(1, len(titles) + 1)]
    return tuple(
        title if title and title not in titles[:place] else " ".join(filter(None, (title, letters[place])))
        for place, title in enumerate(titles)
    )


def _spread(
    lines: Iterator[tuple[int, tuple[str, ...]]], merged: Sequence[MergedCells]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """What stands in merged cells holds for each of their rows, in their first column."""
    starting: dict[int, list[MergedCells]] = defaultdict(list)
    for one in merged:
        starting[one.first_line].append(one)
    standing: dict[int, tuple[str, int]] = {}
    for line, texts in lines:
        cells = list(texts)
        for column, (text, last) in tuple(standing.items()):
            if line > last:
                del standing[column]
                continue
            cells += [""] * (column - len(cells))
            cells[column - 1] = cells[column - 1] or text
        for one in starting[line]:
            if one.column <= len(cells):
                standing[one.column] = cells[one.column - 1], one.last_line
        yield line, tuple(cells)


def _filled(lines: Iterator[tuple[int, tuple[str, ...]]], name: str) -> Iterator[SheetRow]:
    """Rows with any text, cut after their last one."""
    for line, texts in lines:
        cells = tuple(text.strip() for text in texts)
        width = max((place for place, cell in enumerate(cells, start=1) if cell), default=0)
        if width > _MAX_COLUMNS:
            raise FormatError(
                name,
                line,
                f"The row has more than {_MAX_COLUMNS} columns. Leave out those that are not needed.",
                f"這一列超過 {_MAX_COLUMNS} 欄。刪除不需要的欄。",
                field=get_column_letter(_MAX_COLUMNS + 1),
            )
        for place, cell in enumerate(cells[:width], start=1):
            if len(cell) > _MAX_CELL:
                raise FormatError(
                    name,
                    line,
                    f"The cell holds {len(cell)} characters; the limit is {_MAX_CELL}.",
                    f"儲存格有 {len(cell)} 個字元，上限為 {_MAX_CELL}。",
                    field=get_column_letter(place),
                )
        if width:
            yield SheetRow(line, cells[:width])


def _fitted(row: SheetRow, width: int, name: str) -> SheetRow:
    if len(row.cells) > width:
        raise FormatError(
            name,
            row.line,
            f"The row has text beyond the last named column: {row.cells[-1][:80]!r}. "
            "Name the column in the header, or empty the cell.",
            f"這一列在最後一個有名稱的欄之後還有文字：「{row.cells[-1][:80]}」。在標題列填上欄名，或清空儲存格。",
            field=get_column_letter(len(row.cells)),
        )
    return SheetRow(row.line, row.cells + ("",) * (width - len(row.cells)))


def _printable(text: str) -> str:
    """As reading gives it back: stripped, line breaks of one kind; what no file can hold is spelt out or counted."""
    plain = _UNPRINTABLE.sub(lambda found: visible_text(found[0]), _one_kind_of_break(text.strip()))
    left = len(plain) - _LONGEST_WRITTEN
    return plain if left <= 0 else f"{plain[:_LONGEST_WRITTEN]}…[+{left}]"


def _one_kind_of_break(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _guarded(text: str) -> str:
    return f"'{text}" if _RUNS.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def _unguarded(text: str) -> str:
    """What stood in the cell before a ' was put before it on writing."""
    cell = _one_kind_of_break(text.strip())
    return cell[1:] if _GUARDED.match(cell) else cell


def _text_cell(sheet: Any, text: str) -> Any:
    """A workbook keeps texts apart from formulas; only what looks guarded is guarded, so that reading gives it back."""
    plain = _printable(text)
    kept = f"'{plain}" if _GUARDED.match(plain) else plain
    cell: Any = WriteOnlyCell(sheet, value=kept)
    cell.data_type = "s"
    cell.number_format = _TEXT_FORMAT
    return cell


def _without_clock(stream: io.BytesIO) -> bytes:
    """The saved workbook with the times of its making set to one instant."""
    repacked = io.BytesIO()
    with zipfile.ZipFile(stream) as saved, zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in saved.namelist():
            content = saved.read(path)
            if path == _PROPERTIES_PART:
                content = _STAMPED.sub(_EPOCH_STAMP, content)
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    return repacked.getvalue()
