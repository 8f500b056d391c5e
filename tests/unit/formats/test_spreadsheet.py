from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from samegauge.formats.errors import FormatError
from samegauge.formats.spreadsheet import Sheet, SheetRow, read_grid, read_sheet, sheet_of, write_csv, write_xlsx

RUNS = settings(max_examples=100, deadline=None, derandomize=True)
TEXTS = st.text(
    st.sampled_from("aZ09 .,;\t\n\"'=+-@＝－_/主軸é\x01") | st.characters(exclude_categories=["Cs"]), max_size=12
)
CELLS = TEXTS.map(lambda text: text.replace("\0", ""))


def workbook(*rows: list[object], title: str = "Sheet") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def edited(data: bytes, path: str, old: bytes, new: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            assert name != path or old in content
            after.writestr(name, content.replace(old, new) if name == path else content)
    return stream.getvalue()


def cells(sheet: Sheet) -> list[tuple[str, ...]]:
    return [row.cells for row in sheet.rows]


def refused(data: bytes, name: str = "t") -> FormatError:
    with pytest.raises(FormatError) as caught:
        read_sheet(data, name)
    assert caught.value.reason_zh
    return caught.value


def test_a_table_below_its_title() -> None:
    sheet = read_sheet(
        "設備清單,,\r\n\r\n序號,名稱,日期\r\n00012,主軸,2026-01-05\r\n,,\r\n1E5,床台\r\n".encode(), "m.csv"
    )
    assert sheet == Sheet(
        "m.csv",
        "",
        3,
        ("序號", "名稱", "日期"),
        (SheetRow(4, ("00012", "主軸", "2026-01-05")), SheetRow(6, ("1E5", "床台", ""))),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950"])
def test_encodings_that_spreadsheet_programs_save(encoding: str) -> None:
    sheet = read_sheet("料號,品名\r\nA-1,許功蓋的滾珠螺桿\r\n".encode(encoding), "m.csv")
    assert (sheet.header, cells(sheet)) == (("料號", "品名"), [("A-1", "許功蓋的滾珠螺桿")])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_told_from_the_header(delimiter: str) -> None:
    lines = [["Länge", 'Name "x"', "Notiz"], ["1,5", "a;b", "zwei\r\nZeilen"], ["2", "c\td", ""]]
    text = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    sheet = read_sheet(text.encode(), "m.csv")
    assert sheet.header == ("Länge", 'Name "x"', "Notiz")
    assert cells(sheet) == [("1,5", "a;b", "zwei\nZeilen"), ("2", "c\td", "")]


@pytest.mark.parametrize("title", [b"", b"Kunden, 2026\r\n"])
def test_a_european_file_with_decimal_commas(title: bytes) -> None:
    sheet = read_sheet(title + b"Umsatz;Rabatt\r\n1,5;2,5\r\n3,25;0,5\r\n", "k.csv")
    assert cells(sheet) == [("1,5", "2,5"), ("3,25", "0,5")]


def test_lines_count_rows_of_the_program_not_lines_of_the_file() -> None:
    error = refused(b'a,b\n"1\n2\n3",4\n5,6,7\n')
    assert (error.line, error.field) == (3, "C")


def test_one_column_needs_no_second_name() -> None:
    sheet = read_sheet(b"serial\r\n00012\r\n\r\n00013\r\n", "s.csv")
    assert (sheet.header, cells(sheet)) == (("serial",), [("00012",), ("00013",)])


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", None),
        (b"\r\n , \r\n", None),
        (b",x\r\n,y\r\n", None),
        (b"a,b\r\n1,2\r\n3,4,5\r\n", 3),
        (b"a,b\r\n1,\0\r\n", 2),
        (b'a,b\r\n"1"x,2\r\n', 2),
        (b'a,b\r\n"1,2\r\n', 2),
        (b"a,b\r\n1," + b"x" * 40_000, 2),
        (b"a,b\r\n1," + b"x" * 200_000, 2),
        (b"a,b\r\n" + b"1," * 201 + b"1", 2),
        (b"a,b\r\n" + b"1,2\n" * 50_001, 50_002),
        (b"a,b\r\n\xff\xff,\x81\r\n", None),
        (b"\xff\xfea", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), None),
        (b"PK\x03\x04" + bytes(600), None),
        (b"a,b\n" + b"x" * (20 << 20), None),
    ],
)
def test_what_is_unclear_is_refused_with_its_line(data: bytes, line: int | None) -> None:
    assert refused(data).line == line


def test_empty_trailing_columns_of_the_header_are_dropped() -> None:
    assert read_sheet(b"a,b,,\r\n1,2,,\r\n", "t").header == ("a", "b")


