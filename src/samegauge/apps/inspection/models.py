from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.fields import LONGEST_REASON, JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.kinds.models import Record
from samegauge.core.scope import Owned

if TYPE_CHECKING:
    from collections.abc import Callable


class InstrumentKind(models.TextChoices):
    CALIPER = "caliper", _("Caliper")
    MICROMETER = "micrometer", _("Micrometer")
    DIAL_INDICATOR = "dial_indicator", _("Dial indicator")
    LEVEL = "level", _("Level")
    SQUARE = "square", _("Square")
    TORQUE_WRENCH = "torque_wrench", _("Torque wrench")
    BALL_BAR = "ball_bar", _("Ball bar")
    LASER = "laser", _("Laser interferometer")
    CMM = "cmm", _("Coordinate measuring machine")
    OTHER = "other", pgettext_lazy("instrument", "Other")


class InstrumentState(models.TextChoices):
    IN_USE = "in_use", _("In use")
    AT_CALIBRATION = "at_calibration", _("At calibration")
    BLOCKED = "blocked", pgettext_lazy("instrument", "Blocked")


class Instrument(Record):
    """量具: a gauge or measuring instrument with its calibration."""

    calibrations: models.Manager[Calibration]
    studies: models.Manager[InstrumentStudy]
    number = models.CharField(_("Instrument number"), max_length=50, help_text=_("As engraved or on its label."))
    name = models.CharField(pgettext_lazy("instrument", "Name"), max_length=200, help_text=_("Maker's designation."))
    kind = models.CharField(
        pgettext_lazy("record", "Kind"),
        max_length=20,
        choices=InstrumentKind.choices,
        help_text=_("What sort of instrument it is."),
    )
    maker = models.CharField(_("Maker"), max_length=100, blank=True, help_text=_("Who made it."))
    serial = models.CharField(_("Maker's serial number"), max_length=100, blank=True, help_text=_("From its plate."))
    range_mm = models.FloatField(
        _("Measuring range"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text=_("Longest length it measures; empty where it measures no length."),
    )
    resolution_um = models.FloatField(
        pgettext_lazy("instrument", "Resolution"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text=_("Smallest step it shows."),
    )
    uncertainty_um = models.FloatField(
        _("Expanded uncertainty"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text=_("From the calibration certificate, k = 2."),
    )
    state = models.CharField(
        pgettext_lazy("instrument", "State"),
        max_length=20,
        choices=InstrumentState.choices,
        default=InstrumentState.IN_USE,
        help_text=_("Whether it may be used now."),
    )
    place = models.CharField(_("Place"), max_length=100, blank=True, help_text=_("Station or cupboard."))
    calibrated_by = models.ForeignKey(
        "partners.Partner",
        verbose_name=_("Calibrated by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The laboratory that wrote the certificate."),
    )
    calibrated_on = models.DateField(_("Calibrated on"), null=True, blank=True, help_text=_("Date of the certificate."))
    due_on = models.DateField(_("Calibration due on"), null=True, blank=True, help_text=_("It may not be used after."))

    class Meta(Record.Meta):
        verbose_name = _("instrument")
        verbose_name_plural = _("Instruments")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="an_instrument_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Recorded(Owned):
    """What somebody wrote down and may withdraw with a reason; it stays in sight, struck out."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    simulated = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=200, blank=True)
    withdrawn_reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    sealed = True

    class Meta(Owned.Meta):
        abstract = True


class AsFound(models.TextChoices):
    WITHIN = "within", _("Within tolerance")
    OUT = "out", _("Out of tolerance")
    NOT_STATED = "not_stated", _("Not stated")


class Calibration(Recorded):
    """校正: what a laboratory found. The newest certificate sets the instrument's dates."""

    get_as_found_display: Callable[[], str]
    instrument_id: int
    certificate_id: int | None
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="calibrations")
    calibrated_on = models.DateField(_("Calibrated on"), help_text=_("Date of the certificate."))
    due_on = models.DateField(_("Calibration due on"), help_text=_("It may not be used after."))
    laboratory = models.ForeignKey(
        "partners.Partner",
        verbose_name=_("Laboratory"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The laboratory that wrote the certificate."),
    )
    certificate_number = models.CharField(
        _("Certificate number"), max_length=100, help_text=_("As printed on the certificate.")
    )
    certificate = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, null=True, related_name="+")
    expanded_uncertainty_um = models.FloatField(
        _("Expanded uncertainty"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text=_("From the calibration certificate, k = 2."),
    )
    as_found = models.CharField(
        _("As found"),
        max_length=12,
        choices=AsFound.choices,
        default=AsFound.NOT_STATED,
        help_text=_(
            "Before anything was adjusted. Out of tolerance puts every value since the last good one in doubt."
        ),
    )
    note = models.CharField(_("Note"), max_length=500, blank=True, help_text=_("What the next person should know."))

    class Meta(Recorded.Meta):
        ordering: ClassVar = ["-calibrated_on", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(due_on__gt=F("calibrated_on")), name="a_calibration_holds_for_a_day_at_least"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "instrument", "-calibrated_on"], name="calibration_newest")
        ]

    def __str__(self) -> str:
        return f"{self.certificate_number} {self.calibrated_on}"


class StudyKind(models.TextChoices):
    CROSSED = "crossed", _("Gauge R&R, crossed")
    NESTED = "nested", _("Gauge R&R, nested")
    RANGE = "range", _("Gauge R&R, range method")
    TYPE_ONE = "type_one", _("Type 1 study (Cg, Cgk)")
    BIAS = "bias", pgettext_lazy("gauge study", "Bias")
    LINEARITY = "linearity", pgettext_lazy("gauge study", "Linearity")
    STABILITY = "stability", pgettext_lazy("gauge study", "Stability")
    ATTRIBUTE = "attribute", _("Attribute agreement")


class StudyVerdict(models.TextChoices):
    ACCEPTED = "accepted", pgettext_lazy("gauge study", "Accepted")
    CONDITIONAL = "conditional", pgettext_lazy("gauge study", "Accepted under conditions")
    REJECTED = "rejected", pgettext_lazy("gauge study", "Rejected")


class InstrumentStudy(Recorded):
    """量測系統分析: a gauge study with its readings, the thresholds it was judged by, and what came out.

    `readings` is a list of `{"part", "operator", "value", "reference"}`; `asked` says how it was to be computed and
    judged; `result` holds figures and method. `source` is the file as it came, or the grid as it was typed.
    """

    get_kind_display: Callable[[], str]
    get_verdict_display: Callable[[], str]
    instrument_id: int
    characteristic_id: int | None
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="studies")
    characteristic = models.ForeignKey(
        "measurement.Characteristic", on_delete=models.PROTECT, null=True, related_name="gauge_studies"
    )
    kind = models.CharField(max_length=12, choices=StudyKind.choices)
    performed_on = models.DateField()
    verdict = models.CharField(max_length=12, choices=StudyVerdict.choices)
    unit_code = models.CharField(max_length=20, blank=True)
    readings = JsonField(default=list)
    asked = JsonField(default=dict)
    result = JsonField(default=dict)
    source = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, related_name="+")

    class Meta(Recorded.Meta):
        ordering: ClassVar = ["-performed_on", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "instrument", "-performed_on"], name="study_newest_of_instrument")
        ]

    def __str__(self) -> str:
        return f"{self.instrument.number} {self.kind} {self.performed_on}"


