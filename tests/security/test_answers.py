"""What holds for every answer of the site, whoever asks for what: each address is asked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tenancy.canaries import founded, furnished
from tenancy.routes import PUBLIC, Route, Visitor, content_of, guarded_routes, routes, undone

from samegauge.core.organisations.models import Person, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from django.http import HttpResponse
    from tenancy.canaries import Firm

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

FORBIDDEN = 403
NOT_ALLOWED = 405
OPEN_PATHS = [
    "/account/login/",
    "/account/password/reset/",
    "/health/",
    "/verify/",
    "/verify/nothing/",
    "/nothing/here/",
    "/units/%00",
    "/static/favicon.svg",
    "/static/vendor/samegauge.js",
    "/static/nothing.css",
    "/api/openapi.json",
    "/api/units",
]


def answers(firm: Firm, role: Role = Role.OWNER, **headers: str) -> Iterator[tuple[str, HttpResponse]]:
    """Ask every address for what a member may read, and those that need no account."""
    visitor = Visitor(firm, role)
    visitor.headers |= headers
    for route in guarded_routes():
        path = route.path(firm)
        if route.is_api:
            yield path, visitor.asks("GET", path)
        else:
            yield path, visitor.browser.get(path, headers=headers)
    yield "/account/password/change/", visitor.browser.get("/account/password/change/", headers=headers)
    stranger = Client(raise_request_exception=False)
    for path in OPEN_PATHS:
        yield path, stranger.get(path, headers=headers)


@dataclass(frozen=True)
class Told:
    """One answer, kept: what several tests look at is asked once."""

    path: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]


@dataclass(frozen=True)
class ToldToTheOwner:
    told: tuple[Told, ...]
    asked: frozenset[str]
    tokens: frozenset[str]


@pytest.fixture(scope="module")
def kept() -> dict[str, ToldToTheOwner]:
    return {}


@pytest.fixture
def owner(firm: Firm, kept: dict[str, ToldToTheOwner]) -> ToldToTheOwner:
    """Every answer to the owner of a firm."""
    if "owner" not in kept:
        told = tuple(
            Told(path, answer.status_code, dict(answer.items()), body_of(answer)) for path, answer in answers(firm)
        )
        asked = frozenset(route.path(firm).partition("?")[0] for route in guarded_routes())
        kept["owner"] = ToldToTheOwner(told, asked, frozenset(firm.tokens.values()))
    return kept["owner"]


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def sniffed(content: bytes) -> set[str]:
    """The types that the content itself could have."""
    starts = {
        b"%PDF": {"application/pdf"},
        b"\x89PNG": {"image/png"},
        b"PK": {
            "application/zip",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/octet-stream",
        },
        b"<svg": {"image/svg+xml"},
        b"<!doctype html": {"text/html"},
    }
    found = next((kinds for start, kinds in starts.items() if content[: len(start)].lower() == start.lower()), None)
    if found is not None:
        return found
    texts = {"text/plain", "text/html", "text/csv", "text/javascript", "text/css", "application/octet-stream"}
    try:
        json.loads(content)
    except ValueError:
        return texts
    return texts - {"text/html"} | {"application/json", "application/ld+json", "application/vnd.cyclonedx+json"}


@pytest.mark.asvs("4.1.1")
def test_every_answer_states_the_type_its_content_has(owner: ToldToTheOwner) -> None:
    wrong, kinds = [], set()
    for told in owner.told:
        stated = told.headers.get("Content-Type", "")
        kind, _semicolon, parameters = stated.partition(";")
        kinds.add(kind)
        is_real = "/passports/" not in told.path  # the stored file of the marked firm holds its marks alone
        if told.content and is_real and kind not in sniffed(told.content):
            wrong.append((told.path, stated, told.content[:40]))
        if kind.startswith("text/") and "charset=utf-8" not in parameters.lower().replace('"', ""):
            wrong.append((told.path, stated, b"no charset"))
    assert wrong == []
    assert {"text/html", "application/json", "text/csv", "application/pdf"} <= kinds


@pytest.mark.asvs("3.4.1")
@pytest.mark.threat("T20")
def test_under_https_every_answer_keeps_the_browser_there(firm: Firm, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    visitor = Visitor(firm, Role.OWNER)
    lacking = []
    paths = [route.path(firm) for route in guarded_routes() if not route.is_api] + OPEN_PATHS
    for path in paths:
        answer = visitor.browser.get(path, secure=True)
        content_of(answer)
        stated = re.fullmatch(
            r"max-age=(\d+)(; includeSubDomains)?", answer.headers.get("Strict-Transport-Security", "")
        )
        if stated is None or int(stated[1]) < 365 * 86_400:
            lacking.append(path)
    assert lacking == []


@pytest.mark.asvs("3.4.2")
@pytest.mark.threat("T17")
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        *(pytest.param(other, marks=pytest.mark.full) for other in ("null", "https://localhost.evil.example")),
    ],
)
def test_no_answer_opens_itself_to_another_origin(firm: Firm, origin: str) -> None:
    opened = []
    for path, answer in answers(firm, Origin=origin):
        content_of(answer)
        opened += [(path, name) for name in answer.headers if name.lower().startswith("access-control-")]
    assert opened == []
    preflight = Client().options("/api/units", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert not [name for name in preflight.headers if name.lower().startswith("access-control-")]


# Signs of life: when a session or token was last used, and that the house's own records of sign-in are kept.
SIGNS_OF_LIFE = ("django_session", "organisations_apitoken", "usersessions_usersession")
# No answer about what another firm shares without a line in its log; what the grant covers is worked out at each look.
LOOKS = ("sharing_grantuse", "sharing_grantedunit")


@pytest.mark.asvs("3.5.3")
@pytest.mark.threat("T17")
def test_reading_changes_nothing(firm: Firm) -> None:
    visitor = Visitor(firm, Role.OWNER)
    written = []
    for route in guarded_routes():
        with CaptureQueriesContext(connection) as queries:
            content_of(visitor.asks("GET", route.path(firm)))
        for query in queries.captured_queries:
            changed = re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', query["sql"], re.IGNORECASE)
            if changed and changed[1] not in SIGNS_OF_LIFE + LOOKS:
                written.append((route.name, query["sql"][:120]))
    assert written == []


FORMS_OF_ONES_OWN = {
    "set_language",
    "verify_upload",
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "account_email",
    "account_change_password",
    "account_reset_password",
}


def forged(visitor: Visitor, path: str, kind: str) -> int:
    """What a page elsewhere can make a browser send: a form or plain text, with the cookies, without the token."""
    body = {"name": "x"} if kind == "form" else '{"name": "x"}'
    options = {} if kind == "form" else {"content_type": "text/plain"}
    answer = visitor.browser.post(path, body, headers={"Origin": "https://evil.example"}, **options)  # type: ignore[arg-type]
    content_of(answer)
    return answer.status_code


@pytest.mark.asvs("3.5.1", "3.5.2")
@pytest.mark.threat("T17")
@pytest.mark.parametrize("kind", ["form", "plain text"])
def test_no_address_takes_what_a_page_elsewhere_makes_a_browser_send(firm: Firm, kind: str) -> None:
    visitor = Visitor(firm, Role.OWNER)
    visitor.browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    visitor.browser.force_login(firm.people[Role.OWNER])
    own = [route for route in routes() if route.is_public and not route.arguments and route.name in FORMS_OF_ONES_OWN]
    taken, refused = [], 0
    for route in [*guarded_routes(), *own]:
        if route.is_api and route.action("POST") is None:
            continue
        with undone():
            status = forged(visitor, route.path(firm) if route in guarded_routes() else reverse(route.name), kind)
        refused += status == FORBIDDEN
        if status not in {FORBIDDEN, NOT_ALLOWED, 404}:
            taken.append((route.name, status))
    assert taken == []
    assert refused > 20


class Links(HTMLParser):
    """Where a page leads and what it fetches."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.targets: list[str] = []
        self.feed(page)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src", "action", "formaction", "srcset", "poster", "data", "xlink:href"}:
                self.targets.append(value or "")


