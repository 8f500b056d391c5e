"""Nonsense in every parameter of every address is answered, never crashed on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from django.test import Client
from tenancy.routes import Visitor, content_of, guarded_routes

from samegauge.core.organisations.models import Role

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


def asked(firm: Firm, api: bool) -> list[str]:
    paths = [route.path(firm).partition("?")[0] for route in guarded_routes() if route.is_api is api]
    names = API_PARAMETERS if api else PARAMETERS
    together = [f"{path}?{'&'.join(f'{name}={nonsense}' for name in names)}" for path in paths for nonsense in NONSENSE]
    signals = [path for path in paths if path.endswith(("signals", "signals/"))]
    return together + [
        f"{path}?tag=feed&{name}={nonsense}" for path in signals for nonsense in NONSENSE for name in SPAN_PARAMETERS
    ]


def test_pages_answer_nonsense_in_any_parameter(firm: Firm) -> None:
    addresses = asked(firm, api=False)
    assert len(addresses) > 600
    assert crashes(Visitor(firm, Role.OWNER), addresses) == []


def test_the_api_answers_nonsense_in_any_parameter(firm: Firm) -> None:
    addresses = asked(firm, api=True)
    assert len(addresses) > 900
    assert crashes(Visitor(firm, Role.OWNER), addresses) == []


def test_a_zero_byte_in_an_address_is_refused_before_any_database_is_asked(firm: Firm) -> None:
    visitor = Visitor(firm, Role.OWNER)
    addresses = ["/units/?item=%00", "/units/?serial=a%00", "/verify/%00/", "/start/%00/", "/search/?q=%00"]
    assert [visitor.browser.get(address).status_code for address in addresses] == [400] * 5


CODECS = ["utf-7", "utf-16", "idna", "punycode", "unicode_escape", "hex", "zip", "undefined", "big5"]


@pytest.mark.parametrize("codec", CODECS)
def test_the_sender_does_not_choose_the_codec(firm: Firm, codec: str) -> None:
    client = Client(raise_request_exception=False)
    kind = f"application/x-www-form-urlencoded; charset={codec}"
    assert client.post("/account/login/", b"a=%ff", content_type=kind).status_code == 415
    assert (
        client.generic("GET", "/verify/?a=%ff", content_type=f"text/html; charset={codec}", data=b"x").status_code
        == 415
    )


def test_a_reason_that_cannot_be_recorded_undoes_nothing(firm: Firm) -> None:
    visitor = Visitor(firm, Role.OWNER)
    batch = firm.records["intake.ImportBatch"]
    answers = [
        visitor.browser.post(f"/imports/{batch.uid}/undo/", {"reason": reason}).status_code
        for reason in ("zero \x00 byte", "   ", "x" * 2001)
    ]
    assert answers == [302, 302, 400]
    assert visitor.browser.get(f"/imports/{batch.uid}/").status_code == 200