def test_fifty_thousand_rows_are_read() -> None:
    assert len(read_sheet(b"a,b\r\n" + b"1,2\n" * 50_000, "t").rows) == 50_000


def test_values_of_a_workbook_as_a_person_sees_them() -> None:
    data = workbook(
        ["title"],
        ["a", "b", "c", "d", "e", "f", "g"],
        [12, 12.0, 0.1, 0.1 + 0.2, 1e20, 1.5e-7, True],
        [date(2026, 1, 5), datetime(2026, 1, 5, 14, 32), time(14, 32), timedelta(hours=30), "00012", "1E5", " x "],  # noqa: DTZ001
    )
    sheet = read_sheet(data, "m.xlsx")
    assert sheet.rows == (
        SheetRow(3, ("12", "12", "0.1", "0.3", "100000000000000000000", "0.00000015", "TRUE")),
        SheetRow(4, ("2026-01-05", "2026-01-05 14:32:00", "14:32:00", "30:00:00", "00012", "1E5", "x")),
    )


def test_a_number_shown_with_leading_zeros_keeps_them() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["serial", "n"])
    sheet.append([12, 12])
    sheet["A2"].number_format = "00000"
    assert cells(read_sheet(saved(book), "m.xlsx")) == [("00012", "12")]


def test_the_first_visible_sheet_or_the_one_named() -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title, hidden.sheet_state = "hidden", "hidden"
    for title in ("機台", "零件"):
        book.create_sheet(title).append([title, "x"])
    data = saved(book)
    assert read_grid(data, "m.xlsx").sheets == ("機台", "零件")
    assert read_grid(b"a,b", "m.csv").sheets == ()
    assert (read_sheet(data, "m").name, read_grid(data, "m", sheet="零件").rows[0].cells) == ("機台", ("零件", "x"))
    with pytest.raises(FormatError, match="機台, 零件"):
        read_grid(data, "m", sheet="none")


def test_merged_cells_and_a_wrong_size_in_the_file_do_no_harm() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a", "b"])
    sheet.append([1, 2])
    sheet.append([3, None])
    sheet.merge_cells("A3:B3")
    lying = edited(saved(book), "xl/worksheets/sheet1.xml", b'ref="A1:B3"', b'ref="A1"')
    assert cells(read_sheet(lying, "m.xlsx")) == [("1", "2"), ("3", "")]


def test_a_formula_without_a_result_is_refused_and_one_with_a_result_is_read() -> None:
    data = workbook(["a", "b"], [1, "=A2+1"])
    error = refused(data, "m.xlsx")
    assert "B2" in error.reason_en
    part = "xl/worksheets/sheet1.xml"
    number = edited(data, part, b"<f>A2+1</f><v></v>", b"<f>A2+1</f><v>2</v>")
    assert cells(read_sheet(number, "m.xlsx")) == [("1", "2")]
    empty = edited(data, part, b'<c r="B2"><f>A2+1</f><v></v>', b'<c r="B2" t="str"><f>A2+1</f><v></v>')
    assert cells(read_sheet(empty, "m.xlsx")) == [("1", "")]


def test_an_error_value_in_a_cell_is_refused_with_line_and_column() -> None:
    error = refused(workbook(["a", "b"], [1, "#N/A"]), "m.xlsx")
    assert (error.line, error.field) == (2, "B")


@pytest.mark.parametrize("number", [b"1e999", b"nan", b"--", b"9" * 5000])
def test_numbers_that_are_none_are_refused(number: bytes) -> None:
    data = edited(workbook(["a", "b"], [1, 7.5]), "xl/worksheets/sheet1.xml", b"<v>7.5</v>", b"<v>%s</v>" % number)
    assert refused(data, "m.xlsx").file == "m.xlsx"


