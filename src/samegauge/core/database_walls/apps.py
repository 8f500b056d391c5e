from __future__ import annotations

from django.apps import AppConfig


class DatabaseWallsConfig(AppConfig):
    name = "samegauge.core.database_walls"
    label = "database_walls"

    def ready(self) -> None:
        from samegauge.core.database_walls import checks  # noqa: F401 - registers the check
