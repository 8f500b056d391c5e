"""Where a page is: through a window its counterpart within the grant, if the window shows that page at all."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from samegauge.core.sharing.windows import open_window


def address(name: str, *arguments: object) -> str:
    """Return the address of a page; empty when somebody who looks through a window has none."""
    through = open_window()
    if through is None:
        return reverse(name, args=arguments)
    try:
        return reverse(f"shared_{name}", args=[through.grant_uid, *arguments])
    except NoReverseMatch:
        return ""
