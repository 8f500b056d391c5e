"""What needs somebody, one row for each cause, and everything that was done about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.fields import LONGEST_REASON, JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned

if TYPE_CHECKING:
    from collections.abc import Callable

CAUSE_CHARACTERS = 200


class Severity(models.TextChoices):
    """In the order of the alphabet the worse one comes first: lists sort by it."""

    ALARM = "alarm", _("Alarm")
    WARNING = "warning", pgettext_lazy("severity", "Warning")


# A browser takes "//" and "/\\" for another site.
LOCAL = re.compile(r"/(?![/\\])")


class Incident(Owned):
    """One cause: since when, how often it came back, who takes care of it. It ends when its cause is gone.

    `said` is one sentence, `evidence` the figures behind it, `step` what to do next at `url`, each in both languages;
    `since` is when it began, as the records tell; `opened_at` when it was found this time.
    """

    get_severity_display: Callable[[], str]
    organisation_id: int
    taken_by_id: int | None
    steps: models.Manager[IncidentStep]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    concern = models.CharField(max_length=60)
    cause = models.CharField(max_length=CAUSE_CHARACTERS)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    rank = models.FloatField(default=0.0)
    count = models.PositiveIntegerField(default=1)
    said = JsonField()
    evidence = JsonField()
    step = JsonField()
    url = models.CharField(max_length=300)
    picture = JsonField(null=True)
    provenance = models.CharField(max_length=10, default="", choices=[("simulated", _("Simulated data"))])
    since = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    returns = models.PositiveIntegerField(default=0)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    put_off_until = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "concern", "cause"], name="one_incident_per_cause")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "concern", "severity"],
                condition=models.Q(cleared_at__isnull=True),
                name="incident_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.concern} {self.cause}"

    @property
    def address(self) -> str:
        """Where the step leads: a page of this site, whatever the column holds."""
        return self.url if LOCAL.match(self.url) else reverse("duties")


class StepKind(models.TextChoices):
    APPEARED = "appeared", pgettext_lazy("incident", "Found")
    RETURNED = "returned", pgettext_lazy("incident", "Found again")
    WORSENED = "worsened", pgettext_lazy("incident", "Became an alarm")
    TAKEN = "taken", pgettext_lazy("incident", "Taken")
    HANDED = "handed", pgettext_lazy("incident", "Handed over")
    LEFT = "left", pgettext_lazy("incident", "Given back")
    PUT_OFF = "put_off", pgettext_lazy("incident", "Put off")
    RESUMED = "resumed", pgettext_lazy("incident", "Due again")
    CLEARED = "cleared", pgettext_lazy("incident", "The cause is gone")


class IncidentStep(Owned):
    """What happened to an incident; `person` is empty where the platform itself saw it."""

    get_kind_display: Callable[[], str]
    person_id: int | None
    to_id: int | None
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=StepKind.choices)
    at = models.DateTimeField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    class Meta(Owned.Meta):
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Look(Owned):
    """When a concern was last looked at (null: that never worked), at which state of the records, and what failed."""

    concern = models.CharField(max_length=60)
    looked_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=200, blank=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "concern"], name="one_look_per_concern")
        ]

    def __str__(self) -> str:
        return f"{self.concern} {self.looked_at}"
