from __future__ import annotations

import re

import pytest

from samegauge.quantities.errors import UnknownTermError
from samegauge.quantities.glossary import glossary, term
from samegauge.quantities.units import unit

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("key", sorted(glossary()))
def test_every_term_is_whole(key: str) -> None:
    found = term(key)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
    assert found.en
    assert not HAN.search(found.en)
    assert HAN.search(found.zh)
    assert not HAN.search(found.note_en)
    assert bool(found.note_en) == bool(found.note_zh)
    if found.unit:
        assert unit(found.unit).symbol == found.unit


def test_terms_agreed_for_the_first_pages_are_there() -> None:
    agreed = {
        "unit": "序號", "serial": "序號", "item": "料件", "revision": "版次", "lot": "批號", "as_built": "實裝結構",
        "assembly_history": "組立履歷", "passport": "機台履歷護照", "thread": "履歷", "characteristic": "特性",
        "nominal": "標稱值", "actual": "實測值", "tolerance": "公差", "feed_override": "進給倍率",
        "cycle_time": "循環時間", "positioning_deviation": "定位偏差",
    }  # fmt: skip
    assert {key: term(key).zh for key in agreed} == agreed
    assert [term(f"{key}_index").symbol for key in ("process_capability", "minimum_process_capability")] == [
        "Cp",
        "Cpk",
    ]


@pytest.mark.parametrize("key", sorted(glossary()))
def test_no_character_stands_twice_in_a_row(key: str) -> None:
    assert not re.search(r"([\u4e00-\u9fff])\1", term(key).zh)


def test_one_english_word_has_one_meaning() -> None:
    names = [one.en for one in glossary().values()]
    assert len(names) == len(set(names))


def test_unknown_term_is_named() -> None:
    with pytest.raises(UnknownTermError, match="gearbox"):
        term("gearbox")
