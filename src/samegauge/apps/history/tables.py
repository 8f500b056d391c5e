"""The tables of the history pages, as data for the record table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.charts.numerals import duration_text, number_text, quantity_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import event_name, in_reader_language, named, reads_chinese
from samegauge.core.measurement.models import Conformity
from samegauge.core.sharing.addresses import address
from samegauge.core.thread.rules import CLOCK_TOLERANCE
from samegauge.core.words import confidence_chip, conformity_chip, document_kind, file_chip, provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.history.models import Passport
    from samegauge.apps.history.queries import ThreadView
    from samegauge.core.intake.models import ImportBatch, ImportedFile
    from samegauge.core.measurement.models import Inspection, Measurement
    from samegauge.core.pages import Page
    from samegauge.core.production.models import OperationRun
    from samegauge.core.thread.models import Document, Event, Unit


# Which parts of the product's own events are worth a reader's glance; other kinds show their first fields.
WHAT_EVENTS_SAY = {
    "registered": ("item", "stated", "taken_over"),
    "stated": ("stated", "taken_over"),
    "manufactured": ("day", "taken_over"),
    "made": ("operation", "machine"),
    "traced": ("trace", "machine"),
    "inspected": ("plan",),
    "matched": ("trace",),
    "passport_issued": ("key",),
    "import_undone": ("reason",),
    "ordered": ("customer", "model"),
    "cast": ("foundry", "melt"),
    "heat_treated": ("foundry", "batch"),
    "station_completed": ("station", "name"),
    "delivered": ("customer", "taken_over"),
    "commissioned": ("customer", "place", "taken_over"),
    "running_hours": ("running_hours_h", "source", "taken_over"),
    "alarm": ("code", "text"),
    "service_call": ("call", "symptom"),
    "repaired": ("call", "cause", "component"),
    "blocked": ("lot", "reason"),
    "released": ("lot", "reason"),
    "reworked": ("done",),
    "swap_undone": ("reason",),
    "recall": ("title", "state", "note"),
}
MOST_FIELDS_SHOWN = 3


def when(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else "–"


def unit_table(
    page: Page, verdicts: dict[int, str], views: tuple[tuple[str, str, bool], ...], sort: str
) -> RecordTable:
    columns = (
        Column(_("Serial number"), sort="serial"),
        Column(_("Verdict")),
        Column(_("Item"), sort="item", prose=True),
        Column(_("Revision")),
        Column(pgettext("time", "Registered"), sort="registered"),
    )
    rows = tuple(_unit_row(unit, verdicts[unit.pk]) for unit in page.rows)
    return RecordTable(_("Parts"), columns, rows, page, sort, views)


def _unit_row(unit: Unit, verdict: str) -> tuple[Cell, ...]:
    return (
        Cell(
            unit.serial,
            address("unit_thread", unit.uid),
            code=True,
            provenance=provenance_of(unit),
        ),
        Cell(chip=conformity_chip(verdict)),
        Cell(unit.item.number, note=named(unit.item)),
        Cell(unit.revision.label if unit.revision else "–"),
        Cell(when(unit.registered_at)),
    )


def operation_table(runs: Sequence[OperationRun]) -> RecordTable:
    columns = (
        Column(_("Operation"), prose=True),
        Column(_("Machine")),
        Column(_("Program revision"), prose=True),
        Column(pgettext("time", "Start")),
        Column(_("Cycle time"), numeric=True),
        Column(_("Interruptions"), numeric=True),
        Column(_("Feed override"), numeric=True, unit="%"),
        Column(_("Basis")),
    )
    return RecordTable(_("Operations"), columns, tuple(_operation_row(run) for run in runs))


def _operation_row(run: OperationRun) -> tuple[Cell, ...]:
    override = run.facts.get("feed_override_mean_percent")
    return (
        Cell(run.label, reverse("operation", args=[run.uid])),
        Cell(run.machine.serial, reverse("machine", args=[run.machine.uid]), code=True),
        _program_cell(run),
        Cell(when(run.started_at)),
        Cell(duration_text(run.cycle_time_s)),
        Cell(number_text(len(run.facts.get("interruptions", [])), 0)),
        Cell("–" if override is None else number_text(override, 0)),
        Cell(chip=confidence_chip(run.confidence)),
    )


def _program_cell(run: OperationRun) -> Cell:
    """The revision in short; the operation's own page has the whole name."""
    if run.program is None:
        return Cell(run.program_name_reported or "–")
    notes = [run.program.sha256[:8]]
    if run.facts.get("same_revision") is False:
        notes.append(_("another revision"))
    label = run.program.revision_label
    return Cell(f"REV-{label}" if label else "", code=True, note=" · ".join(notes))


