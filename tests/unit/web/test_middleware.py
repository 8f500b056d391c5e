from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from django.test.utils import override_settings
from wsgi_site import call

from samegauge.core.organisations.models import Role
from samegauge.core.organisations.rules import issue_token
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.web.asgi import is_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.django_db
SECRET = "a" * 32
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def headers(organisation: Organisation, person_with_role: Callable[..., Person]) -> dict[str, str]:
    person = person_with_role(Role.OWNER, organisation)
    _token, text = issue_token(person.memberships.get(), "test")
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


def test_a_form_is_read() -> None:
    body = f"csrfmiddlewaretoken={SECRET}&login=somebody&password=x".encode()
    announced = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM, "HTTP_COOKIE": f"csrftoken={SECRET}"}
    assert call("POST", "/account/login/", body, **announced)[0] == 200


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_a_method_the_site_does_not_know_is_refused_with_those_it_knows(method: str) -> None:
    status, headers, _content = call(method, "/health/")
    assert status == 405
    assert "GET" in headers["Allow"]


def test_a_piece_of_a_page_without_a_session_leads_the_whole_page_to_the_sign_in() -> None:
    asked = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://localhost/units/?page=2"}
    status, headers, content = call("GET", "/search/suggestions/", **asked)
    assert (status, headers["HX-Redirect"]) == (200, "/account/login/?next=%2Funits%2F")
    assert content == b""
    assert call("GET", "/search/suggestions/")[0] == 302


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_body_beyond_the_limit_is_refused_with_413(headers: dict[str, str], organisation: Organisation) -> None:
    with organisation_scope(organisation):
        unit = Unit.objects.create(serial="S", item=Item.objects.create(number="I", name="part", kind=ItemKind.PART))
    body = json.dumps({"kind": "seen", "device_time": "2026-11-21T00:00:00Z", "payload": {"a": "x" * 4000}}).encode()
    announced = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", **headers}
    status, _headers, content = call("POST", f"/api/units/{unit.uid}/events", body, **announced)
    assert (status, "detail" in json.loads(content)) == (413, True)


def test_who_sends_much_is_asked_for_a_membership_first(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samegauge.web.asgi.close_old_connections", lambda: None)  # it would end the test's transaction
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/api/imports", "wsgi.input": io.BytesIO()}
    assert is_member(environ | headers)
    assert not is_member(environ)
    assert not is_member(environ | {"HTTP_AUTHORIZATION": "Bearer nonsense", "HTTP_COOKIE": "sessionid=nonsense"})
