"""What a browser would hold back is refused by the site itself; what looks like a command stays a text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from tenancy.canaries import rows_of
from tenancy.routes import Visitor, content_of, undone

from samegauge.core.kinds.declaration import RecordKind, all_kinds
from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from tenancy.canaries import Firm

pytestmark = pytest.mark.django_db


class Form(HTMLParser):
    """The fields of the forms that a page posts, with what the browser is told to hold back."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, dict[str, str]] = {}
        self.options: dict[str, list[str]] = {}
        self._select = ""
        forms = re.findall(r'<form\b[^>]*method="post".*?</form>', page.partition("<main")[2], re.DOTALL)
        self.feed(
            next((form for form in forms if re.search(r'name="(?!csrf)\w+"[^>]*\b(?:required|maxlength)', form)), "")
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"input", "select", "textarea"} and given.get("name"):
            self.fields[given["name"]] = given | {"tag": tag}
            self._select = given["name"] if tag == "select" else ""
        if tag == "option" and self._select:
            self.options.setdefault(self._select, []).append(given.get("value", ""))

    def filled(self) -> dict[str, str]:
        """A value for each field that the form takes."""
        return {name: self._value(name, given) for name, given in self.fields.items()}

    def _value(self, name: str, given: dict[str, str]) -> str:
        if given["tag"] == "select":
            return next((value for value in self.options[name] if value), "")
        if given.get("type") in {"hidden", "checkbox"}:
            return given.get("value", "on")
        samples = {"email": "a@works.example", "number": given.get("min") or "1", "date": "2026-01-02"}
        return samples.get(given.get("type", ""), "AB"[: int(given.get("maxlength", 2))])

    def violations(self) -> list[tuple[str, str]]:
        """One value for each limit, beyond it."""
        shown = {name: given for name, given in self.fields.items() if given.get("type") not in {"hidden", "checkbox"}}
        return [(name, value) for name, given in shown.items() for value in beyond(given)]


def beyond(given: dict[str, str]) -> list[str]:
    """Values that the browser would hold back."""
    of_attributes = {
        "required": lambda _said: "",
        "maxlength": lambda said: "x" * (int(said) + 1),
        "min": lambda said: str(float(said) - 1) if said else "x",
        "max": lambda said: str(float(said) + 1) if said else "x",
    }
    of_types = {"number": "no number", "email": "no address", "date": "2026-02-30"}
    found = [value(given[name]) for name, value in of_attributes.items() if name in given]
    found += ["none-of-these"] if given["tag"] == "select" else []
    return [*found, *(value for kind, value in of_types.items() if given.get("type") == kind)]


@pytest.mark.asvs("2.2.1", "2.2.2")
@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.slug)
def test_every_limit_a_form_shows_holds_on_the_server(kind: RecordKind, firm: Firm) -> None:
    browser = Visitor(firm, Role.OWNER).browser
    form = Form(browser.get(kind.url("new")).content.decode())
    with undone():
        taken = browser.post(kind.url("new"), form.filled())
        assert taken.status_code == 302, content_of(taken)
    passed = []
    before = rows_of(firm)
    for name, value in form.violations():
        with undone():
            answer = browser.post(kind.url("new"), form.filled() | {name: value})
            if answer.status_code not in {200, 422} or rows_of(firm) != before:
                passed.append((name, value[:20], answer.status_code))
    assert passed == []
    assert len(form.violations()) > len(form.fields) / 2


@pytest.mark.asvs("2.2.2")
@pytest.mark.parametrize("page", ["/people/", "/tokens/"])
def test_limits_of_the_other_forms_hold_too(firm: Firm, page: str) -> None:
    browser = Visitor(firm, Role.OWNER).browser
    form = Form(browser.get(page).content.decode())
    violations = form.violations()
    assert violations
    for name, value in violations:
        with undone():
            answer = browser.post(page, form.filled() | {name: value})
            assert answer.status_code in {200, 422}, (name, value[:20])
            assert re.search(r'aria-invalid="true"|errorlist|sg-error', content_of(answer)), (name, value[:20])


COMMANDS = [
    "' OR '1'='1",
    '" OR ""="',
    "') OR 1=1 --",
    "x' UNION SELECT password FROM organisations_person --",
    "'; DELETE FROM thread_unit; --",
    "%",
    "\\",
]
EXACT = ["/api/units?serial={}", "/api/units?item={}", "/api/characteristics?item={}", "/api/events?kind={}"]


@pytest.mark.asvs("1.2.4")
@pytest.mark.threat("T08")
@pytest.mark.parametrize("command", COMMANDS)
def test_what_looks_like_a_query_is_looked_for_as_a_text(firm: Firm, command: str) -> None:
    from urllib.parse import quote

    visitor = Visitor(firm, Role.OWNER)
    before = rows_of(firm)
    for address in EXACT:
        everything = visitor.asks("GET", address.partition("?")[0]).json()["count"]
        found = visitor.asks("GET", address.format(quote(command))).json()
        assert (everything > 0, found["count"]) == (True, 0), address
    lists = ["/search/?q={}", "/units/?serial={}", *(f"{kind.list_url}?q={{}}" for kind in all_kinds())]
    shown = {address: content_of(visitor.asks("GET", address.format(quote(command)))) for address in lists}
    # The mark of the firm's records; the page itself names the firm and the person.
    assert [address for address, page in shown.items() if "Rotkehlchen-" in bare(page, firm)] == []
    assert rows_of(firm) == before


def bare(page: str, firm: Firm) -> str:
    for name in (firm.organisation.name, *(person.display_name for person in firm.people.values())):
        page = page.replace(name, "")
    return page


def test_the_same_lists_show_the_records_when_asked_in_earnest(firm: Firm) -> None:
    """Else finding nothing above would say nothing."""
    visitor = Visitor(firm, Role.OWNER)
    pages: dict[str, Any] = {kind.list_url: visitor.asks("GET", f"{kind.list_url}?q=zugvogel") for kind in all_kinds()}
    assert [address for address, answer in pages.items() if "Rotkehlchen-" not in bare(content_of(answer), firm)] == []
