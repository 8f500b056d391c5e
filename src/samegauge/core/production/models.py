"""How a unit was made: program revisions, operations on machines, and the machine trace behind them."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.kinds.models import Record
from samegauge.core.scope import Owned, Retractable
from samegauge.core.thread.models import Event, Item, Unit


class Confidence(models.TextChoices):
    STATED = "stated", _("Stated by the source")
    INFERRED = "inferred", _("Worked out from the data")
    UNCERTAIN = "uncertain", _("Uncertain")


class Station(Record):
    """工站: a place in the route where people assemble or test."""

    code = models.CharField(
        _("Station code"),
        max_length=30,
        validators=[RegexValidator(r"\A[0-9A-Z](?:[0-9A-Z ./-]*[0-9A-Z])?\Z", _("Use A to Z, digits and . / -"))],
        help_text=_("In capitals and digits, so that any scanner types it."),
    )
    name = models.CharField(pgettext_lazy("station", "Name"), max_length=200, help_text=_("What is done there."))
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True, help_text=_("If it has one."))
    line = models.CharField(_("Line or section"), max_length=100, blank=True, help_text=_("Which it belongs to."))
    place = models.CharField(_("Place"), max_length=100, blank=True, help_text=_("Hall and bay."))
    sequence = models.PositiveIntegerField(
        _("Place in the route"), null=True, blank=True, help_text=_("Its number in the order of work, from 1.")
    )
    note = models.CharField(_("Note"), max_length=500, blank=True, help_text=_("What the next person should know."))

    class Meta(Record.Meta):
        verbose_name = _("station")
        verbose_name_plural = _("Stations")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "code"], name="a_station_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ProgramRevision(Retractable):
    """An NC program's exact bytes; another byte is another revision."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="program_revisions")
    name = models.CharField(max_length=255)
    revision_label = models.CharField(max_length=40, blank=True)
    operation_label = models.CharField(max_length=60, blank=True)
    sha256 = models.CharField(max_length=64)
    last_line = models.PositiveIntegerField(help_text=_("Line of the file that holds the last block"))
    tool_calls = JsonField(default=list, help_text=_("Line and tool of each tool change"))
    stored = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class Trace(Retractable):
    """The stretch of machine readings that was recorded while this unit was made, and why we believe so."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="traces")
    machine = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="traces_recorded")
    label = models.CharField(max_length=120, help_text=_("The trace's label in the telemetry lake"))
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    readings = models.PositiveBigIntegerField()
    numeric_tags = JsonField(default=list, help_text=_("Tags that can be drawn as signals"))
    confidence = models.CharField(max_length=12, choices=Confidence.choices)
    evidence = JsonField(default=list)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.label


class OperationRun(Retractable):
    """One operation on one unit: which machine, which program, from when to when, and what disturbed it."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="operations")
    machine = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="operations_run")
    trace = models.ForeignKey(Trace, on_delete=models.PROTECT, null=True, related_name="operations")
    program = models.ForeignKey(ProgramRevision, on_delete=models.PROTECT, null=True, related_name="runs")
    program_name_reported = models.CharField(max_length=255, blank=True)
    sequence = models.PositiveIntegerField()
    label = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    cycle_time_s = models.FloatField()
    facts = JsonField(default=dict, help_text=_("Times, overrides, tools, interruptions and alarms, with their method"))
    confidence = models.CharField(max_length=12, choices=Confidence.choices)
    evidence = JsonField(default=list)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")

    class Meta(Retractable.Meta):
        indexes: ClassVar = [
            models.Index(fields=["organisation", "unit", "sequence"], name="operation_by_unit"),
            models.Index(fields=["organisation", "machine", "started_at"], name="operation_by_machine"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.label}"


class DataItem(Owned):
    """What a machine's device description says about one tag: its category, type and unit."""

    machine = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="data_items")
    tag = models.CharField(max_length=120)
    category = models.CharField(max_length=20)
    type = models.CharField(max_length=80)
    sub_type = models.CharField(max_length=80, blank=True)
    component = models.CharField(max_length=120, blank=True)
    units = models.CharField(max_length=40, blank=True)
    native_units = models.CharField(max_length=40, blank=True)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "machine", "tag"], name="a_tag_once_per_machine")
        ]

    def __str__(self) -> str:
        return self.tag
