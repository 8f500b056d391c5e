"""The addresses that the frame of a page links to, without the pages behind them."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import include, path


def nothing(_request: object) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", nothing, name="home"),
    path("search/", nothing, name="search"),
    path("organisation/switch/", nothing, name="switch_organisation"),
    path("people/", nothing, name="people"),
    path("tokens/", nothing, name="tokens"),
    path("language/", include("django.conf.urls.i18n")),
    path("account/", include("allauth.urls")),
]
