"""A kind as a newcomer would declare it, and the same one after somebody has added a field.

Its labels are borrowed from the product, so that its pages are in both languages too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.kinds.models import Record


class Colour(models.TextChoices):
    RED = "red", _("Alarm")
    GREEN = "green", _("In use")


class Gadget(Record):
    """Twelve fields, one of them a relation."""

    number = models.CharField(_("Instrument number"), max_length=30, help_text=_("From its plate."))
    name = models.CharField(_("Chinese name"), max_length=80, help_text=_("If it has one."))
    colour = models.CharField(_("Wrong"), max_length=10, choices=Colour.choices, help_text=_("Who made it."))
    length_mm = models.FloatField(_("Measuring range"), null=True, blank=True, help_text=_("Who made it."))
    pieces = models.IntegerField(_("Row"), default=1, help_text=_("Who made it."))
    is_good = models.BooleanField(_("Approved"), default=False, help_text=_("Who made it."))
    made_on = models.DateField(_("Calibrated on"), null=True, blank=True, help_text=_("Date of the certificate."))
    place = models.CharField(_("Place"), max_length=40, blank=True, help_text=_("Station or cupboard."))
    maker = models.ForeignKey(
        "partners.Partner",
        verbose_name=_("Maker"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who made it."),
    )
    weight_kg = models.FloatField(_("Meaning"), null=True, blank=True, help_text=_("Who made it."))
    email = models.EmailField(_("E-mail"), blank=True, help_text=_("For orders and notices."))
    note = models.CharField(_("Note"), max_length=200, blank=True, help_text=_("Who made it."))

    class Meta(Record.Meta):
        verbose_name = _("instrument")
        verbose_name_plural = _("Instruments")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="a_gadget_number_once")
        ]

    def __str__(self) -> str:
        return self.number


class GrownGadget(Record):
    """The same with one field more."""

    number = models.CharField(_("Instrument number"), max_length=30, help_text=_("From its plate."))
    name = models.CharField(_("Chinese name"), max_length=80, help_text=_("If it has one."))
    runout_um = models.FloatField(_("Expanded uncertainty"), null=True, blank=True, help_text=_("Who made it."))

    class Meta(Record.Meta):
        verbose_name = _("instrument")
        verbose_name_plural = _("Instruments")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="a_grown_gadget_number_once")
        ]

    def __str__(self) -> str:
        return self.number
