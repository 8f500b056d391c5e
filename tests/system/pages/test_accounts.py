"""Second factors in a real browser: an app with codes, a security key, a way in without a password."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect
from support.processes import start_site
from system.pages.conftest import LOCALES, Visit, World, watched

from samegauge.web.frontend.build import Places, build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.long]

PHRASE = "a gauge for every bore"
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def visit(site: Any, browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """An owner who just signed in, at the one name of this machine at which browsers allow keys."""
    build(Places())
    running = start_site(site)
    running = replace(running, address=running.address.replace("127.0.0.1", "localhost"))
    link = (running.setup_link or "").replace("127.0.0.1", "localhost")
    visit = watched(World(running, {}, tmp_path), browser.new_context(locale=LOCALES["en"]))
    visit.page.goto(link)
    for name, text in (("organisation_name", "Pier"), ("display_name", "Chen"), ("username", "chen")):
        visit.page.fill(f"[name={name}]", text)
    visit.page.fill("[name=password]", PHRASE)
    visit.page.click("main button[type=submit]")
    yield visit
    assert (visit.foreign, visit.complaints) == ([], [])
    visit.context.close()
    running.child.stop()


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).or_(
        page.locator("main").get_by_role("link", name=name, exact=True)
    ).first.click()


def confirm(page: Page) -> None:
    page.fill("main [name=password]", PHRASE)
    press(page, "Confirm")


def sign_out(page: Page) -> None:
    page.click(".sg-menu summary")
    page.click(".sg-menu button:has-text('Sign out')")


@pytest.mark.asvs("6.2.6", "6.2.7")
def test_a_password_can_be_pasted_and_looked_at(visit: Visit) -> None:
    sign_out(visit.page)
    field = visit.page.locator("[name=password]")
    assert field.get_attribute("type") == "password"
    visit.page.evaluate("navigator.clipboard && 0")
    field.focus()
    visit.page.keyboard.insert_text(PHRASE)
    press(visit.page, "Show the password")
    assert (field.get_attribute("type"), field.input_value()) == ("text", PHRASE)
    assert visit.findings() == []


def test_a_key_is_set_up_and_opens_the_account_with_and_without_the_password(visit: Visit) -> None:
    page = visit.page
    cdp = visit.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    visit.go("/account/")
    assert visit.findings() == []
    press(page, "Second factor")
    assert visit.findings() == []
    press(page, "Add a key")
    confirm(page)
    page.check("[name=passwordless]")
    assert visit.findings() == []
    press(page, "Use a security key")
    expect(page.locator(".sg-codes li")).to_have_count(10)
    assert visit.findings() == []
    press(page, "I have kept them")
    press(page, "Manage")
    expect(page.locator("main")).to_contain_text("Alone, without a password")
    assert visit.findings() == []
    sign_out(page)
    assert visit.findings() == []
    press(page, "Sign in with a security key")
    page.wait_for_url(visit.world.running.address)
    sign_out(page)
    page.fill("[name=login]", "chen")
    page.fill("[name=password]", PHRASE)
    press(page, "Sign in")
    assert visit.findings() == []
    press(page, "Use a security key")
    page.wait_for_url(visit.world.running.address)


def test_without_a_key_it_says_what_to_do(visit: Visit) -> None:
    page = visit.page
    cdp = visit.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | {"isUserVerified": False}})
    sign_out(page)
    press(page, "Sign in with a security key")
    expect(page.locator("[data-key-message]")).to_contain_text("No key answered")


def test_an_app_with_codes_is_set_up_from_the_picture_page(visit: Visit) -> None:
    page = visit.page
    visit.go("/account/second-factor/totp/activate/")
    confirm(page)
    secret = page.locator("main code").inner_text()
    assert page.locator("main img.sg-square").evaluate("image => image.naturalWidth") > 0
    assert visit.findings() == []
    while page.locator("[name=code]").count():  # a code that ran out on its way is typed anew, as a person would
        page.fill("[name=code]", format_hotp_value(hotp_value(secret, int(page.evaluate("Date.now()")) // 30_000)))
        press(page, "Set up")
        page.wait_for_load_state()
    expect(page.locator(".sg-codes li")).to_have_count(10)
    with page.expect_download() as download:
        press(page, "Download")
    assert download.value.suggested_filename == "samegauge-recovery-codes.txt"
    codes = page.locator(".sg-codes li").all_inner_texts()
    assert all(code in download.value.path().read_text() for code in codes)
