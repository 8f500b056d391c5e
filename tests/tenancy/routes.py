"""Every route of the site, read from its URL map, with what fills its addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tenancy.canaries import DAY

from samegauge.core.organisations.models import ApiToken, Role
from samegauge.core.scope import organisation_scope
from samegauge.web.api import api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from ninja.operation import Operation
    from tenancy.canaries import Firm

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

# Argument of a route -> the record of a firm that it names. A new argument fails test_every_argument_is_known.
OBJECTS = {
    "characteristic_uid": "measurement.Characteristic",
    "document_uid": "thread.Document",
    "event_uid": "thread.Event",
    "import_uid": "intake.ImportBatch",
    "inspection_uid": "measurement.Inspection",
    "job_uid": "jobs.Job",
    "machine_uid": "machine",
    "operation_uid": "production.OperationRun",
    "passport_uid": "history.Passport",
    "trace_uid": "production.Trace",
    "unit_uid": "thread.Unit",
}
# Arguments that name no record of a firm, with a value that works.
CHOICES = {"form": "json", "day": DAY}
# Arguments of records that belong to a person; taken from the firm's owner.
PERSONAL = {"token_id"}

PUBLIC = {
    "health": "says only that the site answers",
    "favicon": "a picture",
    "start": "makes the first account; needs the one-time link",
    "join": "chooses the first password; needs the link that the owner gives",
    "set_language": "changes the language of the reader's own session",
    "verify_upload": "checks a passport file that the reader already has; keeps nothing",
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
    "account_reset_password": "asks for a letter",
    "account_reset_password_done": "says that a letter was sent",
    "account_reset_password_from_key": "needs the key in the letter",
    "account_reset_password_from_key_done": "says that the password was changed",
    "account_confirm_login_code": "needs the code in the letter",
    "account_confirm_email": "needs the key in the letter",
    "openapi-json": "describes the interface, the same on every site; holds no record",
    "api-root": "answers 404; the library derives the addresses of the interface from it",
}


@dataclass(frozen=True)
class Route:
    """One address, its methods' operations if it belongs to the API, and the names of its arguments."""

    name: str
    namespace: str
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
        return reverse(f"{self.namespace}:{self.name}" if self.namespace else self.name, kwargs=self._values(firm))

    def _values(self, firm: Firm) -> dict[str, Any]:
        values: dict[str, Any] = {name: CHOICES[name] for name in self.arguments if name in CHOICES}
        values |= {name: firm.records[OBJECTS[name]].uid for name in self.arguments if name in OBJECTS}
        if "token_id" in self.arguments:
            owner = firm.people[Role.OWNER].memberships.get()
            values["token_id"] = ApiToken.objects.get(membership=owner).pk
        return values

    def operations(self) -> list[Operation]:
        """What the API does at this address, by method."""
        return [operation for view in _api_views() for operation in view.operations if operation.url_name == self.name]

    def action(self, method: str) -> Any:
        """The action that the route states for a method; None when it does not take the method."""
        if not self.is_api:
            return self.callback.needs
        for path, view in _views_by_path().items():
            if self.name in {_url_name(operation) for operation in view.operations} and path:
                for operation in view.operations:
                    if method in operation.methods:
                        return operation.view_func.needs
        return None


def _url_name(operation: Operation) -> str:
    return operation.url_name or operation.view_func.__name__


@cache
def _views_by_path() -> dict[str, Any]:
    return {path: view for router in api._get_bound_routers() for path, view in router.path_operations.items()}


def _api_views() -> list[Any]:
    return list(_views_by_path().values())


def all_operations() -> list[Operation]:
    return [operation for view in _api_views() for operation in view.operations]


@cache
def routes() -> tuple[Route, ...]:
    return tuple(_routes(get_resolver(), ""))


def _routes(resolver: URLResolver, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _routes(entry, entry.namespace or namespace)
        elif isinstance(entry, URLPattern):
            arguments = tuple(entry.pattern.converters) or tuple(entry.pattern.regex.groupindex)
            yield Route(entry.name or str(entry.pattern).partition(".")[0], namespace, arguments, entry.callback)


def guarded_routes() -> list[Route]:
    return [route for route in routes() if not route.is_public]


class Visitor:
    """One person of a firm, in the browser and with a token."""

    def __init__(self, firm: Firm | None, role: Role | None = None) -> None:
        self.browser, self.headers = Client(), {}
        if firm is not None and role is not None:
            self.browser.force_login(firm.people[role], LOGIN_BACKEND)
            self.headers = {"Authorization": f"Bearer {firm.tokens[role]}"}

    def asks(self, method: str, path: str, data: Any = None) -> HttpResponse:
        """Ask as a browser does for pages and as a program does for the API."""
        if path.startswith("/api/"):
            program = Client()
            options = {"content_type": "application/json"} if method == "POST" else {}
            return program.generic(method, path, data or "", headers=self.headers, **options)
        if method == "POST":
            return self.browser.post(path, data or {})
        return self.browser.get(path, data or {})


def content_of(response: Any) -> str:
    """Everything an answer says: its body, whether it streams or not, its headers and where it leads."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return body.decode("utf-8", "replace") + "\n".join(f"{name}: {value}" for name, value in response.items())


def scope_of(firm: Firm) -> Any:
    return organisation_scope(firm.organisation)
