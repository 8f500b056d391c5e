"""What an import brought in, as the report counted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Cell, Column, RecordTable
from samegauge.core.language import reads_chinese
from samegauge.core.measurement.models import InspectionKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.core.intake.models import ImportBatch, ImportedFile
    from samegauge.core.vault.models import StoredFile


def facts(batch: ImportBatch) -> list[tuple[str, str]]:
    report = batch.report
    rows = report.get("rows", {})
    taken_over = [(_("Rows: new"), "new"), (_("Rows: changed"), "changed"), (_("Rows: unchanged"), "same")]
    counted = [
        *((name, rows[key]) for name, key in taken_over if rows),
        (_("Files in"), report.get("files", {}).get("in", 0)),
        (_("Already in"), report.get("files", {}).get("known", 0)),
        (_("Units"), report.get("units", 0)),
        (_("Operations"), report.get("operations", 0)),
        (_("Inspections"), report.get("inspections", 0)),
        (_("Events"), report.get("events", 0)),
        (_("Observations"), report.get("observations_total", 0)),
        (_("Exact duplicates"), report.get("duplicates", 0)),
        (_("Out of order"), report.get("out_of_order", 0)),
    ]
    return [(name, number_text(count, 0)) for name, count in counted if count or not rows]


def received_table(files: Iterable[StoredFile], not_shown: int) -> RecordTable:
    """The whole hash, so that a person can compare it with that of the file at hand."""
    columns = (Column(_("File"), prose=True), Column(_("Size"), numeric=True), Column("SHA-256", prose=True))
    rows = tuple(
        (Cell(file.name), Cell(f"{number_text(file.size_bytes / 1e3, 1)} kB"), Cell(file.sha256)) for file in files
    )
    return RecordTable(_("Files received"), columns, rows, not_shown=not_shown)


def status_table(batch: ImportBatch) -> RecordTable:
    """Characteristic statuses by inspection and part type, as in the requirements of the import."""
    columns = (
        Column(_("Inspection")),
        Column(_("Item")),
        Column(_("Statuses"), numeric=True),
        Column(_("Conforms"), numeric=True),
        Column(_("Does not conform"), numeric=True),
    )
    rows = tuple(
        (
            Cell(str(InspectionKind(kind).label)),
            Cell(item),
            Cell(number_text(sum(outcomes.values()), 0)),
            Cell(number_text(outcomes.get("PASS", 0), 0)),
            Cell(number_text(outcomes.get("FAIL", 0), 0)),
        )
        for kind, items in batch.report.get("statuses", {}).items()
        for item, outcomes in items.items()
    )
    return RecordTable(_("Characteristic statuses"), columns, rows)


def tag_table(batch: ImportBatch) -> RecordTable:
    columns = (Column(_("Tag")), Column(_("Observations"), numeric=True))
    counts = sorted(batch.report.get("observations", {}).items(), key=lambda pair: -pair[1])
    rows = tuple((Cell(tag, code=True), Cell(number_text(count, 0))) for tag, count in counts)
    return RecordTable(_("Observations by tag"), columns, rows)


def refused_table(refused: Iterable[ImportedFile]) -> RecordTable:
    columns = (Column(_("File"), prose=True), Column(_("Where and why"), prose=True))
    chinese = reads_chinese()
    rows = tuple((Cell(file.name), Cell(file.reason_zh if chinese else file.reason)) for file in refused)
    return RecordTable(_("Refused files"), columns, rows)


def line_table(batch: ImportBatch) -> RecordTable:
    columns = (
        Column(_("File"), prose=True),
        Column(_("Line"), numeric=True),
        Column(_("Why"), prose=True),
        Column(_("Beginning of the line"), prose=True),
    )
    reason = "reason_zh" if reads_chinese() else "reason"
    lines = batch.report.get("quarantined_lines", [])
    rows = tuple(
        (
            Cell(line["file"]),
            Cell(number_text(line["line"], 0)),
            Cell(line[reason]),
            Cell(line["text"]),
        )
        for line in lines
    )
    return RecordTable(
        _("Lines set aside"), columns, rows, not_shown=max(0, batch.report.get("quarantined", 0) - len(rows))
    )
