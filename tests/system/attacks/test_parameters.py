"""Nonsense in every parameter of every address is answered, never crashed on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.test import Client
from tenancy.routes import Visitor, content_of, guarded_routes

from samegauge.core.organisations.models import Role
from samegauge.web.wsgi import application

if TYPE_CHECKING:
    from tenancy.canaries import Firm

pytestmark = pytest.mark.django_db

NONSENSE = [
    "%00",
    "a%00b",
    "-1",
    "1e99",
    "9" * 40,
    "NaN",
    "%ff%fe",
    "%ED%A0%80",
    quote("٣"),
    quote("²"),
    "1" * 3000,
    quote("' OR 1=1 --"),
    quote('"><script>'),
    "2026-02-30",
    "-2026-01-01",
    "2016-W40-5",
    "0001-01-01",
    "9999-12-31",
    quote("0001-01-01T00:00:00+14:00"),
    "9999-12-31T23:59:59-14:00",
    "%0d%0aX-Injected:1",
    "..%2f..%2fetc",
    "{{7*7}}",
    "",
]
PARAMETERS = ["page", "at", "tag", "start", "end", "buckets", "sort", "q", "item", "serial", "verdict", "kind", "next"]
API_PARAMETERS = ["limit", "offset", "at", "tag", "start", "end", "buckets", "depth", "day", "since", "until", "unit"]


SPAN_PARAMETERS = ["start", "end", "buckets"]


def crashes(visitor: Visitor, addresses: list[str]) -> list[str]:
    visitor.browser.raise_request_exception = False
    found = []
    for address in addresses:
        client = visitor.browser if not address.startswith("/api/") else Client(raise_request_exception=False)
        answer = client.get(address, headers=visitor.headers if address.startswith("/api/") else None)
        content_of(answer)
        if answer.status_code >= 500 or answer.headers.get("X-Injected"):
            found.append(f"{answer.status_code} {address[:120]}")
    return found


def asked(firm: Firm, nonsense: list[str], start: str) -> list[str]:
    """Addresses that begin with `start`, each with all parameters at once; of signals also one at a time."""
    paths = [route.path(firm).partition("?")[0] for route in guarded_routes()]
    names = API_PARAMETERS if start == "/api/" else PARAMETERS
    return [
        f"{path}?{'&'.join(f'{name}={value}' for name in some)}"
        for path in paths
        if path.startswith("/api/") == (start == "/api/")
        for value in nonsense
        for some in [names, *([[each] for each in SPAN_PARAMETERS] if "signals" in path else [])]
    ]


SLICES = [pytest.param(NONSENSE[::4], id="slice"), pytest.param(NONSENSE, id="all", marks=pytest.mark.full)]


@pytest.mark.asvs("1.2.4")
@pytest.mark.threat("T08")
@pytest.mark.parametrize("nonsense", SLICES)
@pytest.mark.parametrize("start", ["/", "/api/"])
def test_nonsense_in_any_parameter_is_answered(firm: Firm, nonsense: list[str], start: str) -> None:
    addresses = asked(firm, nonsense, start)
    assert len(addresses) > 20 * len(nonsense)
    assert crashes(Visitor(firm, Role.OWNER), addresses) == []


def test_a_zero_byte_in_an_address_is_refused_before_any_database_is_asked(firm: Firm) -> None:
    visitor = Visitor(firm, Role.OWNER)
    addresses = ["/units/?item=%00", "/units/?serial=a%00", "/verify/%00/", "/start/%00/", "/search/?q=%00"]
    assert [visitor.browser.get(address).status_code for address in addresses] == [400] * 5


CODECS = ["utf-7", "utf-16", "idna", "punycode", "unicode_escape", "hex", "zip", "undefined", "big5"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/html", "multipart/form-data"])
def test_the_sender_does_not_choose_the_codec(codec: str, kind: str) -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/account/login/",
        "QUERY_STRING": "a=%ff",
        "CONTENT_TYPE": f"{kind}; charset={codec}",
        "CONTENT_LENGTH": "5",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(b"a=%ff"),
    }
    said: list[str] = []
    answer: Any = application(environ, lambda status, _headers: said.append(status))
    assert b"UTF-8" in b"".join(answer)
    answer.close()
    assert said == ["415 Unsupported Media Type"]


def test_a_reason_that_cannot_be_recorded_undoes_nothing(firm: Firm) -> None:
    visitor = Visitor(firm, Role.OWNER)
    batch = firm.records["intake.ImportBatch"]
    answers = [
        visitor.browser.post(f"/imports/{batch.uid}/undo/", {"reason": reason}).status_code
        for reason in ("zero \x00 byte", "   ", "x" * 2001)
    ]
    assert answers == [400, 302, 400]
    assert visitor.browser.get(f"/imports/{batch.uid}/").status_code == 200
