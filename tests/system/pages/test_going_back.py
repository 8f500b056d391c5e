"""An owner takes the running site back to a backup, in the browser alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from support.processes import start_site, wait_for
from system.pages.conftest import PHRASE, SCREENS, World, begin, watched

from samegauge.core.backup import going_back
from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def partner(page: Page, number: str) -> None:
    page.goto(f"{page.url.partition('/records')[0].rstrip('/')}/records/partners/new/")
    page.fill("[name=number]", number)
    page.fill("[name=name]", f"Partner {number}")
    page.select_option("[name=kind]", index=1)
    page.click("main button.sg-primary")
    expect(page.locator("h1")).to_contain_text(number)


def sign_in(page: Page) -> None:
    page.fill("[name=login]", "chen")
    page.fill("[name=password]", PHRASE)
    page.click("main button[type=submit]")


def step(home: Path) -> str:
    state = going_back.asked(home)
    return state.step if state else "not asked"


def test_from_a_wrong_entry_back_to_the_backup_before_it(site: Any, browser: Browser, tmp_path: Path) -> None:
    build(Places())
    running = start_site(site)
    visit = watched(World(running, {}, tmp_path), browser.new_context(locale="en-US"))
    page, backups = visit.page, f"{running.address}administration/backup/"
    begin(page, running.setup_link or "")
    page.goto(running.address)
    partner(page, "KEPT-1")
    page.goto(backups)
    page.click("text=Back up now")
    expect(page.locator(".sg-job-done")).to_be_visible()
    page.goto(running.address)
    partner(page, "WRONG-1")

    page.goto(backups)
    page.click("text=Go back to this one")
    expect(page.locator("[name=reason]")).to_be_visible()
    assert visit.findings() == []
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "go_back-en-light-1280.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 820, "height": 900})
    assert visit.findings() == []
    page.fill("[name=reason]", "a wrong entry")
    page.click("main button.sg-primary")
    page.fill("[name=password]", PHRASE)  # who goes back says once more who it is
    page.click("main form button.sg-primary")
    expect(page.locator("#job-going-back")).to_be_visible()
    home = site.home
    wait_for(lambda: step(home) == going_back.DONE, "the way back")
    # The piece of the page that asked how far it is leads to the sign-in, because the old session is no longer there.
    page.wait_for_url("**/account/login/**")
    sign_in(page)
    expect(page.locator("main")).to_contain_text("a wrong entry")
    assert visit.findings() == []
    page.screenshot(path=SCREENS / "gone_back-en-light-1280.png", full_page=True)
    page.goto(f"{running.address}records/partners/")
    expect(page.locator("main")).to_contain_text("KEPT-1")
    assert "WRONG-1" not in page.locator("main").inner_text()
    [past] = going_back.past(home)
    assert (past.by, past.reason) == ("Chen", "a wrong entry")
    assert (home / past.folder / "samegauge.sqlite3").exists()
    assert visit.foreign == []
    visit.context.close()
    running.child.stop()
