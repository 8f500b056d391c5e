"""One machine, one thread: items, revisions, lots, units, what is built into what and when, and what happened.

`Event` is the truth: append-only, hashed, corrected only by a later event. Units, edges, operations and measurements
are what the events say, kept as rows so that they can be searched.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.kinds.models import Record
from samegauge.core.scope import Opening, Owned, Retractable, ScopedManager, ScopedQuerySet, granted_units


class ItemKind(models.TextChoices):
    MACHINE = "machine", _("Machine")
    ASSEMBLY = "assembly", _("Assembly")
    PART = "part", _("Part")
    CASTING = "casting", _("Casting")


class Item(Record):
    """料件: what is designed once and made many times."""

    number = models.CharField(_("Item number"), max_length=100, help_text=_("As on drawings and orders."))
    name = models.CharField(pgettext_lazy("item", "Name"), max_length=200, help_text=_("As on the drawing."))
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True, help_text=_("If it has one."))
    kind = models.CharField(
        pgettext_lazy("record", "Kind"),
        max_length=20,
        choices=ItemKind.choices,
        help_text=_("A whole machine, an assembly, a part or a casting."),
    )

    class Meta(Record.Meta):
        verbose_name = _("item")
        verbose_name_plural = _("Items")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="an_item_number_once_per_organisation")
        ]

    def __str__(self) -> str:
        return self.number


class Revision(Owned):
    """版次: one state of an item's design."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="revisions")
    label = models.CharField(max_length=40)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "item", "label"], name="a_revision_label_once_per_item")
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.label}"


class LotKind(models.TextChoices):
    MELT = "melt", _("Melt")
    HEAT_TREATMENT = "heat_treatment", _("Heat-treatment batch")
    DELIVERY = "delivery", _("Delivery")
    PRODUCTION = "production", _("Production lot")


class Lot(Owned):
    """批: units or material that share an origin."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    number = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=LotKind.choices)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="lots")

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "kind", "number"], name="a_lot_number_once_per_kind")
        ]

    def __str__(self) -> str:
        return self.number


class Unit(Retractable):
    """One physical thing with a serial number: a part, an assembly or a whole machine."""

    item_id: int
    lot_id: int | None
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    serial = models.CharField(max_length=100)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="units")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, blank=True, related_name="units")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="units")
    simulated = models.BooleanField(default=False)
    registered_at = models.DateTimeField(auto_now_add=True)

    opening = Opening(lambda: Q(pk__in=granted_units()), shows=("item", "revision", "lot"))

    class Meta(Retractable.Meta):
        ordering: ClassVar = ["serial"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "serial"],
                condition=Q(retracted_at__isnull=True),
                name="a_serial_once_per_organisation",
            )
        ]
        indexes: ClassVar = [
            # Holds what a list counts and sorts by, so that 100,000 rows need not be read for one page.
            models.Index(
                fields=["organisation", "item", "serial"], condition=Q(retracted_at__isnull=True), name="unit_by_item"
            ),
            models.Index(fields=["organisation", "-registered_at"], name="unit_newest"),
            models.Index(fields=["organisation", "lot"], name="unit_by_lot"),
        ]

    def __str__(self) -> str:
        return self.serial


class AsBuiltEdge(Retractable):
    """`child` was in `parent` at `position` from `valid_from` until `valid_to` (open: still is)."""

    parent_id: int
    child_id: int
    parent = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="children_edges")
    child = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="parent_edges")
    position = models.CharField(max_length=100, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    installed_event_id: int
    installed_event = models.ForeignKey("Event", on_delete=models.PROTECT, related_name="+")
    removed_event: models.ForeignKey[Event | None] = models.ForeignKey(
        "Event", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Not those above a granted unit: they would tell what it is built into.
    opening = Opening(lambda: Q(parent__in=granted_units(with_thread=True)), shows=("installed_event", "removed_event"))

    class Meta(Retractable.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="an_edge_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=~Q(parent=F("child")), name="no_unit_contains_itself"),
            models.UniqueConstraint(
                fields=["organisation", "child"],
                condition=Q(valid_to__isnull=True, retracted_at__isnull=True),
                name="a_unit_is_in_one_place",
            ),
        ]
        # With the organisation, which every question names: else SQLite, knowing no figures, takes all of its edges.
        indexes: ClassVar = [
            models.Index(fields=["organisation", "parent"], name="edge_by_parent"),
            models.Index(fields=["organisation", "child"], name="edge_by_child"),
        ]

    def __str__(self) -> str:
        return f"{self.child} in {self.parent}"


class AppendOnlyError(Exception):
    """Somebody tried to change or delete an event."""


class EventQuerySet(ScopedQuerySet):
    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError("Events are never changed or deleted: append one that supersedes.")

    update = delete = bulk_update = _update = _raw_delete = _refuse


class EventManager(ScopedManager.from_queryset(EventQuerySet)):
    pass


# An installation or removal names the unit above; it shows with its edge. With whom else a unit is shared is nobody's.
TELL_OF_OTHERS = ("installed", "removed", "shared", "sharing_ended")


class Event(Owned):
    """What happened to a unit, said once and for ever."""

    unit_id: int | None
    batch_id: int | None
    supersedes_id: int | None
    superseded_by: models.Manager[Event]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="events")
    kind = models.CharField(max_length=60)
    device_time = models.DateTimeField(
        help_text=_("When it happened, by the clock of the device or person that saw it")
    )
    receive_time = models.DateTimeField(help_text=_("When samegauge took it in"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    payload = JsonField()
    batch = models.ForeignKey("intake.ImportBatch", on_delete=models.PROTECT, null=True, related_name="+")
    supersedes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    leaf_hash = models.CharField(max_length=64)

    opening = Opening(lambda: Q(unit__in=granted_units(with_thread=True)) & ~Q(kind__in=TELL_OF_OTHERS))

    objects = EventManager()

    class Meta(Owned.Meta):
        ordering: ClassVar = ["device_time", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "unit", "device_time"], name="event_by_unit"),
            models.Index(fields=["organisation", "kind", "device_time"], name="event_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.device_time:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("Events are never changed: append one that supersedes.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError("Events are never deleted: append one that supersedes.")


class Block(Owned):
    """A unit, or a whole lot, that nobody may build in from `valid_from` until it is released."""

    lot_id: int | None

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="blocks")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="blocks")
    reason = models.CharField(max_length=500)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    blocked_event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    released_event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(unit__isnull=True, lot__isnull=False) | Q(unit__isnull=False, lot__isnull=True),
                name="a_block_is_of_a_unit_or_a_lot",
            ),
            models.UniqueConstraint(
                fields=["organisation", "unit"], condition=Q(valid_to__isnull=True), name="a_unit_is_blocked_once"
            ),
            models.UniqueConstraint(
                fields=["organisation", "lot"], condition=Q(valid_to__isnull=True), name="a_lot_is_blocked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit or self.lot}: {self.reason}"


class Document(Retractable):
    """A file that says something about a unit, an item or a revision."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    title = models.CharField(max_length=255)
    kind = models.CharField(max_length=60)
    stored = models.ForeignKey("vault.StoredFile", on_delete=models.PROTECT, related_name="documents")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")

    opening = Opening(lambda: Q(unit__in=granted_units(with_thread=True)), shows=("stored",))

    def __str__(self) -> str:
        return self.title