def test_far_cells_are_refused_or_cost_nothing() -> None:
    data = workbook(["a", "b"], [1, 2])
    part, end = "xl/worksheets/sheet1.xml", b"</sheetData>"
    wide = edited(data, part, end, b'<row r="3"><c r="XFD3"><v>1</v></c></row></sheetData>')
    assert refused(wide).line == 3
    low = edited(data, part, end, b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>')
    assert read_sheet(low, "t").rows[-1] == SheetRow(1_048_576, ("1", ""))
    beyond = edited(data, part, end, b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData>')
    assert cells(read_sheet(beyond, "t")) == [("1", "2")]


@pytest.mark.asvs("1.5.1")
@pytest.mark.threat("T05")
def test_an_entity_bomb_in_a_workbook_is_stopped_at_the_door() -> None:
    data = workbook(["a", "b"])
    bomb = edited(data, "xl/workbook.xml", b"<workbook", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook')
    assert refused(bomb).field == "xl/workbook.xml"


def as_read(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    spelt = {ord(char): f"[U+{ord(char):04X}]" for char in [*map(chr, range(32)), "\ufffe", "\uffff"]}
    return plain.translate({code: text for code, text in spelt.items() if chr(code) not in "\t\n"})


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@RUNS
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6))
@example(rows=[["=1+1", "'=1", "''=x"], ["-5", "-M6", "+886 2"], ["00012", "1E5", "@x"], ["\t=1", "'", "#N/A"]])
def test_what_is_written_is_read_back(form: str, rows: list[list[str]]) -> None:
    header = ("a;b;c", 'x,"y"', "說明\t")
    data = write_csv(header, rows) if form == "csv" else write_xlsx(header, rows, title="表 1/2 [x]")
    wanted = [tuple(map(as_read, row)) for row in rows]
    assert cells(read_sheet(data, "t")) == [row for row in wanted if any(row)]


@pytest.mark.asvs("1.2.10")
@pytest.mark.threat("T08")
def test_no_cell_of_a_written_csv_runs_as_a_formula() -> None:
    data = write_csv(["a"], [["=cmd|' /C calc'!A0"], ["@SUM(1)"], ["\t=1"], ["-2+3"], ["-2.5"]]).decode("utf-8-sig")
    assert data.splitlines()[1:] == ["\"'=cmd|' /C calc'!A0\"", '"\'@SUM(1)"', '"\'=1"', '"\'-2+3"', '"-2.5"']


def test_a_written_workbook_holds_texts_only_and_the_same_bytes_each_time() -> None:
    data = write_xlsx(["serial", "note"], [["00012", "=1+1"], ["1E5", "#N/A"]], title="機台")
    assert data == write_xlsx(["serial", "note"], [["00012", "=1+1"], ["1E5", "#N/A"]], title="機台")
    sheet = openpyxl.load_workbook(io.BytesIO(data))["機台"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    assert sheet["A2"].number_format == sheet.column_dimensions["B"].number_format == "@"


@pytest.mark.parametrize("title", ["", "'", "a" * 40, "[]:*?/\\", "\x01"])
def test_any_title_makes_a_work_sheet(title: str) -> None:
    data = write_xlsx(["a", "b"], [], title=title)
    assert len(read_grid(data, "t").sheets) == 1


def test_a_text_too_long_for_a_cell_says_how_much_is_left_out() -> None:
    long = "長" * 40_000
    for data in (write_csv(["a"], [[long]]), write_xlsx(["a"], [[long]], title="t")):
        assert cells(read_sheet(data, "t"))[0][0].endswith("長…[+7300]")


def test_a_column_without_a_name_or_with_one_that_stands_twice_goes_by_its_letter() -> None:
    assert read_sheet(b"note,,serial,note\n1,2,3,4\n", "t").header == ("note", "B", "serial", "note D")


def test_the_header_is_the_row_that_the_reader_says() -> None:
    grid = read_grid("公司：海港,製表：林\n\n序號,型號\nA1,TX\n".encode(), "t.csv")
    assert sheet_of(grid).header_line == 1
    sheet = sheet_of(grid, 3)
    assert (sheet.header, cells(sheet), sheet.rows[0].line) == (("序號", "型號"), [("A1", "TX")], 4)
    with pytest.raises(FormatError) as caught:
        sheet_of(grid, 2)
    assert caught.value.line == 2


def test_what_stands_in_merged_cells_holds_for_each_of_their_rows() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Model", "Customer", None],
        [None, "Name", "Place"],
        ["TX-650", "Amsel", "Hall 1"],
        [None, "Bussard", "Hall 2"],
        ["TX-850", "Dohle", None],
    ):
        sheet.append(row)
    for merged in ("A1:A2", "B1:C1", "A3:A4"):
        sheet.merge_cells(merged)
    table = sheet_of(read_grid(saved(book), "m.xlsx"), 2)
    assert table.header == ("Model", "Name", "Place")
    assert [row[0] for row in cells(table)] == ["TX-650", "TX-650", "TX-850"]


@pytest.mark.parametrize("formula", ["=[1]Prices!A1", "='[stock.xlsx]Sheet 1'!A1+1"])
def test_a_value_from_another_workbook_is_refused(formula: str) -> None:
    error = refused(workbook(["serial", "price"], ["A1", formula]))
    assert "B2" in error.reason_en
    assert "another workbook" in error.reason_en


def test_a_formula_within_the_workbook_gives_the_value_it_had() -> None:
    data = workbook(["serial", "price"], ["A1", "=SUM(Prices[EUR])"])
    with_value = edited(data, "xl/worksheets/sheet1.xml", b"<v></v>", b"<v>12</v>")
    assert cells(read_sheet(with_value, "m.xlsx")) == [("A1", "12")]