def inspection_table(inspections: Iterable[Inspection]) -> RecordTable:
    columns = (
        Column(_("Inspection"), prose=True),
        Column(_("Verdict")),
        Column(_("Characteristics"), numeric=True),
        Column(_("Not conforming"), numeric=True),
        Column(_("Reported")),
        Column(_("Basis")),
    )
    return RecordTable(_("Inspections"), columns, tuple(_inspection_row(row) for row in inspections))


def _inspection_row(row: Inspection) -> tuple[Cell, ...]:
    return (
        Cell(str(row.get_kind_display()), address("inspection", row.uid), note=row.plan),  # type: ignore[attr-defined]
        Cell(chip=conformity_chip(row.verdict)),
        Cell(number_text(row.measured, 0)),  # type: ignore[attr-defined] - annotated by the query
        Cell(number_text(row.failed, 0)),  # type: ignore[attr-defined] - annotated by the query
        Cell(when(row.reported_at)),
        Cell(chip=confidence_chip(row.confidence)),
    )


def time_basis_text(basis: str) -> str:
    """How the time of a report is known, as the importers write it, in the reader's language."""
    known = {
        "read from the file name, taken as UTC": _("read from the file name, taken as UTC"),
        "no zone stated, taken as UTC": _("no zone stated, taken as UTC"),
        "no zone stated, taken as the organisation's": _("no zone stated, taken as the organisation's"),
        "not stated": _("time not stated"),
    }
    return known.get(basis, basis)


def finding_text(row: Measurement) -> str:
    """A measured value with its limits, in one line that needs no translation."""
    stated = row.characteristic
    lower, upper = number_text(stated.lower_limit, 4), quantity_text(stated.upper_limit, stated.unit_code, 4)
    limits = f"{lower} … {upper}" if stated.lower_limit is not None else f"≤ {upper}"
    return f"{stated.name}: {quantity_text(row.actual, stated.unit_code, 4)} ({limits})"


def measurement_table(rows: Sequence[Measurement], inspection: Inspection) -> RecordTable:
    columns = (
        Column(_("Characteristic")),
        Column(_("Verdict")),
        Column(_("Actual"), numeric=True),
        Column(_("Nominal"), numeric=True),
        Column(_("Lower limit"), numeric=True),
        Column(_("Upper limit"), numeric=True),
        Column(pgettext("of measurement", "Unit")),
        Column(_("Our own check")),
    )
    caption = f"{inspection.get_kind_display()} · {when(inspection.reported_at)}"  # type: ignore[attr-defined]
    return RecordTable(caption, columns, tuple(_measurement_row(row) for row in rows))


def _measurement_row(row: Measurement) -> tuple[Cell, ...]:
    stated = row.characteristic
    agrees = row.recomputed in {row.stated, Conformity.UNDECIDED}
    own = Chip("neutral", _("agrees")) if agrees else Chip("warning", _("differs"))
    sizes = (stated.nominal, stated.lower_limit, stated.upper_limit)
    return (
        Cell(stated.name, address("characteristic", stated.uid), note=stated.datums),
        Cell(chip=conformity_chip(row.stated)),
        Cell(number_text(row.actual, 0 if stated.is_number_of_part else 4)),
        *(Cell("–" if stated.is_number_of_part else number_text(size, 4)) for size in sizes),
        Cell("–" if stated.is_number_of_part else stated.unit_code),
        Cell(_("not decidable")) if row.recomputed == Conformity.UNDECIDED else Cell(chip=own),
    )


def event_table(
    events: Iterable[Event], page: Page | None = None, not_shown: int = 0, *, correctable: bool = False
) -> RecordTable:
    columns = (
        Column(_("Event"), prose=True),
        Column(_("What it says"), prose=True),
        Column(_("Device time")),
        Column(_("Received")),
        Column(_("By"), folds=True),
        Column(_("Leaf hash")),
    )
    rows = tuple(_event_row(event, correctable=correctable) for event in events)
    return RecordTable(_("Events"), columns, rows, page, not_shown=not_shown)


