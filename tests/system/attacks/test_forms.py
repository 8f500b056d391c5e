"""Nonsense in every field of every form, and in fields that no form shows, is answered, never crashed on."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from tenancy.routes import Visitor, content_of, guarded_routes, undone

from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from tenancy.canaries import Firm

pytestmark = pytest.mark.django_db

NONSENSE = ["", "x" * 3000, "9" * 40, "-1", "NaN", "2026-02-30", "0001-01-01", "' OR 1=1 --", "\u0663\u0b72"]
METHOD_NOT_ALLOWED = 405
OTHER_FIELDS = ["reason", "saved", "save_as", "header", "sheet", "kind", "sha256", "until", "step", "what", "next"]


class Forms(HTMLParser):
    """The forms of a page that post: (address, value of each field)."""

    def __init__(self, address: str, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self._address, self._fields, self._select = address, {}, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._fields = {}
            if given.get("method", "").lower() == "post":
                self.found.append((given.get("action") or self._address, self._fields))
        elif tag in {"input", "textarea", "button", "select"} and name:
            self._fields[name] = given.get("value", "")
            self._select = name if tag == "select" else ""
        elif tag == "option" and self._select and (not self._fields[self._select] or "selected" in given):
            self._fields[self._select] = given.get("value", "")


def forms(visitor: Visitor, firm: Firm) -> dict[str, dict[str, str]]:
    """Every address of this site that a page posts to, with its fields, and the addresses that take a POST unseen."""
    found: dict[str, dict[str, str]] = {}
    for route in guarded_routes():
        if route.is_api:
            continue
        address = route.path(firm)
        found.setdefault(address.partition("?")[0], {})
        answer = visitor.browser.get(address)
        said = content_of(answer)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            for action, fields in Forms(address, said).found:
                found.setdefault(action, {}).update(fields)
    return {address: fields for address, fields in found.items() if _takes_posts(visitor, address)}


def _takes_posts(visitor: Visitor, address: str) -> bool:
    with undone():
        return visitor.browser.post(address).status_code != METHOD_NOT_ALLOWED


def crashes(visitor: Visitor, asked: dict[str, dict[str, str]], nonsense: list[str]) -> list[str]:
    visitor.browser.raise_request_exception = False
    found = []
    for address, fields in asked.items():
        for name in [*fields, *(name for name in OTHER_FIELDS if name not in fields)]:
            for value in nonsense:
                with undone():
                    answer = visitor.browser.post(address, {**fields, name: value})
                    content_of(answer)
                if answer.status_code >= 500:
                    found.append(f"{answer.status_code} {address} {name}={value[:20]!r}")
    return found


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(NONSENSE[1::5], id="slice"),
        pytest.param(NONSENSE, id="all", marks=pytest.mark.full),
    ],
)
@pytest.mark.asvs("2.2.1")
@pytest.mark.threat("T08")
def test_nonsense_in_any_field_is_answered(firm: Firm, nonsense: list[str]) -> None:
    visitor = Visitor(firm, Role.OWNER)
    asked = forms(visitor, firm)
    assert len([address for address, fields in asked.items() if len(fields) > 1]) > 15
    assert crashes(visitor, asked, nonsense) == []


def test_a_zero_byte_in_a_form_is_refused_before_any_database_is_asked(firm: Firm) -> None:
    visitor = Visitor(firm, Role.OWNER)
    refused = {address: visitor.browser.post(address, {"a": "\x00"}).status_code for address in forms(visitor, firm)}
    assert {address: status for address, status in refused.items() if status != 400} == {}
