"""The addresses of every target; who may open them follows from its writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import path

from samegauge.core.organisations.permissions import needs
from samegauge.core.takeover import views
from samegauge.core.takeover.registry import all_targets

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from samegauge.core.takeover.targets import Target


def routes_of(target: Target) -> list[URLPattern]:
    def page(place: str, run: Callable[..., HttpResponse], name: str) -> URLPattern:
        def bound(request: HttpRequest, **names: Any) -> HttpResponse:
            return run(request, target, *names.values())

        bound.__name__ = f"{target.name}_{name}"
        guarded = needs(target.writers)(bound)
        return path(f"records/{target.slug}/import/{place}", guarded, name=f"{target.name}_{name}")

    return [
        page("", views.upload, "upload"),
        page("sample.xlsx", views.sample, "sample"),
        page("<uuid:file_uid>/", views.dry_run, "import"),
    ]


urlpatterns = [
    path("take-over/", views.targets, name="take_over"),
    *(route for target in all_targets() for route in routes_of(target)),
]
