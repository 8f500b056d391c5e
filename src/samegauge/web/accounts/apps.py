from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "samegauge.web.accounts"
    label = "accounts"

    def ready(self) -> None:
        from samegauge.web.accounts import happenings  # noqa: F401 - listens to what the libraries tell
