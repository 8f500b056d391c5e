from __future__ import annotations

from typing import ClassVar

from django.db import models

from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned


class StoredFile(Owned):
    """One organisation's reference to content in the vault; knowing a hash without such a row opens nothing."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "sha256", "name"], name="a_content_once_per_name")
        ]

    def __str__(self) -> str:
        return self.name
