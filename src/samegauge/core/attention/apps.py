from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AttentionConfig(AppConfig):
    name = "samegauge.core.attention"
    label = "attention"

    def ready(self) -> None:
        autodiscover_modules("concerns")
