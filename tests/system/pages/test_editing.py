"""A process engineer writes a procedure on a tablet: lines added, moved, deleted, put back, refused and kept."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, expect
from system.pages.conftest import SCREENS
from system.pages.world import PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page
    from system.pages.conftest import Visit

pytestmark = pytest.mark.browser

KEYS = "() => [...document.querySelectorAll('[data-line] input[name$=\"-key\"]')].map(one => one.value)"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SAID = {
    "en": {"fault": "Line 1, Upper limit", "gone": "Line 1 was deleted.", "moved": "Line 1 of 2 now."},
    "zh": {"fault": "第 1 項「上限」", "gone": "第 1 項已刪除。", "moved": "現在是第 1 項，共 2 項。"},
}


def field(line: Locator, name: str) -> Locator:
    return line.locator(f"[name$='-{name}']")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_procedure_is_written_on_a_tablet(visit_as: Callable[..., Visit], language: str) -> None:
    visit = visit_as("owner", language, width=820)
    page, said, code = visit.open("procedures"), SAID[language], f"SIP-{language.upper()}"
    page.click("a[href='/procedures/new/']")
    page.fill("[name=code]", code)
    page.fill("[name=item]", "TX-650")
    page.fill("[name=title]", "Head")
    page.fill("[name=title_zh]", "主軸頭")
    page.click("main button[type=submit]")
    page.wait_for_url("**/edit/")
    first = write_a_value(page)
    assert field(first, "meaning").is_hidden()
    assert field(first, "choices").is_hidden()
    page.click(".sg-lines-bar .sg-primary")
    expect(page.locator("[role=alert] li a")).to_have_text(said["fault"])
    page.click("[role=alert] li a")
    page.keyboard.press("Control+A")
    page.keyboard.type("0.06")
    add_a_check_below(page, code)
    assert page.evaluate(KEYS) == ["runout", "look"]
    page.keyboard.press("Alt+ArrowUp")
    assert page.evaluate(KEYS) == ["look", "runout"]
    expect(page.locator("#live")).to_have_text(said["moved"])
    assert page.evaluate("document.activeElement.name").endswith("-text")
    page.locator("[data-line-remove]").first.click()
    expect(page.locator(".sg-line-gone")).to_contain_text(said["gone"])
    assert page.evaluate(KEYS) == ["runout"]
    page.keyboard.press("Enter")  # the button that puts it back has the focus
    assert page.evaluate(KEYS) == ["look", "runout"]
    page.locator("[data-line-down]").first.click()
    assert page.evaluate(KEYS) == ["runout", "look"]
    assert (visit.findings(), page.evaluate(TOO_WIDE)) == ([], 0)
    page.screenshot(path=SCREENS / f"editing-{language}-820.png", full_page=True)
    page.click("[name=then]")
    page.wait_for_url(re.compile(r"/procedures/[0-9a-f-]{36}/$"))
    rows = page.locator("main table").first.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("0.06")
    picture = rows.nth(1).get_by_role("link")
    expect(picture).to_have_text("rail.png")
    assert visit.context.request.get(f"{visit.world.running.address.rstrip('/')}{picture.get_attribute('href')}").ok
    assert (visit.foreign, visit.complaints) == ([], [])


def write_a_value(page: Page) -> Locator:
    """A step whose limits are the wrong way round."""
    page.click(".sg-lines-bar [data-line-add]")
    line = page.locator("[data-line]").first
    expect(field(line, "kind")).to_be_focused()
    field(line, "kind").select_option("value")
    field(line, "key").fill("runout")
    field(line, "text").fill("Measure the run-out")
    field(line, "text_zh").fill("量偏擺")
    field(line, "unit_code").fill("mm")
    field(line, "lower").fill("0.05")
    field(line, "upper").fill("0.01")
    return line


def add_a_check_below(page: Page, code: str) -> None:
    """Its picture is another one for each procedure: equal ones are kept once, under their first name."""
    page.locator("[data-line] [data-line-add]").first.click()
    line = page.locator("[data-line]").nth(1)
    field(line, "kind").select_option("check")
    field(line, "key").fill("look")
    rail = FilePayload(name="rail.png", mimeType="image/png", buffer=b64decode(PICTURE) + code.encode())
    field(line, "picture_file").set_input_files(rail)
    field(line, "text").fill("Look at the rail")
