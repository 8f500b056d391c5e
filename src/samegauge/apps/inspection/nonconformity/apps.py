from __future__ import annotations

from django.apps import AppConfig


class NonconformityConfig(AppConfig):
    name = "samegauge.apps.inspection.nonconformity"
    label = "nonconformity"
