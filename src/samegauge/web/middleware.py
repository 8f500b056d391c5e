"""What reaches the views: known methods, UTF-8, and bodies that arrive whole and within bounds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

UTF_8 = {"utf-8", "utf8", "us-ascii"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
MOST_BYTES = 2 * 2**30
MOST_BYTES_OF_STRANGERS = 33 * 2**20  # a passport to verify, the largest thing that needs no account
LONGEST_LENGTH_DIGITS = 15
# The server waits for a silent sender without end, and holds a thread meanwhile; of the four that cli.web gives each
# process one stays free for those who read.
MOST_SENDERS = 3
SENDER_WAITS_S = 0.25
_senders = threading.Semaphore(MOST_SENDERS)


class WholeBodyMiddleware:
    """Refuses a body that is shorter than announced: the server in front passes truncated ones on as if complete."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        refusal = _refused_request(request) or _refused_length(request)
        if refusal is not None:
            return _answered(request, *refusal)
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
        return self._answered_with_body(request, announced) if announced else self.get_response(request)

    def _answered_with_body(self, request: HttpRequest, announced: int) -> HttpResponse:
        if not _senders.acquire(timeout=SENDER_WAITS_S):
            return _answered(request, 503, "Too many are sending at once. Send it again in a minute.")
        place = _Place(_senders)

        def limit() -> int:
            """Asked at the first byte, when it is known who sends it."""
            return MOST_BYTES if _is_member(request) else MOST_BYTES_OF_STRANGERS

        request._stream = _WholeStream(request._stream, announced, limit, place.leave)  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            return self.get_response(request)
        finally:
            place.leave()


class _Place:
    """One sender's place; left when the body is whole, at the latest when the request is answered."""

    def __init__(self, places: threading.Semaphore) -> None:
        self.places, self.is_held = places, True

    def leave(self) -> None:
        if self.is_held:
            self.is_held = False
            self.places.release()


def _refused_request(request: HttpRequest) -> tuple[int, str] | None:
    # Django decodes with whatever codec the sender names; some of them fail outside of every handler.
    if (request.content_params or {}).get("charset", "utf-8").lower() not in UTF_8:
        return 415, "Text is read as UTF-8 only."
    # PostgreSQL cannot even be asked for one.
    if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return 400, "An address cannot hold a zero byte."
    return None


def _refused_length(request: HttpRequest) -> tuple[int, str] | None:
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        return 411, "A body needs a Content-Length."
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) <= LONGEST_LENGTH_DIGITS):
        return 400, "The Content-Length is not a number of bytes."
    if int(length) > MOST_BYTES:
        return 413, f"At most {MOST_BYTES >> 20} MiB are taken at once. Send less."
    return None


def _answered(request: HttpRequest, status: int, text: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": text}, status=status)
    return HttpResponse(text, status=status, content_type="text/plain")


def _is_member(request: HttpRequest) -> bool:
    return getattr(request, "membership", None) is not None


class PrivateAnswersMiddleware:
    """Keeps what a member sees out of every cache: the next person at a shared tablet must not get it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _is_member(request) and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class _WholeStream:
    """Reads like the request's stream, but an early end is an error."""

    def __init__(
        self,
        stream: Any,
        announced: int,
        limit: Callable[[], int] = lambda: MOST_BYTES,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.stream, self.announced, self.limit, self.at_end = stream, announced, limit, at_end
        self.missing = announced

    def read(self, size: int | None = None) -> bytes:
        wanted = self._within(size)
        taken = bytearray()
        while len(taken) < wanted:
            taken += self._arrived(self.stream.read(wanted - len(taken)))
        return bytes(taken)

    def readline(self, size: int | None = None) -> bytes:
        wanted = self._within(size)
        return self._arrived(self.stream.readline(wanted)) if wanted else b""

    def close(self) -> None:
        self.stream.close()

    def _within(self, size: int | None) -> int:
        if self.missing == self.announced > self.limit():
            raise RequestDataTooBig(_("The request is larger than this site takes. Send less at once."))
        return self.missing if size is None or size < 0 else min(size, self.missing)

    def _arrived(self, data: bytes) -> bytes:
        if not data:
            raise BadRequest(f"The body ended {self.missing} bytes early. Send it again.")
        self.missing -= len(data)
        if not self.missing:
            self.at_end()
        return data
