from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from samegauge.formats.capability_report import parse_capability_report
from samegauge.formats.errors import FormatError

HEADER = ["Features", "Specification", "A01", "A02", "Upper Tolerance", "Nominal", "Lower Tolerance", "XBAR"]
HEADER += ["Maximum", "Minimum", "Pp", "Ppk", "Number of Samples"]
ROW: list[object] = ["DIAMETER1", "spec", 6.6, 6.7, 0.2, 6.6, -0.2, "6.65", 6.7, 6.6, 1.5, 1.2, 2]


def workbook(header: list[str], *rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Capability Report"])
    for row in (header, ["HOLE1"], *rows):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(data: bytes, path: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == path else old.read(name))
    return stream.getvalue()


def sheet_xml(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


def with_cell(column: int, value: object) -> bytes:
    return workbook(HEADER, [value if place == column else cell for place, cell in enumerate(ROW)])


def test_a_row_of_the_table() -> None:
    report = parse_capability_report(workbook(HEADER, ROW), "r.xlsx")
    (row,) = report.rows
    assert report.serials == ("A01", "A02")
    assert (row.feature, row.characteristic, row.row) == ("HOLE1", "DIAMETER1", 4)
    assert (row.values_mm, row.mean_mm) == ((6.6, 6.7), 6.65)
    assert (row.nominal_mm, row.upper_tolerance_mm, row.lower_tolerance_mm) == (6.6, 0.2, -0.2)
    assert (row.pp, row.ppk, row.cp, row.cpk, row.n, row.n_in_tolerance) == (1.5, 1.2, None, None, 2, None)


def test_an_unmeasured_part_is_an_empty_value() -> None:
    assert parse_capability_report(with_cell(3, None), "r.xlsx").rows[0].values_mm == (6.6, None)


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", 1e300, True, "text", "1_0", "９"])
def test_cells_that_are_no_finite_length_are_refused(value: object) -> None:
    with pytest.raises(FormatError) as caught:
        parse_capability_report(with_cell(3, value), "r.xlsx")
    assert caught.value.line == 4


def test_a_count_is_a_whole_number() -> None:
    for value in (1.5, -1):
        with pytest.raises(FormatError):
            parse_capability_report(with_cell(12, value), "r.xlsx")


def test_float_traps_inside_a_sheet() -> None:
    data = workbook(HEADER, ROW)
    for number in (b"1e999", b"nan", b"--", b"9" * 5000, b"0x1p9", b""):
        hostile = changed(
            data, "xl/worksheets/sheet1.xml", sheet_xml(data).replace(b"<v>6.7</v>", b"<v>%s</v>" % number)
        )
        if number == b"":
            assert parse_capability_report(hostile, "r.xlsx").rows[0].values_mm == (6.6, None)
        else:
            with pytest.raises(FormatError):
                parse_capability_report(hostile, "r.xlsx")


@pytest.mark.parametrize(
    "header",
    [
        [*HEADER[:5], *HEADER[6:]],
        [*HEADER, "Nominal"],
        ["Features", "Specification", "A01", "A01", *HEADER[4:]],
        ["Things", *HEADER[1:]],
    ],
)
def test_other_tables_are_refused(header: list[str]) -> None:
    with pytest.raises(FormatError):
        parse_capability_report(workbook(header, ROW), "r.xlsx")


def test_an_entity_bomb_in_a_part_is_stopped_at_the_door() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'
    for path in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "_rels/.rels"):
        with pytest.raises(FormatError) as caught:
            parse_capability_report(changed(workbook(HEADER, ROW), path, bomb), "r.xlsx")
        assert caught.value.field == path


def test_a_zip_bomb_is_stopped_before_it_unpacks() -> None:
    bomb = changed(workbook(HEADER, ROW), "xl/styles.xml", b" " * (80 << 20))
    with pytest.raises(FormatError):
        parse_capability_report(bomb, "r.xlsx")


def test_a_far_cell_costs_nothing() -> None:
    data = workbook(HEADER, ROW)
    far = sheet_xml(data).replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    report = parse_capability_report(changed(data, "xl/worksheets/sheet1.xml", far), "r.xlsx")
    assert len(report.rows) == 1


def test_truncated_and_damaged_workbooks() -> None:
    data = workbook(HEADER, ROW)
    for length in range(0, len(data) - 1, 211):
        with pytest.raises(FormatError):
            parse_capability_report(data[:length], "cut.xlsx")
    for part in ("xl/workbook.xml", "[Content_Types].xml", "xl/worksheets/sheet1.xml"):
        with pytest.raises(FormatError):
            parse_capability_report(changed(data, part, b"<a/>"), "r.xlsx")
