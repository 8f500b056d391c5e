"""Recalls as tables and lists."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.apps.history import trace_tables
from samegauge.apps.history.models import Recall, RecalledMachine, RecallState
from samegauge.apps.history.recalls import Criterion, RecallKind
from samegauge.apps.history.tracing import Affected
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Cell, Chip, Column, RecordTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.apps.history.tracing import Traced
    from samegauge.core.face import Kind
    from samegauge.core.pages import Page

CHIPS: dict[str, Kind] = {
    RecallState.AFFECTED: "alarm",
    RecallState.INFORMED: "warning",
    RecallState.SCHEDULED: "running",
    RecallState.DONE: "ok",
}


def criterion_text(asked: Criterion) -> str:
    """What is suspected, in one line."""
    texts = {
        RecallKind.LOT: _("Lot %(named)s"),
        RecallKind.ITEM: _("Item %(named)s, revision %(first)s to %(last)s")
        if asked.first or asked.last
        else _("Item %(named)s"),
        RecallKind.SERIALS: _("Item %(named)s, serial number %(first)s to %(last)s"),
        RecallKind.STATION: _("Work at station %(named)s"),
        RecallKind.INSTRUMENT: _("Measured with instrument %(named)s"),
        RecallKind.OPERATOR: _("Work of %(named)s"),
    }
    said = texts[asked.kind] % {"named": asked.named, "first": asked.first or "…", "last": asked.last or "…"}
    if asked.since or asked.until:
        since, until = (f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "…" for at in (asked.since, asked.until))
        said = f"{said} · {since} – {until}"
    return said


def recall_table(page: Page) -> RecordTable:
    columns = (
        Column(_("Recall"), prose=True),
        Column(_("State")),
        Column(_("Machines"), numeric=True),
        Column(_("Done"), numeric=True),
        Column(_("Opened")),
        Column(_("By")),
    )
    counted = Recall.objects.filter(pk__in=[row.pk for row in page.rows]).annotate(
        count=Count("machines"), finished=Count("machines", filter=Q(machines__state=RecallState.DONE))
    )
    counts = {row.pk: (row.count, row.finished) for row in counted}  # type: ignore[attr-defined] - annotated
    rows = tuple(_recall_row(row, *counts[row.pk]) for row in page.rows)
    return RecordTable(_("Recalls"), columns, rows, page)


def _recall_row(row: Recall, count: int, finished: int) -> tuple[Cell, ...]:
    chip = Chip("ok", pgettext("recall", "Closed")) if row.closed_at else Chip("alarm", pgettext("recall", "Open"))
    return (
        Cell(row.title, reverse("recall", args=[row.uid])),
        Cell(chip=chip),
        Cell(number_text(count, 0)),
        Cell(number_text(finished, 0)),
        Cell(trace_tables.day(row.opened_at)),
        Cell(row.opened_by),
    )


def progress(rows: Iterable[RecalledMachine]) -> list[tuple[Chip, int]]:
    counted = Counter(row.state for row in rows)
    return [(Chip(CHIPS[state], str(state.label)), counted[state]) for state in RecallState]


def case_columns() -> tuple[Column, ...]:
    machine, inside, customer, _place, hours, parts = trace_tables.affected_columns()
    return machine, inside, parts, customer, hours, Column(_("Recall")), Column(_("Note"), prose=True)


def case_rows(rows: list[RecalledMachine], found: Traced) -> list[tuple[RecalledMachine, tuple[Cell, ...]]]:
    """A machine that the question no longer finds stays in the case: what was said about it was said."""
    known = {one.machine.pk: one for one in found.affected}
    return [(row, _case_cells(row, known.get(row.machine_id, Affected(row.machine)))) for row in rows]


def _case_cells(row: RecalledMachine, one: Affected) -> tuple[Cell, ...]:
    machine, inside, customer, place, hours, parts = trace_tables.affected_cells(one)
    where = "" if place.text == "–" else place.text
    state = Cell(chip=Chip(CHIPS[row.state], row.get_state_display()))
    return machine, inside, parts, Cell(customer.text, note=where), Cell(hours.text), state, Cell(row.note or "–")


def sheet(rows: list[RecalledMachine], found: Traced) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = (
        _("Machine"),
        _("Model"),
        _("Customer"),
        _("Place"),
        _("Running hours [h]"),
        _("Parts"),
        _("Suspect parts"),
        _("Replaced on"),
        _("Recall"),
        _("Note"),
    )
    known = {one.machine.pk: one for one in found.affected}
    return header, [_sheet_row(row, known.get(row.machine_id, Affected(row.machine))) for row in rows]


def _sheet_row(row: RecalledMachine, one: Affected) -> tuple[str, ...]:
    hours = "" if one.running_hours_h is None else f"{one.running_hours_h:.0f}"
    return (
        row.machine.serial + (f" ({_('simulated')})" if row.machine.simulated else ""),
        row.machine.item.number,
        one.customer,
        " · ".join(filter(None, (one.place, one.country))),
        hours,
        ", ".join(sorted({part.unit.serial for part in one.parts})),
        _("Replaced") if one.is_replaced else trace_tables.inside_chip(one).text,
        trace_tables.replaced_on(one),
        row.get_state_display(),
        row.note,
    )


def uids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
