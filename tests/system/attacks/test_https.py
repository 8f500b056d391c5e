"""The running site, told that browsers reach it by https."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
from support.processes import site_processes, start_site
from system.attacks.test_raw_requests import sent, status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import RunningSite

YEAR_S = 365 * 86_400
CLOSE = "Host: localhost\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def site_behind_https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    home = tmp_path_factory.mktemp("https") / "home"
    with site_processes(home, SAMEGAUGE_HTTPS="1") as site:
        yield start_site(site)


def headers(answer: bytes) -> list[tuple[str, str]]:
    lines = answer.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
    return [(name.lower(), value.strip()) for name, _colon, value in (line.partition(":") for line in lines)]


ASKED = {
    "page": (f"GET /account/login/ HTTP/1.1\r\n{CLOSE}", 200),
    "sent to the sign-in": (f"GET /units/ HTTP/1.1\r\n{CLOSE}", 302),
    "static file": (f"GET /static/favicon.svg HTTP/1.1\r\n{CLOSE}", 200),
    "nothing there": (f"GET /nothing/ HTTP/1.1\r\n{CLOSE}", 404),
    "interface": (f"GET /api/units HTTP/1.1\r\n{CLOSE}", 401),
    "another host": ("GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n", 400),
    "refused method": (f"TRACE / HTTP/1.1\r\n{CLOSE}", 405),
    "refused before it is read": (f"POST / HTTP/1.1\r\n{CLOSE}Content-Length: {3 * 2**30}\r\n", 413),
    "refused for its form": (f"POST / HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n", 411),
}


@pytest.mark.long
@pytest.mark.asvs("3.4.1")
@pytest.mark.threat("T20")
@pytest.mark.parametrize("asked", ASKED)
def test_every_kind_of_answer_keeps_the_browser_at_https(site_behind_https: RunningSite, asked: str) -> None:
    head, expected = ASKED[asked]
    answer = sent(site_behind_https, head)
    stated = dict(headers(answer)).get("strict-transport-security", "")
    found = re.fullmatch(r"max-age=(\d+)", stated)
    assert status(answer) == expected
    assert found is not None
    assert int(found[1]) >= YEAR_S


def cookies(answer: bytes) -> dict[str, str]:
    """The cookies that an answer sets, each with its attributes as sent."""
    return {value.partition("=")[0]: value for name, value in headers(answer) if name == "set-cookie"}


def form(site: RunningSite, path: str, jar: dict[str, str], **fields: str) -> bytes:
    body = urlencode(fields).encode()
    sending = "; ".join(value.partition(";")[0] for value in jar.values())
    head = (
        f"POST {path} HTTP/1.1\r\n{CLOSE}Origin: https://localhost\r\nCookie: {sending}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    )
    return sent(site, head, body)


@pytest.mark.long
@pytest.mark.asvs("3.3.1")
@pytest.mark.threat("T20")
def test_every_cookie_travels_inside_https_alone_and_names_its_host(site_behind_https: RunningSite) -> None:
    start = urlsplit(site_behind_https.setup_link or "").path
    page = sent(site_behind_https, f"GET {start} HTTP/1.1\r\n{CLOSE}")
    token = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)[0].decode()
    jar = cookies(page)
    owner = {"organisation_name": "Works", "kind": "foundry", "display_name": "Owner", "username": "owner"}
    phrase = {"password": "a long enough phrase", "csrfmiddlewaretoken": token}
    founded = form(site_behind_https, start, jar, **owner, **phrase)
    chosen = form(site_behind_https, "/language/", jar, language="en", next="/", csrfmiddlewaretoken=token)
    assert (status(page), status(founded), status(chosen)) == (200, 302, 302)
    jar |= cookies(founded) | cookies(chosen)
    assert {"__Host-sessionid", "__Host-csrftoken", "__Host-language"} <= jar.keys()
    for name, said in jar.items():
        attributes = {part.strip().lower() for part in said.split(";")[1:]}
        assert name.startswith("__Host-"), said
        assert {"secure", "path=/", "httponly", "samesite=lax"} <= attributes, said
        assert not any(part.startswith("domain") for part in attributes), said
