"""Every route of the site, read from its URL map, with what fills its addresses."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from support.accounts import sign_in_confirmed
from tenancy.canaries import DAY

from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.labels.rules import code_of
from samegauge.core.organisations.models import Role
from samegauge.web.api import api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpResponse
    from ninja.operation import Operation, PathView
    from tenancy.canaries import Firm


# Argument of a route -> the record of a firm that it names. A new argument fails test_every_argument_is_known.
OBJECTS = {
    "alarm_uid": "control.Alarm",
    "characteristic_uid": "measurement.Characteristic",
    "document_uid": "thread.Document",
    "event_uid": "thread.Event",
    "import_uid": "intake.ImportBatch",
    "incident_uid": "attention.Incident",
    "inspection_uid": "measurement.Inspection",
    "item_uid": "thread.Item",
    "job_uid": "jobs.Job",
    "machine_uid": "machine",
    "lot_uid": "thread.Lot",
    "recall_uid": "history.Recall",
    "operation_uid": "production.OperationRun",
    "passport_uid": "history.Passport",
    "trace_uid": "production.Trace",
    "unit_uid": "thread.Unit",
    "plan_uid": "plans.InspectionPlan",
    "procedure_uid": "plans.Procedure",
    "route_uid": "plans.Route",
    "file_uid": "vault.StoredFile",
    "grant_uid": "sharing.Grant",
    "report_uid": "nonconformity.Nonconformity",
    "action_uid": "nonconformity.CorrectiveAction",
    "cause_uid": "nonconformity.Cause",
    "study_uid": "inspection.InstrumentStudy",
    "calibration_uid": "inspection.Calibration",
} | {f"{kind.name}_uid": kind.model._meta.label for kind in all_kinds()}
# Arguments that name no record of a firm, with a value that works.
CHOICES = {
    "form": "json",
    "sha256": "0" * 64,
    "sheet": "csv",
    "layout": "aqdef",
    "day": DAY,
    "language": "en",
}
# Arguments of people and of what belongs to one: the owner's token, session and company account.
PERSONAL = {"token_id", "session_id", "connection_id", "person_uid"}
# The argument that names a station by what is written on it.
STATION_CODE = "code"
# Addresses that answer only to a question.
QUESTIONS: dict[str, Callable[[Firm], dict[str, str]]] = {
    "unit_by_serial": lambda firm: {"serial": firm.records["child"].serial},
    "part_check": lambda firm: {"scan": code_of("U", firm.records["child"].uid)},  # a serial would come back as asked
    "quality_report": lambda _firm: {"month": "2026-01"},
    "unit_signals": lambda _firm: {"tag": "Xact"},
    "trace_signals": lambda _firm: {"tag": "Xact"},
    "machine_signals": lambda _firm: {"tag": "Xact"},
    "backup_file": lambda _firm: {"name": a_kept_archive()},
    "go_back": lambda _firm: {"name": a_kept_archive()},
}
# Short addresses in the codes of labels: they lead to the record's page.
LEAD_ON = {"scanned_unit", "scanned_item", "scanned_person", "scanned_station"}


def a_kept_archive() -> str:
    """The name of an archive in this site's folder."""
    from django.conf import settings

    from samegauge.core.backup.places import place_of

    folder = Path(place_of(settings.SITE, settings.SAMEGAUGE_HOME).name)
    (folder / "samegauge-20260102T030405Z.zip").touch()
    return "samegauge-20260102T030405Z.zip"


