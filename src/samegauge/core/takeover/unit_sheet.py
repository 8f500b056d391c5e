"""The columns of a sheet of units, and what one of its rows says after it was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

from samegauge.core.thread.genealogy import batches
from samegauge.core.thread.models import LotKind, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


def optional(title: str, longest: int, told: str, **more: Any) -> models.CharField[str]:
    """A column of text that a sheet may lack or leave empty."""
    return models.CharField(title, max_length=longest, blank=True, help_text=told, **more)


class UnitSheet(models.Model):
    """The columns of a sheet of units; no table of its own."""

    serial = models.CharField(gettext_lazy("Serial number"), max_length=100, help_text=gettext_lazy("From its plate."))
    item = models.CharField(
        gettext_lazy("Item number"),
        max_length=100,
        help_text=gettext_lazy("Model of the machine, or number of the part; it stands among the items already."),
    )
    revision = optional(gettext_lazy("Revision"), 40, gettext_lazy("Of the design it was made to."))
    lot = optional(gettext_lazy("Lot number"), 100, gettext_lazy("Melt, batch or delivery."))
    lot_kind = optional(
        gettext_lazy("Kind of lot"), 20, gettext_lazy("Needed beside a lot number."), choices=LotKind.choices
    )
    supplier = optional(gettext_lazy("Supplier"), 50, gettext_lazy("Number of the partner it came from."))
    made_on = models.DateField(
        gettext_lazy("Made on"), null=True, blank=True, help_text=gettext_lazy("Day it was finished by its maker.")
    )
    parent = optional(
        gettext_lazy("Built into"),
        100,
        gettext_lazy("Serial number of what it is in, in the same sheet or known already."),
    )
    position = optional(
        pgettext_lazy("in a machine", "Position"), 100, gettext_lazy("Where in it, such as X or spindle.")
    )
    installed_on = models.DateField(
        gettext_lazy("Built in on"),
        null=True,
        blank=True,
        help_text=gettext_lazy("Empty if nobody knows: it is then in there from the take-over on."),
    )
    customer = optional(gettext_lazy("Customer"), 50, gettext_lazy("Number of the partner who has it."))
    place = optional(gettext_lazy("Where it stands"), 200, gettext_lazy("Works, hall or address."))
    delivered_on = models.DateField(
        gettext_lazy("Delivered on"), null=True, blank=True, help_text=gettext_lazy("Day it left for the customer.")
    )
    commissioned_on = models.DateField(
        gettext_lazy("Commissioned on"), null=True, blank=True, help_text=gettext_lazy("Day the customer accepted it.")
    )
    running_hours_h = models.FloatField(
        gettext_lazy("Running hours"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text=gettext_lazy("As the counter showed them."),
    )
    running_hours_on = models.DateField(
        gettext_lazy("Hours read on"), null=True, blank=True, help_text=gettext_lazy("Needed beside running hours.")
    )

    class Meta:
        abstract = True


@dataclass(frozen=True)
class UnitRow:
    """One row after its cells were checked one by one."""

    line: int
    said: dict[str, Any]

    @property
    def serial(self) -> str:
        return self.said["serial"]


@dataclass
class UnitWork:
    """What writing one row takes: the unit as it is or is to be, its dated facts and its place."""

    row: UnitRow
    unit: Unit | None
    facts: list[tuple[str, date, dict[str, Any]]] = field(default_factory=list)
    undated: dict[str, Any] = field(default_factory=dict)
    installs: bool = False


def units_with_names() -> Any:
    return Unit.objects.select_related("item", "revision", "lot")


def named(rows: Iterable[UnitRow], name: str) -> set[str]:
    return {row.said[name] for row in rows if name in row.said}


def found_by(rows: Any, column: str, values: Iterable[str]) -> Iterable[Any]:
    for keys in batches(sorted(values)):
        yield from rows.filter(**{f"{column}__in": keys})
