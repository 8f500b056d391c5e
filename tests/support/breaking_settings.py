"""The product's settings with an update that breaks."""

from __future__ import annotations

from samegauge.web.settings import *  # noqa: F403 - the product's

INSTALLED_APPS = [*INSTALLED_APPS, "support.breaking_update"]  # noqa: F405 - from the product's settings
