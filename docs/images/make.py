"""Take the README's picture again: python docs/images/make.py FOLDER_OF_THE_NIST_PACKAGE

Imports the package into a data folder of its own, starts the product, makes the first account in a browser as a
person would, and looks at one part. Needs Chromium and the extras `hub` and `dev`.
"""

# ruff: noqa: INP001 - a script beside the picture it makes, not a package

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from samegauge.doors import process

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = Path(__file__).with_name("thread.png")
SERIAL = "Box-07"
SIZE = {"width": 1280, "height": 1290}
SAMEGAUGE = [sys.executable, "-m", "samegauge.cli"]
PATIENCE_S = 120.0
FIRST_ACCOUNT = {
    "organisation_name": "Harbour Works",
    "display_name": "Y. Lin",
    "username": "lin",
    "password": "a gauge for every bore",
}


def take(package: Path, home: Path) -> None:
    environment = {"SAMEGAUGE_HOME": str(home), "SAMEGAUGE_LANGUAGE": "en"}
    # Some recorded lines are dirty and set aside, so the import ends with a status of its own.
    options = process.Options(env=environment, status_matters=False)
    process.run([*SAMEGAUGE, "import", "nist-tdp", package], options)
    log = home / "run.log"
    site = process.spawn([*SAMEGAUGE, "run", "--json"], env=environment, log=log)
    try:
        link = _setup_link(log)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            _look(chromium.new_page(viewport=SIZE, locale="en-US", color_scheme="light"), link)  # type: ignore[arg-type]
            chromium.close()
    finally:
        site.stop()


def _setup_link(log: Path) -> str:
    give_up_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_s:
        lines = log.read_text().splitlines() if log.exists() else []
        facts = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        if facts:
            return facts[-1]["setup_link"]
        time.sleep(0.1)
    raise TimeoutError(f"samegauge run did not come up within {PATIENCE_S:g} s; see {log}.")


def _look(page: Page, link: str) -> None:
    page.goto(link)
    for name, text in FIRST_ACCOUNT.items():
        page.fill(f"[name={name}]", text)
    page.select_option("[name=kind]", "component_maker")
    page.click("main button[type=submit]")
    page.fill("[type=search]", SERIAL)
    page.keyboard.press("Enter")
    page.locator(".sg-signal canvas").first.wait_for()
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=PICTURE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="samegauge-picture-") as folder:
        take(Path(sys.argv[1]), Path(folder))
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size / 1e3:.0f} kB\n")
