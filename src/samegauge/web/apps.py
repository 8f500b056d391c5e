from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "samegauge.web"
    label = "web"
