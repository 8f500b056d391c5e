from __future__ import annotations

import pytest

from samegauge.formats.plain_text import visible_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("孔徑 Ø10 ± 0.05", "孔徑 Ø10 ± 0.05"),
        ("a\u202eb", "a[U+202E]b"),
        ("\x1b[31m", "[U+001B][31m"),
        ("a\nb\x00", "a[U+000A]b[U+0000]"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("\ud800", "[U+D800]"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert visible_text(text) == shown


def test_long_text_says_how_much_is_left_out() -> None:
    assert visible_text("x" * 12, 10) == "x" * 10 + "…[+2]"
    assert visible_text("x" * 10, 10) == "x" * 10
