"""The API of the site: one document, one pair of doors, the operations of every app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.urls import re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from samegauge.apps.fleet.api import router as fleet
from samegauge.apps.history.api import router as history
from samegauge.apps.history.epcis_api import router as epcis
from samegauge.apps.history.import_api import router as imports
from samegauge.apps.history.parts_api import router as parts
from samegauge.apps.history.passport_api import router as passports
from samegauge.apps.history.shared_api import router as shared
from samegauge.apps.inspection.api import router as inspection
from samegauge.apps.inspection.control.api import router as control
from samegauge.apps.inspection.control.rules import ControlError
from samegauge.apps.inspection.exchange_views import router as inspection_data
from samegauge.apps.inspection.gauge_api import router as gauges
from samegauge.apps.inspection.gauge_readings import StudyError
from samegauge.apps.inspection.gauge_rules import GaugeError
from samegauge.apps.inspection.nonconformity.api import router as nonconformities
from samegauge.apps.inspection.nonconformity.rules import NonconformityError
from samegauge.apps.inspection.plans.api import router as plans
from samegauge.apps.inspection.plans.draft_api import router as plan_drafts
from samegauge.apps.inspection.plans.edit_api import router as plan_lines
from samegauge.apps.inspection.stations.api import router as stations
from samegauge.core.api import DOORS
from samegauge.core.api_contract import MemberRate, add_problems
from samegauge.core.attention.api import router as duties
from samegauge.core.attention.duties import DutyError
from samegauge.core.intake.batches import UndoError
from samegauge.core.kinds.api import router_of
from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.language import reads_chinese
from samegauge.core.notifications.api import router as notices
from samegauge.core.printing import PrintError
from samegauge.core.search.api import router as searching
from samegauge.core.sharing.api import router as sharing
from samegauge.core.sharing.rules import SharingError
from samegauge.core.thread.rules import ThreadError
from samegauge.core.vault.rules import VaultError
from samegauge.formats.canonical import CanonicalError
from samegauge.formats.passport.records import PassportError
from samegauge.web.context import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

RULE_REFUSALS = (
    ThreadError,
    UndoError,
    VaultError,
    CanonicalError,
    PassportError,
    SharingError,
    DutyError,
    StudyError,
    GaugeError,
    NonconformityError,
    ControlError,
)


@csrf_exempt  # it changes nothing, and a program is to read why there is no answer
def _nowhere(request: HttpRequest) -> HttpResponse:
    return api.on_exception(request, Http404())


class SiteApi(NinjaAPI):
    """Answers anonymous calls itself, with 401: a program has no use for the login page."""

    def _get_urls(self) -> list[Any]:
        routes = [*super()._get_urls(), re_path(r"[\s\S]*", _nowhere, name="nowhere")]
        for route in routes:
            setattr(route.callback, "login_required", False)  # noqa: B010 - a mark on a function
        return routes

    def get_openapi_schema(self, **options: Any) -> Any:
        document = super().get_openapi_schema(**options)
        add_problems(document)
        return document


# No documentation page: the one that comes with the library loads its scripts from elsewhere.
api = SiteApi(
    title="samegauge",
    version=VERSION,
    description="One machine, one thread: units, what they are made of, what happened to them, and what was measured.",
    auth=DOORS,
    throttle=[MemberRate()],
    urls_namespace="api",
    docs_url=None,
)
for router in (
    searching,
    history,
    parts,
    imports,
    passports,
    epcis,
    sharing,
    shared,
    inspection,
    inspection_data,
    gauges,
    nonconformities,
    control,
    plans,
    plan_drafts,
    plan_lines,
    stations,
    fleet,
    duties,
    notices,
    *map(router_of, all_kinds()),
):
    api.add_router("", router)


def _problem(status: int, text: str | None = None) -> Callable[[HttpRequest, Any], HttpResponse]:
    def answer(request: HttpRequest, error: Exception) -> HttpResponse:
        return api.create_response(request, {"detail": text or str(error)}, status=status)

    return answer


for refusal in (*RULE_REFUSALS, BadRequest):
    api.add_exception_handler(refusal, _problem(400))
api.add_exception_handler(PermissionDenied, _problem(403))


@api.exception_handler(PrintError)
def _unprintable(request: HttpRequest, error: PrintError) -> HttpResponse:
    return _problem(400, error.message_zh if reads_chinese() else error.message)(request, error)


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return _problem(404, _("There is no such record in this organisation."))(request, _error)


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _problem(413, _("The request is larger than this site takes. Send less at once."))(request, error)


@api.exception_handler(AuthenticationError)
def _unknown_caller(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    text = _("Sign in, or send a token: Authorization: Bearer <token>.")
    response = _problem(401, text)(request, error)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(Throttled)
def _too_often(request: HttpRequest, error: Throttled) -> HttpResponse:
    return _problem(429, _("Too many requests. Wait and ask again."))(request, error)


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _problem(error.status_code)(request, error)


@api.exception_handler(ValidationError)
def _unusable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [{"loc": list(fault["loc"]), "msg": fault["msg"], "type": fault["type"]} for fault in error.errors]
    return api.create_response(request, {"detail": faults}, status=422)
