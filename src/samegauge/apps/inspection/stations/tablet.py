"""The page that a tablet at a station keeps: one shell for everybody, its service worker and its manifest.

Nothing here names a person, a machine or an organisation: what a shift needs comes over the API and is kept apart.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samegauge.core.organisations.permissions import Action, needs, public

WORKER = "vendor/station_worker.js"
SHELL = (
    "vendor/tabler.css",
    "samegauge.css",
    "components.css",
    "station.css",
    "vendor/theme.js",
    "vendor/station.js",
    "vendor/icons.svg",
    "favicon.svg",
    "logo.svg",
)


@require_GET
@needs(Action.RECORD)
def tablet(request: HttpRequest) -> HttpResponse:
    return render(request, "stations/tablet.html")


@public
@require_GET
def worker(_request: HttpRequest) -> HttpResponse:
    """Another byte in any file of the shell makes another worker, which fetches them all anew."""
    shell = {"version": _version(), "page": reverse("tablet"), "files": [static(name) for name in SHELL]}
    text = f"self.SHELL = {json.dumps(shell)};\n{_source(WORKER).decode()}"
    return HttpResponse(text, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@public
@require_GET
def manifest(_request: HttpRequest) -> JsonResponse:
    page = reverse("tablet")
    said = {
        "name": _("Station tablet"),
        "short_name": _("Station tablet"),
        "start_url": page,
        "scope": page,
        "id": page,
        "display": "standalone",
        "background_color": "#F3F5F6",
        "theme_color": "#1B5E9E",
        "icons": [{"src": static("logo.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(said, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def _version() -> str:
    template = Path(get_template("stations/tablet.html").template.origin.name)  # type: ignore[attr-defined]
    parts = [template.read_bytes(), *(_source(name) for name in (*SHELL, WORKER))]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


def _source(name: str) -> bytes:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(f"{name}: build the front end with `python -m samegauge.web.frontend.build`")
    return Path(path).read_bytes()
