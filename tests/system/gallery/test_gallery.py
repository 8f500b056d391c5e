from __future__ import annotations

import pytest
from system.gallery.conftest import SCREENS, Visit
from system.gallery.pages import STANDING, TEMPLATES

pytestmark = pytest.mark.browser

WIDTHS = (390, 768, 1024, 1280, 1920)
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, summary, input, select')]
  .filter(one => one.checkVisibility() && one.type !== 'hidden')
  .filter(one => !one.closest('p, svg, td, .sg-trail, .sg-skip, .sg-facts'))
  .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 24 || box.width < 24)
  .map(([text, box]) => `${text} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("name", [*TEMPLATES, *STANDING])
def test_pages_are_accessible_and_keep_their_width(visit: Visit, name: str, language: str, theme: str) -> None:
    visit.site.language = language
    visit.page.emulate_media(color_scheme=theme)
    page = visit.open(name)
    assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
    assert visit.findings() == []
    assert page.evaluate(SMALL_TARGETS) == []
    SCREENS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{width} px wide"
        if width in {390, 768, 1280}:
            page.screenshot(path=SCREENS / f"{name.replace('/', '-')}-{language}-{theme}-{width}.png", full_page=True)
    assert visit.site.foreign == []
    assert visit.site.complaints == []


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_no_other_language_leaks_into_a_page(visit: Visit, language: str) -> None:
    visit.site.language = language
    said = {name: visit.open(name).inner_text("main") for name in STANDING}
    for text in said.values():
        has_han = any("\u4e00" <= char <= "\u9fff" for char in text)
        assert has_han == (language != "en")


def test_page_is_readable_at_a_tablet(visit: Visit) -> None:
    page = visit.open("charts")
    page.set_viewport_size({"width": 768, "height": 1024})
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('.sg-chart text')].map(one => "
        "parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
    )
    assert min(sizes) >= 12


def test_paper_is_black_on_white(visit: Visit) -> None:
    page = visit.open("components")
    page.emulate_media(media="print", color_scheme="dark")
    style = "getComputedStyle(document.body)"
    assert page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(f"{style}.color") == "rgb(0, 0, 0)"
    assert not page.is_visible(".sg-header")
    page.screenshot(path=SCREENS / "components-print.png", full_page=True)
