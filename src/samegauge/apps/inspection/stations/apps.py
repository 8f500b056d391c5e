from __future__ import annotations

from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "samegauge.apps.inspection.stations"
    label = "stations"
