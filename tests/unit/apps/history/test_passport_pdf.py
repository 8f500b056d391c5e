from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from passport_samples import KEY, TRUSTED, characteristic, sample
from pdfminer.high_level import extract_pages, extract_text

import samegauge
from samegauge.apps.history.passport_pdf import render_pdf
from samegauge.apps.history.passport_sheet import decimals_for, number, tolerance_text
from samegauge.core.printing import PrintError, missing_glyphs
from samegauge.formats.passport import (
    Passport,
    State,
    Status,
    build,
    extract_attachment,
    seal_holds,
    seal_pdf,
    verify_file_bytes,
)

FONTS = Path(samegauge.__file__).parent / "web" / "fonts"
ADDRESS = "https://gauge.example/verify/3q2-7wAAAAAAAAAAAAAAAA/"
HOSTILE = (
    '#image("/etc/passwd") $x^2$ @ref \\ *b* _i_ <b>no</b> `raw` // c /* d */ "q" \'s\' -- --- ... ~ [x] {y} = - + 1.'
)


@pytest.fixture(scope="module", autouse=True)
def fonts_in_place() -> None:
    assert sorted(FONTS.glob("*.ttf")), f"No fonts in {FONTS}: run ./dev run once, which installs them."


def printed(passport: Passport) -> bytes:
    return render_pdf(build(passport, KEY), ADDRESS, FONTS, "Asia/Taipei")


def text_of(pdf: bytes) -> str:
    return extract_text(io.BytesIO(pdf))


def named(name: str) -> Passport:
    passport = sample()
    inspection = replace(passport.inspections[0], characteristics=(replace(characteristic(1), name=name),))
    return replace(passport, inspections=(inspection, *passport.inspections[1:]))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return printed(sample())


def test_the_attached_json_is_the_signed_one_and_the_sealed_pdf_is_genuine(pdf: bytes) -> None:
    assert extract_attachment(pdf) == build(sample(), KEY)
    verdict = verify_file_bytes(seal_pdf(pdf, KEY), TRUSTED)
    assert verdict.genuine
    assert verdict.passport == sample()
    assert verify_file_bytes(pdf, TRUSTED).state is State.PAGES_ALTERED


def test_it_claims_the_archive_and_accessibility_standards_it_was_checked_for(pdf: bytes) -> None:
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf


def test_chinese_and_english_can_be_copied_out(pdf: bytes) -> None:
    text = text_of(pdf)
    for expected in (
        "履歷護照",
        "Machine passport",
        "SG-TEST-0042",
        "齒輪箱體 Gear box housing",
        "5 項檢驗特性：3 項合格、1 項不合格、1 項無法判定。",
        "平面度 Flatness",
        "不合格 Fail",
        "推論 Inferred",
        "模擬資料 Simulated",
        "加工紀錄與工件的對應由開始時間推得。",
        "U = 0.004 (k = 2)",
        "2026-03-02 08:15:30",
        ADDRESS,
        "第 1 頁，共 2 頁",
        KEY.public.key_id,
    ):
        assert expected in text, expected


def test_the_heads_of_a_long_table_stand_on_each_of_its_pages() -> None:
    pdf = printed(sample(characteristics=120))
    pages = [
        "".join(element.get_text() for element in page if hasattr(element, "get_text"))
        for page in extract_pages(io.BytesIO(pdf))
    ]
    assert len(pages) >= 4
    assert all("Characteristic" in page for page in pages[:2])
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1))


def test_the_same_passport_prints_to_the_same_bytes(pdf: bytes) -> None:
    assert printed(sample()) == pdf


def test_markup_in_records_comes_out_as_plain_text() -> None:
    text = "".join(text_of(printed(named(HOSTILE))).split())
    assert "".join(HOSTILE.split()) in text


def test_markup_is_harmless_in_every_text_field() -> None:
    passport = sample(serial=HOSTILE[:60])
    passport = replace(
        passport,
        issuer=HOSTILE,
        identity=replace(passport.identity, item=HOSTILE, item_name=HOSTILE, revision=HOSTILE, maker=HOSTILE),
        as_built=tuple(replace(row, serial=HOSTILE, item=HOSTILE, position=HOSTILE) for row in passport.as_built),
        operations=tuple(replace(row, name=HOSTILE, machine=HOSTILE, program=HOSTILE) for row in passport.operations),
        documents=tuple(replace(row, name=HOSTILE, kind=HOSTILE) for row in passport.documents),
        provenance=tuple(replace(row, evidence_zh=HOSTILE, evidence_en=HOSTILE) for row in passport.provenance),
    )
    text = "".join(text_of(printed(passport)).split())
    assert text.count('#image("/etc/passwd")') >= 15
    assert "root:x:" not in text