SCHEMES = [
    "javascript:alert(1)",
    *(pytest.param(other, marks=pytest.mark.full) for other in ("data:x", "vbscript:x", "\\\\evil.example")),
]


@pytest.mark.asvs("1.2.2")
@pytest.mark.threat("T08")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_text_of_a_record_becomes_the_scheme_of_a_link(folder: Path, scheme: str) -> None:
    firm = furnished(founded("firm", (scheme, "Rotkehlchen")))
    visitor = Visitor(firm, Role.OWNER)
    leading, seen = [], 0
    for route in guarded_routes():
        answer = visitor.asks("GET", route.path(firm))
        page = content_of(answer)
        if "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        for target in Links(page).targets:
            seen += "Rotkehlchen" in unquote(target)
            if not re.match(r"(/(?!/)|\?|#|$|data:image/svg\+xml;|[\w-]+/?$)", target):
                leading.append((route.name, target[:80]))
    assert leading == []
    assert seen > 0  # else no text of a record stands in an address, and this proves nothing


@pytest.mark.asvs("1.2.2")
def test_values_in_addresses_are_encoded(folder: Path) -> None:
    """A number with the signs that mean something in an address still leads to itself."""
    mark = "a&b=c#d?e/f%2e"
    firm = furnished(founded("firm", (mark, "Rotkehlchen")))
    visitor = Visitor(firm, Role.OWNER)
    texts = [content_of(visitor.asks("GET", path)) for path in ("/units/", "/machines/", "/characteristics/")]
    asking = {target for text in texts for target in Links(text).targets if "?" in target and "Rotkehlchen" in target}
    assert asking
    for target in asking:
        assert any(value.startswith(mark) for _name, value in parse_qsl(urlsplit(target).query)), target
        assert "Rotkehlchen" in content_of(visitor.asks("GET", target))


