"""What reaches the views: known methods and UTF-8; and what leaves them: private."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, QueryDict

UTF_8 = {"utf-8", "utf8", "us-ascii"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class ReadableMiddleware:
    """Refuses what no view could read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        refusal = _refused(request)
        return self.get_response(request) if refusal is None else _answered(request, *refusal)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Refuse a form with a zero byte; the API's bodies are looked at field by field."""
        if request.method == "POST" and not request.path_info.startswith("/api/") and _holds_zero(request.POST):
            return _answered(request, 400, "A form cannot hold a zero byte.")
        return None


def _holds_zero(form: QueryDict) -> bool:
    return any("\x00" in text for name, texts in form.lists() for text in (name, *texts))


def _refused(request: HttpRequest) -> tuple[int, str] | None:
    # Django decodes with whatever codec the sender names; some of them fail outside of every handler.
    if (request.content_params or {}).get("charset", "utf-8").lower() not in UTF_8:
        return 415, "Text is read as UTF-8 only."
    # PostgreSQL cannot even be asked for one.
    if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return 400, "An address cannot hold a zero byte."
    return None


def _answered(request: HttpRequest, status: int, text: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": text}, status=status)
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


class WholePageMiddleware:
    """Leads the whole page to where one signs in, not the piece of it that asked after the session had ended."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "HX-Request" in request.headers and response.get("Location", "").startswith(reverse("account_login")):
            here = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
            return HttpResponseClientRedirect(f"{reverse('account_login')}?{urlencode({'next': here})}")
        return response


class PrivateAnswersMiddleware:
    """Keeps what a member sees out of every cache: the next person at a shared tablet must not get it back.

    Whoever signs out leaves nothing behind either, not even in the pages a browser keeps for its Back button.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if getattr(request, "membership", None) is not None and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        if was_signed_in and not request.user.is_authenticated:
            response["Clear-Site-Data"] = '"cache"'
        return response
