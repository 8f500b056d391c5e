from __future__ import annotations

from django.apps import AppConfig


class BreakingUpdateConfig(AppConfig):
    name = "support.breaking_update"
    label = "breaking_update"
