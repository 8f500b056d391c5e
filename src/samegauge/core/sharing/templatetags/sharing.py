from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from samegauge.core.sharing import addresses, windows
from samegauge.core.sharing.models import Grant

if TYPE_CHECKING:
    from samegauge.core.scope import Window

register = template.Library()


@register.simple_tag
def address(name: str, *arguments: object) -> str:
    return addresses.address(name, *arguments)


@register.simple_tag
def open_window() -> Window | None:
    return windows.open_window()


@register.inclusion_tag("sharing/window_banner.html")
def window_banner() -> dict[str, Any]:
    """Whose data this is and what of it is shared; nothing on a page of one's own."""
    through = windows.open_window()
    found = Grant.objects.select_related("organisation", "receiver").get(pk=through.grant_id) if through else None
    return {"grant": found, "is_giver": bool(found and through and found.organisation_id == through.reader_id)}
