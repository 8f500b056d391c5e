"""What is inspected, how work is done and in which order: plans, procedures and routes, each in revisions.

A revision is drafted, released, withdrawn. A released one never changes: a change makes the next revision, with its
reason, and serial numbers or days say for which machines it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.apps.inspection.models import InstrumentKind
from samegauge.core.fields import LONGEST_REASON, JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.measurement.models import Characteristic, InspectionKind
from samegauge.core.production.models import Station
from samegauge.core.scope import Owned
from samegauge.core.thread.models import Item

if TYPE_CHECKING:
    from collections.abc import Callable

FINEST_DECIMALS = 6


class RevisionState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("revision", "Draft")
    RELEASED = "released", pgettext_lazy("revision", "Released")
    WITHDRAWN = "withdrawn", pgettext_lazy("revision", "Withdrawn")


class FrozenError(Exception):
    """Somebody tried to change a revision that is no draft any more."""


class Revised(Owned):
    """One revision of something that people work by."""

    item_id: int
    get_state_display: Callable[[], str]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    code = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=1)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    title_zh = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=RevisionState.choices, default=RevisionState.DRAFT)
    from_serial = models.CharField(_("From serial number"), max_length=100, blank=True)
    to_serial = models.CharField(_("Up to serial number"), max_length=100, blank=True)
    from_day = models.DateField(_("From day"), null=True, blank=True)
    to_day = models.DateField(_("Up to day"), null=True, blank=True)
    reason = models.CharField(_("Reason for this revision"), max_length=LONGEST_REASON, blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    drafted_at = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    sealed = True

    class Meta(Owned.Meta):
        abstract = True
        ordering: ClassVar = ["code", "-revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "code", "revision"], name="%(class)s_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} rev. {self.revision}"

    @property
    def name(self) -> str:
        return self.title

    @property
    def name_zh(self) -> str:
        return self.title_zh


class PartOfRevision(Owned):
    """A line of a revision; it changes only while the revision is a draft."""

    sealed = True

    class Meta(Owned.Meta):
        abstract = True

    def whole(self) -> Revised:
        raise NotImplementedError

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_frozen()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_frozen()
        return super().delete(*args, **kwargs)

    def _refuse_frozen(self) -> None:
        if self.whole().state != RevisionState.DRAFT:
            raise FrozenError(f"{self.whole()} is no draft any more: a change makes the next revision.")


class InspectionPlan(Revised):
    """檢驗計畫: what is measured on an item at incoming, in-process or final inspection."""

    lines: models.Manager[PlannedCharacteristic]
    get_kind_display: Callable[[], str]
    kind = models.CharField(max_length=20, choices=InspectionKind.choices)
    source = models.CharField(_("Standard or source"), max_length=300, blank=True)


class Frequency(models.TextChoices):
    EVERY_UNIT = "every", _("Every unit")
    EVERY_NTH = "nth", _("Every nth unit")
    PER_LOT = "lot", _("Sample of each lot")


class ChartKind(models.TextChoices):
    NONE = "none", pgettext_lazy("control chart", "None")
    INDIVIDUALS_EWMA = "i-ewma", _("Individuals and EWMA")
    INDIVIDUALS = "i-mr", _("Individuals and moving range")
    SHORT_RUN = "z-mr", _("Short run, standardised (Z-MR)")
    XBAR_R = "xbar-r", _("Mean and range")
    XBAR_S = "xbar-s", _("Mean and standard deviation")
    EWMA = "ewma", "EWMA"
    CUSUM = "cusum", "CUSUM"


class PlannedCharacteristic(PartOfRevision):
    """One characteristic of a plan: with what, how often, on which chart, and what to do when it goes wrong."""

    get_frequency_display: Callable[[], str]
    get_chart_display: Callable[[], str]
    get_instrument_kind_display: Callable[[], str]
    plan = models.ForeignKey(InspectionPlan, on_delete=models.PROTECT, related_name="lines")
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="planned")
    sequence = models.PositiveIntegerField(default=0)
    instrument_kind = models.CharField(
        _("Kind of instrument"), max_length=20, choices=InstrumentKind.choices, blank=True
    )
    resolution = models.FloatField(
        _("Coarsest resolution"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text=_("In the unit of the characteristic; a tenth of the tolerance at most."),
    )
    frequency = models.CharField(_("How often"), max_length=10, choices=Frequency.choices, default=Frequency.EVERY_UNIT)
    every_n = models.PositiveIntegerField(_("Every how many units"), null=True, blank=True)
    sampling = JsonField(
        default=dict, blank=True, help_text=_("Sample size, acceptance number and how they were found")
    )
    chart = models.CharField(
        _("Control chart"), max_length=10, choices=ChartKind.choices, default=ChartKind.INDIVIDUALS_EWMA
    )
    reaction = models.CharField(_("Reaction plan"), max_length=500, blank=True)
    reaction_zh = models.CharField(_("Reaction plan in Chinese"), max_length=500, blank=True)
    assumed = models.BooleanField(default=False, help_text=_("Limits or frequency are assumed, not from a standard"))

    class Meta(PartOfRevision.Meta):
        ordering: ClassVar = ["sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "plan", "characteristic"], name="a_characteristic_once_in_a_plan"
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.characteristic}"

    def whole(self) -> Revised:
        return self.plan


class ProcedureKind(models.TextChoices):
    SOP = "sop", _("Work instruction (SOP)")
    SIP = "sip", _("Inspection instruction (SIP)")


class Procedure(Revised):
    """作業標準: the steps at a station, in their order."""

    steps: models.Manager[ProcedureStep]
    get_kind_display: Callable[[], str]
    kind = models.CharField(max_length=3, choices=ProcedureKind.choices, default=ProcedureKind.SOP)


class StepKind(models.TextChoices):
    VALUE = "value", pgettext_lazy("step", "Value")
    CHECK = "check", pgettext_lazy("step", "Check")
    CHOICE = "choice", pgettext_lazy("step", "Choice")
    PHOTO = "photo", pgettext_lazy("step", "Photo")
    PART = "part", pgettext_lazy("step", "Part scan")
    SIGNATURE = "signature", pgettext_lazy("step", "Signature")
    NOTE = "note", pgettext_lazy("step", "Note")


class ProcedureStep(PartOfRevision):
    """One step; what it may hold follows from its kind. Limits are in `unit_code`."""

    get_kind_display: Callable[[], str]
    get_instrument_kind_display: Callable[[], str]
    characteristic_id: int | None
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="steps")
    key = models.CharField(max_length=60)
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=StepKind.choices)
    text = models.CharField(_("What to do"), max_length=500)
    text_zh = models.CharField(_("What to do, in Chinese"), max_length=500, blank=True)
    required = models.BooleanField(_("Required"), default=True)
    unit_code = models.CharField(max_length=20, blank=True)
    nominal = models.FloatField(null=True, blank=True)
    lower = models.FloatField(_("Lower limit"), null=True, blank=True)
    upper = models.FloatField(_("Upper limit"), null=True, blank=True)
    decimals = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(FINEST_DECIMALS)])
    instrument_kind = models.CharField(max_length=20, choices=InstrumentKind.choices, blank=True)
    characteristic = models.ForeignKey(
        Characteristic, on_delete=models.PROTECT, null=True, blank=True, related_name="steps"
    )
    choices = JsonField(default=list, blank=True, help_text=_("Value, text in both languages, and whether it passes"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.CharField(max_length=100, blank=True)
    meaning = models.CharField(max_length=200, blank=True)
    meaning_zh = models.CharField(max_length=200, blank=True)
    picture = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(PartOfRevision.Meta):
        ordering: ClassVar = ["sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "procedure", "key"], name="a_step_key_once_per_procedure")
        ]

    def __str__(self) -> str:
        return f"{self.procedure} {self.key}"

    def whole(self) -> Revised:
        return self.procedure


class Route(Revised):
    """途程: which stations an item passes, in order, depending on its options."""

    stops: models.Manager[RouteStop]


class RouteStop(PartOfRevision):
    """One station of a route; stops with the same sequence may be passed in any order.

    A station may stand there once for each choice of an option, each with a procedure of its own. `only_with` names
    options and the values that need this station: {"magazine": ["40", "60"]}.
    """

    station_id: int
    route = models.ForeignKey(Route, on_delete=models.PROTECT, related_name="stops")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="stops")
    sequence = models.PositiveIntegerField()
    procedure_code = models.CharField(max_length=60)
    only_with = JsonField(default=dict, blank=True)

    class Meta(PartOfRevision.Meta):
        ordering: ClassVar = ["sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "route", "station", "procedure_code"], name="a_stop_once_in_a_route"
            )
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.station}"

    def whole(self) -> Revised:
        return self.route
