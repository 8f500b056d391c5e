"""The simulated company as each role finds it on its start page, in a browser: what needs them stands first."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support.members import PASSWORD
from support.processes import SUPPORT, RunningSite, site_processes, start_site

from samegauge.doors import process
from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.long]

SCREENS = Places().test_tools / "screens" / "start"
LOCALES = {"zh": "zh-TW", "en": "en-US"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    build(Places())
    with site_processes(tmp_path_factory.mktemp("start") / "home") as processes:
        options = process.Options(env=processes.environment)
        process.run([sys.executable, "-m", "samegauge.cli", "demo", "--seed", "7"], options)
        process.run([sys.executable, str(SUPPORT / "members.py")], options)
        site = start_site(processes)
        yield site
        site.child.stop()


@pytest.fixture
def start_of(running: RunningSite, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Sign in and see the start page: start_of("inspector", "zh", "dark", 820)."""
    opened = []

    def begin(person: str, language: str = "en", theme: str = "light", width: int = 1280) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
        )
        opened.append(context)
        page = context.new_page()
        page.goto(f"{running.address}account/login/")
        page.fill("[name=login]", person)
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_selector("main section")
        if os.environ.get("SAMEGAUGE_TEST_FULL"):
            SCREENS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENS / f"{person}-{language}-{theme}-{width}.png", full_page=True)
        return page

    yield begin
    for context in opened:
        context.close()


def wide(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_the_quality_manager_finds_the_drifting_station_the_bad_batch_and_the_weak_part(
    start_of: Callable[..., Page],
) -> None:
    page = start_of("quality_manager")
    sentence = page.locator(".sg-verdict-sentence").inner_text()
    assert re.match(r"\d+ processes are out of control, 2 gauges are overdue", sentence)
    first = page.locator(".sg-finding").first
    assert "Squareness YZ" in first.inner_text()
    assert first.locator("svg.sg-sparkline").count() == 1
    main = page.locator("main").inner_text()
    assert "After heat treatment HT-02-BED something else is measured" in main
    assert "Parts of lot BRG-L003 (BRG) are taken out more often" in main
    assert re.search(r"[CP]pk \d\.\d\d \(95 % lower bound \d\.\d\d, n = \d+\)", main)
    page.click(".sg-verdict .sg-primary")
    expect(page.locator("h1")).to_contain_text("Squareness YZ")


def test_the_quality_manager_takes_a_finding_and_hands_it_over(start_of: Callable[..., Page]) -> None:
    page = start_of("quality_manager", "zh", "dark")
    page.click(".sg-finding-text a >> nth=0")
    page.click("button[value=take]")
    expect(page.locator("main")).to_contain_text("由你處理。")
    page.click(".sg-nav a[href='/duties/']")
    page.click(".sg-view:has-text('由我處理')")
    assert page.locator(".sg-finding").count() == 1
    page.click(".sg-finding-text a")
    page.select_option("#person", label=page.locator("#person option", has_text="inspector").inner_text())
    page.click("button[value=hand_over]")
    inspector = start_of("inspector")
    assert inspector.locator(".sg-bell strong").count() == 1
    expect(inspector.locator(".sg-looked")).to_contain_text("1 of these is yours")


def test_the_inspector_finds_overdue_gauges_with_what_to_use_instead(start_of: Callable[..., Page]) -> None:
    page = start_of("inspector", width=820)
    main = page.locator("main").inner_text()
    assert "SQ-02" in main
    assert "Its readings cannot release anything." in main
    assert "Instead: SQ-01" in main
    assert re.search(r"waits? for a decision", page.locator(".sg-verdict-reason").inner_text())
    assert "Latest inspections" in main
    assert "Cpk" not in page.locator(".sg-verdict").inner_text()
    assert wide(page) <= 0


def test_the_customer_finds_the_own_machines_and_nothing_of_the_maker(start_of: Callable[..., Page]) -> None:
    page = start_of("customer", "zh")
    expect(page.locator(".sg-verdict-sentence")).to_have_text("沒有需要處理的事")
    assert re.search(r"檢查時間 \d{4}-\d\d-\d\d \d\d:\d\d", page.locator(".sg-looked").inner_text())
    machines = page.locator("section", has_text="我的機台").locator("tbody tr")
    assert machines.count() == 2
    assert "沒有未結案的叫修" in machines.first.inner_text()
    assert "Cpk" not in page.locator("main").inner_text()
    assert page.locator("main .sg-provenance").count() == 2
    machines.first.locator("th a").click()
    expect(page.locator("h1")).to_contain_text(re.compile("[A-Z]+"))


@pytest.mark.parametrize(
    ("person", "language"),
    [
        ("owner", "zh"),
        ("engineer", "en"),
        ("assembler", "zh"),
        ("service", "en"),
        ("sales", "zh"),
        ("guest", "en"),
        ("newcomer", "zh"),
    ],
)
def test_every_role_has_a_page_of_its_own(start_of: Callable[..., Page], person: str, language: str) -> None:
    page = start_of(person, language, "dark" if language == "zh" else "light")
    assert page.locator(".sg-verdict-sentence").count() == (person != "sales")  # whom nothing concerns yet
    assert page.locator("main section.sg-card").count() > 0
    assert (page.locator(".sg-bell").count() == 0) == (person == "guest")
    for width in (820, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert wide(page) <= 0
