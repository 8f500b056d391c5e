"""The built documentation: nothing is fetched from elsewhere, each page has both languages, search reads Chinese."""

from __future__ import annotations

import functools
import re
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.long
LANGUAGES = {"en": "zh-Hant", "zh-Hant": "en"}
LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object|link)\b[^>]*?\s(?:src|srcset|data|href)=[\"']?(?:https?:)?//",
    re.IGNORECASE,
)
LOADED_BY_CSS = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"']?)(?:https?:)?//", re.IGNORECASE)
# A request that the next page cut short.
LEFT_BEHIND = "net::ERR_ABORTED"
# What the theme's script fetches from elsewhere, and the mark in a page that makes it do so.
FETCHES_ON_DEMAND = ('class="mermaid', 'class="glightbox', "pyodide", "api.github.com")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    process.run([sys.executable, "-m", "tools.docs", "--out", folder], process.Options(cwd=ROOT))
    return folder


def pages(site: Path) -> list[Path]:
    return sorted(site.glob("*/**/*.html"))


def test_no_page_or_style_loads_anything_from_elsewhere(built: Path) -> None:
    for page in built.glob("**/*.html"):
        text = page.read_text(encoding="utf-8")
        assert not LOADED.search(text), page
        body = text.partition("<article")[2].partition("</article>")[0]
        assert not [mark for mark in FETCHES_ON_DEMAND if mark in body], page
    for style in built.glob("**/*.css"):
        assert not LOADED_BY_CSS.search(style.read_text(encoding="utf-8")), style


def test_every_page_leads_to_itself_in_the_other_language(built: Path) -> None:
    assert len(pages(built)) > 2
    for page in pages(built):
        there = re.search(r'<a class="[^"]*sg-language"[^>]*href="([^"]+)"', page.read_text(encoding="utf-8"))
        assert there, page
        language = page.relative_to(built).parts[0]
        same = built / LANGUAGES[language] / page.relative_to(built / language)
        assert (page.parent / there[1]).resolve() == same.resolve()
        assert same.exists()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(built)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.browser
def test_in_a_browser_nothing_is_asked_elsewhere_and_nothing_fails(built: Path, address: str, browser: Browser) -> None:
    page = browser.new_page()
    faults: list[str] = []
    page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(address) else None)
    page.on("requestfailed", lambda asked: faults.append(asked.url) if asked.failure != LEFT_BEHIND else None)
    page.on("response", lambda said: faults.append(f"{said.status} {said.url}") if said.status >= 400 else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    for file in [built / "index.html", *pages(built)]:
        page.goto(address + file.relative_to(built).as_posix())
    page.close()
    assert not faults


@pytest.mark.browser
@pytest.mark.parametrize(
    ("start", "asked", "found"),
    [
        ("zh-Hant", "法蘭", "how-to/judge-a-process.html"),
        ("zh-Hant", "熱處理", "explanations/simulated-builder.html"),
        ("zh-Hant", "護照", "how-to/issue-a-passport.html"),
        ("en", "flatness", "how-to/judge-a-process.html"),
    ],
)
def test_search_finds_words_within_words(address: str, browser: Browser, start: str, asked: str, found: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}{start}/index.html")
    page.click(".md-search__button")
    page.keyboard.type(asked)
    page.locator(f'a[href*="{found}"]').first.wait_for(state="attached")
    links = page.locator("a[href]").evaluate_all("all => all.map(one => one.href)")
    page.close()
    assert any(found in link for link in links)
