"""What one organisation lets another one read: grants, the units they cover, and every use that was made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.fields import LONGEST_REASON
from samegauge.core.identifiers import new_uid
from samegauge.core.scope import OfWindow, Opening, Owned, Shown
from samegauge.core.thread.models import Unit

if TYPE_CHECKING:
    from collections.abc import Callable


class Covers(models.TextChoices):
    PASSPORTS = "passports", pgettext_lazy("is shared", "Its passports")
    HISTORY = "history", pgettext_lazy("is shared", "Its history")
    BOTH = "both", pgettext_lazy("is shared", "Its history and its passports")


def is_live() -> Q:
    return Q(revoked_at__isnull=True) & (Q(ends_at__isnull=True) | Q(ends_at__gt=Now()))


class Grant(Owned):
    """分享: what the organisation lets the receiver read of one unit, until it is revoked or has ended."""

    get_covers_display: Callable[[], str]
    organisation_id: int
    receiver_id: int
    unit_id: int
    uses: models.Manager[GrantUse]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    receiver = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    covers = models.CharField(max_length=10, choices=Covers.choices)
    # As they were when it was given: the receiver's lists and search read no record of the giver's but this one.
    unit_uid = models.UUIDField()
    serial = models.CharField(max_length=100)
    item_number = models.CharField(max_length=100)
    reason = models.CharField(max_length=LONGEST_REASON)
    granted_at = models.DateTimeField()
    # Nobody's account where a program shares; then the name alone says which.
    granted_by = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, null=True, related_name="+")
    granted_by_name = models.CharField(max_length=200, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, null=True, related_name="+")
    revoked_by_name = models.CharField(max_length=200, blank=True)
    revocation_reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    shown = Shown("receiver", is_live)
    opening = Opening(
        lambda: (
            Q(pk=OfWindow("grant_id"))
            & is_live()
            & (Q(receiver=OfWindow("reader_id")) | Q(organisation=OfWindow("reader_id")))
        )
    )

    class Meta(Owned.Meta):
        ordering: ClassVar = ["-granted_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(receiver=F("organisation")), name="a_grant_goes_to_another")
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "unit"], name="grant_by_unit"),
            models.Index(fields=["receiver", "serial"], name="grant_by_receiver"),
        ]

    def __str__(self) -> str:
        return f"{self.serial} → {self.receiver}"

    @property
    def giver_name(self) -> str:
        return self.granted_by_name or str(self.granted_by)

    @property
    def revoker_name(self) -> str:
        return self.revoked_by_name or str(self.revoked_by)

    @property
    def covers_history(self) -> bool:
        return self.covers in {Covers.HISTORY, Covers.BOTH}

    @property
    def covers_passports(self) -> bool:
        return self.covers in {Covers.PASSPORTS, Covers.BOTH}


class GrantedUnit(Owned):
    """A unit that a grant lets the receiver know of: alone as a name, with its thread, or with its passports."""

    grant_id: int
    unit_id: int
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="units")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    with_thread = models.BooleanField()
    with_passports = models.BooleanField()

    opening = Opening(lambda: Q(grant__in=Grant.objects.values("pk")))

    class Meta(Owned.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["grant", "unit"], name="a_unit_once_per_grant")]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.unit_id}"


class UsedPage(models.TextChoices):
    UNIT_THREAD = "unit_thread", _("Thread")
    UNIT_TREE = "unit_tree", _("As built")
    UNIT_EVENTS = "unit_events", _("Events")
    INSPECTION = "inspection", _("Inspection")
    DOCUMENT = "document", _("Document")
    PASSPORTS = "passports", _("Passports")
    PASSPORT_FILE = "passport_file", _("Passport file")


class GrantUse(Owned):
    """Somebody of the receiver read something; the giver sees it."""

    get_page_display: Callable[[], str]
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="uses")
    at = models.DateTimeField()
    person = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=200)
    page = models.CharField(max_length=20, choices=UsedPage.choices)
    subject = models.CharField(max_length=255)
    by_program = models.BooleanField(default=False)

    class Meta(Owned.Meta):
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["grant", "-at"], name="use_by_grant")]

    def __str__(self) -> str:
        return f"{self.page} {self.subject}"
