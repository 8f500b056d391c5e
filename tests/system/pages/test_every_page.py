"""Every page in both languages and both themes: accessible, in one language, as wide as its screen, from one host."""

from __future__ import annotations

import os
import random
import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import expect
from system.pages.addresses import ADDRESSES, person_of
from system.pages.conftest import SCREENS

from samegauge.web.frontend.build import Places

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from system.pages.conftest import Visit

pytestmark = pytest.mark.browser

WIDTHS = (390, 768, 1024, 1280, 1920)
SHOTS = {390, 768, 1280}
SIMULATED = re.compile(r"TX-650-0398|SH-22-(\d{5}|NEW|ALT)|GR-10-\d{4}")
MISSING = {"no_such_page", "no_such_unit", "unknown_passport"}
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, summary, input, select')]
  .filter(one => one.checkVisibility() && one.type !== 'hidden')
  .filter(one => !one.closest('p, svg, td, li, .sg-trail, .sg-skip, .sg-facts'))
  .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 24 || box.width < 24)
  .map(([text, box]) => `${text} ${box.width} x ${box.height}`)"""
TEXTS = """language => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const said_in = walker.currentNode.parentElement.closest('[lang]')?.lang ?? '';
    if (text && said_in.slice(0, 2) === language && !walker.currentNode.parentElement.closest('script, noscript'))
      found.push(text);
  }
  for (const one of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
    if ((one.closest('[lang]')?.lang ?? '').slice(0, 2) !== language) continue;
    found.push(...['aria-label', 'placeholder', 'title'].map(name => one.getAttribute(name)).filter(Boolean));
  }
  return found;
}"""
HAN = re.compile(r"[\u4e00-\u9fff]")
# Four small English words in a row are a sentence; file names, serial numbers and titles are data.
SENTENCE = re.compile(r"(?:\b[a-z]{2,}[ ,;]+){3}[a-z]{2,}\b")


def _cases() -> list[object]:
    """Each page once, in a language and a theme drawn by a fixed seed; the other three in the full run."""
    draw = random.Random(20261121)
    cases: list[object] = []
    for name in ADDRESSES:
        chosen = (draw.choice(["zh", "en"]), draw.choice(["light", "dark"]))
        for language in ("zh", "en"):
            for theme in ("light", "dark"):
                marks = [] if (language, theme) == chosen else [pytest.mark.full]
                cases.append(pytest.param(name, language, theme, marks=marks, id=f"{name}-{language}-{theme}"))
    return cases


@pytest.mark.parametrize(("name", "language", "theme"), _cases())
def test_page(visit_as: Callable[..., Visit], name: str, language: str, theme: str) -> None:
    visit = visit_as(person_of(name), language, theme)
    page = visit.open(name)
    page.wait_for_selector("main")
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-Hant-TW", "en": "en"}[language]
    assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
    assert page.title().endswith({"zh": " · 同規", "en": " · samegauge"}[language])
    assert bool(visit.refused) == (name in MISSING)
    assert _other_language(page, language) == []
    _check_provenance(page)
    expect(page.locator(".sg-signal[aria-busy]")).to_have_count(0)
    assert visit.findings() == []
    assert page.evaluate(SMALL_TARGETS) == []
    _check_widths(page, f"{name}-{language}-{theme}")
    assert (visit.foreign, visit.complaints) == ([], [])


def _other_language(page: Page, language: str) -> list[str]:
    """Texts in the other language than the page's that nothing marks as such."""
    texts: list[str] = page.evaluate(TEXTS, language)
    assert texts, "the page says nothing"
    if language == "en":
        return [text for text in texts if HAN.search(text)]
    left = [text for text in texts if text in _translated()]
    return left + [text for text in texts if SENTENCE.search(text) and not HAN.search(text)]


def _translated() -> dict[str, str]:
    """English texts of ours that read otherwise in Chinese."""
    path = Places().locale / "zh_Hant" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hant")
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if isinstance(message.id, str) and message.string and message.string != message.id
    }


def _check_provenance(page: Page) -> None:
    """Whoever shows a simulated unit says so on the same page."""
    if SIMULATED.search(page.inner_text("main")):
        assert page.locator("main .sg-provenance").count() > 0


def _check_widths(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{width} px wide"
        if width in SHOTS and os.environ.get("SAMEGAUGE_TEST_FULL"):
            page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
