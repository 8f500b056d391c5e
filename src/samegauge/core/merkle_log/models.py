"""One log for each organisation: what its entries are, the tree over them, and the states that were signed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned


class Log(Owned):
    """How far an organisation's log is; `epoch` counts its names, for one that had to begin again under a new one."""

    organisation_id: int
    size = models.PositiveBigIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=1)
    taken_over_at = models.DateTimeField(
        null=True, help_text=_("From when on everything is in it; null: what was there before still has to go in")
    )

    class Meta(Owned.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation"], name="one_log_per_organisation")]

    def __str__(self) -> str:
        return f"{self.organisation_id}/{self.epoch}: {self.size}"

    @property
    def origin(self) -> str:
        """The name under which the log signs and witnesses know it."""
        name = f"samegauge/{self.organisation.uid}"
        return name if self.epoch == 1 else f"{name}/{self.epoch}"


class RowSeal(Owned):
    """What rows of one table were when they were written: keys of 8 bytes and hashes of 32, one after another.

    `columns` are those that the hashes are over; a row that is written again is sealed again, and the last one counts.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    table = models.CharField(max_length=100)
    columns = models.TextField()
    keys = models.BinaryField()
    hashes = models.BinaryField()

    class Meta(Owned.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "table", "id"], name="seals_of_a_table")]

    def __str__(self) -> str:
        return f"{self.table} {self.uid}"


class EntryKind(models.IntegerChoices):
    EVENT = 1, _("Event")
    SEAL = 2, _("Seal of rows")


class Placed(Owned):
    """Names an event or a seal by its key; a plain number, because events are written by the thousand."""

    kind = models.PositiveSmallIntegerField(choices=EntryKind.choices)
    key = models.PositiveBigIntegerField()

    class Meta(Owned.Meta):
        abstract = True


class Waiting(Placed):
    """Written with an event or a seal, in its transaction: it has no place in the log yet."""

    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Entry(Placed):
    """The place of an event or of a seal in the log, for good."""

    index = models.PositiveBigIntegerField()

    class Meta(Placed.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "index"], name="one_entry_per_place"),
            models.UniqueConstraint(fields=["organisation", "kind", "key"], name="one_place_per_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.index}"


class Tile(Owned):
    """256 hashes of one level of the tree, fewer in the last tile of a level (`samegauge.formats.tiles`)."""

    level = models.PositiveSmallIntegerField()
    number = models.PositiveBigIntegerField()
    hashes = models.BinaryField()

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "level", "number"], name="one_tile_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class SignedState(Owned):
    """A checkpoint: what the log was at a moment, signed by the organisation and by every witness that saw it."""

    size = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    note = models.TextField()
    witnessed_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "-made_at"], name="newest_checkpoint")]

    def __str__(self) -> str:
        return f"{self.size} {self.made_at:%Y-%m-%d %H:%M}"


class Answer(models.TextChoices):
    SIGNED = "signed", _("Signed")
    REFUSED = "refused", _("Refused")
    SILENT = "silent", _("Did not answer")


class WitnessAnswer(Owned):
    """What a witness said last."""

    witness = models.CharField(max_length=200)
    answer = models.CharField(max_length=10, choices=Answer.choices)
    since = models.DateTimeField(help_text=_("From when on it has answered so"))
    size = models.PositiveBigIntegerField(default=0, help_text=_("The newest state that it signed"))
    said = models.TextField(blank=True)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "witness"], name="one_answer_per_witness")
        ]

    def __str__(self) -> str:
        return f"{self.witness}: {self.answer}"
