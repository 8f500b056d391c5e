"""Pages open to anyone answer only so many requests a minute from one address."""

from __future__ import annotations

import math
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from ninja.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

RATE = "300/m"


class StrangerRate(SimpleRateThrottle):
    """Counted in each web process; strangers behind one proxy count as one."""

    scope = "stranger"

    def __init__(self) -> None:
        super().__init__(RATE)

    def get_cache_key(self, request: HttpRequest) -> str:
        return f"public-rate-{request.META['REMOTE_ADDR']}"


def limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 429 to an address that asks for public pages too often."""

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rate = StrangerRate()
        if rate.allow_request(request):
            return view(request, *args, **kwargs)
        refusal = render(request, "429.html", status=429)
        refusal["Retry-After"] = str(math.ceil(rate.wait() or 1))
        return refusal

    return counted
