"""A running site filled by world.py, and a person who looks at its pages."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from support.processes import RunningSite, site_processes, start_site
from system.pages.addresses import ADDRESSES
from system.pages.world import PASSWORD

from samegauge.doors import process
from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

HERE = Path(__file__).parent
SCREENS = Places().test_tools / "screens" / "pages"
LOCALES = {"zh": "zh-TW", "en": "en-US"}
PHRASE = "a gauge for every bore"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class World:
    running: RunningSite
    known: dict[str, str]
    folder: Path

    def path(self, name: str) -> str:
        return ADDRESSES[name].format(**self.known)

    def url(self, name: str) -> str:
        return self.running.address.rstrip("/") + self.path(name)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, test_data: Path) -> Iterator[World]:
    build(Places())
    folder = tmp_path_factory.mktemp("world")
    (folder / "files").mkdir()
    with site_processes(folder / "home") as processes:
        words = [sys.executable, HERE / "world.py", test_data, folder / "files"]
        known = json.loads(process.run(words, process.Options(env=processes.environment)).text)
        running = start_site(processes)
        yield World(running, known, folder / "files")
        running.child.stop()


@dataclass
class Visit:
    """One person at one screen; notes what the page should never do."""

    world: World
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium also writes an error for a page whose status says that something is not there.
        if message.type == "error" and message.location.get("url") not in self.refused:
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.world.running.address, "data:", "blob:")):
            self.foreign.append(request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.is_navigation_request():
            self.refused.add(response.url)

    def open(self, name: str) -> Page:
        return self.go(self.world.path(name))

    def go(self, path: str) -> Page:
        self.page.goto(self.world.running.address.rstrip("/") + path)
        return self.page

    def findings(self) -> list[str]:
        """Run axe on the page as it is."""
        source = (Places().test_tools / "axe.min.js").read_text()
        self.page.evaluate(f"() => {{ {source}; }}")
        script = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
        result: dict[str, Any] = self.page.evaluate(script, AXE_TAGS)
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]


def watched(world: World, context: BrowserContext) -> Visit:
    visit = Visit(world, context, context.new_page())
    visit.watch()
    return visit


def begin(page: Page, link: str) -> None:
    """Become the owner of a new site by its one-time link."""
    page.goto(link)
    for name, text in (("organisation_name", "Pier"), ("display_name", "Chen"), ("username", "chen")):
        page.fill(f"[name={name}]", text)
    page.fill("[name=password]", PHRASE)
    page.click("main button[type=submit]")
    expect(page.locator(".sg-empty")).to_contain_text("Nothing has been imported")


@pytest.fixture(scope="session")
def signed_in(world: World, browser: Browser) -> Callable[[str], Any]:
    """Return what a browser keeps of a person who has signed in: each person signs in once a run."""
    kept: dict[str, Any] = {"": None}

    def state_of(person: str) -> Any:
        if person not in kept:
            context = browser.new_context()
            page = context.new_page()
            page.goto(world.url("sign_in"))
            page.fill("[name=login]", person)
            page.fill("[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(world.running.address)
            kept[person] = context.storage_state()
            context.close()
        return kept[person]

    return state_of


@pytest.fixture
def visit_as(world: World, browser: Browser, signed_in: Callable[[str], Any]) -> Iterator[Callable[..., Visit]]:
    """Open a screen: visit_as("owner", language="zh", theme="dark", width=768)."""
    opened: list[BrowserContext] = []

    def begin(person: str = "owner", language: str = "en", theme: str = "light", width: int = 1280) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            storage_state=signed_in(person),
        )
        opened.append(context)
        return watched(world, context)

    yield begin
    for context in opened:
        context.close()


@pytest.fixture
def visit(visit_as: Callable[..., Visit]) -> Visit:
    return visit_as()
