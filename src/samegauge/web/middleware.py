from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class WholeBodyMiddleware:
    """Refuses a body that is shorter than announced: the server in front passes truncated ones on as if complete."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponse(status=405)
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            return HttpResponse("A body needs a Content-Length.", status=411, content_type="text/plain")
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
        if announced:
            request._stream = _WholeStream(request._stream, announced)  # type: ignore[attr-defined]  # noqa: SLF001
        return self.get_response(request)


class _WholeStream:
    """Reads like the request's stream, but an early end is an error."""

    def __init__(self, stream: Any, announced: int) -> None:
        self.stream, self.missing = stream, announced

    def read(self, size: int | None = None) -> bytes:
        return self._counted(self.stream.read(size), wanted=size)

    def readline(self, size: int | None = None) -> bytes:
        return self._counted(self.stream.readline(size), wanted=size)

    def close(self) -> None:
        self.stream.close()

    def _counted(self, data: bytes, wanted: int | None) -> bytes:
        self.missing -= len(data)
        ended = wanted is None or (not data and wanted != 0)
        if ended and self.missing > 0:
            raise BadRequest(f"The body ended {self.missing} bytes early. Send it again.")
        return data
