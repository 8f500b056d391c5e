"""A firm's own spreadsheet from its upload to its undoing, in a browser with the worker behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support.messy_sheets import suppliers_in_big5

if TYPE_CHECKING:
    from pathlib import Path

    from system.pages.conftest import Visit

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000


def test_a_spreadsheet_is_matched_taken_over_found_and_undone(visit: Visit, tmp_path: Path) -> None:
    sheet = tmp_path / "suppliers.csv"
    sheet.write_bytes(suppliers_in_big5())
    page = visit.open("partners_from_a_sheet")
    page.set_input_files("#files", str(sheet))
    page.click("main form[enctype] button[type=submit]")
    expect(page.locator(".sg-verdict-alarm")).to_contain_text("A needed field has no column.")
    assert visit.findings() == []
    page.select_option("#same_kind", "supplier")
    page.get_by_role("button", name="Match anew").click()
    expect(page.locator(".sg-verdict-ok")).to_contain_text("3 new, 0 changed, 0 unchanged.")
    page.fill("#save_as", "Accounting")
    page.get_by_role("button", name="Take over").click()
    page.get_by_role("link", name="See what came in").click(timeout=PATIENCE_MS)
    expect(page.locator("main")).to_contain_text("suppliers.csv")
    shown = page.url
    visit.go("/records/partners/?q=V002")
    expect(page.locator("main tbody tr")).to_have_count(1)
    page.goto(shown)
    page.fill("#reason", "Wrong list")
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.locator(".sg-verdict-neutral")).to_contain_text("Wrong list")
    visit.go("/records/partners/?q=V002")
    expect(page.locator("main tbody tr")).to_have_count(0)
    assert visit.complaints == []
    assert visit.foreign == []
