"""Hostile texts in every field of every record, on every page: shown as text, never as markup."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from tenancy.routes import Visitor, content_of, guarded_routes

from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import may
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Document
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from tenancy.canaries import Firm

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


class Markup(HTMLParser):
    """Collects what a browser would run or fetch, and what the hostile text would have become."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.broken_out: list[str] = []
        self.inline: list[str] = []
        self.elsewhere: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if (tag == "i" and given.get("id") == "x") or (tag == "svg" and "onload" in given):
            self.broken_out.append(f"<{tag} {given}>")
        self.inline += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "script" and not given.get("src") and given.get("type") not in {"application/json", "text/plain"}:
            self.inline.append("script")
        targets = [given.get(name) or "" for name in ("src", "href", "action", "srcset", "data", "poster")]
        self.elsewhere += [target for target in targets if target.lower().startswith(("http", "//", "javascript:"))]


@pytest.mark.asvs("1.2.1", "1.2.3")
@pytest.mark.threat("T08")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_no_text_becomes_markup_and_no_page_runs_or_fetches_anything_else(hostile_firm: Firm, language: str) -> None:
    visitor = Visitor(hostile_firm, Role.OWNER)
    wrong, shown = [], 0
    for route in guarded_routes():
        action = route.action("GET")
        if route.is_api or action is None or not may(Role.OWNER, action):
            continue
        answer = visitor.browser.get(route.path(hostile_firm), headers={"Accept-Language": language})
        page = content_of(answer)
        if "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        shown += "&lt;i id=x&gt;" in page
        markup = Markup(page)
        faults = markup.broken_out + markup.inline + markup.elsewhere
        if faults or "49$" in page:
            wrong.append((route.name, faults[:3]))
    assert wrong == []
    assert shown > 10


def test_the_api_answers_hostile_texts_as_data(hostile_firm: Firm) -> None:
    visitor = Visitor(hostile_firm, Role.OWNER)
    answers = [visitor.asks("GET", route.path(hostile_firm)) for route in guarded_routes() if route.is_api]
    kinds = {answer.headers["Content-Type"].partition(";")[0] for answer in answers if answer.status_code == 200}
    for answer in answers:
        content_of(answer)
    data = {"application/json", "application/ld+json", "text/plain", "application/octet-stream", "application/pdf"}
    assert kinds <= data


CARRIERS = {
    "page.html": b"<!doctype html><script>alert(1)</script>",
    "image.svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "plain.txt": b"<html><script>alert(1)</script></html>",
    "script.js": b"alert(1)",
    "archive.zip": b"PK\x03\x04<script>alert(1)</script>",
}


@pytest.mark.asvs("3.2.1", "5.3.1")
@pytest.mark.threat("T05")
@pytest.mark.parametrize("name", CARRIERS)
def test_what_could_run_in_a_browser_is_only_ever_downloaded(firm: Firm, name: str) -> None:
    with organisation_scope(firm.organisation):
        stored = keep(CARRIERS[name], name)
        document = Document.objects.create(title=name, kind="CAD", stored=stored, unit=firm.records["machine"])
    answer = Visitor(firm, Role.OWNER).browser.get(f"/documents/{document.uid}/")
    content_of(answer)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.asvs("3.2.1")
@pytest.mark.threat("T05")
def test_a_page_hidden_behind_a_pdf_signature_stays_a_sandboxed_pdf(firm: Firm) -> None:
    with organisation_scope(firm.organisation):
        stored = keep(b"%PDF-1.7\n<script>alert(1)</script>", "a.html")
        document = Document.objects.create(title="a", kind="CAD", stored=stored, unit=firm.records["machine"])
    answer = Visitor(firm, Role.OWNER).browser.get(f"/documents/{document.uid}/")
    content_of(answer)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@pytest.mark.asvs("3.4.3", "3.4.4", "3.4.5", "3.4.6")
@pytest.mark.threat("T17")
def test_every_kind_of_answer_carries_the_guarding_headers(firm: Firm) -> None:
    visitor = Visitor(firm, Role.OWNER)
    elsewhere = ["/nowhere/", "/verify/", "/verify/x/", "/health/", "/account/password/change/"]
    lacking = []
    for path in [route.path(firm) for route in guarded_routes()] + elsewhere:
        answer = visitor.asks("GET", path)
        content_of(answer)
        policy = answer.headers.get("Content-Security-Policy", "")
        given = {name: answer.headers.get(name) for name in GUARDS}
        if given != GUARDS or "default-src 'none'" not in policy or "unsafe" in policy:
            lacking.append((path, policy, given))
    assert lacking == []


@pytest.mark.asvs("3.4.3", "3.4.4")
@pytest.mark.threat("T17")
def test_what_needs_no_account_is_guarded_too() -> None:
    client = Client(raise_request_exception=False)
    paths = [
        "/account/login/",
        "/static/favicon.svg",
        "/static/nothing.css",
        "/api/units",
        "/api/openapi.json",
        "/units/",
    ]
    answers = [client.get(path) for path in paths]
    answers.append(client.generic("TRACE", "/"))
    answers.append(client.post("/account/login/", {}, headers={"host": "elsewhere.example"}))
    for answer in answers:
        content_of(answer)
    assert all("default-src 'none'" in answer.headers["Content-Security-Policy"] for answer in answers)
    assert all(answer.headers["X-Content-Type-Options"] == "nosniff" for answer in answers)
    assert [answer.status_code for answer in answers[-2:]] == [405, 400]
