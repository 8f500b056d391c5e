from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import pytest
from pdfminer.high_level import extract_pages, extract_text
from qr_codes import codes_on_pages

import samegauge
from samegauge.core.labels.rules import Label, code_of, sheet_formats
from samegauge.core.labels.sheets import render_labels, render_preview
from samegauge.core.printing import PrintError

FONTS = Path(samegauge.__file__).parent / "web" / "fonts"
HOSTILE = '#image("/etc/passwd") $x^2$ @ref \\ *b* // c "q" [x] {y} #panic()'


def label(number: int, **changes: object) -> Label:
    fields = {"title": f"SH-22-{number:05d}", "lines": ("SH-22", "主軸頭", "Spindle head"), **changes}
    return Label(code_of("U", UUID(int=(1 << 120) + number * 7919)), **fields)  # type: ignore[arg-type]


def words(pdf: bytes) -> str:
    return "".join(extract_text(io.BytesIO(pdf)).split())


@pytest.mark.parametrize("sheet", sheet_formats().values(), ids=sheet_formats())
def test_each_code_is_read_back_from_its_place_on_the_paper(sheet) -> None:  # noqa: ANN001
    labels = [label(number) for number in range(sheet.per_page + 2)]
    skipped = min(1, sheet.per_page - 1)
    pages = codes_on_pages(render_labels(labels, sheet, skipped, FONTS))
    assert [code for page in pages for _left, _top, code in page] == [one.code for one in labels]
    for page, places in zip(pages, [sheet.places_mm()[skipped:], sheet.places_mm()], strict=False):
        for (left, top, _code), (x, y) in zip(page, places, strict=False):
            assert x < left < x + sheet.label_mm[0] / 2
            assert y < top < y + sheet.label_mm[1] / 2


def test_the_record_is_written_in_both_languages() -> None:
    pdf = render_labels([label(7)], sheet_formats()["l7160"], 0, FONTS)
    text = extract_text(io.BytesIO(pdf))
    assert all(part in text for part in ("SH-22-00007", "主軸頭", "Spindle head"))
    assert "模擬" not in text


def test_simulated_records_say_so_however_long_the_rest() -> None:
    for key in sheet_formats():
        long = label(1, title="W" * 100, lines=("長" * 90,) * 3, simulated=True)
        assert "模擬資料Simulated" in words(render_labels([long], sheet_formats()[key], 0, FONTS)), key


@pytest.mark.asvs("1.2.1")
@pytest.mark.threat("T08")
def test_markup_in_records_comes_out_as_plain_text() -> None:
    hostile = label(1, title=HOSTILE[:40], lines=(HOSTILE[:40],))
    assert words(render_labels([hostile], sheet_formats()["roll-100x50"], 0, FONTS)).count('#image("/etc/passwd")') == 2


def test_nothing_reaches_beyond_its_label() -> None:
    sheet = sheet_formats()["roll-50x30"]
    long = label(1, title="W" * 200, lines=("長" * 200, "long words " * 20))
    (page,) = extract_pages(io.BytesIO(render_labels([long], sheet, 0, FONTS)))
    assert max(part.x1 for part in page) <= page.width


def test_equal_labels_print_to_equal_bytes() -> None:
    first, again, elsewhere = (render_labels([label(1)], sheet_formats()["l7651"], place, FONTS) for place in (3, 3, 4))
    assert first == again
    assert first != elsewhere


def test_a_missing_glyph_is_refused_with_its_name() -> None:
    with pytest.raises(PrintError, match="GRINNING FACE"):
        render_labels([label(1, title="\U0001f600")], sheet_formats()["l7160"], 0, FONTS)


def test_the_preview_is_a_picture_of_the_first_page_alone() -> None:
    picture = render_preview([label(number) for number in range(50)], sheet_formats()["l7160"], 20, FONTS)
    assert picture.startswith(b"<svg")
    assert picture.count(b"<image") == 1


def test_two_thousand_labels_are_printed_at_once() -> None:
    pages = render_labels([label(number) for number in range(2000)], sheet_formats()["l7651"], 0, FONTS)
    assert b"/Type/Pages/Count 31/" in pages
