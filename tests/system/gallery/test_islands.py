"""The script islands in a real browser: keys, scanner, uploads, signals, theme and polling."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from system.gallery.conftest import Visit

pytestmark = pytest.mark.browser

TYPE_KEYS = """([keys, pause_ms]) => new Promise(done => {
  const send = index => {
    if (index === keys.length) return done(document.activeElement.tagName);
    const init = {...keys[index], bubbles: true, cancelable: true};
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', init));
    if (pause_ms) setTimeout(() => send(index + 1), pause_ms); else send(index + 1);
  };
  send(0);
})"""


def _scan(page: Page, codes: list[dict[str, Any]], pause_ms: int = 0) -> str:
    return page.evaluate(TYPE_KEYS, [codes, pause_ms])


def _keys(text: str) -> list[dict[str, Any]]:
    """Keys as a Chinese input method passes them on: no characters, only physical codes."""
    found: list[dict[str, Any]] = [{"code": "F9", "key": "F9"}]
    for char in text:
        if char == "-":
            found.append({"code": "Minus", "key": "Process"})
        elif char.isdigit():
            found.append({"code": f"Digit{char}", "key": "Process"})
        else:
            found.append({"code": f"Key{char.upper()}", "key": "Process", "shiftKey": char.isupper()})
    return [*found, {"code": "Enter", "key": "Process"}]


def test_a_scan_is_searched_wherever_the_focus_is(visit: Visit) -> None:
    page = visit.open("forms")
    page.focus("input[name=serial]")
    with page.expect_request(re.compile(r"/search/\?q=BX-104")) as asked:
        _scan(page, _keys("BX-104"))
    assert "scan=1" in asked.value.url
    assert page.input_value("input[name=serial]") == ""


def test_fingers_are_no_scanner(visit: Visit) -> None:
    page = visit.open("forms")
    page.focus("input[name=serial]")
    _scan(page, _keys("BX-104"), pause_ms=45)
    assert page.url.endswith("/forms/")
    assert page.evaluate("document.activeElement.name") == "serial"
    assert not any(path == "/search/" for path, _query in visit.site.asked)


def test_a_station_page_may_take_the_scan_itself(visit: Visit) -> None:
    page = visit.open("components")
    page.evaluate(
        "document.addEventListener('samegauge:scan',"
        " event => { window.took = event.detail.code; event.preventDefault(); })"
    )
    _scan(page, _keys("SH-2207"))
    assert page.evaluate("window.took") == "SH-2207"
    assert page.inner_text("#live") == "SH-2207"
    assert page.url.endswith("/components/")


def test_rows_are_walked_with_j_and_k_and_opened_with_enter(visit: Visit) -> None:
    page = visit.open("records")
    for key in "jjjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == "BX-102"
    with page.expect_request(re.compile("/parts/1/")):
        page.keyboard.press("Enter")


def test_slash_finds_and_escape_leaves(visit: Visit) -> None:
    page = visit.open("records")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("j/k")
    assert page.input_value("input[type=search]") == "j/k"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_a_menu_closes_with_escape_and_keeps_the_focus(visit: Visit) -> None:
    page = visit.open("components")
    page.click(".sg-menu > summary")
    assert visit.findings() == []
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('.sg-menu').open") is False
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_theme_is_kept_and_set_before_the_page_is_drawn(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="light")
    page = visit.open("components")
    for choice, theme in (("light", "light"), ("dark", "dark")):
        page.click(".sg-header [data-theme-switch]")
        root = page.evaluate("({...document.documentElement.dataset})")
        assert (root["themeChoice"], root["bsTheme"]) == (choice, theme)
    page.add_init_script(
        "new MutationObserver((_, seen) => { if (document.body) {"
        " window.atBody = document.documentElement.dataset.bsTheme; seen.disconnect(); } })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.reload()
    assert page.evaluate("window.atBody") == "dark"
    page.click(".sg-header [data-theme-switch]")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"


def test_wide_rows_are_remembered(visit: Visit) -> None:
    page = visit.open("records")
    row = "document.querySelector('tbody tr').getBoundingClientRect().height"
    assert page.evaluate(row) <= 33
    page.click("[data-density-switch]")
    assert page.evaluate(row) >= 44
    page.reload()
    assert page.evaluate(row) >= 44
    assert page.get_attribute("[data-density-switch]", "aria-pressed") == "true"


def test_a_job_polls_until_it_is_over_and_says_so(visit: Visit) -> None:
    page = visit.open("records")
    running = page.evaluate("document.querySelector('#job-a').outerHTML")
    over = re.sub(r' hx-\w+="[^"]*"', "", running).replace('id="job-a"', 'id="job-a" data-announce="Import: done"')
    visit.site.fragments["/jobs/a/"] = [running.replace("812,400", "900,000"), over]
    page.focus("#stop-a")
    page.wait_for_selector("#job-a[data-announce='Import: done']")
    asked = [path for path, _query in visit.site.asked].count("/jobs/a/")
    expect(page.locator("#live")).to_have_text("Import: done")
    assert page.evaluate("document.activeElement.id") == "stop-a"
    page.wait_for_timeout(1300)
    assert [path for path, _query in visit.site.asked].count("/jobs/a/") == asked == 2


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_an_upload_carries_the_check_sum_of_each_file(visit: Visit, tmp_path: Path, scheme: str) -> None:
    contents = [b"2026-11-21T06:32:00Z|Xact|1.5\n" * 9000, "同規".encode() * 21 + b"x"]
    paths = [tmp_path / f"log-{index}.txt" for index in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    page = visit.open("forms", scheme)
    assert page.evaluate("isSecureContext") == (scheme == "https")
    page.set_input_files("#files", [str(path) for path in paths])
    page.click(".sg-upload button[type=submit]")
    expect(page.locator("[data-upload-message]")).to_have_text("received")
    (path, body, _headers), *rest = visit.site.posted
    assert (path, rest) == ("/upload/", [])
    sums = [one.decode() for one in re.findall(rb'name="sha256"\r\n\r\n([0-9a-f]{64})', body)]
    assert sums == [hashlib.sha256(content).hexdigest() for content in contents]
    assert re.findall(rb'name="length"\r\n\r\n(\d+)', body) == [str(len(content)).encode() for content in contents]
    assert page.is_enabled(".sg-upload button[type=submit]")


def test_our_sha256_agrees_with_the_standard_at_every_block_border(visit: Visit) -> None:
    """Lengths 0 to 200 cross each padding case of FIPS 180-4; the pieces are cut at odd places."""
    page = visit.open("forms", "http")
    page.evaluate("window.sent = []")
    page.route("**/upload/", lambda route: route.fulfill(status=422, content_type="application/json", body="{}"))
    sizes = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129, 200]
    files = [
        {"name": f"{size}.bin", "mimeType": "application/octet-stream", "buffer": bytes(range(256))[:size]}
        for size in sizes
    ]
    page.set_input_files("#files", files[1:])
    with page.expect_request("**/upload/") as sent:
        page.click(".sg-upload button[type=submit]")
    body = sent.value.post_data_buffer or b""
    sums = [one.decode() for one in re.findall(rb'name="sha256"\r\n\r\n([0-9a-f]{64})', body)]
    assert sums == [hashlib.sha256(bytes(range(256))[:size]).hexdigest() for size in sizes[1:]]


def _signal(points: int) -> str:
    start = 1_795_100_000
    times = [start + index * 60 for index in range(points)]
    low = [20 + index % 17 for index in range(points)]
    series = [
        {"name": "Spindle load", "unit": "%", "minimum": low, "maximum": [value + 4 for value in low]},
        {"name": "Spindle speed", "unit": "1/min", "minimum": [900] * points, "maximum": [1200] * points},
    ]
    return json.dumps({"start": times[0], "end": times[-1], "time_s": times, "series": series})


def test_a_signal_is_drawn_and_finer_data_are_asked_for(visit: Visit) -> None:
    visit.site.fragments["/signal.json"] = [_signal(600)]
    page = visit.open("forms")
    page.wait_for_selector(".sg-signal canvas")
    assert page.locator(".sg-signal canvas").count() == 2
    stage = page.locator(".sg-signal .u-over").first
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=4)
    with page.expect_request(re.compile("signal.json.*start=")):
        page.mouse.up()
    page.wait_for_selector(".sg-signal:not([aria-busy])")
    query = next(query for path, query in visit.site.asked if path == "/signal.json" and "start" in query)
    assert query["start"][0] < query["end"][0]
    assert int(query["buckets"][0]) >= 100
    with page.expect_request(re.compile("signal.json")):
        page.click("[data-signal-move=whole]")
    page.wait_for_selector(".sg-signal:not([aria-busy])")
    assert visit.findings() == []
    assert visit.site.complaints == []


def test_a_signal_that_fails_says_so(visit: Visit) -> None:
    visit.site.fragments["/signal.json"] = ["not json"]
    page = visit.open("forms")
    expect(page.locator("[data-signal-message]")).to_contain_text("could not be read")
