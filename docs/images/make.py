"""Take the pictures of the documentation again: python docs/images/make.py

Loads the simulated company into a data folder of its own under a clock set to NOW, serves it, signs in as its
owner, and looks at each page of PICTURES in both languages. Needs Chromium and the extras `hub` and `dev`.
"""

# ruff: noqa: INP001 - a script beside the pictures it makes, not a package

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from samegauge.doors import ports, process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserType, Page

HERE = Path(__file__).parent
LANGUAGES = {"en": "en-US", "zh-Hant": "zh-TW"}
WIDTH = 1280
NOW = "2026-11-20T02:30:00+00:00"
SAMEGAUGE = [sys.executable, "-m", "samegauge.cli"]
PATIENCE_S = 120.0
OWNER = {"username": "lin", "display_name": "Y. Lin", "password": "a gauge for every bore"}
# Every process of the site sees this clock; it runs on from there, so that nothing waits for ever.
CLOCK = f"import time_machine\ntime_machine.travel({NOW!r}, tick=True).start()\n"


@dataclass(frozen=True)
class Picture:
    """`route` is what tests look up, so that no picture outlives its page; `find` names the record it is about."""

    name: str
    route: str
    find: str = ""
    height: int = 800


PICTURES = (
    Picture("start", "home", height=720),
    Picture("thread", "unit_thread", "machine", 900),
    Picture("process", "characteristic", "characteristic", 900),
    Picture("passport", "passports", "machine", 480),
    Picture("import", "import_new", height=560),
    Picture("labels", "labels"),
)


def furnish() -> dict[str, str]:
    """Load the simulated company and give it an owner who can sign in; tell the address of each picture's page."""
    from samegauge.cli.main import main
    from samegauge.cli.site import open_site

    main(["demo"])
    open_site()
    from django.urls import reverse

    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import ItemKind, Unit

    builder = Organisation.objects.get(is_simulated=True, kind=OrganisationKind.MACHINE_BUILDER)
    Membership.objects.create(person=Person.objects.create_user(**OWNER), organisation=builder, role=Role.OWNER)
    with organisation_scope(builder):
        machines = Unit.objects.filter(item__kind=ItemKind.MACHINE).order_by("serial")
        known: dict[str, Any] = {
            "machine": machines[4].uid,
            "characteristic": Characteristic.objects.order_by("name")[0].uid,
        }
    return {one.name: reverse(one.route, args=[known[one.find]] if one.find else []) for one in PICTURES}


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The site on a free port, under the clock of the pictures."""
    (home / "clock").mkdir()
    (home / "clock" / "sitecustomize.py").write_text(CLOCK)
    paths = os.pathsep.join([str(home / "clock"), *filter(None, [os.environ.get("PYTHONPATH")])])
    port = ports.free_port("127.0.0.1", 8000, 0.0)
    environment = {"SAMEGAUGE_HOME": str(home), "PYTHONPATH": paths}
    site = process.spawn([*SAMEGAUGE, "web", "--port", str(port)], env=environment, log=home / "web.log")
    try:
        give_up_s = time.monotonic() + PATIENCE_S
        while not ports.answers("127.0.0.1", port, "/health/"):
            if time.monotonic() > give_up_s:
                raise TimeoutError(f"The site did not come up within {PATIENCE_S:g} s; see {home / 'web.log'}.")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        site.stop()


def photograph(chromium: BrowserType, base: str, addresses: dict[str, str]) -> None:
    for language, locale in LANGUAGES.items():
        words = ["--no-sandbox", f"--lang={locale}"]
        browser = chromium.launch(
            executable_path=shutil.which("chromium"),
            args=words,
            env={**os.environ, "LANGUAGE": locale.replace("-", "_")},
        )
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 800}, locale=locale, color_scheme="light", reduced_motion="reduce"
        )
        page.goto(f"{base}/account/login/")
        page.fill("[name=login]", OWNER["username"])
        page.fill("[name=password]", OWNER["password"])
        page.click("main button[type=submit]")
        for one in PICTURES:
            _look(page, base + addresses[one.name], HERE / f"{one.name}.{language}.png", one.height)
        browser.close()


def _look(page: Page, address: str, file: Path, height: int) -> None:
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(address, wait_until="networkidle")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=file, animations="disabled")
    sys.stdout.write(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB\n")


def take(home: Path) -> None:
    import time_machine

    os.environ["SAMEGAUGE_HOME"] = str(home)
    with time_machine.travel(NOW, tick=True):
        addresses = furnish()
    with served(home) as base, sync_playwright() as playwright:
        photograph(playwright.chromium, base, addresses)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="samegauge-pictures-") as folder:
        take(Path(folder))
