"""What every declared record has, and the history of its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.fields import LONGEST_REASON, JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned

if TYPE_CHECKING:
    from samegauge.core.intake.models import ImportBatch


class Record(Owned):
    """A record of a declared kind; `version` counts its changes, so that two people cannot overwrite one another."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Set where the keys of a whole sheet were compared at once: a question to the database for each row takes minutes.
    keys_are_known = False

    class Meta(Owned.Meta):
        abstract = True

    def get_constraints(self) -> list[tuple[type[models.Model], list[Any]]]:
        known = models.UniqueConstraint if self.keys_are_known else ()
        return [
            (model, [one for one in constraints if not isinstance(one, known)])
            for model, constraints in super().get_constraints()  # type: ignore[misc]
        ]


class ChangeKind(models.TextChoices):
    CREATED = "created", _("Created")
    CHANGED = "changed", _("Changed")
    RETIRED = "retired", _("Retired")
    RESTORED = "restored", _("Taken back into use")


class Change(Owned):
    """One change of one record: who, when, which fields from what to what, and why."""

    kind = models.CharField(max_length=40)
    record_uid = models.UUIDField()
    version = models.PositiveIntegerField()
    what = models.CharField(max_length=10, choices=ChangeKind.choices)
    actor = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    fields = JsonField(default=dict)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    batch: models.ForeignKey[ImportBatch | None] = models.ForeignKey(
        "intake.ImportBatch", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "record_uid", "version"], name="a_version_once_per_record")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_uid} v{self.version}"
