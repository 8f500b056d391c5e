"""What the site says when it could not finish: a full disk is told as such, whoever met it first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from samegauge.web.bodies import DISK_IS_FULL

if TYPE_CHECKING:
    from django.http import HttpRequest

INSUFFICIENT_STORAGE = 507
SQLITE_FULL = 13
POSTGRESQL_DISK_FULL = "53100"


def failed(request: HttpRequest) -> HttpResponse:
    """Answer while the error that stopped the request is being handled."""
    if not _is_full_disk(sys.exc_info()[1]):
        return server_error(request)
    if request.path_info.startswith("/api/"):
        text = _("The disk of the server is full. Nothing was taken in. Tell whoever runs this site.")
        return JsonResponse({"detail": text}, status=INSUFFICIENT_STORAGE)
    return HttpResponse(render_to_string("507.html"), status=INSUFFICIENT_STORAGE)


def _is_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if (
            (isinstance(error, OSError) and error.errno in DISK_IS_FULL)
            or getattr(error, "sqlite_errorcode", None) == SQLITE_FULL
            or getattr(error, "sqlstate", None) == POSTGRESQL_DISK_FULL
        ):
            return True
        error = error.__cause__ or error.__context__
    return False
