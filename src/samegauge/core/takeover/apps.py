from __future__ import annotations

from django.apps import AppConfig


class TakeoverConfig(AppConfig):
    name = "samegauge.core.takeover"
    label = "takeover"
