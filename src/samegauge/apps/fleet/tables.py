"""The tables of the machine pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.charts.numerals import duration_text, number_text
from samegauge.core.face import Cell, Column, RecordTable
from samegauge.core.language import named
from samegauge.core.words import confidence_chip, provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.core.production.models import DataItem, OperationRun
    from samegauge.core.thread.models import Unit
    from samegauge.engines.signals.states import DayStates
    from samegauge.lake.store import DayCount


def machine_table(rows: Iterable[tuple[Unit, tuple[DayCount, ...]]]) -> RecordTable:
    columns = (
        Column(_("Machine")),
        Column(_("Model")),
        Column(_("Days with readings"), numeric=True),
        Column(_("Observations"), numeric=True),
        Column(_("Latest day")),
        Column(_("Operations"), numeric=True),
    )
    return RecordTable(_("Machines"), columns, tuple(_machine_row(machine, days) for machine, days in rows))


def _machine_row(machine: Any, days: tuple[DayCount, ...]) -> tuple[Cell, ...]:
    latest = days[-1].day.isoformat() if days else ""
    return (
        Cell(machine.serial, reverse("machine", args=[machine.uid]), code=True, provenance=provenance_of(machine)),
        Cell(named(machine.item)),
        Cell(number_text(len(days), 0)),
        Cell(number_text(sum(day.observations for day in days), 0)),
        Cell(latest, reverse("machine_day", args=[machine.uid, latest])) if latest else Cell("–"),
        Cell(number_text(machine.runs, 0)),
    )


def day_table(machine: Unit, days: Iterable[DayCount]) -> RecordTable:
    columns = (Column(_("Day")), Column(_("Observations"), numeric=True))
    rows = tuple(
        (
            Cell(one.day.isoformat(), reverse("machine_day", args=[machine.uid, one.day.isoformat()])),
            Cell(number_text(one.observations, 0)),
        )
        for one in sorted(days, key=lambda one: one.day, reverse=True)
    )
    return RecordTable(_("Days with readings"), columns, rows)


def run_table(runs: Iterable[OperationRun]) -> RecordTable:
    columns = (
        Column(_("Operation")),
        Column(_("Unit")),
        Column(_("Program"), prose=True),
        Column(pgettext("time", "Start")),
        Column(_("Cycle time"), numeric=True),
        Column(_("Basis")),
    )
    rows = tuple(
        (
            Cell(run.label, reverse("operation", args=[run.uid])),
            Cell(
                run.unit.serial,
                reverse("unit_thread", args=[run.unit.uid]),
                code=True,
                provenance=provenance_of(run.unit),
            ),
            Cell(run.program.name if run.program else run.program_name_reported or "–"),
            Cell(timezone.localtime(run.started_at).strftime("%Y-%m-%d %H:%M")),
            Cell(duration_text(run.cycle_time_s)),
            Cell(chip=confidence_chip(run.confidence)),
        )
        for run in runs
    )
    return RecordTable(_("Operations"), columns, rows)


def data_item_table(items: Iterable[DataItem]) -> RecordTable:
    columns = (
        Column(_("Tag")),
        Column(_("Component"), prose=True),
        Column(_("Type"), prose=True),
        Column(_("Category")),
        Column(_("Unit, as the machine declares it")),
    )
    rows = tuple(
        (
            Cell(item.tag, code=True),
            Cell(item.component),
            Cell(" ".join(word for word in (item.type, item.sub_type) if word)),
            Cell(item.category),
            Cell(item.native_units or item.units or "–"),
        )
        for item in items
    )
    return RecordTable(_("Data items"), columns, rows)


def alarm_table(states: DayStates) -> RecordTable:
    columns = (
        Column(_("Alarm"), prose=True),
        Column(pgettext("of an alarm", "Level")),
        Column(_("Code")),
        Column(pgettext("time", "Start")),
        Column(_("Duration"), numeric=True),
    )
    rows = tuple(
        (
            Cell(alarm.text or alarm.tag, note=alarm.tag),
            Cell(alarm.level),
            Cell(alarm.code or "–", code=True),
            Cell(timezone.localtime(datetime.fromtimestamp(alarm.span.start_s, UTC)).strftime("%H:%M:%S")),
            Cell(duration_text(alarm.span.duration_s)),
        )
        for alarm in states.alarms
    )
    return RecordTable(_("Alarms"), columns, rows)
