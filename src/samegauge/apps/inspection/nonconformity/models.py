"""What does not conform, what was decided about it, what keeps it from coming back, and who delivered it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.kinds.models import Record
from samegauge.core.scope import Owned

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.measurement.models import Characteristic

LONGEST_TEXT = 4000


class Delivery(Record):
    """交貨: what a supplier sent, by delivery note. Its lot number says which units came with it."""

    supplier_id: int
    item_id: int
    number = models.CharField(_("Delivery number"), max_length=100, help_text=_("As on the delivery note."))
    supplier = models.ForeignKey(
        "partners.Partner",
        verbose_name=_("Supplier"),
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Who delivered."),
    )
    item = models.ForeignKey(
        "thread.Item",
        verbose_name=_("Item"),
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("What was delivered."),
    )
    lot_number = models.CharField(
        _("Lot number"), max_length=100, blank=True, help_text=_("Melt, batch or delivery lot of the parts.")
    )
    delivered_on = models.DateField(_("Delivered on"), help_text=_("The day it arrived."))
    promised_on = models.DateField(
        _("Promised for"), null=True, blank=True, help_text=_("Empty where no day was agreed.")
    )
    quantity = models.PositiveIntegerField(
        _("Quantity"), validators=[MinValueValidator(1)], help_text=_("Parts in this delivery.")
    )
    note = models.CharField(_("Note"), max_length=500, blank=True, help_text=_("What the next person should know."))

    class Meta(Record.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("Deliveries")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="a_delivery_number_once")
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "delivered_on"], name="delivery_by_day")]

    def __str__(self) -> str:
        return self.number


class CorrectiveAction(Owned):
    """矯正措施（8D）: why it happened and what keeps it from happening again, D0 to D8."""

    characteristic_id: int | None
    disciplines: models.Manager[Discipline]
    causes: models.Manager[Cause]
    nonconformities: models.Manager[Nonconformity]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    number = models.CharField(max_length=40)
    title = models.CharField(_("Title"), max_length=200)
    partner = models.ForeignKey(
        "partners.Partner",
        verbose_name=_("Customer or supplier"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    characteristic: models.ForeignKey[Characteristic | None] = models.ForeignKey(
        "measurement.Characteristic", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    effective_from = models.DateTimeField(null=True, help_text=_("When the action was in place"))
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    opened_by_name = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=200, blank=True)
    closing_remark = models.CharField(max_length=500, blank=True)
    simulated = models.BooleanField(default=False)

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="a_corrective_action_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class DisciplineStep(models.TextChoices):
    D0 = "d0", _("D0 Symptom and emergency response")
    D1 = "d1", _("D1 Team")
    D2 = "d2", _("D2 Problem description")
    D3 = "d3", _("D3 Containment")
    D4 = "d4", _("D4 Root cause")
    D5 = "d5", _("D5 Corrective actions chosen")
    D6 = "d6", _("D6 Actions carried out and verified")
    D7 = "d7", _("D7 Prevention")
    D8 = "d8", _("D8 Thanks to the team")


class Discipline(Owned):
    """One step of an 8D: what was found or done, who answers for it, and until when."""

    get_step_display: Callable[[], str]
    action_id: int
    owner_id: int | None
    action = models.ForeignKey(CorrectiveAction, on_delete=models.PROTECT, related_name="disciplines")
    step = models.CharField(max_length=2, choices=DisciplineStep.choices)
    text = models.TextField(max_length=LONGEST_TEXT, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    owner_name = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by_name = models.CharField(max_length=200, blank=True)

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["step"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "action", "step"], name="a_discipline_once_per_action")
        ]

    def __str__(self) -> str:
        return f"{self.action.number} {self.step}"

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() or self.done_at is None


class CauseCategory(models.TextChoices):
    PEOPLE = "people", pgettext_lazy("cause", "People")
    MACHINE = "machine", pgettext_lazy("cause", "Machine")
    MATERIAL = "material", pgettext_lazy("cause", "Material")
    METHOD = "method", pgettext_lazy("cause", "Method")
    MEASUREMENT = "measurement", pgettext_lazy("cause", "Measurement")
    ENVIRONMENT = "environment", pgettext_lazy("cause", "Environment")


class Cause(Owned):
    """One possible cause, or one more "why" below another; a struck one was found not to be it."""

    get_category_display: Callable[[], str]
    action_id: int
    parent_id: int | None
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    action = models.ForeignKey(CorrectiveAction, on_delete=models.PROTECT, related_name="causes")
    parent: models.ForeignKey[Cause | None] = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="whys"
    )
    category = models.CharField(max_length=12, choices=CauseCategory.choices)
    text = models.CharField(max_length=300)
    is_root = models.BooleanField(default=False)
    struck_at = models.DateTimeField(null=True)

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.text


class Source(models.TextChoices):
    INSPECTION = "inspection", pgettext_lazy("nonconformity", "Inspection")
    ALARM = "alarm", pgettext_lazy("nonconformity", "Alarm of process control")
    UNIT = "unit", pgettext_lazy("nonconformity", "Part")
    LOT = "lot", pgettext_lazy("nonconformity", "Lot")
    SERVICE = "service", pgettext_lazy("nonconformity", "Service call")
    GAUGE = "gauge", pgettext_lazy("nonconformity", "Gauge")
    BY_HAND = "by_hand", pgettext_lazy("nonconformity", "Seen by somebody")


class State(models.TextChoices):
    OPEN = "open", pgettext_lazy("nonconformity", "Open")
    CONTAINED = "contained", pgettext_lazy("nonconformity", "Contained")
    PROPOSED = "proposed", pgettext_lazy("nonconformity", "Waits for approval")
    DECIDED = "decided", pgettext_lazy("nonconformity", "Decided")
    DONE = "done", pgettext_lazy("nonconformity", "Carried out")
    CLOSED = "closed", pgettext_lazy("nonconformity", "Closed")


class Disposition(models.TextChoices):
    USE_AS_IS = "use_as_is", _("Use as is (concession)")
    REWORK = "rework", pgettext_lazy("disposition", "Rework")
    REPAIR = "repair", _("Repair (concession)")
    SCRAP = "scrap", pgettext_lazy("disposition", "Scrap")
    RETURN = "return", _("Return to the supplier")
    CONFORMS = "conforms", _("Conforms after all")


class FlowStep(models.TextChoices):
    OPENED = "opened", pgettext_lazy("nonconformity", "Opened")
    CONTAIN = "contain", pgettext_lazy("nonconformity", "Contained")
    DECIDE = "decide", pgettext_lazy("nonconformity", "Disposition decided")
    APPROVE = "approve", pgettext_lazy("nonconformity", "Concession approved")
    REFUSE = "refuse", pgettext_lazy("nonconformity", "Concession refused")
    CARRY_OUT = "carry_out", pgettext_lazy("nonconformity", "Disposition carried out")
    PASS = "pass", pgettext_lazy("nonconformity", "Inspected again: conforms")
    FAIL = "fail", pgettext_lazy("nonconformity", "Inspected again: does not conform")
    CLOSE = "close", pgettext_lazy("nonconformity", "Closed")
    REOPEN = "reopen", pgettext_lazy("nonconformity", "Opened again")
    NOTE = "note", pgettext_lazy("nonconformity", "Note")


class Nonconformity(Owned):
    """不符合報告: what was found and what becomes of it; it holds its units until that is carried out."""

    get_source_display: Callable[[], str]
    get_state_display: Callable[[], str]
    get_disposition_display: Callable[[], str]
    opened_by_id: int | None
    decided_by_id: int | None
    characteristic_id: int | None
    station_id: int | None
    supplier_id: int | None
    item_id: int | None
    corrective_action_id: int | None
    affected: models.Manager[Affected]
    steps: models.Manager[ReportStep]
    photos: models.Manager[Photo]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    number = models.CharField(max_length=40)
    title = models.CharField(_("What is wrong"), max_length=200)
    description = models.TextField(_("Details"), max_length=LONGEST_TEXT, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices)
    reference = models.CharField(max_length=200, blank=True, help_text=_("What it was opened from"))
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    item = models.ForeignKey("thread.Item", on_delete=models.PROTECT, null=True, related_name="+")
    characteristic = models.ForeignKey(
        "measurement.Characteristic", on_delete=models.PROTECT, null=True, related_name="nonconformities"
    )
    inspection = models.ForeignKey("measurement.Inspection", on_delete=models.PROTECT, null=True, related_name="+")
    instrument = models.ForeignKey("inspection.Instrument", on_delete=models.PROTECT, null=True, related_name="+")
    station = models.ForeignKey(
        "production.Station",
        verbose_name=pgettext_lazy("place of work", "Station"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    supplier = models.ForeignKey(
        "partners.Partner",
        verbose_name=_("Supplier"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    quantity = models.PositiveIntegerField(_("Parts that do not conform"), default=1, validators=[MinValueValidator(1)])
    found_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    opened_by_name = models.CharField(max_length=200)
    containment = models.TextField(max_length=LONGEST_TEXT, blank=True)
    disposition = models.CharField(max_length=12, choices=Disposition.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    corrective_action = models.ForeignKey(
        CorrectiveAction, on_delete=models.PROTECT, null=True, related_name="nonconformities"
    )
    simulated = models.BooleanField(default=False)

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="a_nonconformity_number_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["proposed", "decided", "done", "closed"]) | ~Q(disposition=""),
                name="nothing_is_closed_without_a_disposition",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "state"], name="nonconformity_by_state"),
            models.Index(fields=["organisation", "-opened_at"], name="nonconformity_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Affected(Owned):
    """A unit or a whole lot that a nonconformity is about."""

    report_id: int
    unit_id: int | None
    lot_id: int | None
    report = models.ForeignKey(Nonconformity, on_delete=models.PROTECT, related_name="affected")
    unit = models.ForeignKey("thread.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    lot = models.ForeignKey("thread.Lot", on_delete=models.PROTECT, null=True, related_name="+")

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(unit__isnull=False, lot__isnull=True) | Q(unit__isnull=True, lot__isnull=False),
                name="affected_is_a_unit_or_a_lot",
            ),
            models.UniqueConstraint(fields=["organisation", "report", "unit"], name="a_unit_once_per_nonconformity"),
            models.UniqueConstraint(fields=["organisation", "report", "lot"], name="a_lot_once_per_nonconformity"),
        ]

    def __str__(self) -> str:
        return str(self.unit or self.lot)


class ReportStep(Owned):
    """Who did what about a nonconformity, when and why; written once, never changed."""

    get_kind_display: Callable[[], str]
    report_id: int
    actor_id: int | None
    report = models.ForeignKey(Nonconformity, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=FlowStep.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    text = models.TextField(max_length=LONGEST_TEXT, blank=True)
    payload = JsonField(default=dict)

    sealed = True

    class Meta(Owned.Meta):
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Photo(Owned):
    """A picture of what is wrong."""

    report = models.ForeignKey(Nonconformity, on_delete=models.PROTECT, related_name="photos")
    document = models.ForeignKey("thread.Document", on_delete=models.PROTECT, related_name="+")

    sealed = True

    def __str__(self) -> str:
        return str(self.document)
