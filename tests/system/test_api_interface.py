"""Whatever the description of the API allows, and what it does not, sent to every operation."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from ninja import Schema
from schemathesis.checks import CHECKS
from tenancy.canaries import Firm, founded, furnished
from tenancy.routes import OBJECTS, undone
from wsgi_site import site

from samegauge.core import telemetry
from samegauge.core.organisations.models import Role
from samegauge.web.api import api

if TYPE_CHECKING:
    from schemathesis import Case

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Any) -> None:
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    settings.SAMEGAUGE_HOME.mkdir()
    telemetry._lake_of.cache_clear()


@pytest.fixture
def firm(db: None) -> Firm:
    return furnished(founded("firm", ("alpha", "Amsel")))


FULL = bool(os.environ.get("SAMEGAUGE_TEST_FULL"))
document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/"), default=str))
interface = schemathesis.openapi.from_dict(document)

interface.app = site
ASKED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
checks = [CHECKS.get_one(name) for name in (*ASKED, "response_headers_conformance", "negative_data_rejection")]
FEW = 4 if os.environ.get("SAMEGAUGE_DATABASE_URL") else 8  # what differs there are sizes of numbers and texts
slices = settings(
    max_examples=150 if FULL else FEW,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def unthrottled(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


# The firm's passport is no real one here; test_api.py reads one that is.
UNAIMED = {"passport_uid"}


def aimed(case: Case, firm: Firm) -> Case:
    """Most of the time name a record that is there, else every answer would be 404."""
    for name, value in (case.path_parameters or {}).items():
        if name in OBJECTS and name not in UNAIMED and len(str(value)) == 36 and int(str(value)[-1], 16) % 4:
            case.path_parameters[name] = str(firm.records[OBJECTS[name]].uid)
    return case


@pytest.mark.asvs("2.2.1")
@pytest.mark.threat("T08")
@interface.parametrize()
@slices
def test_the_interface_keeps_its_word(case: Case, firm: Firm, unthrottled: None) -> None:
    headers = {"Authorization": f"Bearer {firm.tokens[Role.OWNER]}"}
    with undone():
        response = aimed(case, firm).call(headers=headers)
        case.validate_response(response, checks=checks, headers=headers)
    assert response.status_code < 500


@pytest.mark.one_database
@interface.parametrize()
@settings(slices, max_examples=20 if FULL else 2, phases=[Phase.generate])
def test_no_operation_answers_without_a_token(case: Case, firm: Firm, unthrottled: None) -> None:
    for headers in ({}, {"Authorization": "Bearer sg_wrong"}):
        for name in OBJECTS.keys() & (case.path_parameters or {}).keys():
            case.path_parameters[name] = str(firm.records[OBJECTS[name]].uid)
        response = case.call(headers=headers)
        # 403: a made-up session cookie came without its CSRF token; 400: a zero byte in the address.
        refusals = {400, 401, 403}
        assert response.status_code in refusals | ({404} if "day" in (case.path_parameters or {}) else set())
        assert firm.secret not in response.text


def test_no_body_is_read_from_the_attributes_of_what_was_sent() -> None:
    """A Schema of ninja reads attributes: the text "AAA" would do for an object with a title, `str.title`."""
    bodies = [
        field.annotation
        for _prefix, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
        for model in operation.models
        if model.__ninja_param_source__ == "body"
        for field in model.model_fields.values()
    ]
    parts = {part for body in bodies for part in (body, *(field.annotation for field in body.model_fields.values()))}
    assert len(bodies) > 40
    assert [part for part in parts if isinstance(part, type) and issubclass(part, Schema)] == []
