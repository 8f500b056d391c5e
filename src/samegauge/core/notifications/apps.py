from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "samegauge.core.notifications"
    label = "notifications"

    def ready(self) -> None:
        from samegauge.core.attention.steps import listen
        from samegauge.core.notifications.notices import tell

        listen(tell)
