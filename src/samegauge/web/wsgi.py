from __future__ import annotations

import os
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters  # type: ignore[attr-defined]


class Utf8Request(WSGIRequest):
    """Django would decode with the codec the sender names, and some codecs fail before any handler is in place."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ | {"REMOTE_ADDR": sender(environ)} if settings.SITE.https else environ)

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))

    def _get_scheme(self) -> str | None:
        """Say https where browsers reach the site so, though the proxy between speaks plain HTTP on this machine."""
        return "https" if settings.SITE.https else super()._get_scheme()  # type: ignore[misc]


def sender(environ: dict[str, Any]) -> str:
    """Return whom a proxy on this machine speaks for: the address it added last; any other, anybody may write."""
    peer, named = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    try:
        return str(ip_address(named.strip())) if ip_address(peer).is_loopback else peer
    except ValueError:
        return peer


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samegauge.web.settings")
application = get_wsgi_application()
application.request_class = Utf8Request  # type: ignore[method-assign]
