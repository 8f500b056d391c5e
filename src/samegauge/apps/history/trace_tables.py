"""Traces as tables and pictures: machines with suspect parts, and the lots inside a unit."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from samegauge.core.charts import Genealogy, TreeNode
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import named
from samegauge.core.words import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from samegauge.apps.history.tracing import Affected, LotInside, PartInside, Traced
    from samegauge.core.thread.models import Unit

MOST_SERIALS = 3
MOST_ROWS = 200


def day(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d") if moment else "–"


def where_text(one: Affected) -> str:
    return " · ".join(filter(None, (one.place, one.country))) or "–"


def hours_text(one: Affected) -> str:
    return "–" if one.running_hours_h is None else number_text(one.running_hours_h, 0)


def parts_text(parts: Iterable[PartInside]) -> str:
    serials = sorted({part.unit.serial for part in parts})
    more = len(serials) - MOST_SERIALS
    return ", ".join(serials[:MOST_SERIALS]) + (f" +{more}" if more > 0 else "")


def inside_chip(one: Affected) -> Chip:
    if not one.parts:
        return Chip("warning", _("The machine itself"))
    if one.is_replaced:
        return Chip("ok", f"{_('Replaced')} {replaced_on(one)}")
    return Chip("alarm", _("Still in"))


def replaced_on(one: Affected) -> str:
    """Since when none of them is in it any more."""
    return day(max(part.until for part in one.parts if part.until)) if one.is_replaced else ""


AFFECTED_COLUMNS = 6


def affected_columns() -> tuple[Column, ...]:
    return (
        Column(_("Machine")),
        Column(_("Suspect parts")),
        Column(_("Customer"), prose=True),
        Column(_("Place"), prose=True),
        Column(_("Running hours"), numeric=True, unit="h"),
        Column(_("Parts"), prose=True),
    )


def affected_cells(one: Affected) -> tuple[Cell, ...]:
    machine = one.machine
    return (
        Cell(
            machine.serial,
            reverse("unit_thread", args=[machine.uid]),
            code=True,
            note=machine.item.number,
            provenance=provenance_of(machine),
        ),
        Cell(chip=inside_chip(one)),
        Cell(one.customer or "–"),
        Cell(where_text(one)),
        Cell(hours_text(one), note=day(one.hours_read_at) if one.hours_read_at else ""),
        Cell(parts_text(one.parts) or "–"),
    )


def affected_table(found: Traced) -> RecordTable:
    rows = tuple(affected_cells(one) for one in found.affected[:MOST_ROWS])
    return RecordTable(
        _("Machines affected"), affected_columns(), rows, not_shown=max(len(found.affected) - MOST_ROWS, 0)
    )


def stock_table(units: tuple[Unit, ...]) -> RecordTable:
    columns = (Column(_("Serial number")), Column(_("Item")), Column(_("Lot")))
    rows = tuple(
        (
            Cell(unit.serial, reverse("unit_thread", args=[unit.uid]), code=True, provenance=provenance_of(unit)),
            Cell(unit.item.number, note=named(unit.item)),
            Cell(unit.lot.number if unit.lot else "–"),
        )
        for unit in units[:MOST_ROWS]
    )
    return RecordTable(_("Not built in"), columns, rows, not_shown=max(len(units) - MOST_ROWS, 0))


def lots_table(lots: list[LotInside]) -> RecordTable:
    columns = (Column(_("Lot")), Column(_("Kind")), Column(_("Items"), prose=True), Column(_("Parts"), numeric=True))
    rows = tuple(
        (
            Cell(one.lot.number, reverse("lot", args=[one.lot.uid]), code=True),
            Cell(one.lot.get_kind_display()),  # type: ignore[attr-defined]
            Cell(", ".join(one.items)),
            Cell(number_text(one.parts, 0)),
        )
        for one in lots[:MOST_ROWS]
    )
    return RecordTable(_("Made of"), columns, rows, not_shown=max(len(lots) - MOST_ROWS, 0))


def forward_tree(root: TreeNode, found: Traced) -> Genealogy | None:
    """From what is suspected to customers, and from them to their machines; what was replaced is struck."""
    if not found.affected:
        return None
    of_customer: dict[str, list[Affected]] = defaultdict(list)
    for one in found.affected:
        of_customer[one.customer or _("No customer known")].append(one)
    customers = tuple(_customer(name, some) for name, some in sorted(of_customer.items()))
    sentence = ngettext("%(count)d machine", "%(count)d machines", len(found.affected)) % {"count": len(found.affected)}
    counted = ngettext("%(count)d customer", "%(count)d customers", len(of_customer)) % {"count": len(of_customer)}
    tree = TreeNode(root.name, root.detail, root.url, customers, suspect=True)
    return Genealogy(f"{root.name} → {counted} → {sentence}", tree)


def _customer(name: str, some: list[Affected]) -> TreeNode:
    where = " · ".join(sorted({where_text(one) for one in some} - {"–"}))
    machines = tuple(
        TreeNode(
            one.machine.serial,
            inside_chip(one).text,
            reverse("unit_thread", args=[one.machine.uid]),
            replaced=one.is_replaced,
            suspect=not one.is_replaced,
        )
        for one in some
    )
    return TreeNode(name, where, children=machines)


def backward_tree(unit: Unit, lots: list[LotInside]) -> Genealogy | None:
    """From a unit back to the kinds of lots, and from them to each."""
    if not lots:
        return None
    of_kind: dict[str, list[LotInside]] = defaultdict(list)
    for one in lots:
        of_kind[str(one.lot.get_kind_display())].append(one)  # type: ignore[attr-defined]
    kinds = tuple(
        TreeNode(
            kind,
            ngettext("%(count)d lot", "%(count)d lots", len(some)) % {"count": len(some)},
            children=tuple(
                TreeNode(one.lot.number, ", ".join(one.items), reverse("lot", args=[one.lot.uid])) for one in some
            ),
        )
        for kind, some in of_kind.items()
    )
    sentence = ngettext("%(serial)s ← %(count)d lot", "%(serial)s ← %(count)d lots", len(lots))
    root = TreeNode(unit.serial, unit.item.number, reverse("unit_thread", args=[unit.uid]), kinds)
    return Genealogy(sentence % {"serial": unit.serial, "count": len(lots)}, root)


def summary(found: Traced) -> str:
    """How bad it is, in one line."""
    customers = {one.customer for one in found.affected if one.customer}
    replaced = sum(one.is_replaced for one in found.affected)
    said = [
        ngettext("%(count)d machine", "%(count)d machines", len(found.affected)) % {"count": len(found.affected)},
        ngettext("%(count)d customer", "%(count)d customers", len(customers)) % {"count": len(customers)},
        pgettext("machines", "%(count)d already replaced") % {"count": replaced},
        ngettext("%(count)d part not built in", "%(count)d parts not built in", len(found.in_stock))
        % {"count": len(found.in_stock)},
    ]
    return " · ".join(said)
