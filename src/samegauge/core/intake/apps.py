from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "samegauge.core.intake"
    label = "intake"
