from __future__ import annotations

from django.apps import AppConfig


class MeasurementConfig(AppConfig):
    name = "samegauge.core.measurement"
    label = "measurement"
