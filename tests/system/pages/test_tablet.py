"""The tablet of a station in a real browser, with the network cut, the server gone and the browser killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect
from support.processes import RunningSite, SiteProcesses, free_port, site_processes, start_site
from system.conftest import CHROMIUM, CHROMIUM_WORDS
from system.pages.conftest import AXE_TAGS
from system.pages.station_world import FIRST_STEPS, HEADS, MACHINES, PASSWORD, uid

from samegauge.doors import process
from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.long]

WORLD = Path(__file__).with_name("station_world.py")
STATE = "#state"
TABLET = {"width": 820, "height": 1180}
QUEUE = """() => new Promise(resolve => {
  const opened = indexedDB.open('samegauge-station');
  opened.onsuccess = () => {
    const asked = opened.result.transaction('queue').objectStore('queue').getAll();
    asked.onsuccess = () => { opened.result.close(); resolve(asked.result); };
  };
})"""
FILL_UP = "void (IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); })"
SMALL = """() => [...document.querySelectorAll('main a, main button, main summary, header a')]
  .filter(one => one.checkVisibility())
  .map(one => [one.textContent, one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 56 || box.width < 56).map(([text]) => text)"""


@dataclass
class Hall:
    """A site with two stations, which can be switched off and on again at the same address, and its twin at rest."""

    processes: SiteProcesses
    twin: Path
    port: int
    running: RunningSite | None = None

    @property
    def tablet(self) -> str:
        return f"http://127.0.0.1:{self.port}/stations/tablet/"

    def start(self) -> None:
        if self.running is None:
            self.running = start_site(self.processes, "--port", str(self.port))

    def stop(self) -> None:
        if self.running is not None:
            self.running.child.stop()
            self.running = None

    def tell(self, *words: str, home: Path | None = None) -> None:
        environment = self.processes.environment | ({"SAMEGAUGE_HOME": str(home)} if home else {})
        process.run([sys.executable, WORLD, *words], process.Options(env=environment))

    def dump(self, folder: Path) -> dict[str, Any]:
        folder.mkdir(exist_ok=True)
        self.tell("dump", str(folder))
        return json.loads((folder / "dump.json").read_text())


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    build(Places())
    folder = tmp_path_factory.mktemp("hall")
    with site_processes(folder / "home") as processes:
        made = Hall(processes, folder / "twin", free_port())
        made.tell("fill")
        shutil.copytree(processes.home, made.twin)
        made.start()
        yield made
        made.stop()


@dataclass
class Tablet:
    """One tablet: what its browser keeps lies in `profile`, whatever happens to the browser."""

    chromium: BrowserType
    profile: Path
    language: str = "en-US"
    theme: str = "light"

    def switch_on(self) -> Page:
        self.context = self.chromium.launch_persistent_context(
            self.profile,
            executable_path=CHROMIUM,
            args=CHROMIUM_WORDS,
            viewport=TABLET,  # type: ignore[arg-type]
            locale=self.language,
            color_scheme=self.theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        self.page = self.context.pages[0]
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return self.page

    def kill(self) -> None:
        """End the browser as a flat battery does."""
        mark = f"--user-data-dir={self.profile}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (folder / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)
        self.switch_off()

    def switch_off(self) -> None:
        with suppress(Error):
            self.context.close()


@pytest.fixture
def new_tablet(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Tablet]]:
    made: list[Tablet] = []

    def make(name: str = "tablet", **more: str) -> Tablet:
        made.append(Tablet(browser.browser_type, tmp_path / name, **more))
        return made[-1]

    yield make
    for one in made:
        one.switch_off()


def sign_in(page: Page, hall: Hall, person: str) -> None:
    page.goto(f"http://127.0.0.1:{hall.port}/account/login/?next=/stations/tablet/")
    page.fill("[name=login]", person)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/stations/tablet/**")


def load_the_shift(page: Page, hall: Hall) -> None:
    """Have the work of both stations and the shell on the tablet."""
    page.goto(f"{hall.tablet}#/at/S02")
    expect(page.locator(".st-tile")).to_have_count(3)
    page.goto(f"{hall.tablet}#/at/S01")
    expect(page.locator(".st-tile-here").first).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def switch_off(context: BrowserContext, hall: Hall) -> None:
    hall.stop()
    context.set_offline(True)


def step_at(hall: Hall, serial: str, key: str) -> str:
    return f"{hall.tablet}#/at/S01/{uid(serial)}/{key}"


def tile(page: Page, serial: str) -> Any:
    return page.locator(".st-tile", has_text=serial)


def scan(page: Page, code: str) -> None:
    """A keyboard wedge: characters and Enter, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def hold(page: Page, selector: str) -> None:
    box = page.locator(selector).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    expect(page.locator("#finish, .st-steps").first).to_be_visible()
    page.mouse.up()


def work_through_the_first_station(page: Page, part: str, refused: str) -> None:
    """From the first value to the request for release, by keypad, gauge, finger, scanner, camera and signature."""
    page.click("#instrument-TW-03")
    for key in ("1", "2", "6", ".", "3"):
        page.click(f"[id='key-{key}']")
    expect(page.locator(".st-verdict-line")).to_have_text("126.3\u00a0N·m exceeds 124\u00a0N·m")
    page.click("#record")
    expect(page.locator(".st-standing")).to_contain_text("126.3\u00a0N·m")
    scan(page, "120,4 N·m")
    page.click("#check")
    page.click("#choice-good")
    expect(page.locator("h1")).to_have_text("Fit the spindle head")
    scan(page, refused)
    expect(page.locator(".st-message-alarm")).to_contain_text(refused)
    scan(page, part)
    expect(page.locator("h1")).to_have_text("Photograph the joint")
    page.set_input_files("#camera", files=[{"name": "joint.png", "mimeType": "image/png", "buffer": pixels(page)}])
    expect(page.locator(".st-picture canvas")).to_be_visible()
    page.locator(".st-foot a").last.click()
    page.locator(".st-foot a").last.click()
    hold(page, "#sign")
    page.click("#finish")
    expect(page.locator(".sg-verdict")).to_contain_text("Finished")


def begin_two_more(page: Page) -> None:
    """A value and a check that is taken back at one machine; at the next a part, after one that is in the first."""
    tile(page, MACHINES[1]).click()
    page.click("#instrument-TW-03")
    scan(page, "119.5")
    page.click("#check")
    page.locator(".st-foot a").first.click()
    page.click("#take-back")
    page.get_by_role("button", name="Mistyped").click()
    scan(page, MACHINES[2])
    page.wait_for_url("**/torque")
    page.goto(page.url.replace("/torque", "/head"))
    page.wait_for_selector(".st-step-part")
    scan(page, HEADS[0])
    expect(page.locator(".st-message-alarm")).to_contain_text(f"{HEADS[0]} is already in {MACHINES[0]}")
    scan(page, HEADS[2])


def pixels(page: Page) -> bytes:
    """A picture larger than the tablet keeps them, as a camera would give it."""
    drawn = """() => { const canvas = document.createElement('canvas'); canvas.width = 2600; canvas.height = 1300;
      const pen = canvas.getContext('2d'); pen.fillStyle = '#b41'; pen.fillRect(90, 90, 900, 700);
      return canvas.toDataURL('image/png').split(',')[1]; }"""
    return b64decode(page.evaluate(drawn))


def findings(page: Page) -> list[str]:
    source = (Places().test_tools / "axe.min.js").read_text()
    page.evaluate(f"() => {{ {source}; }}")
    script = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
    found = page.evaluate(script, AXE_TAGS)["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


def test_a_day_without_network_arrives_once_and_in_any_order_gives_the_same(
    hall: Hall, new_tablet: Callable[..., Tablet], tmp_path: Path
) -> None:
    tablet = new_tablet()
    page = tablet.switch_on()
    sign_in(page, hall, "chen")
    load_the_shift(page, hall)
    switch_off(tablet.context, hall)
    page.reload()
    tile(page, MACHINES[0]).click()
    work_through_the_first_station(page, part=HEADS[0], refused=HEADS[1])
    expect(page.locator(STATE)).to_contain_text("8 not sent yet")
    page.reload()
    expect(page.locator(STATE)).to_contain_text("8 not sent yet")
    tablet.kill()
    page = tablet.switch_on()
    tablet.context.set_offline(True)
    tablet.context.clear_cookies()
    page.goto(f"{hall.tablet}#/at/S01")
    expect(page.locator(STATE)).to_contain_text("8 not sent yet")
    begin_two_more(page)
    expect(page.locator(STATE)).to_contain_text("12 not sent yet")
    made = page.evaluate(QUEUE)
    hall.start()
    tablet.context.set_offline(False)
    expect(page.locator(STATE)).to_contain_text("Sign in again")
    sign_in(page, hall, "wu")
    expect(page.locator(STATE)).to_contain_text("12 of Chen Wei-Ting wait for Chen Wei-Ting to sign in on this tablet")
    assert hall.dump(tmp_path / "nothing")["entries"] == []
    tablet.context.clear_cookies()
    sign_in(page, hall, "chen")
    expect(page.locator(STATE)).to_contain_text("Nothing waits to be sent")
    arrived = hall.dump(tmp_path / "day")
    assert [one["sent"]["id"] for one in arrived["entries"]] == sorted(row["id"] for row in made)
    assert {one["by"] for one in arrived["entries"]} == {"chen"}
    assert [row for row in arrived["stops"] if row[2] == "released"] == [[MACHINES[0], "S01", "released"]]
    assert {(row[0], row[1]) for row in arrived["as_built"]} == {
        (MACHINES[0], HEADS[0]), ("OLD-1", HEADS[1]), (MACHINES[2], HEADS[2]),
    }  # fmt: skip
    assert len(arrived["pictures"]) == 2  # the one taken here, and the one that a step shows
    assert sorted(row[:3] for row in arrived["measured"]) == [
        [MACHINES[0], "torque", 120.4], [MACHINES[0], "torque", 126.3], [MACHINES[1], "torque", 119.5],
    ]  # fmt: skip
    hall.tell("replay", str(tmp_path / "day"), "7", home=hall.twin)
    replayed = json.loads((tmp_path / "day" / "replay.json").read_text())
    assert replayed == arrived
    assert tablet.complaints == []


def test_an_answer_that_is_lost_doubles_nothing_and_of_two_tabs_one_sends(
    hall: Hall, new_tablet: Callable[..., Tablet], tmp_path: Path
) -> None:
    hall.start()
    tablet = new_tablet()
    page = tablet.switch_on()
    sign_in(page, hall, "wu")
    load_the_shift(page, hall)
    before = {one["sent"]["id"] for one in hall.dump(tmp_path / "before")["entries"]}
    asked: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        asked.append(route.request.post_data or "")
        if len(asked) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    tablet.context.route("**/api/stations/entries", lose_the_first_answer)
    other = tablet.context.new_page()
    other.goto(f"{hall.tablet}#/at/S01")
    expect(other.locator(".st-tile").first).to_be_visible()
    page.goto(step_at(hall, MACHINES[2], "torque"))
    page.click("#instrument-TW-03")
    scan(page, "121.0")
    expect(page.locator(STATE)).to_contain_text("last sent")
    expect(page.locator(STATE)).to_contain_text("Nothing waits to be sent")
    expect(other.locator(STATE)).to_contain_text("Nothing waits to be sent")
    [row] = page.evaluate(QUEUE)
    after = [one["sent"]["id"] for one in hall.dump(tmp_path / "after")["entries"]]
    assert sorted(after) == sorted([*before, row["id"]])
    assert row["way"] == "sent"
    assert [row["id"] in text for text in asked] == [True, True]


def test_a_full_tablet_says_so_and_loses_nothing_that_it_has_taken(
    hall: Hall, new_tablet: Callable[..., Tablet]
) -> None:
    hall.start()
    tablet = new_tablet()
    page = tablet.switch_on()
    sign_in(page, hall, "wu")
    load_the_shift(page, hall)
    switch_off(tablet.context, hall)
    page.goto(step_at(hall, MACHINES[1], "torque"))
    page.click("#instrument-TW-03")
    scan(page, "120.0")
    expect(page.locator(STATE)).to_contain_text("1 not sent yet")
    page.evaluate(
        "void (IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); })"
    )
    page.goto(step_at(hall, MACHINES[1], "clean"))
    page.click("#check")
    expect(page.locator(".st-message-alarm")).to_contain_text("this entry was NOT kept")
    expect(page.locator(STATE)).to_contain_text("1 not sent yet")
    page.reload()
    page.click("#check")
    expect(page.locator(STATE)).to_contain_text("2 not sent yet")
    hall.start()
    tablet.context.set_offline(False)
    expect(page.locator(STATE)).to_contain_text("Nothing waits to be sent")


def test_of_a_simulated_organisation_every_screen_says_so(hall: Hall, new_tablet: Callable[..., Tablet]) -> None:
    hall.start()
    page = new_tablet().switch_on()

    def as_simulated(route: Route) -> None:
        answer = route.fetch()
        known = answer.json()
        known["organisation"]["simulated"] = True
        route.fulfill(response=answer, json=known)

    page.route("**/api/stations/bootstrap", as_simulated)
    sign_in(page, hall, "wu")
    for place in ("#/stations", "#/at/S01", "#/sent"):
        page.goto(f"{hall.tablet}{place}")
        expect(page.locator("#head .sg-provenance")).to_have_text("Simulated data")
        for width in (390, 820):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    ("language", "theme"), [("en-US", "light"), pytest.param("zh-TW", "dark", marks=pytest.mark.full)]
)
def test_every_screen_is_accessible_and_made_for_gloves(
    hall: Hall, new_tablet: Callable[..., Tablet], language: str, theme: str
) -> None:
    hall.start()
    tablet = new_tablet(language=language, theme=theme)
    page = tablet.switch_on()
    sign_in(page, hall, "lin")
    load_the_shift(page, hall)
    machine = f"#/at/S01/{uid(MACHINES[0])}"
    steps = [f"{machine}/{one['key']}" for one in FIRST_STEPS]
    faults: list[tuple[str, str]] = []
    for place in ("#/stations", "#/at/S01", machine, *steps, "#/sent"):
        page.goto(f"{hall.tablet}{place}")
        expect(page.locator("main h1").first).to_be_visible()
        faults += [(place, fault) for fault in (*findings(page), *page.evaluate(SMALL))]
        for width, height in ((390, 780), (820, 1180), (1280, 800)):
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
                faults.append((place, f"wider than {width} px"))
    assert (faults, tablet.complaints) == ([], [])


def test_a_steps_picture_is_there_without_network(hall: Hall, new_tablet: Callable[..., Tablet]) -> None:
    hall.start()
    tablet = new_tablet()
    page = tablet.switch_on()
    sign_in(page, hall, "lin")
    load_the_shift(page, hall)
    switch_off(tablet.context, hall)
    page.goto(f"{hall.tablet}#/at/S02/{uid(MACHINES[0])}/guard")
    expect(page.locator(".st-asked img")).to_have_js_property("naturalWidth", 1)
    assert tablet.complaints == []
    tablet.context.set_offline(False)
