from __future__ import annotations

from django.apps import AppConfig


class MerkleLogConfig(AppConfig):
    name = "samegauge.core.merkle_log"
    label = "merkle_log"
