from __future__ import annotations

from django.apps import AppConfig


class ControlConfig(AppConfig):
    name = "samegauge.apps.inspection.control"
    label = "control"
