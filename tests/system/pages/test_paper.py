"""The print view as a printer gets it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pdfminer.high_level import extract_pages, extract_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from system.pages.conftest import Visit

pytestmark = pytest.mark.browser

A4_PT = (595, 842)
PRINTABLE_PX = 680  # A4 less two margins of 15 mm
CUT_OFF = """() => [...document.querySelectorAll('.sg-table')]
  .filter(table => table.scrollWidth > document.querySelector('main').clientWidth + 1)
  .map(table => `${table.caption.textContent} ${table.scrollWidth} px`)"""


def _paper(page: Page) -> tuple[list[tuple[int, int]], list[str]]:
    paper = page.pdf(prefer_css_page_size=True)
    sizes = [(round(one.width), round(one.height)) for one in extract_pages(BytesIO(paper))]
    return sizes, [extract_text(BytesIO(paper), page_numbers=[number]) for number in range(len(sizes))]


@pytest.mark.parametrize(
    ("language", "head", "verdict"), [("en", "Actual", "does not conform"), ("zh", "實測值", "不合格")]
)
def test_a_thread_prints_whole_on_a4_with_repeated_heads(
    visit_as: Callable[..., Visit], language: str, head: str, verdict: str
) -> None:
    page = visit_as(language=language, theme="dark").open("print")
    rows = page.locator("tbody tr").count()
    named = [one.strip() for one in page.locator("tbody th a").all_inner_texts()]
    sizes, texts = _paper(page)
    assert set(sizes) == {A4_PT}
    assert "Box-07" in texts[0]
    assert verdict in texts[0].replace("\n", "")
    assert sum(head in text for text in texts) >= 3, "a table that goes on repeats its head"
    whole = "".join(texts).replace("\n", " ")
    assert rows >= 90
    assert [name for name in named if name not in whole] == []
    assert not any(word in whole for word in ("Search or scan", "搜尋或掃描"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["print", "print_of_an_assembly", "characteristic", "failed_inspection"])
def test_no_column_is_cut_off_by_the_edge_of_the_paper(
    visit_as: Callable[..., Visit], name: str, language: str
) -> None:
    visit = visit_as(language=language, width=PRINTABLE_PX)
    visit.page.emulate_media(media="print")
    page = visit.open(name)
    assert page.locator(".sg-table").count() > 0
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
