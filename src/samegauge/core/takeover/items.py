"""Items as the target of a spreadsheet: the record, and the revision of its design that the sheet names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samegauge.core.kinds.declaration import described
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import current_organisation_id
from samegauge.core.takeover.records import RecordTarget
from samegauge.core.takeover.targets import Outcome, PlannedRow, TableRow, wrong
from samegauge.core.takeover.unit_sheet import found_by
from samegauge.core.thread.kinds import ITEMS
from samegauge.core.thread.models import Item, Revision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.core.takeover.targets import Origin, Tell


class RevisionSheet(models.Model):
    """The columns that a sheet of items has besides the item's own; no table of its own."""

    revision = models.CharField(
        gettext_lazy("Revision"), max_length=40, blank=True, help_text=gettext_lazy("The one that holds now.")
    )
    released_on = models.DateField(
        gettext_lazy("Released on"), null=True, blank=True, help_text=gettext_lazy("Day that revision was released.")
    )

    class Meta:
        abstract = True


OWN = tuple(described(one) for one in RevisionSheet._meta.local_fields)


class ItemTarget(RecordTarget):
    def __init__(self) -> None:
        super().__init__(ITEMS)
        self.fields = (*ITEMS.fields, *OWN)
        self.references = frozenset({"revision"})

    def planned(self, rows: Sequence[TableRow], tell: Tell) -> list[PlannedRow]:
        own = {one.name for one in OWN}
        bare = [TableRow(row.line, {name: cell for name, cell in row.cells.items() if name not in own}) for row in rows]
        numbers = {row.cells[self.key] for row in rows if row.cells.get("revision")}
        known = {
            (one.item.number, one.label): one
            for one in found_by(Revision.objects.select_related("item"), "item__number", numbers)
        }
        return [
            one if one.outcome is Outcome.WRONG else _with_revision(one, row, known)
            for row, one in zip(rows, super().planned(bare, tell), strict=True)
        ]

    def write(self, rows: Sequence[PlannedRow], origin: Origin) -> None:
        super().write([replace(row, work=row.work[0]) for row in rows if row.changes.keys() - {"revision"}], origin)
        named = {row.key: row.work[1] for row in rows if row.work[1]}
        items = {one.number: one for one in found_by(Item.objects.all(), "number", named)}
        Revision.objects.bulk_create(
            [Revision(item=items[number], label=label, released_at=at) for number, (label, at) in named.items()],
            batch_size=500,
        )


def _with_revision(planned: PlannedRow, row: TableRow, known: dict[tuple[str, str], Revision]) -> PlannedRow:
    """Add the revision that the row names, where it is new; its day is not changed afterwards."""
    label, day = row.cells.get("revision", ""), row.cells.get("released_on", "")
    longest: Any = OWN[0].model_field.max_length
    if len(label) > longest:
        return wrong(row.line, planned.key, [("revision", _("At most %(length)d characters.") % {"length": longest})])
    if day and not label:
        return wrong(row.line, planned.key, [("released_on", _("It says when, but not which revision."))])
    at = datetime.combine(date.fromisoformat(day), time(), _zone()) if day else None
    standing = known.get((planned.key, label))
    if standing is not None and at and standing.released_at != at:
        reason = _("Revision %(label)s is known with another day.") % {"label": label}
        return wrong(row.line, planned.key, [("released_on", reason)])
    if not label or standing is not None:
        return replace(planned, work=(planned.work, None))
    outcome = Outcome.CHANGED if planned.outcome is Outcome.SAME else planned.outcome
    changes = {**planned.changes, "revision": (None, label if not day else f"{label} ({day})")}
    return replace(planned, outcome=outcome, changes=changes, work=(planned.work, (label, at)))


def _zone() -> ZoneInfo:
    return ZoneInfo(Organisation.objects.get(pk=current_organisation_id()).time_zone)