# What a role may do is decided before the database is asked: PostgreSQL sees the widest and the narrowest.
EVERY_ROLE = [
    role if role in {Role.OWNER, Role.GUEST} else pytest.param(role, marks=pytest.mark.one_database) for role in Role
]
PUBLIC = {
    "health": "says only that the site answers",
    "favicon": "a picture",
    "start": "makes the first account; needs the one-time link",
    "join": "chooses the first password; needs the link that the owner gives",
    "set_language": "changes the language of the reader's own session",
    "verify_upload": "checks a passport file that the reader already has; keeps nothing",
    "witness_add_checkpoint": "signs a log that this site was told to watch; the signature under it is what counts",
    "verify_public": "what the maker put into a passport, for who has its code of 128 random bits",
    "account_login": "the way in",
    "account_logout": "ends one's own session",
    "account_signup": "closed: says that people are added by their organisation's owner",
    "account_inactive": "says that the account is switched off",
    "account_reauthenticate": "asks for one's own password again",
    "account_email": "one's own addresses",
    "account_email_verification_sent": "says that a letter was sent",
    "account_change_password": "one's own password",
    "account_set_password": "one's own password",
    "company_sign_in": "leads to the company's identity provider",
    "company_callback": "the way back from there; needs what this browser was sent with",
    "socialaccount_login_cancelled": "says that one came back without signing in",
    "mfa_index": "one's own second factors",
    "mfa_authenticate": "asks for the second factor after the password",
    "mfa_reauthenticate": "asks for one's own second factor again",
    "mfa_activate_totp": "one's own second factor",
    "mfa_deactivate_totp": "one's own second factor",
    "mfa_view_recovery_codes": "one's own recovery codes, once",
    "mfa_generate_recovery_codes": "one's own recovery codes",
    "mfa_download_recovery_codes": "one's own recovery codes, while they are shown",
    "mfa_list_webauthn": "one's own security keys",
    "mfa_add_webauthn": "one's own security keys",
    "mfa_edit_webauthn": "the name of one's own security key",
    "mfa_remove_webauthn": "one's own security key",
    "mfa_reauthenticate_webauthn": "asks for one's own security key again",
    "mfa_login_webauthn": "the way in with a security key alone",
    "account_reset_password": "asks for a letter",
    "account_reset_password_done": "says that a letter was sent",
    "account_reset_password_from_key": "needs the key in the letter",
    "account_reset_password_from_key_done": "says that the password was changed",
    "account_confirm_login_code": "needs the code in the letter",
    "account_confirm_email": "needs the key in the letter",
    "tablet_worker": "the tablet's program, the same for everybody; holds no record",
    "tablet_manifest": "the tablet's name and icon, the same for everybody",
    "openapi-json": "describes the interface, the same on every site; holds no record",
    "nowhere": "says that there is nothing at this address",
    "api-root": "answers 404; the library derives the addresses of the interface from it",
}


@dataclass(frozen=True)
class Route:
    """One address and the names of its arguments."""

    name: str
    namespace: str
    pattern: str
    arguments: tuple[str, ...]
    callback: Any

    @property
    def is_public(self) -> bool:
        return self.name in PUBLIC

    @property
    def is_api(self) -> bool:
        return self.namespace == "api"

    @property
    def names_objects(self) -> bool:
        return bool(OBJECTS.keys() & set(self.arguments))

    def path(self, firm: Firm) -> str:
        """The address of this route for the firm's own records."""
        path = reverse(f"{self.namespace}:{self.name}" if self.namespace else self.name, kwargs=self._values(firm))
        return path + (f"?{urlencode(QUESTIONS[self.name](firm))}" if self.name in QUESTIONS else "")

    def _values(self, firm: Firm) -> dict[str, Any]:
        values: dict[str, Any] = {name: CHOICES[name] for name in self.arguments if name in CHOICES}
        values |= {name: firm.records[OBJECTS[name]].uid for name in self.arguments if name in OBJECTS}
        belongings = [name for name in ("token", "session", "connection") if f"{name}_id" in self.arguments]
        values |= {f"{name}_id": firm.records[name].pk for name in belongings}
        if STATION_CODE in self.arguments:
            values[STATION_CODE] = firm.records["production.Station"].code
        if "person_uid" in self.arguments:
            values["person_uid"] = firm.people[Role.ENGINEER].uid
        return values

    def action(self, method: str) -> Any:
        """The action that the route states for a method; None when the API does not take the method here."""
        if not self.is_api:
            return self.callback.needs
        taken = [each for each in _api_views()[self.name].operations if method in each.methods]
        return taken[0].view_func.needs if taken else None


