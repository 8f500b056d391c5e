"""What people do on the pages, with a mouse, a keyboard and a scanner."""

from __future__ import annotations

import os
import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page
    from system.pages.conftest import Visit, World

pytestmark = pytest.mark.browser

SCANNED_MS = 5
# The time stamps say 5 ms a key, so that a busy machine does not make a finger of the scanner.
TYPE_KEYS = """([codes, pause_ms]) => {
  for (const [index, code] of codes.entries()) {
    const event = new KeyboardEvent('keydown', {...code, bubbles: true, cancelable: true});
    Object.defineProperty(event, 'timeStamp', {value: 1000 + index * pause_ms});
    (document.activeElement ?? document.body).dispatchEvent(event);
  }
}"""


def _keys(text: str) -> list[dict[str, object]]:
    """Keys as a scanner sends them: prefix, physical codes, Enter."""
    names = {"-": "Minus"}
    keys: list[dict[str, object]] = [{"code": "F9", "key": "F9"}]
    for char in text:
        code = names.get(char) or (f"Digit{char}" if char.isdigit() else f"Key{char.upper()}")
        keys.append({"code": code, "key": "Process", "shiftKey": char.isupper()})
    return [*keys, {"code": "Enter", "key": "Enter"}]


@pytest.mark.parametrize("name", ["home", "parts", "people"])
def test_a_scan_opens_the_unit_wherever_the_focus_is(visit: Visit, name: str) -> None:
    page = visit.open(name)
    if name == "people":
        page.focus("input[name=display_name]")
    page.evaluate(TYPE_KEYS, [_keys(visit.world.known["unit_serial"]), SCANNED_MS])
    expect(page).to_have_url(visit.world.url("thread"))


def test_the_search_is_one_key_away_and_finds_by_the_beginning(visit: Visit) -> None:
    page = visit.open("machines")
    page.keyboard.press("/")
    page.keyboard.type("SH-22-0000")
    page.keyboard.press("Enter")
    expect(page.locator("main li a").first).to_have_text("SH-22-00001")
    assert page.locator("main .sg-provenance").count() >= 9


def test_rows_are_walked_by_keyboard_and_back_returns_to_the_same_list(visit: Visit) -> None:
    page = visit.open("parts_of_an_item")
    for key in "jjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == "Box-20"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Box-20")
    page.go_back()
    assert page.url == visit.world.url("parts_of_an_item")
    assert page.locator("tbody th a").first.inner_text() == "Box-20"
    assert page.locator(".sg-view[aria-current]").inner_text() == "Box"


def test_filters_sorting_and_pages_live_in_the_address(visit: Visit) -> None:
    page = visit.open("parts")
    page.fill("#serial", "Cover")
    page.click(".sg-filter button")
    page.wait_for_url("**serial=Cover**")
    assert page.locator("tbody tr").count() == 20
    page.click("thead a:has-text('Serial number')")
    page.wait_for_url("**sort=-serial**")
    assert "serial=Cover" in page.url
    assert page.locator("tbody th a").first.inner_text() == "Cover-20"
    page.go_back()
    page.go_back()
    page.click("a[rel=next]")
    page.wait_for_url("**page=2**")
    assert page.locator(".sg-pages").inner_text().startswith("51–100 of 5,")


@pytest.mark.parametrize("name", ["home", "parts_of_an_item", "thread_whole_trace", "public_passport"])
def test_the_language_switch_stays_on_the_page(visit: Visit, name: str) -> None:
    page = visit.open(name)
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    assert page.url == visit.world.url(name)
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url == visit.world.url(name)


def test_the_theme_outlives_a_reload_and_a_change_of_page(visit: Visit) -> None:
    page = visit.open("home")
    for _press in range(2):
        page.click(".sg-header [data-theme-switch]")
    theme = "document.documentElement.dataset.bsTheme"
    assert page.evaluate(theme) == "dark"
    page.reload()
    assert page.evaluate(theme) == "dark"
    assert visit.open("machines").evaluate(theme) == "dark"


def test_the_date_decides_what_is_in_a_unit(visit: Visit) -> None:
    page, known = visit.open("thread_of_an_assembly"), visit.world.known

    def in_it_on(day: str) -> tuple[str, set[str], set[str]]:
        page.fill("#at", day)
        page.click("#as-built .sg-filter button")
        page.wait_for_url(f"**at={day}**")
        tree = page.locator("#as-built figure")
        page.click("#as-built summary")
        rows = [row.inner_text().split("\t") for row in tree.locator("tbody tr").all()]
        gone = {row[1] for row in rows if "replaced" in row[3]}
        return tree.locator("figcaption").inner_text(), {row[1] for row in rows} - gone, gone

    title, standing, gone = in_it_on(known["tree_before"])
    assert title.startswith(f"5000 units in TX-650-0398 on {known['tree_before']}")
    assert ("GR-10-0003" in standing, "GR-10-9001" in standing, gone) == (True, False, set())
    title, standing, gone = in_it_on(known["tree_after"])
    assert title.startswith(f"4901 units in TX-650-0398 on {known['tree_after']}")
    assert ("GR-10-0003" in standing, "GR-10-9001" in standing, gone) == (False, True, {"GR-10-0003"})


