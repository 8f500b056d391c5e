from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samegauge.core.search.folding import (
    BEGINNING,
    INSIDE,
    WHOLE,
    WORD,
    filed_text,
    fit,
    folded,
    grams_of_term,
    grams_of_text,
    terms_of,
)

TEXTS = st.text(alphabet="aAbBTX0123 -_–（）,法蘭鑄鐵軸ｶｸﾞＴ６５²ßİé", max_size=24)


@pytest.mark.parametrize(
    ("written", "alike"),
    [
        ("ＴＸ－６５０", "tx-650"),
        ("tx–650", "tx-650"),
        ("TX_650", "tx-650"),
        ("  TX   650 ", "tx 650"),
        ("鑄鐵（GJL-250）", "鑄鐵 gjl-250"),
        ("A – B", "a b"),
        ("--x-", "x"),
        ("Straße", "strasse"),
        ("ﾛｰﾗｰ", "ローラー"),
        ("，。！", ""),
    ],
)
def test_what_is_written_otherwise_is_folded_alike(written: str, alike: str) -> None:
    assert folded(written) == alike


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("TX650-0398", "TX-650-0398", WHOLE),
        ("tx 650 0398", "TX-650-0398", WHOLE),
        ("TX-65", "TX-650-0398", BEGINNING),
        ("0398", "TX-650-0398", WORD),
        ("500", "TX-650-0398", INSIDE),
        ("50-03", "TX-650-0398", INSIDE),
        ("03", "TX-650-0398", WORD),
        ("39", "TX-650-0398", None),
        ("法", "大法蘭", INSIDE),
        ("法蘭", "大法蘭", INSIDE),
        ("法大", "大法蘭", None),
        ("軸", "X 軸", WORD),
        ("x", "X軸 導軌", BEGINNING),
        ("x", "XY 導軌", None),
        ("m8", "螺栓M8x20", WORD),
        ("8x2", "螺栓M8x20", INSIDE),
        ("蘭 灰", "灰鑄鐵法蘭", INSIDE),
        ("iron flange", "flange, grey iron", WORD),
        ("iron steel", "flange, grey iron", None),
        ("", "anything", None),
        ("-", "anything", None),
    ],
)
def test_how_well_a_text_fits(question: str, text: str, expected: int | None) -> None:
    assert fit(terms_of(question), filed_text([text])) == expected


def test_the_first_line_is_what_a_record_is_called_by() -> None:
    filed = filed_text(["IT-7", "flange", "法蘭"])
    assert [fit(terms_of(asked), filed) for asked in ("it7", "flange", "法蘭", "法蘭 it")] == [WHOLE, WORD, WORD, WORD]


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_every_gram_of_a_question_that_fits_is_filed(question: str, texts: list[str]) -> None:
    """Else the index would lose what a look at every record finds."""
    terms, filed = terms_of(question), filed_text(texts)
    if fit(terms, filed) is not None:
        assert all(grams_of_term(term) <= grams_of_text(filed) for term in terms)
    assert all(grams_of_term(term) for term in terms)


@given(TEXTS)
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(TEXTS.filter(lambda text: len(terms_of(text)) == 1))
def test_a_word_is_found_by_itself_and_repeated(text: str) -> None:
    assert fit(terms_of(text), filed_text([text])) == (WHOLE if len(folded(text).split()) == 1 else BEGINNING)


@given(TEXTS, st.integers(0, 20), st.integers(3, 8))
def test_three_letters_are_found_anywhere(text: str, start: int, length: int) -> None:
    for word in filed_text([text]).replace("-", "").split():
        part = word[start : start + length]
        if len(part) >= 3:
            assert fit((part,), filed_text([text])) is not None
