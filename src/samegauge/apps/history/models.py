from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Opening, Owned, granted_units
from samegauge.core.thread.models import Event, Unit

if TYPE_CHECKING:
    from collections.abc import Callable


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

    sealed = True
    opening = Opening(
        lambda: models.Q(unit__in=granted_units(with_passports=True), withdrawn_at__isnull=True),
        shows=("signed", "printed"),
    )

    class Meta(Owned.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "unit", "-issued_at"], name="passport_by_unit")]

    def __str__(self) -> str:
        return f"{self.unit} {self.issued_at:%Y-%m-%d %H:%M}"


class RecallState(models.TextChoices):
    AFFECTED = "affected", _("To be informed")
    INFORMED = "informed", _("Informed")
    SCHEDULED = "scheduled", _("Visit arranged")
    DONE = "done", _("Done")


class Recall(Owned):
    """召回: what was wrong with which parts, and the machines that must be looked at because of it.

    `criterion` is the question, so that it can be asked again: parts move, and machines are built meanwhile.
    """

    machines: models.Manager[RecalledMachine]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000)
    criterion = JsonField()
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True)

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class RecalledMachine(Owned):
    """How far a recall is at one machine; each step is an event of the machine."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="machines")
    machine = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="recalls")
    state = models.CharField(max_length=20, choices=RecallState.choices, default=RecallState.AFFECTED)
    note = models.CharField(max_length=500, blank=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")

    get_state_display: Callable[[], str]
    machine_id: int

    sealed = True

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "recall", "machine"], name="a_machine_once_per_recall")
        ]

    def __str__(self) -> str:
        return f"{self.machine}: {self.state}"