def _event_row(event: Event, *, correctable: bool) -> tuple[Cell, ...]:
    note = _("supersedes an earlier one") if event.supersedes_id else ""
    return (
        Cell(event_name(event.kind), note=note),
        Cell(_said(event)),
        Cell(
            when(event.device_time),
            reverse("event_time", args=[event.uid]) if correctable else "",
            note=_clock_note(event),
        ),
        Cell(when(event.receive_time)),
        Cell(event.actor_name),
        Cell(event.leaf_hash[:12], code=True),
    )


def _clock_note(event: Event) -> str:
    """Where the device's clock and ours lie so far apart that one may be wrong; what is imported is old anyway."""
    apart = event.receive_time - event.device_time
    hours = number_text(abs(apart) / timedelta(hours=1), 1)
    if apart < -CLOCK_TOLERANCE:
        return _("%(hours)s h ahead of its receipt") % {"hours": hours}
    if event.batch_id is None and timedelta(hours=1) < apart < timedelta(days=2):
        return _("%(hours)s h before its receipt") % {"hours": hours}
    return ""


def _said(event: Event) -> str:
    """The part of an event's content that a reader looks for."""
    said = event.payload
    if event.kind in {"installed", "removed"}:
        places = [f"{said.get('child', '')} → {said.get('parent', '')}", said.get("position"), said.get("reason")]
        return " · ".join(str(one) for one in places if one)
    wanted = WHAT_EVENTS_SAY.get(event.kind)
    if wanted is not None:
        return " · ".join(_in_words(key, said[key]) for key in wanted if said.get(key))
    plain = [f"{key} = {value}" for key, value in said.items() if isinstance(value, str | int | float)]
    return " · ".join(plain[:MOST_FIELDS_SHOWN])


def _in_words(key: str, value: Any) -> str:
    """A value of an event: in the reader's language where it comes in both, with its unit where its name has one."""
    if key.endswith("_h"):
        return quantity_text(float(value), "h", 1)
    if key == "taken_over":
        return _("%(file)s, row %(line)s") % value
    if key == "stated":
        return " · ".join(map(str, value.values()))
    return in_reader_language(value) if isinstance(value, dict) and {"en", "zh"} <= value.keys() else str(value)


def document_table(documents: Iterable[Document]) -> RecordTable:
    columns = (Column(_("Document"), prose=True), Column(_("Kind")), Column(_("Size"), numeric=True), Column("SHA-256"))
    rows = tuple(
        (
            Cell(document.title, address("document", document.uid)),
            Cell(document_kind(document.kind)),
            Cell(f"{number_text(document.stored.size_bytes / 1e3, 1)} kB"),
            Cell(document.stored.sha256[:12], code=True),
        )
        for document in documents
    )
    return RecordTable(_("Documents"), columns, rows)


def holder_table(view: ThreadView) -> RecordTable:
    columns = (Column(_("Built into")), Column(_("Position")), Column(_("From")), Column(_("Until")))
    rows = tuple(
        (
            Cell(
                branch.serial,
                address("unit_thread", branch.uid),
                code=True,
                note=branch.item,
                provenance=provenance_of(branch),
            ),
            Cell(branch.position or "–"),
            Cell(when(branch.since)),
            Cell(when(branch.until)),
        )
        for branch in view.holders
    )
    return RecordTable(_("Built into"), columns, rows)


def import_table(page: Page) -> RecordTable:
    columns = (
        Column(_("Import")),
        Column(_("Kind")),
        Column(_("Files"), numeric=True),
        Column(_("Refused"), numeric=True),
        Column(_("Observations"), numeric=True),
        Column(_("By")),
        Column(_("State")),
    )
    return RecordTable(_("Imports"), columns, tuple(_import_row(batch) for batch in page.rows), page)


def _import_row(batch: ImportBatch) -> tuple[Cell, ...]:
    files = batch.report.get("files", {})
    return (
        Cell(when(batch.started_at), reverse("import_detail", args=[batch.uid])),
        Cell(str(batch.get_kind_display())),  # type: ignore[attr-defined]
        Cell(number_text(files.get("in", 0), 0)),
        Cell(number_text(files.get("refused", 0), 0)),
        Cell(number_text(batch.report.get("observations_total", 0), 0)),
        Cell(str(batch.actor) if batch.actor else "–"),
        Cell(chip=import_chip(batch)),
    )