def test_a_part_leads_up_to_all_that_holds_it(visit: Visit) -> None:
    page = visit.open("thread_of_a_built_in_part")
    holders = page.locator("#as-built tbody th a").all_inner_texts()
    assert holders == ["GR-10-0001", "TX-650-0398"]


def test_the_altered_event_is_named_first(visit: Visit) -> None:
    page = visit.open("altered_event")
    verdict = page.locator(".sg-verdict-alarm").inner_text()
    assert re.search(r"The event torque of 2026-03-02 10:00 was changed after it was recorded", verdict)
    assert visit.open("events").locator(".sg-verdict-ok").count() == 1


def test_a_failing_part_says_what_fails_and_where_to_look(visit: Visit) -> None:
    page = visit.open("thread_of_a_failing_part")
    assert re.search(r": \d\.\d+\smm \(", page.locator(".sg-verdict-reason").inner_text())
    page.click(".sg-verdict a")
    assert page.locator("tbody tr").first.locator(".sg-chip-alarm").count() == 1


WIDE = """() => [...document.querySelectorAll('.sg-table-scroll')].filter(one => one.scrollWidth > one.clientWidth)
  .map(one => `${one.getAttribute('aria-label')}: ${one.scrollWidth} > ${one.clientWidth}`)"""


@pytest.mark.parametrize(
    "name",
    ["home", "parts", "thread", "thread_of_a_failing_part", "thread_of_an_assembly", "altered_event", "inspection",
     "failed_inspection", "characteristics", "characteristic", "machines", "machine_day", "import", "refused_import"],
)  # fmt: skip
def test_a_desk_screen_shows_every_column(visit: Visit, name: str) -> None:
    assert visit.open(name).locator(".sg-table").count() > 0
    assert visit.page.evaluate(WIDE) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [820, 1280])
def test_the_operations_keep_every_column_in_sight(visit_as: Callable[..., Visit], language: str, width: int) -> None:
    for name in ("thread", "thread_of_a_failing_part"):
        page = visit_as("owner", language, "light", width).open(name)
        assert page.locator("#operations .sg-records .sg-table th[scope=col]").count() == 8
        assert page.evaluate(WIDE) == []


def _upload(page: Page, log: Path) -> None:
    page.set_input_files("#files", str(log))
    page.click(".sg-upload button[type=submit]")
    page.wait_for_url("**/jobs/**")


def _log(folder: Path, machine: str) -> Path:
    path = folder / f"{machine}-20171105-20171106.txt"
    path.write_text("".join(f"2017-11-05T08:00:0{second}.5Z|Xabs|2.{second}\n" for second in range(9)))
    return path


