from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import BadRequest
from django.test.utils import override_settings
from wsgi_site import call

from samegauge.core.organisations.models import Role
from samegauge.core.organisations.rules import issue_token
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Event, Item, ItemKind, Unit
from samegauge.core.vault.models import StoredFile
from samegauge.web.middleware import _WholeStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.django_db
SECRET = "a" * 32
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def site(organisation: Organisation, person_with_role: Callable[..., Person]) -> tuple[Unit, dict[str, str]]:
    """A unit, and the headers of somebody who may write about it."""
    person = person_with_role(Role.OWNER, organisation)
    _token, text = issue_token(person.memberships.get(), "test")
    with organisation_scope(organisation):
        item = Item.objects.create(number="I", name="part", kind=ItemKind.PART)
        unit = Unit.objects.create(serial="S", item=item)
    return unit, {"HTTP_AUTHORIZATION": f"Bearer {text}"}


def event_body() -> bytes:
    payload = {"note": "x" * 4000}
    return json.dumps({"kind": "seen", "device_time": "2026-11-21T00:00:00Z", "payload": payload}).encode()


@pytest.mark.parametrize("tenth", range(10))
def test_json_cut_at_any_tenth_is_refused(
    site: tuple[Unit, dict[str, str]], organisation: Organisation, tenth: int
) -> None:
    unit, headers = site
    body = event_body()
    announced = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", **headers}
    status, _headers, content = call(
        "POST", f"/api/units/{unit.uid}/events", body[: len(body) * tenth // 10], **announced
    )
    assert status == 400, content
    with organisation_scope(organisation):
        assert not Event.objects.exists()


def test_whole_json_goes_in(site: tuple[Unit, dict[str, str]]) -> None:
    unit, headers = site
    body = event_body()
    announced = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", **headers}
    status, _headers, content = call("POST", f"/api/units/{unit.uid}/events", body, **announced)
    assert status == 201, content


def multipart(files: int = 2) -> bytes:
    part = b'--cut\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    fields = [part % (b"kind", b"", b"qif")]
    fields += [part % (b"sha256", b"", b"0" * 64) for _ in range(files)]
    fields += [part % (b"files", b'; filename="a.qif"', bytes(range(256)) * 40) for _ in range(files)]
    return b"".join(fields) + b"--cut--\r\n"


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("ending", [b"", b"\r\n--cut--\r\n"], ids=["cut", "cut but closed"])
def test_an_upload_cut_at_any_tenth_is_refused(
    site: tuple[Unit, dict[str, str]], organisation: Organisation, tenth: int, ending: bytes
) -> None:
    _unit, headers = site
    body = multipart()
    announced = {
        "CONTENT_LENGTH": str(len(body) + 1000),
        "CONTENT_TYPE": "multipart/form-data; boundary=cut",
        **headers,
    }
    status, _headers, content = call("POST", "/api/imports", body[: len(body) * tenth // 10] + ending, **announced)
    assert status == 400, content
    with organisation_scope(organisation):
        assert not StoredFile.objects.exists()


@pytest.mark.parametrize("tenth", range(10))
def test_a_form_cut_at_any_tenth_is_refused(tenth: int) -> None:
    body = f"csrfmiddlewaretoken={SECRET}&login=somebody&password=".encode() + b"x" * 500
    announced = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM, "HTTP_COOKIE": f"csrftoken={SECRET}"}
    status, _headers, _content = call("POST", "/account/login/", body[: len(body) * tenth // 10], **announced)
    assert status == 400


def test_a_whole_form_is_read() -> None:
    body = f"csrfmiddlewaretoken={SECRET}&login=somebody&password=x".encode()
    announced = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM, "HTTP_COOKIE": f"csrftoken={SECRET}"}
    assert call("POST", "/account/login/", body, **announced)[0] == 200


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "+5", "٣", "9" * 16, "9" * 5000, "1,2"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    status, _headers, _content = call("POST", "/account/login/", b"x", CONTENT_LENGTH=length, CONTENT_TYPE=FORM)
    assert status == 400


def test_a_body_without_length_is_refused() -> None:
    assert call("POST", "/health/", b"0\r\n\r\n", HTTP_TRANSFER_ENCODING="chunked")[0] == 411


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_a_method_the_site_does_not_know_is_refused_with_those_it_knows(method: str) -> None:
    status, headers, _content = call(method, "/health/")
    assert status == 405
    assert "GET" in headers["Allow"]


def test_an_empty_length_is_no_body() -> None:
    assert call("GET", "/health/", CONTENT_LENGTH="")[0] == 200


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_body_beyond_the_limit_is_refused_with_413(site: tuple[Unit, dict[str, str]]) -> None:
    unit, headers = site
    body = event_body()
    announced = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", **headers}
    status, _headers, content = call("POST", f"/api/units/{unit.uid}/events", body, **announced)
    assert (status, "detail" in json.loads(content)) == (413, True)


class Trickle(io.BytesIO):
    """Gives at most a few bytes at a time, as a network does."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(7, 7 if size is None or size < 0 else size))

    def readline(self, size: int | None = -1) -> bytes:
        return super().readline(min(7, 7 if size is None or size < 0 else size))


CONTENT = b"first line\nsecond, rather longer line\n\nlast without end" * 5


@pytest.mark.parametrize("source", [io.BytesIO, Trickle])
@pytest.mark.parametrize("size", [None, -1, 1, 10, 4096])
def test_every_way_of_reading_gives_the_whole_or_an_error(source: type[io.BytesIO], size: int | None) -> None:
    ways = {
        "read": lambda stream: iter(lambda: stream.read(size), b""),
        "readline": lambda stream: iter(lambda: stream.readline(size), b""),
    }
    for way in ways.values():
        assert b"".join(way(_WholeStream(source(CONTENT), len(CONTENT)))) == CONTENT
        assert b"".join(way(_WholeStream(source(CONTENT + b"next request"), len(CONTENT)))) == CONTENT
        for cut in (0, 1, 11, len(CONTENT) - 1):
            with pytest.raises(BadRequest):
                list(way(_WholeStream(source(CONTENT[:cut]), len(CONTENT))))
