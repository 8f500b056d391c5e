"""The search box by keyboard and scanner: suggestions while one types, one key to each of them, and away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from system.pages.test_use import SCANNED_MS, TYPE_KEYS, _keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from system.pages.conftest import Visit

pytestmark = pytest.mark.browser

BOX = "input[role=combobox]"
CHOSEN = "#search-found [role=option][aria-selected=true]"


def _typed(page: Page, text: str) -> None:
    page.keyboard.press("/")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.type(text)
    expect(page.locator("#search-found")).to_be_visible()


def test_what_is_typed_is_found_walked_through_and_opened_by_keyboard(visit: Visit) -> None:
    page = visit.open("machines")
    box = page.locator(BOX)
    _typed(page, "tx6500398")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#search-found [role=option]").first).to_contain_text("TX-650-0398")
    assert visit.findings() == []
    assert page.locator(CHOSEN).count() == 0
    page.keyboard.press("ArrowDown")
    chosen = page.locator(CHOSEN)
    expect(chosen).to_have_count(1)
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert visit.findings() == []
    expect(box).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(CHOSEN)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(visit.world.url("tree").removesuffix("tree/"))
    assert (visit.foreign, visit.complaints) == ([], [])


def test_escape_closes_the_list_then_leaves_the_box(visit: Visit) -> None:
    page = visit.open("machines")
    _typed(page, "box")
    page.keyboard.press("Escape")
    expect(page.locator("#search-found")).to_be_hidden()
    expect(page.locator(BOX)).to_be_focused()
    assert page.locator(BOX).input_value() == "box"
    page.keyboard.press("Escape")
    expect(page.locator(BOX)).not_to_be_focused()


def test_enter_without_a_choice_shows_everything_found(visit: Visit) -> None:
    page = visit.open("machines")
    _typed(page, "SH-22")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=SH-22")
    page.click("main a:has-text('Show all')")
    page.wait_for_url("**in=unit**")
    assert page.locator("main li a").count() > 20
    page.click(".sg-page-head a")
    page.wait_for_url("**/search/?q=SH-22")


def test_pages_and_commands_are_found_in_both_languages(visit_as: Callable[..., Visit]) -> None:
    visit = visit_as(language="en")
    page = visit.open("machines")
    _typed(page, "備份")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(visit.world.url("backup"))


def test_what_nothing_is_called_says_what_it_resembles(visit: Visit) -> None:
    page = visit.open("machines")
    _typed(page, "TX-650-O398")
    expect(page.locator("#search-found")).to_contain_text("Nothing was found")
    expect(page.locator(BOX)).to_have_attribute("aria-expanded", "false")
    assert visit.findings() == []
    page.keyboard.press("Enter")
    expect(page.locator("main li a").first).to_have_text("TX-650-0398")


@pytest.mark.parametrize("field", [BOX, "input[name=display_name]"])
def test_a_scan_opens_its_unit_and_fills_no_field(visit: Visit, field: str) -> None:
    page = visit.open("people")
    page.focus(field)
    page.keyboard.type("half")
    page.evaluate(
        """box => {
      const field = document.querySelector(box);
      addEventListener('beforeunload', () => sessionStorage.setItem('left', field.value));
    }""",
        field,
    )
    page.evaluate(TYPE_KEYS, [_keys(visit.world.known["unit_serial"]), SCANNED_MS])
    expect(page).to_have_url(visit.world.url("thread"))
    assert page.evaluate("sessionStorage.getItem('left')") == "half"


def test_an_unknown_code_is_named_with_what_it_resembles(visit: Visit) -> None:
    page = visit.open("parts")
    page.evaluate(TYPE_KEYS, [_keys("TX-650-0397"), SCANNED_MS])
    page.wait_for_url("**scan=1**")
    assert "TX-650-0397" in page.locator(".sg-page-head").inner_text()
    expect(page.locator("main li a").first).to_have_text("TX-650-0398")
