from __future__ import annotations

from django.apps import AppConfig


class SampleKindsConfig(AppConfig):
    name = "support.sample_kinds"
    label = "sample_kinds"
