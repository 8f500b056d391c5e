from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from samegauge.web.accounts.second_factor import keys_work_here

if TYPE_CHECKING:
    from django.http import HttpRequest


def ways_in(request: HttpRequest) -> dict[str, Any]:
    """With what one can sign in on this site, at this address."""
    here = SimpleLazyObject(lambda: keys_work_here(request))
    return {"identity_provider": settings.SAMEGAUGE_IDENTITY_PROVIDER, "keys_work_here": here}
