"""What came in from outside, as a whole that can be undone as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned

if TYPE_CHECKING:
    from samegauge.core.thread.models import Event


class ImportKind(models.TextChoices):
    NIST_TDP = "nist-tdp", _("NIST technical data package")
    SHDR = "shdr", _("Machine logs (SHDR)")
    QIF = "qif", _("Inspection results (QIF)")
    AQDEF = "aqdef", _("Measured values (AQDEF, Q-DAS)")
    EPCIS = "epcis", _("Events of a supplier (EPCIS)")
    TAKE_OVER = "take-over", _("Take-over from a spreadsheet")


# What a file alone says how to take in; a spreadsheet needs its columns matched by a person first.
FILE_KINDS = tuple(kind for kind in ImportKind if kind is not ImportKind.TAKE_OVER)


class ImportBatch(Owned):
    """One import: its files, what it brought in, and whether it still stands."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=ImportKind.choices)
    source = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    report = JsonField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undo_event: models.ForeignKey[Event | None] = models.ForeignKey(
        "thread.Event", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta(Owned.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class FileOutcome(models.TextChoices):
    IN = "in", _("In")
    KNOWN = "known", _("Already in")
    REFUSED = "refused", _("Refused")


class ImportedFile(Owned):
    """One file of an import: taken in once for as long as its import stands."""

    batch_id: int
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="files")
    stored = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=FileOutcome.choices)
    standing = models.BooleanField(default=True)
    observations = models.PositiveBigIntegerField(default=0)
    duplicates = models.PositiveBigIntegerField(default=0)
    out_of_order = models.PositiveBigIntegerField(default=0)
    quarantined = JsonField(default=list)
    reason = models.TextField(blank=True)
    reason_zh = models.TextField(blank=True)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "sha256", "name"],
                condition=models.Q(standing=True, outcome="in"),
                name="a_file_goes_in_once",
            )
        ]

    def __str__(self) -> str:
        return self.name