@cache
def _api_views() -> dict[str, PathView]:
    views = [view for router in api._get_bound_routers() for view in router.path_operations.values()]
    return {operation.view_func.__name__: view for view in views for operation in view.operations}


def all_operations() -> list[Operation]:
    return [
        operation
        for view in {id(view): view for view in _api_views().values()}.values()
        for operation in view.operations
    ]


@cache
def routes() -> tuple[Route, ...]:
    """Every address once: the API names an address after each of its operations."""
    found = {(route.namespace, route.pattern): route for route in reversed(list(_routes(get_resolver(), "")))}
    return tuple(reversed(found.values()))


def _routes(resolver: URLResolver, namespace: str, before: str = "") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _routes(entry, entry.namespace or namespace, before + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            arguments = tuple(entry.pattern.converters) or tuple(entry.pattern.regex.groupindex)
            pattern = before + str(entry.pattern)
            yield Route(entry.name or pattern.partition(".")[0], namespace, pattern, arguments, entry.callback)


def guarded_routes() -> list[Route]:
    return [route for route in routes() if not route.is_public]


@cache
def _api_document() -> dict[str, Any]:
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/"), default=str))


@cache
def _posted_schemas() -> dict[str, dict[str, Any]]:
    """The schema of what each operation of the API takes as JSON, by the operation's name."""
    found = {}
    for methods in _api_document()["paths"].values():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            name = methods["post"]["operationId"]
            found[name] = content["application/json"]["schema"]
    return found


def fitting_body(route: Route, referred: Firm) -> str:
    """JSON that the operation takes; every identifier in it names a unit of the `referred` firm."""
    view = _api_views().get(route.name) if route.is_api else None
    for operation in view.operations if view else []:
        if schema := _posted_schemas().get(api.get_openapi_operation_id(operation)):
            return json.dumps(_sample(schema, str(referred.records["child"].uid)))
    return ""


def _sample(schema: dict[str, Any], uid: str) -> Any:
    if "$ref" in schema:
        return _sample(_api_document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], uid)
    if schema.get("type") == "object":
        return {name: _sample(part, uid) for name, part in schema.get("properties", {}).items()}
    if "anyOf" in schema:
        return None if {"type": "null"} in schema["anyOf"] else _sample(schema["anyOf"][0], uid)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_sample(schema["items"], uid)]
    return _plain_sample(schema, uid)


def _plain_sample(schema: dict[str, Any], uid: str) -> Any:
    if schema.get("type") in {"integer", "number"}:
        return schema.get("minimum", 0)
    formats = {"uuid": uid, "date": DAY, "date-time": f"{DAY}T08:00:00Z"}
    return formats.get(schema.get("format", ""), schema.get("default") or "text")


class Visitor:
    """One person of a firm, in the browser and with a token."""

    def __init__(self, firm: Firm | None, role: Role | None = None) -> None:
        self.browser, self.headers = Client(), {}
        if firm is not None and role is not None:
            sign_in_confirmed(self.browser, firm.people[role])
            self.headers = {"Authorization": f"Bearer {firm.tokens[role]}"}

    def asks(self, method: str, path: str, data: Any = None) -> HttpResponse:
        """Ask as a browser does for pages and as a program does for the API; text is sent as JSON."""
        if path.startswith("/api/"):
            options = {"content_type": "application/json"} if isinstance(data, str) else {}
            return Client().generic(method, path, data or "", headers=self.headers, **options)
        if method == "POST":
            return self.browser.post(path, data or {})
        return self.browser.get(path, data or {})


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens inside, so that the order of questions does not matter."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def content_of(response: Any) -> str:
    """Everything an answer says: its body, whether it streams or not, its headers and where it leads."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode("utf-8", "replace") + "\n".join(f"{name}: {value}" for name, value in response.items())
