"""The addresses of every declared kind; who may open them follows from its declaration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.urls import path

from samegauge.core.kinds import views
from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.organisations.permissions import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from samegauge.core.kinds.declaration import RecordKind
    from samegauge.core.organisations.models import Role


def routes_of(kind: RecordKind) -> list[URLPattern]:
    def page(place: str, run: Callable[..., HttpResponse], name: str, roles: frozenset[Role]) -> URLPattern:
        def bound(request: HttpRequest, **names: Any) -> HttpResponse:
            return run(request, kind, *names.values())

        bound.__name__ = f"{kind.name}_{name}"
        return path(f"records/{kind.slug}/{place}", needs(roles)(bound), name=f"{kind.name}_{name}")

    one = f"<uuid:{kind.name}_uid>/"
    csv, xlsx = (partial(views.record_export, form=form) for form in ("csv", "xlsx"))
    return [
        page("", views.record_list, "list", kind.readers),
        page("help/", views.record_help, "help", kind.readers),
        page("export.csv", csv, "csv", kind.readers),
        page("export.xlsx", xlsx, "xlsx", kind.readers),
        page("new/", views.record_new, "new", kind.writers),
        page(one, views.record, "record", kind.readers),
        page(f"{one}edit/", views.record_edit, "edit", kind.writers),
        page(f"{one}switch/", views.record_switch, "switch", kind.writers),
    ]


urlpatterns = [
    path("records/", views.kind_list, name="kind_list"),
    *(route for kind in all_kinds() for route in routes_of(kind)),
]