def _share(label: str, default: float, told: str) -> models.FloatField:
    return models.FloatField(label, default=default, validators=[MinValueValidator(0.0)], help_text=told)


class QualityLimits(Owned):
    """By what studies, repetitions and suppliers are judged. A change is a new row; the newest one holds."""

    grr_acceptable_percent = _share(_("Gauge R&R accepted below"), 10.0, _("Of study variation or tolerance."))
    grr_unacceptable_percent = _share(_("Gauge R&R rejected above"), 30.0, _("Of study variation or tolerance."))
    least_categories = models.PositiveSmallIntegerField(
        _("Least distinct categories"), default=5, help_text=_("With fewer a gauge is accepted under conditions only.")
    )
    least_cg = _share(_("Least Cg and Cgk"), 1.33, _("Below it a type 1 study is rejected."))
    most_bias_percent = _share(_("Largest bias"), 10.0, _("Of the tolerance; beyond it a gauge is rejected."))
    good_kappa = _share(_("Kappa accepted from"), 0.75, _("Agreement with the standard, beyond chance."))
    poor_kappa = _share(_("Kappa rejected below"), 0.40, _("Agreement with the standard, beyond chance."))
    repeat_days = models.PositiveSmallIntegerField(
        _("Days in which a nonconformity repeats"),
        default=90,
        help_text=_("Same characteristic, supplier with item, or station."),
    )
    weight_ppm = _share(_("Weight of ppm"), 50.0, _("In a supplier's score."))
    weight_lots = _share(_("Weight of refused lots"), 30.0, _("In a supplier's score."))
    weight_response = _share(_("Weight of the response"), 20.0, _("In a supplier's score."))
    worst_ppm = _share(_("ppm that earn no points"), 20_000.0, _("Zero ppm earn all of them."))
    worst_lots_percent = _share(_("Refused lots that earn no points"), 10.0, _("In per cent of the lots delivered."))
    best_response_h = _share(_("Response that earns all points"), 24.0, _("Hours until containment (D3) is done."))
    worst_response_h = _share(_("Response that earns no points"), 120.0, _("Hours until containment (D3) is done."))
    reason = models.CharField(_("Why"), max_length=LONGEST_REASON)
    set_at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.set_at:%Y-%m-%d}"
