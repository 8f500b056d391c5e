"""The site as the server calls it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import close_old_connections
from django.http import HttpResponse

from samegauge.core.organisations.middleware import ScopeMiddleware
from samegauge.web import wsgi
from samegauge.web.bodies import Bodies
from samegauge.web.reception import Reception


def is_member(environ: dict[str, Any]) -> bool:
    """Ask no more of the site than who it is."""
    close_old_connections()
    request = wsgi.Utf8Request(environ)
    SessionMiddleware(AuthenticationMiddleware(ScopeMiddleware(lambda _request: HttpResponse())))(request)
    return request.membership is not None  # type: ignore[attr-defined]


# Of what is refused before the site sees it, Django writes no header.
ALWAYS = (
    [("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")] if settings.SECURE_HSTS_SECONDS else []
)
application = Reception(wsgi.application, is_member, Bodies(settings.FILE_UPLOAD_TEMP_DIR), always=ALWAYS)
