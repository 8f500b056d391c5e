from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_delete


class MerkleLogConfig(AppConfig):
    name = "samegauge.core.merkle_log"
    label = "merkle_log"

    def ready(self) -> None:
        from samegauge.core.merkle_log.seals import Sealing, sealed_deletion, sealed_models
        from samegauge.core.scope import follow_writes

        follow_writes(Sealing())
        for model in sealed_models():
            post_delete.connect(sealed_deletion, sender=model, dispatch_uid=f"seal {model._meta.label}")
