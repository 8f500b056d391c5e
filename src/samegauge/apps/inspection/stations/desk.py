"""What supervisors see of the line: where machines stand, what holds them, what conflicts, which gates were passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from samegauge.apps.inspection.plans.models import ProcedureStep
from samegauge.apps.inspection.stations.floor import FloorBoard, FloorCell, FloorRow, Section
from samegauge.apps.inspection.stations.models import EntryKind, Outcome, StationEntry, StopState, UnitStop
from samegauge.apps.inspection.stations.work import holds_of
from samegauge.core.charts.numerals import number_text, quantity_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import in_one_line, in_reader_language, named, reads_chinese
from samegauge.core.production.models import Station
from samegauge.core.words import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.core.production.holds import Hold
    from samegauge.core.thread.models import Unit

COUNTED = timedelta(days=30)
MOST_MACHINES = 80
MOST_ENTRIES = 200


@dataclass(frozen=True)
class Machine:
    """A machine on the line with its stops in order."""

    unit: Unit
    stops: Sequence[UnitStop]

    @property
    def open(self) -> list[UnitStop]:
        """Where it can be worked on or is held; the first such stop is where it stands."""
        return [stop for stop in self.stops if stop.state in {StopState.HERE, StopState.HELD}]

    @property
    def held(self) -> list[UnitStop]:
        return [stop for stop in self.stops if stop.state == StopState.HELD]

    @property
    def conflicts(self) -> int:
        """Entries in conflict at stations that it has not left."""
        return sum(stop.conflicts for stop in self.stops if stop.state != StopState.RELEASED)

    @property
    def passed(self) -> int:
        return sum(stop.state == StopState.RELEASED for stop in self.stops)


def machines_on_the_line() -> list[Machine]:
    """Every machine that has a station before it, those in trouble first, then the ones that are furthest."""
    open_ = UnitStop.objects.exclude(state=StopState.RELEASED).values("unit")
    rows = UnitStop.objects.filter(unit__in=open_).select_related("unit__item", "station").order_by("unit", "sequence")
    found = [Machine(some[0].unit, some) for some in _grouped(rows)]
    return sorted(found, key=lambda one: (not one.held, not one.conflicts, -one.passed, one.unit.serial))


def _grouped(rows: Iterable[UnitStop]) -> Iterable[list[UnitStop]]:
    return (list(some) for _unit, some in groupby(rows, key=lambda stop: stop.unit_id))


def board_of(machines: Sequence[Machine]) -> FloorBoard:
    stations = list(Station.objects.filter(retired_at=None, sequence__isnull=False).order_by("sequence", "code"))
    return FloorBoard(
        _("Where each machine stands: passed stations are grey, a dot is where it is."),
        tuple(_sections(stations)),
        tuple(station.code for station in stations),
        tuple(_row(machine, stations) for machine in machines[:MOST_MACHINES]),
        (_("Machine"), _("Where it stands"), _("Stations passed")),
    )


def _sections(stations: Sequence[Station]) -> Iterable[Section]:
    for name, some in groupby(stations, key=lambda station: station.line):
        yield Section(_in_language(name), len(list(some)))


def _in_language(line: str) -> str:
    """A section's name; one that holds both languages, Chinese first, is cut to the reader's."""
    chinese, _space, english = line.partition(" ")
    if not english or not any(letter > "\u2e7f" for letter in chinese):
        return line
    return chinese if reads_chinese() else english


def _row(machine: Machine, stations: Sequence[Station]) -> FloorRow:
    stops = {stop.station_id: stop for stop in machine.stops}
    cells = tuple(
        FloorCell(stop.state, bool(stop.conflicts)) if (stop := stops.get(station.pk)) else None for station in stations
    )
    url = reverse("unit_at_stations", args=[machine.unit.uid])
    return FloorRow(machine.unit.serial, url, cells, where_text(machine), alarm=bool(machine.held))


def where_text(machine: Machine) -> str:
    if not machine.open:
        return _("waits")
    stop = machine.open[0]
    if stop.state == StopState.HELD:
        return _("%(station)s held") % {"station": stop.station.code}
    count = f"{stop.done}/{stop.required}" if stop.required else ""
    return " ".join(filter(None, (stop.station.code, count, named(stop.station))))


def verdict_of(machines: Sequence[Machine]) -> tuple[str, str, str]:
    """Kind, sentence and reason of the banner over the floor."""
    held, conflicts = [one for one in machines if one.held], [one for one in machines if one.conflicts]
    if not machines:
        return "neutral", _("No machine is on the line"), ""
    total = number_text(len(machines), 0)
    if held:
        said = ngettext("%(held)d of %(total)s machines is held", "%(held)d of %(total)s machines are held", len(held))
        return "alarm", said % {"held": len(held), "total": total}, _named(held)
    if conflicts:
        said = ngettext(
            "%(count)d of %(total)s machines has entries that conflict",
            "%(count)d of %(total)s machines have entries that conflict",
            len(conflicts),
        )
        return "warning", said % {"count": len(conflicts), "total": total}, _named(conflicts)
    said = ngettext("The one machine on the line moves", "All %(count)d machines on the line move", len(machines))
    return "ok", said % {"count": len(machines)}, ""


def _named(machines: Sequence[Machine], most: int = 5) -> str:
    return ", ".join(one.unit.serial for one in machines[:most]) + (" …" if len(machines) > most else "")


def trouble_table(machines: Sequence[Machine]) -> RecordTable:
    """What keeps machines, and what people recorded that could not be applied."""
    columns = (
        Column(_("Machine")),
        Column(_("Station"), prose=True),
        Column(pgettext("station", "State")),
        Column(_("Why"), prose=True),
    )
    rows = tuple(
        _trouble_row(machine, stop)
        for machine in machines
        for stop in machine.stops
        if stop.state == StopState.HELD or (stop.conflicts and stop.state != StopState.RELEASED)
    )
    return RecordTable(_("Needs somebody"), columns, rows)


def _trouble_row(machine: Machine, stop: UnitStop) -> tuple[Cell, ...]:
    url = reverse("unit_at_stations", args=[machine.unit.uid]) + f"?station={stop.station.code}"
    conflicts = StationEntry.objects.filter(unit=machine.unit, station=stop.station, outcome=Outcome.CONFLICT)
    last = conflicts.order_by("-at").first()
    return (
        Cell(machine.unit.serial, url, code=True, provenance=provenance_of(machine.unit)),
        Cell(f"{stop.station.code} {named(stop.station)}"),
        Cell(chip=stop_chip(stop)),
        Cell(in_reader_language(last.reason) if last is not None and last.reason else "–"),
    )


def stop_chip(stop: UnitStop) -> Chip:
    if stop.state == StopState.HELD:
        return Chip("alarm", pgettext("station", "Held"))
    if stop.state == StopState.RELEASED:
        if stop.override_reason:
            return Chip("undecided", pgettext("station", "Released by a supervisor"))
        return Chip("ok", pgettext("station", "Released"))
    if stop.conflicts:
        return Chip("warning", pgettext("station", "Conflict"))
    if stop.state == StopState.HERE:
        return Chip("running", pgettext("station", "Can be worked on"))
    return Chip("neutral", pgettext("station", "Waiting"))


def overrides_said() -> str:
    """How often a gate was passed in the last days: a figure that should stay small."""
    since = timezone.now() - COUNTED
    released = UnitStop.objects.filter(completed_at__gte=since)
    passed, total = released.exclude(override_reason="").count(), released.count()
    if not total:
        return _("No station was completed in the last %(days)d days.") % {"days": COUNTED.days}
    said = {
        "passed": number_text(passed, 0),
        "total": number_text(total, 0),
        "share": quantity_text(100 * passed / total, "%", 1),
        "days": COUNTED.days,
    }
    return (
        _("In the last %(days)d days supervisors released %(passed)s of %(total)s stations past a gate: %(share)s.")
        % said
    )


def stops_of(unit: Unit) -> list[UnitStop]:
    return list(
        UnitStop.objects.filter(unit=unit)
        .select_related("unit__item", "station", "procedure", "event")
        .order_by("sequence")
    )


def stop_table(stops: Sequence[UnitStop], chosen: UnitStop | None) -> RecordTable:
    columns = (
        Column(_("Station"), prose=True),
        Column(pgettext("station", "State")),
        Column(_("Steps"), numeric=True),
        Column(_("Completed")),
        Column(_("Procedure")),
        Column(_("Note"), prose=True),
    )
    rows = tuple(
        (
            Cell(
                f"{stop.station.code} {named(stop.station)}",
                f"?station={stop.station.code}" if stop != chosen else "",
            ),
            Cell(chip=stop_chip(stop)),
            Cell(f"{stop.done}/{stop.required}" if stop.required else "–"),
            Cell(f"{timezone.localtime(stop.completed_at):%m-%d %H:%M}" if stop.completed_at else "–"),
            Cell(str(stop.procedure), reverse("procedure", args=[stop.procedure.uid])) if stop.procedure else Cell("–"),
            Cell(stop.override_reason),
        )
        for stop in stops
    )
    return RecordTable(_("Stations in order"), columns, rows)


def entries_at(stop: UnitStop) -> list[StationEntry]:
    rows = StationEntry.objects.filter(unit=stop.unit_id, station=stop.station_id).select_related("actor", "procedure")
    return list(rows.order_by("at", "uid")[:MOST_ENTRIES])


def entry_table(entries: Sequence[StationEntry]) -> RecordTable:
    columns = (
        Column(_("Time")),
        Column(_("Step"), prose=True),
        Column(_("What was recorded"), prose=True),
        Column(_("Who")),
        Column(_("Outcome"), prose=True),
    )
    steps = _steps_of(entries)
    rows = tuple(
        (
            Cell(f"{timezone.localtime(row.at):%m-%d %H:%M:%S}"),
            Cell(_step_said(row, steps)),
            Cell(_payload_said(row)),
            Cell(row.actor_name),
            _outcome_cell(row),
        )
        for row in entries
    )
    return RecordTable(_("Entries"), columns, rows)


def _steps_of(entries: Sequence[StationEntry]) -> dict[tuple[int, str], ProcedureStep]:
    wanted = {row.procedure.pk for row in entries}
    return {
        (step.procedure_id, step.key): step  # type: ignore[attr-defined]
        for step in ProcedureStep.objects.filter(procedure__in=wanted)
    }


def _step_said(row: StationEntry, steps: dict[tuple[int, str], ProcedureStep]) -> str:
    step = steps.get((row.procedure.pk, row.step))
    return (
        in_reader_language({"en": step.text, "zh": step.text_zh or step.text}) if step else str(row.get_kind_display())
    )


def _payload_said(row: StationEntry) -> str:
    said = row.payload
    if row.kind == EntryKind.VALUE:
        return " · ".join(filter(None, (quantity_text(said["value"], said["unit_code"]), said["instrument"])))
    if row.kind == EntryKind.CHECK:
        return _("done") if said["done"] else _("not done")
    names = ("choice", "serial", "meaning", "text", "name", "reason")
    return next((str(said[name]) for name in names if said.get(name)), "–")


def _outcome_cell(row: StationEntry) -> Cell:
    reason = in_reader_language(row.reason) if row.reason else ""
    if row.outcome == Outcome.CONFLICT:
        return Cell(chip=Chip("warning", pgettext("station entry", "Conflict")), note=reason)
    return Cell(reason) if reason else Cell(chip=Chip("ok", pgettext("station entry", "Taken")))


def unit_verdict(stops: Sequence[UnitStop], holds: Sequence[Hold]) -> tuple[str, str, str]:
    """Kind, sentence and reason of the banner over one unit."""
    machine = Machine(stops[0].unit, stops)
    if machine.held:
        sentence = _("Held at %(station)s") % {"station": _station_said(machine.held[0])}
        return "alarm", sentence, in_one_line(hold.said for hold in holds)
    if not machine.open:
        if machine.passed == len(stops):
            return "ok", _("Every station has released it"), ""
        return "neutral", _("It waits"), ""
    stop = machine.open[0]
    facts = {"station": _station_said(stop), "done": stop.done, "required": stop.required}
    if not stop.required:
        return "neutral", _("Next: %(station)s") % facts, ""
    sentence = _("At %(station)s: %(done)d of %(required)d required steps done") % facts
    if machine.conflicts:
        return "warning", sentence, _("Some entries conflict; look at them below.")
    return "running", sentence, ""


def _station_said(stop: UnitStop) -> str:
    return f"{stop.station.code} {named(stop.station)}"


def holds_at(stop: UnitStop, entries: Sequence[StationEntry]) -> list[Hold]:
    if stop.state != StopState.HELD:
        return []
    steps = list(ProcedureStep.objects.filter(procedure__in={row.procedure.pk for row in entries}))
    return holds_of(stop, entries, steps)
