"""The print view as a printer gets it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pdfminer.high_level import extract_pages, extract_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from system.pages.conftest import Visit

pytestmark = pytest.mark.browser

A4_PT = (595, 842)


@pytest.mark.parametrize(
    ("language", "head", "verdict"), [("en", "Actual", "does not conform"), ("zh", "實測值", "不合格")]
)
def test_a_thread_prints_on_a4_with_repeated_heads(
    visit_as: Callable[..., Visit], language: str, head: str, verdict: str
) -> None:
    page = visit_as(language=language, theme="dark").open("print")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    paper = page.pdf(prefer_css_page_size=True)
    sizes = [(round(one.width), round(one.height)) for one in extract_pages(BytesIO(paper))]
    assert set(sizes) == {A4_PT}
    texts = [extract_text(BytesIO(paper), page_numbers=[number]) for number in range(len(sizes))]
    assert len(texts) >= 3
    assert verdict in texts[0].replace("\n", "")
    heads = sum(head in text for text in texts)
    assert heads >= 3, "a table that goes on repeats its head"
    assert all("Box-07" in texts[0] and "Search" not in text and "搜尋" not in text for text in texts)
