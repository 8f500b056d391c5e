from __future__ import annotations

from django.apps import AppConfig


class SecurityEventsConfig(AppConfig):
    name = "samegauge.core.security_events"
    label = "security_events"
