from __future__ import annotations

from typing import ClassVar

from django.db import models

from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Opening, Owned, granted_units
from samegauge.core.thread.models import Event, Unit


class Passport(Owned):
    """One issued, signed state of a unit's thread; the public token opens only its verification page."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="passports")
    issued_at = models.DateTimeField()
    signed = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, related_name="+")
    printed = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=64)
    public_token = models.CharField(max_length=64, unique=True)
    withdrawn_at = models.DateTimeField(null=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")

    opening = Opening(
        lambda: models.Q(unit__in=granted_units(with_passports=True), withdrawn_at__isnull=True),
        shows=("signed", "printed"),
    )

    class Meta(Owned.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "unit", "-issued_at"], name="passport_by_unit")]

    def __str__(self) -> str:
        return f"{self.unit} {self.issued_at:%Y-%m-%d %H:%M}"
