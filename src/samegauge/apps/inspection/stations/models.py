"""What people did at the stations, append-only as their tablets sent it, and where each unit stands because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.apps.inspection.plans.models import Procedure
from samegauge.core.fields import JsonField
from samegauge.core.measurement.models import Measurement
from samegauge.core.production.models import Station
from samegauge.core.scope import Owned
from samegauge.core.thread.models import AppendOnlyError, AsBuiltEdge, Event, Unit

if TYPE_CHECKING:
    from collections.abc import Callable


class EntryKind(models.TextChoices):
    VALUE = "value", pgettext_lazy("step", "Value")
    CHECK = "check", pgettext_lazy("step", "Check")
    CHOICE = "choice", pgettext_lazy("step", "Choice")
    PHOTO = "photo", pgettext_lazy("step", "Photo")
    PART = "part", pgettext_lazy("step", "Part scan")
    SIGNATURE = "signature", pgettext_lazy("step", "Signature")
    NOTE = "note", pgettext_lazy("step", "Note")
    FINISH = "finish", pgettext_lazy("station entry", "Finish")
    OVERRIDE = "override", pgettext_lazy("station entry", "Released by a supervisor")
    WITHDRAW = "withdraw", pgettext_lazy("station entry", "Taken back")


class Outcome(models.TextChoices):
    TAKEN = "taken", pgettext_lazy("station entry", "Taken")
    CONFLICT = "conflict", pgettext_lazy("station entry", "Conflict")


class StationEntry(Owned):
    """One thing somebody did; what it says never changes, what it led to is worked out from all entries.

    `at` is the tablet's time corrected by its clock's offset; entries are ordered by it and then by `uid`. `fault` says
    what the world outside the entries had against it when it came: a gauge out of calibration, a wrong part.
    """

    unit_id: int
    station_id: int
    actor_id: int | None
    get_kind_display: Callable[[], str]
    uid = models.UUIDField(editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="station_entries")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="entries")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="entries")
    step = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    payload = JsonField(default=dict)
    serial = models.CharField(max_length=100, blank=True, help_text=_("Of the part, where one was scanned"))
    device = models.CharField(max_length=100, blank=True)
    device_time = models.DateTimeField()
    clock_offset_ms = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    role = models.CharField(max_length=30)
    fault = JsonField(default=dict)

    # Worked out from all entries; the only columns that change.
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.TAKEN)
    reason = JsonField(default=dict)
    held_at = models.DateTimeField(null=True, help_text=_("When something outside kept the unit at its station"))

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["at", "uid"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "uid"], name="a_station_entry_once")]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "unit", "at"], name="station_entry_by_unit"),
            models.Index(
                fields=["organisation", "serial"], condition=~models.Q(serial=""), name="station_entry_by_part"
            ),
            models.Index(
                fields=["organisation", "received_at"],
                condition=models.Q(outcome="conflict"),
                name="station_entry_in_conflict",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.station.code} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("Entries are never changed: a later one takes back or supersedes.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError("Entries are never deleted: a later one takes back or supersedes.")


class Effect(Owned):
    """The records that an entry led to, while they stand: a measurement with its event, or a part's place."""

    measurement_id: int | None
    edge_id: int | None
    entry = models.OneToOneField(StationEntry, on_delete=models.PROTECT, related_name="effect")
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")
    edge = models.ForeignKey(AsBuiltEdge, on_delete=models.PROTECT, null=True, related_name="station_effects")
    edge_until = models.DateTimeField(null=True, help_text=_("When a later scan at the same step took the part out"))

    sealed = True

    def __str__(self) -> str:
        return str(self.entry)


class StopState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("station", "Waiting for an earlier station")
    HERE = "here", pgettext_lazy("station", "Can be worked on")
    HELD = "held", pgettext_lazy("station", "Held")
    RELEASED = "released", pgettext_lazy("station", "Released")


class UnitStop(Owned):
    """A unit at one station of its way: what all entries together say; made anew from them whenever one comes in."""

    unit_id: int
    station_id: int
    procedure_id: int | None
    get_state_display: Callable[[], str]
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="stops")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="unit_stops")
    sequence = models.PositiveIntegerField()
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=StopState.choices)
    done = models.PositiveSmallIntegerField(default=0)
    required = models.PositiveSmallIntegerField(default=0)
    conflicts = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    override_reason = models.CharField(max_length=500, blank=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(Owned.Meta):
        ordering: ClassVar = ["sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "unit", "station"], name="a_unit_once_at_a_station")
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "station", "state"], name="unit_stop_by_station"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.station.code} {self.state}"