def test_invisible_characters_are_spelled_out() -> None:
    text = text_of(printed(named("10\u202e50.01\u202c \x00 \u200b")))
    assert "10[U+202E]50.01[U+202C]" in text
    assert "\u202e" not in text


def test_long_text_stays_in_its_cell_and_says_what_it_left_out() -> None:
    passport = named("W" * 5000)
    boxes = [
        element.bbox
        for page in extract_pages(io.BytesIO(printed(passport)))
        for element in page
        if hasattr(element, "get_text")
    ]
    assert max(right for _, _, right, _ in boxes) <= 595 - 45 + 1
    assert "[+4840]" in text_of(printed(passport))


def test_left_out_rows_are_counted() -> None:
    passport = sample()
    text = text_of(printed(replace(passport, events=passport.events * 50)))
    assert "另有 40 列在附件的 JSON 裡。" in text


def test_a_missing_glyph_is_refused_with_its_name() -> None:
    with pytest.raises(PrintError, match=r"no glyph.*U\+1F600 GRINNING FACE") as refused:
        printed(named("\U0001f600"))
    assert re.search(r"缺少下列字元.*U\+1F600", refused.value.message_zh)
    assert missing_glyphs("履歷 ABC ✈\U00013000", FONTS)[-1] == "\U00013000"
    assert missing_glyphs("法蘭、齒輪箱體 ±≤≥−Ø°µ", FONTS) == []


def test_fonts_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(PrintError, match=r"are not there. Run \./dev run") as refused:
        render_pdf(build(sample(), KEY), ADDRESS, tmp_path, "Asia/Taipei")
    assert "字型不在這裡" in refused.value.message_zh


def test_an_address_too_long_for_the_code_is_refused() -> None:
    with pytest.raises(PrintError, match="QR") as refused:
        render_pdf(build(sample(), KEY), ADDRESS + "x" * 5000, FONTS, "Asia/Taipei")
    assert not re.search("[\u4e00-\u9fff]", refused.value.message)
    assert "放不下" in refused.value.message_zh


def test_flipped_bytes_of_the_sealed_pdf_are_detected(pdf: bytes) -> None:
    sealed = seal_pdf(pdf, KEY)
    rng = random.Random(7)
    for place in rng.sample(range(len(sealed)), 150):
        flipped = sealed[:place] + bytes([sealed[place] ^ (1 << rng.randrange(8))]) + sealed[place + 1 :]
        assert not verify_file_bytes(flipped, TRUSTED).genuine, place


@pytest.mark.full
def test_each_flipped_byte_of_the_sealed_pdf_is_detected(pdf: bytes) -> None:
    sealed = bytearray(seal_pdf(pdf, KEY))
    assert seal_holds(bytes(sealed), KEY.public)
    undetected = []
    for place in range(len(sealed)):
        sealed[place] ^= 1 << (place % 8)
        if seal_holds(bytes(sealed), KEY.public):
            undetected.append(place)
        sealed[place] ^= 1 << (place % 8)
    assert undetected == []


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1234.5, 1, "1,234.5"), (-0.00001, 4, "0.0000"), (-0.05, 2, "−0.05"), (None, 2, "—")],
)
def test_numbers_are_set_as_the_house_sets_them(value: float | None, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


def test_rounding_never_hides_on_which_side_of_the_limit_a_value_lies() -> None:
    entry = replace(characteristic(1), actual=10.050004, status=Status.FAILED)
    assert number(entry.actual, decimals_for(entry)) == "10.050004"
    assert decimals_for(characteristic(1)) == 4


@pytest.mark.parametrize(
    ("nominal", "lower", "upper", "text"),
    [
        (10.0, -0.05, 0.05, "±0.05"),
        (10.0, -0.02, 0.05, "−0.02 / +0.05"),
        (10.0, None, 0.05, "+0.05"),
        (None, None, 0.012, "≤ 0.012"),
        (None, 3.0, None, "≥ 3"),
        (10.0, None, None, "—"),
        (10.0, 0.0, 0.0150000000000005684, "0 / +0.015"),
    ],
)
def test_tolerances_read_as_on_a_drawing(
    nominal: float | None, lower: float | None, upper: float | None, text: str
) -> None:
    entry = replace(characteristic(1), nominal=nominal, tolerance_lower=lower, tolerance_upper=upper)
    assert tolerance_text(entry) == text
