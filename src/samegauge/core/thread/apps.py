from __future__ import annotations

from django.apps import AppConfig


class ThreadConfig(AppConfig):
    name = "samegauge.core.thread"
    label = "thread"