def import_chip(batch: ImportBatch) -> Chip:
    if batch.undone_at:
        return Chip("neutral", _("Undone"))
    if not batch.finished_at:
        return Chip("running", _("Running"))
    if batch.report.get("refused"):
        return Chip("alarm", _("Files refused"))
    if batch.report.get("quarantined"):
        return Chip("warning", _("Lines set aside"))
    return Chip("ok", _("All in"))


def file_table(page: Page) -> RecordTable:
    columns = (
        Column(_("File"), prose=True),
        Column(_("Outcome")),
        Column(_("Observations"), numeric=True),
        Column(_("Duplicates"), numeric=True),
        Column(_("Out of order"), numeric=True),
        Column(_("Lines set aside"), numeric=True),
        Column("SHA-256"),
    )
    return RecordTable(_("Files"), columns, tuple(_file_row(file) for file in page.rows), page)


def _file_row(file: ImportedFile) -> tuple[Cell, ...]:
    return (
        Cell(file.name),
        Cell(chip=file_chip(file.outcome)),
        Cell(number_text(file.observations, 0)),
        Cell(number_text(file.duplicates, 0)),
        Cell(number_text(file.out_of_order, 0)),
        Cell(number_text(len(file.quarantined), 0)),
        Cell(file.sha256[:12], code=True),
    )


def passport_table(passports: Iterable[Passport]) -> RecordTable:
    columns = (Column(_("Issued")), Column(_("Printed")), Column(_("Check page")), Column(_("Key")))
    rows = tuple(
        (
            Cell(when(row.issued_at), address("passport_file", row.uid, "json"), note="JSON"),
            Cell("PDF", address("passport_file", row.uid, "pdf")),
            Cell(_("public page"), address("verify_public", row.public_token)),
            Cell(row.key_id[:16], code=True),
        )
        for row in passports
    )
    return RecordTable(_("Passports"), columns, rows)


def operation_facts(run: OperationRun) -> list[tuple[str, str, str]]:
    """Name, value and, where there is one, link of what is known about an operation."""
    program = run.program
    known = [
        (_("Unit"), run.unit.serial, reverse("unit_thread", args=[run.unit.uid])),
        (_("Machine"), run.machine.serial, reverse("machine", args=[run.machine.uid])),
        (_("Program"), program.name if program else "–", ""),
        (_("Program revision"), f"{program.revision_label} · SHA-256 {program.sha256[:12]}" if program else "–", ""),
        (_("Program name reported"), run.program_name_reported or "–", ""),
        (_("Cycle time"), duration_text(run.cycle_time_s), ""),
    ]
    for name, key, unit in (
        (_("Cutting time"), "cutting_time_s", "s"),
        (_("Time interrupted"), "interrupted_s", "s"),
        (_("Feed override, mean by time"), "feed_override_mean_percent", "%"),
        (_("Feed override, lowest"), "feed_override_minimum_percent", "%"),
        (_("Feed override, highest"), "feed_override_maximum_percent", "%"),
    ):
        if (value := run.facts.get(key)) is not None:
            known.append((name, duration_text(value) if unit == "s" else quantity_text(value, unit, 0), ""))
    if tools := run.facts.get("tools"):
        known.append((_("Tools"), ", ".join(str(tool) for tool in tools), ""))
    return known


def interruption_table(interruptions: Sequence[dict[str, str]]) -> RecordTable:
    columns = (
        Column(pgettext("time", "Start")),
        Column(pgettext("time", "End")),
        Column(_("Duration"), numeric=True),
        Column(_("What was seen"), prose=True),
    )
    rows = tuple(
        (
            Cell(_seconds(stretch["start"])),
            Cell(_seconds(stretch["end"])),
            Cell(duration_text(_instant_of(stretch["end"]) - _instant_of(stretch["start"]))),
            Cell(stretch.get("reason_zh" if reads_chinese() else "reason_en", "")),
        )
        for stretch in interruptions
    )
    return RecordTable(_("Interruptions"), columns, rows)


def _instant_of(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _seconds(text: str) -> str:
    return timezone.localtime(datetime.fromisoformat(text)).strftime("%Y-%m-%d %H:%M:%S")
