from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KindsConfig(AppConfig):
    name = "samegauge.core.kinds"
    label = "kinds"

    def ready(self) -> None:
        autodiscover_modules("kinds")