@pytest.mark.asvs("3.2.1")
@pytest.mark.threat("T05")
def test_whatever_is_no_page_is_data_or_a_download(owner: ToldToTheOwner) -> None:
    shown, downloads = [], 0
    for told in owner.told:
        is_ours = told.kind in {"text/html", "application/json"} or told.path.startswith("/static/")
        if is_ours or told.status >= 300:
            continue
        is_download = told.headers.get("Content-Disposition", "").startswith("attachment")
        downloads += is_download
        guarded = "default-src 'none'" in told.headers["Content-Security-Policy"]
        inert = told.kind in {"application/pdf", "image/png", "image/svg+xml", "text/plain"} and guarded
        if not (is_download or inert) or told.headers["X-Content-Type-Options"] != "nosniff":
            shown.append((told.path, told.kind))
    assert shown == []
    assert downloads > 5


SECRET_HASH = "argon2$rotkehlchen-hash"


@pytest.mark.asvs("15.3.1")
@pytest.mark.threat("T21")
@pytest.mark.parametrize("role", [Role.OWNER, Role.INSPECTOR, Role.GUEST])
def test_no_answer_holds_what_is_nobody_elses_business(firm: Firm, role: Role) -> None:
    for each, person in firm.people.items():
        Person.objects.filter(pk=person.pk).update(password=f"{SECRET_HASH}-{each}", email=f"{each}@private.example")
    others = [f"{each}@private.example" for each in Role if each != role]
    told = []
    for path, answer in answers(firm, role):
        said = content_of(answer)
        told += [(path, word) for word in (SECRET_HASH, *firm.tokens.values()) if word in said]
        if role != Role.OWNER:  # who manages people sees how to reach them
            told += [(path, word) for word in others if word in said]
    assert told == []


# An identifier that the tablet makes itself, so that an entry that is sent twice is taken once: no key of a table.
MADE_BY_THE_TABLET = {"NewEntry.id", "EntryReceipt.id"}
FIELDS_OF_NOBODY = re.compile(r"password|secret|token|hash_key|session|^(?!key_)(?:\w+_)?(?:id|pk)$")


