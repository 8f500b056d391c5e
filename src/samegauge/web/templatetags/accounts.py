"""How sessions are named in templates."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from samegauge.core.security_events.devices import device_name

register = template.Library()


@register.filter
def device(user_agent: str) -> str:
    return device_name(user_agent) or _("Unknown device")
