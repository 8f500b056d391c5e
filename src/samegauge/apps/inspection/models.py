from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.kinds.models import Record


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
