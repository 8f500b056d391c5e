"""The columns of a sheet of units, and what one of its rows says after it was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

from samegauge.core.thread.models import LotKind, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

MOST_ASKED = 5_000


class UnitSheet(models.Model):
    """The columns of a sheet of units; no table of its own."""

    serial = models.CharField(gettext_lazy("Serial number"), max_length=100, help_text=gettext_lazy("From its plate."))
    item = models.CharField(
        gettext_lazy("Item number"),
        max_length=100,
        help_text=gettext_lazy("Model of the machine, or number of the part; it stands among the items already."),
    )
    revision = models.CharField(
        gettext_lazy("Revision"), max_length=40, blank=True, help_text=gettext_lazy("Of the design it was made to.")
    )
    lot = models.CharField(
        gettext_lazy("Lot number"), max_length=100, blank=True, help_text=gettext_lazy("Melt, batch or delivery.")
    )
    lot_kind = models.CharField(
        gettext_lazy("Kind of lot"),
        max_length=20,
        blank=True,
        choices=LotKind.choices,
        help_text=gettext_lazy("Needed beside a lot number."),
    )
    supplier = models.CharField(
        gettext_lazy("Supplier"),
        max_length=50,
        blank=True,
        help_text=gettext_lazy("Number of the partner it came from."),
    )
    made_on = models.DateField(
        gettext_lazy("Made on"), null=True, blank=True, help_text=gettext_lazy("Day it was finished by its maker.")
    )
    parent = models.CharField(
        gettext_lazy("Built into"),
        max_length=100,
        blank=True,
        help_text=gettext_lazy("Serial number of what it is in, in the same sheet or known already."),
    )
    position = models.CharField(
        pgettext_lazy("in a machine", "Position"),
        max_length=100,
        blank=True,
        help_text=gettext_lazy("Where in it, such as X or spindle."),
    )
    installed_on = models.DateField(
        gettext_lazy("Built in on"),
        null=True,
        blank=True,
        help_text=gettext_lazy("Empty if nobody knows: it is then in there from the take-over on."),
    )
    customer = models.CharField(
        gettext_lazy("Customer"), max_length=50, blank=True, help_text=gettext_lazy("Number of the partner who has it.")
    )
    place = models.CharField(
        gettext_lazy("Where it stands"), max_length=200, blank=True, help_text=gettext_lazy("Works, hall or address.")
    )
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
    keys = sorted(values)
    for start in range(0, len(keys), MOST_ASKED):
        yield from rows.filter(**{f"{column}__in": keys[start : start + MOST_ASKED]})
