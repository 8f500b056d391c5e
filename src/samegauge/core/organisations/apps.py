from __future__ import annotations

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "samegauge.core.organisations"
    label = "organisations"

    def ready(self) -> None:
        from samegauge.core.organisations import checks  # noqa: F401 - registers the check