def test_an_upload_is_followed_to_its_report_and_can_be_undone(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("new_import")
    _upload(page, _log(tmp_path, "Mill05"))
    page.locator(".sg-job-done").wait_for(timeout=60_000)
    expect(page.locator("#live")).to_have_text("Import: Done")
    page.click(".sg-job a.sg-primary")
    expect(page.locator(".sg-verdict-ok")).to_contain_text("Everything went in")
    assert page.locator("main").inner_text().count("Xabs") == 1
    report = page.url
    page.fill("#reason", "Wrong day")
    page.click("form[action$='/undo/'] button")
    expect(page.locator(".sg-verdict")).to_contain_text("Undone on")
    expect(page.locator(".sg-verdict")).to_contain_text("Wrong day")
    assert page.url == report
    assert page.locator("form[action$='/undo/']").count() == 0
    assert (visit.foreign, visit.complaints) == ([], [])


@contextmanager
def _worker_at_rest(world: World) -> Iterator[None]:
    workers = world.running.processes()["worker"]
    for number in workers:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in workers:
            os.kill(number, signal.SIGCONT)


def test_a_job_can_be_stopped_and_the_page_says_so_by_itself(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("new_import")
    with _worker_at_rest(visit.world):
        _upload(page, _log(tmp_path, "Mill06"))
        expect(page.locator(".sg-job-state")).to_have_text("Waiting")
        assert visit.findings() == []
        other = visit.context.new_page()
        other.goto(page.url)
        other.click(".sg-job button[type=submit]")
        expect(other.locator(".sg-job-state")).to_have_text("Stopped")
        expect(page.locator(".sg-job-state")).to_have_text("Stopped", timeout=15_000)
    page.reload()
    expect(page.locator(".sg-job-state")).to_have_text("Stopped")
    assert page.locator("main a[href='/imports/new/']").count() == 1


def test_a_refused_file_says_where_and_why_in_the_readers_language(visit_as: Callable[..., Visit]) -> None:
    said = {
        language: visit_as(language=language).open("refused_document").locator(".sg-verdict-alarm").inner_text()
        for language in ("en", "zh")
    }
    assert "DOCTYPE" in said["en"]
    assert "refused" in said["en"]
    assert "DOCTYPE" in said["zh"]
    assert re.search(r"[\u4e00-\u9fff]{4}", said["zh"])


def test_a_passport_is_issued_and_checked_by_somebody_without_an_account(
    visit: Visit, visit_as: Callable[..., Visit], tmp_path: Path
) -> None:
    page = visit.go(f"{visit.world.path('thread')}passport/")
    page.click("form button.sg-primary")
    page.locator("tbody tr").first.wait_for()
    with page.expect_download() as signed:
        page.click("tbody th a")
    file = tmp_path / "box.passport.json"
    signed.value.save_as(file)
    public = page.locator("tbody a", has_text="public page").first.get_attribute("href") or ""
    guest = visit_as("")
    shown = guest.go(public)
    assert "exactly as issued" in shown.locator(".sg-verdict-ok").inner_text()
    assert visit.world.known["unit_serial"] in shown.locator(".sg-facts").inner_text()
    assert shown.locator(".sg-nav, .sg-search").count() == 0
    shown.set_input_files("#file", str(file))
    shown.click("main button[type=submit]")
    assert "exactly as issued" in shown.locator(".sg-verdict-ok").inner_text()


@pytest.mark.parametrize(
    ("file", "kind", "said"),
    [
        ("genuine.json", "ok", "exactly as issued"),
        ("altered.json", "alarm", ""),
        ("foreign.json", "alarm", ""),
    ],
)
def test_a_passport_file_is_judged(visit_as: Callable[..., Visit], file: str, kind: str, said: str) -> None:
    visit = visit_as("", "en", "light", 390)
    page = visit.open("check_a_passport")
    page.set_input_files("#file", str(visit.world.folder / file))
    page.click("main button[type=submit]")
    verdict = page.locator(".sg-verdict")
    assert f"sg-verdict-{kind}" in (verdict.get_attribute("class") or "")
    assert said in verdict.inner_text()
    assert visit.findings() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_signal_is_drawn_for_one_operation_and_for_all(visit: Visit) -> None:
    page = visit.open("thread")
    page.locator(".sg-signal canvas").first.wait_for()
    assert page.locator(".sg-signal .sg-figure-title").inner_text().endswith("OP5 (Cavity Side)")
    page.select_option("#run", "all")
    page.click("#operations .sg-filter button")
    page.wait_for_url("**run=all**")
    page.locator(".sg-signal canvas").first.wait_for()
    assert " · " not in page.locator(".sg-signal .sg-figure-title").inner_text()
    assert (visit.foreign, visit.complaints) == ([], [])


@pytest.mark.parametrize("name", ["empty_home", "empty_parts", "empty_imports"])
def test_an_empty_site_shows_the_way_in(visit_as: Callable[..., Visit], name: str) -> None:
    page = visit_as("newcomer").open(name)
    page.click(".sg-empty a.sg-button")
    page.wait_for_url("**/imports/new/")
    assert page.locator("input[type=file]").count() == 1


@pytest.mark.parametrize("name", ["empty_characteristics", "empty_machines", "empty_tokens", "nothing_found"])
def test_an_empty_list_says_why(visit_as: Callable[..., Visit], name: str) -> None:
    page = visit_as("newcomer").open(name)
    assert len(page.locator(".sg-empty").inner_text()) > 10
    assert page.locator("main table").count() == 0


def test_a_guest_is_offered_only_what_a_guest_may_do(visit_as: Callable[..., Visit]) -> None:
    visit = visit_as("guest")
    assert visit.open("imports").locator("main a[href='/imports/new/']").count() == 0
    assert visit.open("import").locator("form[action$='/undo/']").count() == 0
    assert visit.open("passports").locator("main form button").count() == 0
    assert "not open to you" in visit.open("people").locator("main").inner_text()


def test_switching_the_organisation_leaves_nothing_of_the_first_behind(visit_as: Callable[..., Visit]) -> None:
    visit = visit_as("traveller")
    page = visit.open("home")
    page.click(".sg-menu summary")
    page.click(".sg-menu button[name=organisation]")
    expect(page.locator(".sg-organisation")).to_have_text("Empty Works")
    assert page.locator(".sg-empty").count() == 1
    assert "not" in visit.open("thread").locator("main").inner_text()
    assert visit.refused == {visit.world.url("thread")}
