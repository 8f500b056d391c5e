from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from samegauge.apps.inspection.nonconformity.flow import HOLDING
from samegauge.apps.inspection.nonconformity.models import State
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import named
from samegauge.core.words import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.inspection.nonconformity.models import CorrectiveAction, Discipline, Nonconformity
    from samegauge.apps.inspection.nonconformity.rules import Repeat
    from samegauge.apps.inspection.nonconformity.suppliers import Scored
    from samegauge.core.pages import Page
    from samegauge.core.thread.models import Unit

CHIPS = {
    State.OPEN: "alarm",
    State.CONTAINED: "warning",
    State.PROPOSED: "warning",
    State.DECIDED: "running",
    State.DONE: "ok",
    State.CLOSED: "neutral",
}


def state_chip(state: str) -> Chip:
    return Chip(CHIPS[State(state)], str(State(state).label))  # type: ignore[arg-type]


def report_table(
    rows: Sequence[Nonconformity], page: Page | None = None, views: tuple[tuple[str, str, bool], ...] = ()
) -> RecordTable:
    columns = (
        Column(pgettext("nonconformity", "Number")),
        Column(_("What is wrong"), prose=True),
        Column(pgettext("nonconformity", "State")),
        Column(_("Item")),
        Column(_("Parts"), numeric=True),
        Column(_("Supplier"), prose=True),
        Column(pgettext("nonconformity", "Found")),
    )
    table = tuple(
        (
            Cell(
                row.number,
                reverse("nonconformity", args=[row.uid]),
                code=True,
                provenance="simulated" if row.simulated else "",
            ),
            Cell(row.title, note=str(row.get_disposition_display()) if row.disposition else ""),
            Cell(chip=state_chip(row.state)),
            Cell(str(row.item or "–")),
            Cell(number_text(row.quantity, 0)),
            Cell(named(row.supplier) if row.supplier else "–"),
            Cell(f"{timezone.localtime(row.found_at):%Y-%m-%d}"),
        )
        for row in rows
    )
    return RecordTable(_("Nonconformities"), columns, table, page, views=views)


def unit_table(units: Iterable[Unit], not_shown: int) -> RecordTable:
    columns = (Column(_("Part")), Column(_("Item")), Column(_("Lot")))
    rows = tuple(
        (
            Cell(unit.serial, reverse("unit_thread", args=[unit.uid]), code=True, provenance=provenance_of(unit)),
            Cell(unit.item.number, note=named(unit.item)),
            Cell(str(unit.lot or "–")),
        )
        for unit in units
    )
    return RecordTable(_("Affected"), columns, rows, not_shown=not_shown)


def repeat_table(repeats: Iterable[Repeat]) -> RecordTable:
    columns = (
        Column(pgettext("nonconformity", "Number")),
        Column(_("What is wrong"), prose=True),
        Column(_("Alike in"), prose=True),
        Column(pgettext("nonconformity", "Found")),
        Column(pgettext("nonconformity", "State")),
    )
    rows = tuple(
        (
            Cell(one.report.number, reverse("nonconformity", args=[one.report.uid]), code=True),
            Cell(one.report.title),
            Cell("; ".join(one.alike)),
            Cell(f"{timezone.localtime(one.report.found_at):%Y-%m-%d}"),
            Cell(chip=state_chip(one.report.state)),
        )
        for one in repeats
    )
    return RecordTable(_("It has happened before"), columns, rows)


def action_chip(action: CorrectiveAction, rows: Sequence[Discipline]) -> Chip:
    if action.closed_at is not None:
        return Chip("ok", pgettext("8D", "Closed"))
    today = timezone.localdate()
    late = sum(row.is_empty and row.due_on is not None and row.due_on < today for row in rows)
    if late:
        return Chip("alarm", ngettext("%(count)d step late", "%(count)d steps late", late) % {"count": late})
    return Chip("running", pgettext("8D", "Running"))


def action_table(actions: Iterable[CorrectiveAction]) -> RecordTable:
    columns = (
        Column(pgettext("nonconformity", "Number")),
        Column(_("Title"), prose=True),
        Column(pgettext("8D", "State")),
        Column(_("Steps done"), numeric=True),
        Column(_("Customer or supplier"), prose=True),
        Column(_("Opened")),
    )
    rows = []
    for action in actions:
        steps = list(action.disciplines.all())
        done = sum(not one.is_empty for one in steps)
        rows.append(
            (
                Cell(
                    action.number,
                    reverse("corrective_action", args=[action.uid]),
                    code=True,
                    provenance="simulated" if action.simulated else "",
                ),
                Cell(action.title),
                Cell(chip=action_chip(action, steps)),
                Cell(f"{done}/{len(steps)}"),
                Cell(named(action.partner) if action.partner else "–"),
                Cell(f"{timezone.localtime(action.opened_at):%Y-%m-%d}"),
            )
        )
    return RecordTable(_("Corrective actions (8D)"), columns, tuple(rows))


def score_table(rows: Sequence[Scored]) -> RecordTable:
    columns = (
        Column(_("Supplier")),
        Column(_("Rank")),
        Column("ppm", numeric=True),
        Column(_("95 % interval"), numeric=True, unit="ppm"),
        Column(_("Faulty of delivered"), numeric=True),
        Column(_("Refused lots"), numeric=True),
        Column(_("Late"), numeric=True),
        Column(_("Answer (D3)"), numeric=True, unit="h"),
        Column(_("Points"), numeric=True),
    )
    return RecordTable(_("Suppliers"), columns, tuple(_score_row(one, len(rows)) for one in rows))


def _score_row(one: Scored, count: int) -> tuple[Cell, ...]:
    tally, bounds, points = one.tally, one.tally.ppm_bounds, one.points
    return (
        Cell(one.partner.number, f"?supplier={one.partner.number}#trend", note=named(one.partner)),
        Cell(rank_text(one, count)),
        Cell(number_text(tally.ppm, 0)),
        Cell(f"{number_text(bounds[0], 0)} … {number_text(bounds[1], 0)}" if bounds else "–"),
        Cell(f"{number_text(tally.faulty, 0)}/{number_text(tally.parts, 0)}"),
        Cell(f"{number_text(tally.refused, 0)}/{number_text(tally.lots, 0)}"),
        Cell(f"{tally.late}/{tally.promised}" if tally.promised else "–"),
        Cell(number_text(tally.response_h, 0), note=f"n = {len(tally.responses_h)}" if tally.responses_h else ""),
        Cell(
            number_text(points.value, 0) if points else "–",
            note=f"{number_text(points.low, 0)} … {number_text(points.high, 0)}" if points else "",
        ),
    )


def rank_text(one: Scored, count: int) -> str:
    if one.rank is None:
        return "–"
    if one.rank.best == one.rank.worst:
        return str(one.rank.best)
    if (one.rank.best, one.rank.worst) == (1, count):
        return _("not distinguishable")
    return f"{one.rank.best}–{one.rank.worst}"


def holds_units(report: Nonconformity) -> bool:
    return report.state in HOLDING
