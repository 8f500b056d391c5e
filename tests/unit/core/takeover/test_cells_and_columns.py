"""What stands in cells and headings, as people in the trade write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sample_kinds.kinds import GADGETS

from samegauge.core.takeover.cells import CellError, day_of, half_width, number_of, read_cell
from samegauge.core.takeover.matching import fitted, header_line, known_names, proposed, stated_unit
from samegauge.core.takeover.models import SavedMatching
from samegauge.core.takeover.registry import all_targets, target_named
from samegauge.core.takeover.words import choice_words, other_names
from samegauge.formats.spreadsheet import read_grid

if TYPE_CHECKING:
    from support.way_in import TakeOver

    from samegauge.core.takeover.targets import Target


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "2026/11/21",
        "2026.11.21",
        "115/11/21",
        "115.11.21",
        "民國115年11月21日",
        "中華民國 115 年 11 月 21 日".replace(" ", ""),
        "1151121",
        "20261121",
        "２０２６／１１／２１",
        "2026年11月21日",
        "21/11/2026",
        "11/21/2026",
        "2026-11-21 08:30:00",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert day_of(text) == "2026-11-21"


@pytest.mark.parametrize("text", ["26/11/21", "99/12/31", "11/10/2026", "2026-02-30", "115/13/1", "soon", "45000"])
def test_what_could_be_two_days_or_none_is_no_day(text: str) -> None:
    with pytest.raises(CellError):
        day_of(text)


@pytest.mark.parametrize(
    ("text", "stated", "wanted", "read"),
    [
        ("1,234.5", "", "mm", "1234.5"),
        ("１２．５", "", "mm", "12.5"),
        ("0.5", "m", "mm", "500"),
        ("12 mm", "m", "mm", "12"),
        ("75000 min", "", "h", "1250"),
        ("-3e2", "", "", "-3e2"),
        ("−4", "", "", "-4"),
    ],
)
def test_a_number_comes_in_the_unit_of_its_field(text: str, stated: str, wanted: str, read: str) -> None:
    assert number_of(text, stated, wanted) == read


@pytest.mark.parametrize(
    ("text", "wanted"), [("12,5", "mm"), ("about 3", "mm"), ("3 kg", "mm"), ("3 pcs", ""), ("", "")]
)
def test_what_is_no_number_of_that_unit_is_refused(text: str, wanted: str) -> None:
    with pytest.raises(CellError):
        number_of(text, "", wanted)


def test_yes_no_and_choices_in_either_language() -> None:
    good, kind = GADGETS.field("is_good"), target_named("partners").field("kind")
    assert [read_cell(good, text, "") for text in ("是", "Ｙ", "否", "")] == ["yes", "yes", "", ""]
    assert [read_cell(kind, text, "") for text in ("供應商", "Supplier", "vendor", "supplier")] == ["supplier"] * 4
    for one, text in ((good, "perhaps"), (kind, "pirate")):
        with pytest.raises(CellError, match=text):
            read_cell(one, text, "")
    assert half_width("ＴＸ－６５０ 主軸") == "TX-650 主軸"


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("重量(kg)", "kg"),
        ("長度（mm）", "mm"),
        ("Length [MILLIMETER]", "mm"),
        ("時數(小時)", "h"),
        ("名稱(全名)", ""),
        ("x", ""),
    ],
)
def test_a_unit_in_a_heading_is_read(title: str, unit: str) -> None:
    assert stated_unit(title) == unit


@pytest.mark.django_db
def test_columns_are_proposed_by_the_words_of_the_trade_and_by_likeness(way: TakeOver) -> None:
    header = ("備註", "客戶統一編號", "客戶名稱(全名)", "客戶代號*", "聯絡人姓名", "顏色", "E-MAIL")
    matching = proposed(target_named("partners"), header)
    assert matching.columns == {0: "note", 1: "tax_number", 2: "name", 3: "number", 4: "contact", 6: "email"}
    assert matching.unsure == {1, 4}


@pytest.mark.django_db
def test_a_column_in_a_unit_of_another_sort_is_left_to_the_person(way: TakeOver) -> None:
    target = target_named("gadgets")
    label = str(target.field("length_mm").label)
    assert proposed(target, (f"{label} [kg]",)).columns == {}
    assert proposed(target, (f"{label} [m]",)).columns == {0: "length_mm"}


@pytest.mark.django_db
def test_the_row_with_the_names_is_found_below_titles(way: TakeOver) -> None:
    text = "海港工廠,印表日期\n客戶資料,115 年\n\n客戶代號,客戶名稱,電話\nC1,Amsel,1\n"
    assert header_line(target_named("partners"), read_grid(text.encode(), "a.csv")) == 4


@pytest.mark.django_db
def test_a_saved_matching_is_proposed_for_the_sheet_that_has_its_columns(way: TakeOver) -> None:
    target = target_named("partners")
    saved = SavedMatching.objects.create(
        target="partners",
        name="ERP",
        columns={"甲": "number", "乙": "name", "丙": "gone"},
        constants={"kind": "dealer"},
    )
    assert proposed(target, ("甲", "乙")).saved_as == ""
    matching = proposed(target, ("乙", "丁", "甲", "丙"))
    assert (matching.saved_as, matching.columns) == ("ERP", {0: "name", 2: "number"})
    assert matching.constants == {"kind": "dealer"}
    assert fitted(saved, target, ("丁",)).columns == {}


@pytest.mark.parametrize("target", all_targets(), ids=lambda target: target.slug)
def test_every_other_name_is_of_a_field_that_is_there(target: Target) -> None:
    assert other_names(target.slug).keys() - other_names("").keys() <= {one.name for one in target.fields}
    assert set(known_names(target).values()) == {one.name for one in target.fields}
    values = [str(value) for one in target.fields for value, _label in one.choices]
    assert len([word for value in values for word in choice_words(value)]) == len(
        {word for value in values for word in choice_words(value)}
    )
