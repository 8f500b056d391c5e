from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.kinds.models import Record


class PartnerKind(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    SUPPLIER = "supplier", _("Supplier")
    FOUNDRY = "foundry", _("Foundry")
    HEAT_TREATER = "heat_treater", _("Heat treater")
    LABORATORY = "laboratory", _("Calibration laboratory")
    DEALER = "dealer", _("Dealer")


class Partner(Record):
    """夥伴: another firm that this one sells to, buys from or has work done by."""

    number = models.CharField(_("Partner number"), max_length=50, help_text=_("Your own number for this firm."))
    name = models.CharField(pgettext_lazy("firm", "Name"), max_length=200, help_text=_("As it stands on letters."))
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True, help_text=_("If it has one."))
    kind = models.CharField(
        pgettext_lazy("record", "Kind"),
        max_length=20,
        choices=PartnerKind.choices,
        help_text=_("What the firm mainly is to you."),
    )
    tax_number = models.CharField(
        _("Tax number"), max_length=20, blank=True, help_text=_("In Taiwan the uniform number of eight digits.")
    )
    country = models.CharField(
        _("Country"), max_length=2, default="TW", help_text=_("Two letters of ISO 3166, such as TW, JP, DE.")
    )
    address = models.CharField(_("Address"), max_length=300, blank=True, help_text=_("Where goods go to."))
    contact = models.CharField(_("Contact"), max_length=100, blank=True, help_text=_("Whom you ask for."))
    phone = models.CharField(_("Telephone"), max_length=40, blank=True, help_text=_("With the country's code."))
    email = models.EmailField(_("E-mail"), blank=True, help_text=_("For orders and notices."))
    is_approved = models.BooleanField(
        _("Approved"), default=False, help_text=_("Passed the evaluation of suppliers, or the check of credit.")
    )
    note = models.CharField(_("Note"), max_length=500, blank=True, help_text=_("What the next person should know."))

    class Meta(Record.Meta):
        verbose_name = _("partner")
        verbose_name_plural = _("Partners")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="a_partner_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