@pytest.mark.asvs("15.3.1")
def test_the_interface_declares_every_field_and_none_of_the_inside() -> None:
    document = Client().get("/api/openapi.json").json()
    fields = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field in schema.get("properties", {})
    }
    open_ended = [
        name for name, schema in document["components"]["schemas"].items() if schema.get("additionalProperties")
    ]
    assert len(fields) > 100
    inside = {field for field in fields if FIELDS_OF_NOBODY.search(field.partition(".")[2])}
    assert inside - MADE_BY_THE_TABLET == set()
    assert open_ended == []


@pytest.mark.asvs("13.4.1")
@pytest.mark.threat("T21")
@pytest.mark.parametrize(
    "path", ["/.git/HEAD", "/.git/config", "/.svn/entries", "/.gitignore", "/static/.git/HEAD", "/static/../.git/HEAD"]
)
def test_no_trace_of_version_control_is_given_out(path: str) -> None:
    answer = Client().get(path)
    content_of(answer)
    assert answer.status_code == 404


INSIDE = re.compile(r"Traceback|site-packages|/samegauge/|\bsqlite|psycopg|Django|granian|\.py\b|Exception|line \d+,")


@pytest.mark.threat("T21")
@pytest.mark.asvs("16.5.1")
def test_pages_of_refusals_and_failures_say_nothing_of_the_inside(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    from samegauge.web import views

    def broken(_request: Any) -> None:
        raise RuntimeError("a secret of the inside at /srv/samegauge/web/views.py")

    visitor = Visitor(firm, Role.GUEST)
    visitor.browser.raise_request_exception = False
    said = {}
    for path in ("/nothing/here/", "/people/", "/units/%00", "/api/nothing", "/api/units/nonsense", "/health/"):
        said[path] = content_of(visitor.asks("GET", path))
    with monkeypatch.context() as patched:
        patched.setattr(views, "reach", broken)
        failed = visitor.browser.get("/health/")
    assert failed.status_code == 500
    said["failure"] = content_of(failed)
    assert [(path, found[0]) for path, text in said.items() if (found := INSIDE.search(text))] == []


@pytest.mark.asvs("14.2.1")
@pytest.mark.threat("T14")
def test_a_token_or_session_in_an_address_opens_nothing(firm: Firm) -> None:
    token = firm.tokens[Role.OWNER]
    client = Client()
    client.force_login(firm.people[Role.OWNER])
    session = client.cookies["sessionid"].value
    names = ("token", "access_token", "api_key", "key", "auth", "authorization", "sessionid", "session")
    opened = [
        name
        for name in names
        for value in (token, f"Bearer {token}", session)
        if Client().get("/api/units", {name: value}).status_code != 401
    ]
    assert opened == []
    assert Client().get("/api/units", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.asvs("14.2.1")
def test_no_page_puts_a_password_or_token_into_an_address(owner: ToldToTheOwner) -> None:
    pages = {told.path: told.content.decode() for told in owner.told if told.kind == "text/html"}
    forms = [form for page in pages.values() for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL)]
    secret = [form for form in forms if 'type="password"' in form or "csrfmiddlewaretoken" in form]
    assert [form[:80] for form in secret if not re.match(r'<form\b[^>]*\bmethod="post"', form)] == []
    assert [path for path, page in pages.items() for token in owner.tokens if token in page] == []
    assert len([form for form in secret if 'type="password"' in form]) >= 2


@pytest.mark.asvs("14.3.1")
@pytest.mark.threat("T24")
def test_who_signs_out_leaves_nothing_in_the_browser(firm: Firm) -> None:
    visitor = Visitor(firm, Role.INSPECTOR)
    kept = [
        path
        for path, answer in answers(firm, Role.INSPECTOR)
        if content_of(answer)
        and path not in OPEN_PATHS
        and answer.status_code == 200
        and "no-store" not in answer.headers.get("Cache-Control", "")
    ]
    assert kept == []
    assert "Clear-Site-Data" not in visitor.browser.get("/").headers
    answer = visitor.browser.post("/account/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert visitor.browser.get("/").status_code == 302


def test_every_route_is_asked_or_public(owner: ToldToTheOwner) -> None:
    """Else the sweeps above would leave something out unseen."""
    assert owner.asked <= {told.path.partition("?")[0] for told in owner.told}
    assert isinstance(PUBLIC, dict)
    assert all(isinstance(route, Route) for route in routes())
