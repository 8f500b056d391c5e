from __future__ import annotations

import json
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import override_settings
from system.gallery.pages import html_of

from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

SCREENS = Places().test_tools / "screens" / "gallery"
NO_SIGNAL = '{"start": 0, "end": 0, "time_s": [], "series": []}'
FOLDERS = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@dataclass
class Site:
    """Answers the browser from memory and notes what it should never ask for."""

    language: str = "en"
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    posted: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    fragments: dict[str, list[str]] = field(default_factory=lambda: {"/signal.json": [NO_SIGNAL]})

    def answer(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.hostname != "samegauge.test":
            self.foreign.append(route.request.url)
            route.abort()
            return
        self.asked.append((address.path, parse_qs(address.query)))
        if route.request.method == "POST":
            body = route.request.post_data_buffer or b""
            self.posted.append((address.path, body, route.request.headers))
            route.fulfill(status=422, content_type="application/json", body=json.dumps({"message": "received"}))
        elif address.path.startswith("/static/"):
            self._static(route, address.path.removeprefix("/static/"))
        elif address.path in self.fragments:
            waiting = self.fragments[address.path]
            body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            kind = "application/json" if address.path.endswith(".json") else "text/html"
            route.fulfill(body=body, content_type=kind)
        elif address.path.startswith(("/jobs/", "/parts/", "/search/")):
            route.fulfill(status=204)
        else:
            self._page(route, address.path.strip("/"))

    def _page(self, route: Route, name: str) -> None:
        policy = "; ".join(
            f"{key} {' '.join(values)}" for key, values in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
        )
        html = html_of(name or "components", self.language)
        route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy})

    def _static(self, route: Route, name: str) -> None:
        found = finders.find(name)
        if found is None:
            self.complaints.append(f"missing: {name}")
            route.fulfill(status=404)
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)


@dataclass
class Visit:
    page: Page
    site: Site

    def open(self, name: str, scheme: str = "https") -> Page:
        self.page.goto(f"{scheme}://samegauge.test/{name}/")
        return self.page

    def findings(self) -> list[str]:
        """Run axe on the page as it is."""
        source = (Places().test_tools / "axe.min.js").read_text()
        self.page.evaluate(f"() => {{ {source}; }}")
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        result: dict[str, Any] = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags
        )
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]


@pytest.fixture(scope="session", autouse=True)
def front_end() -> None:
    build(Places())


@pytest.fixture(autouse=True)
def plain_site() -> Iterator[None]:
    with override_settings(STORAGES={**settings.STORAGES, **FOLDERS}):
        yield


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext) -> Visit:
    site = Site()
    context.route("**/*", site.answer)
    page = context.new_page()
    page.on("console", lambda message: site.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: site.complaints.append(str(error)))
    return Visit(page, site)
