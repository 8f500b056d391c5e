"""A newcomer drops the whole NIST package into the browser and reads there what the documents count."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from support.processes import start_site
from system.pages.conftest import SCREENS, World, begin, watched

from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.long]


def archive_of(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return target


def rows_of(page: Page, heading: str) -> list[list[str]]:
    card = page.locator("section.sg-card", has=page.locator("h2", has_text=heading))
    return [row.locator("td, th").all_inner_texts() for row in card.locator("tbody tr").all()]


def test_the_counts_in_the_browser_are_those_of_the_documents(
    site: Any, browser: Browser, tmp_path: Path, test_data: Path
) -> None:
    build(Places())
    running = start_site(site)
    visit = watched(World(running, {}, tmp_path), browser.new_context(locale="en-US"))
    page = visit.page
    begin(page, running.setup_link or "")
    page.goto(f"{running.address}imports/new/?kind=nist-tdp")
    page.set_input_files("#files", str(archive_of(test_data / "nist-smstestbed", tmp_path / "package.zip")))
    page.click(".sg-upload button[type=submit]")
    page.wait_for_url("**/jobs/**", timeout=60_000)
    expect(page.locator(".sg-job progress")).to_be_visible()
    page.locator(".sg-job-done").wait_for(timeout=240_000)
    page.click(".sg-job a.sg-primary")
    expect(page.locator(".sg-verdict")).to_contain_text("63 lines were set aside; the rest is in")
    assert rows_of(page, "Characteristic statuses") == [
        ["First-article inspection", "Box", "855", "852", "3"],
        ["First-article inspection", "Cover", "560", "559", "1"],
        ["Incoming inspection", "Box", "893", "892", "1"],
        ["Incoming inspection", "Cover", "541", "541", "0"],
    ]
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "nist-package-en-light-1280.png", full_page=True)
    assert (visit.findings(), visit.foreign, visit.complaints) == ([], [], [])
    visit.context.close()
    running.child.stop()
