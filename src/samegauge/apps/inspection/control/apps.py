from __future__ import annotations

from django.apps import AppConfig


class ControlConfig(AppConfig):
    name = "samegauge.apps.inspection.control"
    label = "control"

    def ready(self) -> None:
        from samegauge.apps.inspection.control.watching import Watching
        from samegauge.core.scope import follow_writes

        follow_writes(Watching())
