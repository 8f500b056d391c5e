from __future__ import annotations

from django.apps import AppConfig


class SoftwareConfig(AppConfig):
    name = "samegauge.core.software"
    label = "software"
