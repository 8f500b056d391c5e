from __future__ import annotations

import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters  # type: ignore[attr-defined]


class Utf8Request(WSGIRequest):
    """Django would decode with the codec the sender names, and some codecs fail before any handler is in place."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samegauge.web.settings")
application = get_wsgi_application()
application.request_class = Utf8Request  # type: ignore[method-assign]
