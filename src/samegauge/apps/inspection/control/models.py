"""What each process is watched by, what it signalled, and what was found and done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.fields import LONGEST_REASON, JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.kinds.models import Record
from samegauge.core.measurement.models import Characteristic, Measurement
from samegauge.core.scope import Owned
from samegauge.core.thread.models import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_CODE = RegexValidator(r"\A[0-9A-Z](?:[0-9A-Z ./-]*[0-9A-Z])?\Z", _("Use A to Z, digits and . / -"))


class Pooling(models.TextChoices):
    OWN = "own", _("This characteristic alone")
    ALIKE = "alike", _("The same characteristic of all models, with the same limits")
    FAMILY = "family", _("The same characteristic of all models, whatever its size")


class Chart(models.TextChoices):
    I_EWMA = "i-ewma", _("Individuals and EWMA")
    I_MR = "i-mr", _("Individuals and moving range")
    EWMA = "ewma", "EWMA"
    CUSUM = "cusum", "CUSUM"
    XBAR_R = "xbar-r", _("Means and ranges")
    XBAR_S = "xbar-s", _("Means and standard deviations")
    P = "p", _("Share not conforming (p)")
    NP = "np", _("Number not conforming (np)")
    C = "c", _("Defects (c)")
    U = "u", _("Defects per unit (u)")
    DNOM = "dnom", _("Deviations from nominal (DNOM)")
    Z_MR = "z-mr", _("Standardised values (Z-MR)")


class Rules(models.TextChoices):
    LIMITS = "shewhart", _("Limits only")
    WESTERN_ELECTRIC = "western-electric", "Western Electric"
    NELSON = "nelson", "Nelson"


class Estimator(models.TextChoices):
    MEAN_MOVING_RANGE = "mean-moving-range", _("Mean moving range")
    MEDIAN_MOVING_RANGE = "median-moving-range", _("Median moving range")
    STANDARD_DEVIATION = "standard-deviation", _("Standard deviation")


class CodeRecord(Record):
    """A code that whoever answers an alarm has to choose."""

    code = models.CharField(
        _("Code"), max_length=20, validators=[_CODE], help_text=_("Short, in capitals: people learn it by heart.")
    )
    name = models.CharField(pgettext_lazy("code", "Name"), max_length=120, help_text=_("What it stands for."))
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True, help_text=_("If it has one."))
    sequence = models.PositiveIntegerField(
        _("Order"), default=100, help_text=_("Smaller ones are offered first; the usual ones belong there.")
    )

    class Meta(Record.Meta):
        abstract = True
        ordering: ClassVar = ["sequence", "code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CauseCode(CodeRecord):
    """原因代碼: why a process went out of control."""

    class Meta(CodeRecord.Meta):
        verbose_name = _("cause code")
        verbose_name_plural = _("Cause codes")
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "code"], name="a_cause_code_once")]


class ActionCode(CodeRecord):
    """處置代碼: what was done about it."""

    class Meta(CodeRecord.Meta):
        verbose_name = _("action code")
        verbose_name_plural = _("Action codes")
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "code"], name="an_action_code_once")]


class Process(Owned):
    """製程: what one chart watches; `lead` names it.

    `seen`, `last` and `epoch` tell a chart that a program holds in its memory whether it is still the newest.
    """

    lead_id: int
    designs: models.Manager[ControlDesign]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    lead = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="+")
    pooling = models.CharField(max_length=10, choices=Pooling.choices, default=Pooling.OWN)
    likeness = models.CharField(max_length=64, blank=True)
    design: models.ForeignKey[ControlDesign | None] = models.ForeignKey(
        "ControlDesign", on_delete=models.PROTECT, null=True, related_name="+"
    )
    seen = models.PositiveIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "likeness"], name="process_by_likeness")]

    def __str__(self) -> str:
        return str(self.lead)


class ProcessMember(Owned):
    """Each characteristic belongs to one process."""

    process_id: int
    characteristic_id: int
    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="members")
    characteristic = models.OneToOneField(Characteristic, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.characteristic)


class ControlDesign(Owned):
    """One revision of how a process is watched; none is ever changed, the process names the one in force.

    Widths, reference, decision interval and shift are in standard deviations. `baseline_from` and `baseline_to` bound
    the values that set the limits; without them the first `baseline_count` do.
    """

    get_chart_display: Callable[[], str]
    get_rules_display: Callable[[], str]
    left_out: models.Manager[LeftOut]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="designs")
    revision = models.PositiveIntegerField()
    pooling = models.CharField(_("Values of"), max_length=10, choices=Pooling.choices, default=Pooling.OWN)
    chart = models.CharField(_("Chart"), max_length=10, choices=Chart.choices, default=Chart.I_EWMA)
    rules = models.CharField(_("Run rules"), max_length=20, choices=Rules.choices, default=Rules.LIMITS)
    subgroup = models.PositiveSmallIntegerField(
        _("Values in a point"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Neighbouring values in one point: of means 2 or more, of shares as many as were inspected."),
    )
    estimator = models.CharField(
        _("Sigma from"), max_length=20, choices=Estimator.choices, default=Estimator.MEAN_MOVING_RANGE
    )
    width = models.FloatField(_("Limits [σ]"), default=4.5, validators=[MinValueValidator(1.0), MaxValueValidator(6.0)])
    weight = models.FloatField(
        _("Weight of the EWMA"), default=0.2, validators=[MinValueValidator(0.02), MaxValueValidator(0.9)]
    )
    memory_width = models.FloatField(
        _("Limits of the EWMA, or interval of the CUSUM [σ]"),
        default=3.75,
        validators=[MinValueValidator(0.5), MaxValueValidator(20.0)],
    )
    reference = models.FloatField(
        _("Reference of the CUSUM [σ]"), default=0.75, validators=[MinValueValidator(0.05), MaxValueValidator(3.0)]
    )
    shift = models.FloatField(
        _("Shift to be found [σ]"), default=2.0, validators=[MinValueValidator(0.2), MaxValueValidator(6.0)]
    )
    baseline_count = models.PositiveSmallIntegerField(
        _("Points that set the limits"), default=15, validators=[MinValueValidator(5), MaxValueValidator(1000)]
    )
    baseline_from = models.DateTimeField(_("Baseline from"), null=True, blank=True)
    baseline_to = models.DateTimeField(_("Baseline to"), null=True, blank=True)
    gate_goal = models.FloatField(
        _("Capability gate: Cpk at least"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.5), MaxValueValidator(3.0)],
        help_text=_("Until its 95 % lower bound reaches this, every unit is measured. Empty: no gate."),
    )
    expected_every_h = models.FloatField(
        _("A value is expected every [h]"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(8784.0)],
        help_text=_("Empty: as the inspection plan says."),
    )
    reason = models.CharField(_("Why"), max_length=LONGEST_REASON)
    made_by = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    sealed = True

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "process", "revision"], name="a_design_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.process} r{self.revision}"


class LeftOut(Owned):
    """A value of the baseline that sets no limit, and why; it stays on the chart."""

    measurement_id: int
    design = models.ForeignKey(ControlDesign, on_delete=models.PROTECT, related_name="left_out")
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=LONGEST_REASON)

    sealed = True

    def __str__(self) -> str:
        return self.reason


class Alarm(Owned):
    """失控警報: a process signalled. It is open until somebody says why and what was done.

    `measurement` is the first value that signalled, `latest` the newest one of `signals`; `rules` names what signalled
    first: chart, number of the rule and its text in both languages. Withdrawn: its values are no longer there.
    """

    process_id: int
    measurement_id: int
    latest_id: int
    ends_with_id: int | None
    answered_by_id: int | None
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="alarms")
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="+")
    latest = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="+")
    signals = models.PositiveIntegerField(default=1)
    rules = JsonField(default=list)
    since = models.DateTimeField(help_text=_("When the value was taken"))
    opened_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, null=True, related_name="+")
    cause = models.ForeignKey(CauseCode, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.ForeignKey(ActionCode, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=LONGEST_REASON, blank=True)
    ends_with = models.ForeignKey(Measurement, on_delete=models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["-since", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "process"],
                condition=models.Q(answered_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_alarm_per_process",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True)
                | models.Q(cause__isnull=False, action__isnull=False, ends_with__isnull=False),
                name="an_answer_has_cause_and_action",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.since:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.withdrawn_at is None

    @property
    def over_at(self) -> datetime | None:
        return self.answered_at or self.withdrawn_at
