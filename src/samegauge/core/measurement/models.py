"""What was to be measured, what was measured, and whether it conforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.production.models import Confidence
from samegauge.core.scope import Opening, Owned, Retractable, granted_units
from samegauge.core.thread.models import Event, Item, Unit

if TYPE_CHECKING:
    from collections.abc import Callable


class InspectionKind(models.TextChoices):
    INCOMING = "incoming", _("Incoming inspection")
    IN_PROCESS = "in_process", _("In-process inspection")
    FINAL = "final", _("Final inspection")
    FIRST_ARTICLE = "fair", _("First-article inspection")


class Conformity(models.TextChoices):
    PASS = "pass", _("Conforms")
    FAIL = "fail", _("Does not conform")
    UNDECIDED = "undecided", _("Undecided")


NUMBER_OF_PART = "Identity"


class Characteristic(Owned):
    """特性: a feature of an item with nominal value and limits, as one inspection plan states it."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="characteristics")
    plan = models.CharField(max_length=200, help_text=_("Inspection plan that states it"))
    inspection_kind = models.CharField(max_length=20, choices=InspectionKind.choices)
    key = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=60)
    nominal = models.FloatField(null=True)
    lower_limit = models.FloatField(null=True)
    upper_limit = models.FloatField(null=True)
    unit_code = models.CharField(max_length=20)
    datums = models.CharField(max_length=100, blank=True)
    geometry = JsonField(
        default=dict, help_text=_("Zone, its shape and material condition, where the source states them")
    )
    sequence = models.PositiveIntegerField(default=0)

    class Meta(Owned.Meta):
        ordering: ClassVar = ["sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "item", "plan", "key"], name="a_characteristic_once_per_plan"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_number_of_part(self) -> bool:
        """Whether the measuring program only engraved the part's number here, in millimetres as all it writes."""
        return self.kind == NUMBER_OF_PART


class Inspection(Retractable):
    """One unit measured against one plan."""

    get_kind_display: Callable[[], str]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="inspections")
    kind = models.CharField(max_length=20, choices=InspectionKind.choices)
    plan = models.CharField(max_length=200)
    performed_at = models.DateTimeField(null=True, help_text=_("Null when the source states no time of measurement"))
    reported_at = models.DateTimeField()
    time_basis = models.CharField(max_length=60, help_text=_("How the time of the report is known"))
    laboratory = models.CharField(max_length=200, blank=True)
    software = models.CharField(max_length=200, blank=True)
    serial_reported = models.CharField(max_length=200, blank=True)
    position_in_source = models.PositiveIntegerField()
    source = models.ForeignKey(
        "vault.StoredFile",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("Null when it was recorded here and not in a file"),
    )
    verdict = models.CharField(max_length=10, choices=Conformity.choices)
    confidence = models.CharField(max_length=12, choices=Confidence.choices)
    evidence = JsonField(default=list)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")

    opening = Opening(lambda: models.Q(unit__in=granted_units(with_thread=True)), shows=("source",))

    class Meta(Retractable.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "unit"], name="inspection_by_unit")]

    def __str__(self) -> str:
        return f"{self.unit} {self.kind}"


class Measurement(Retractable):
    """One characteristic of one unit: actual value and both verdicts, the source's and our own from the limits.

    `expanded_uncertainty` is for k = 2 and in the unit of the characteristic.
    """

    characteristic_id: int
    inspection_id: int
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="measurements")
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="measurements")
    actual = models.FloatField(null=True)
    deviation = models.FloatField(null=True)
    expanded_uncertainty = models.FloatField(null=True)
    instrument = models.CharField(max_length=50, blank=True, help_text=_("Number of the instrument, where it is known"))
    measured_at = models.DateTimeField(null=True, help_text=_("Null when only the inspection's time is known"))
    operator = models.CharField(max_length=200, blank=True)
    stated = models.CharField(max_length=10, choices=Conformity.choices)
    recomputed = models.CharField(max_length=10, choices=Conformity.choices)

    opening = Opening(lambda: models.Q(inspection__in=Inspection.everything.values("pk")), shows=("characteristic",))

    class Meta(Retractable.Meta):
        indexes: ClassVar = [
            models.Index(fields=["organisation", "characteristic"], name="measurement_by_char"),
            models.Index(fields=["organisation", "inspection"], name="measurement_by_inspection"),
        ]

    def __str__(self) -> str:
        return f"{self.characteristic}: {self.actual}"


class ReportedCapability(Retractable):
    """What the measuring machine's own report says of a characteristic, kept beside what we compute."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="reported_capabilities")
    feature = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    nominal_mm = models.FloatField(null=True)
    lower_tolerance_mm = models.FloatField(null=True)
    upper_tolerance_mm = models.FloatField(null=True)
    n = models.PositiveIntegerField(null=True)
    mean_mm = models.FloatField(null=True)
    pp = models.FloatField(null=True)
    ppk = models.FloatField(null=True)
    values_mm = JsonField(default=list)
    source = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.feature} {self.name}"
