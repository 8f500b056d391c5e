from __future__ import annotations

from typing import ClassVar

from django.db import models

from samegauge.core.fields import JsonField
from samegauge.core.scope import Owned


class SavedMatching(Owned):
    """How the columns of one firm's own spreadsheets go to fields, remembered under a name."""

    target = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    columns = JsonField(default=dict)
    constants = JsonField(default=dict)

    class Meta(Owned.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "target", "name"], name="a_matching_name_once_per_target")
        ]

    def __str__(self) -> str:
        return self.name
