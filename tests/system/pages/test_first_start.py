"""The pages of the first minutes: the one-time link, the first import page, the first colleague."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from support.processes import start_site
from system.pages.conftest import LOCALES, PHRASE, World, watched

from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "empty"), [("zh", "還沒有匯入任何資料"), ("en", "Nothing has been imported")])
def test_from_the_one_time_link_to_the_first_colleague(
    site: Any, browser: Browser, tmp_path: Path, language: str, empty: str
) -> None:
    build(Places())
    running = start_site(site)
    visit = watched(World(running, {}, tmp_path), browser.new_context(locale=LOCALES[language]))
    page: Page = visit.page
    page.goto(running.setup_link or "")
    assert visit.findings() == []
    for name, text in (("organisation_name", "Pier"), ("display_name", "Chen"), ("username", "chen")):
        page.fill(f"[name={name}]", text)
    page.fill("[name=password]", "short")
    page.click("main button[type=submit]")
    assert page.locator(".sg-error").count() == 1
    assert visit.findings() == []
    page.fill("[name=password]", PHRASE)
    page.click("main button[type=submit]")
    expect(page.locator(".sg-empty")).to_contain_text(empty)
    _invite(page)
    link = page.locator("input.sg-code").input_value()
    assert visit.findings() == []
    colleague = watched(World(running, {}, tmp_path), browser.new_context(locale=LOCALES[language]))
    colleague.page.goto(link)
    assert colleague.findings() == []
    for name in ("new_password1", "new_password2"):
        colleague.page.fill(f"[name={name}]", PHRASE)
    colleague.page.click("main button[type=submit]")
    expect(colleague.page.locator(".sg-empty")).to_contain_text(empty)
    colleague.page.goto(link)
    expect(colleague.page.locator("main a[href='/']")).to_be_visible()
    visit.page.goto(running.setup_link or "")
    assert visit.refused == {running.setup_link}
    assert (visit.foreign, visit.complaints) == ([], [])
    for one in (visit, colleague):
        one.context.close()
    running.child.stop()


def _invite(page: Page) -> None:
    page.click(".sg-menu summary")
    page.click(".sg-menu a[href='/people/']")
    page.fill("[name=display_name]", "Lee")
    page.fill("[name=username]", "lee")
    page.click("main form button.sg-primary")
    page.fill("[name=password]", PHRASE)  # who adds people says once more who it is
    page.click("main form button.sg-primary")
