"""Machine logs: readings go into the lake, their account into the import."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from samegauge.core.intake.machines import machine_named
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile
from samegauge.core.intake.run import alone
from samegauge.core.telemetry import organisation_lake
from samegauge.formats.plain_text import visible_text
from samegauge.formats.shdr import Reason
from samegauge.lake.intake import ShdrSource, guess_from_name, import_shdr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source
    from samegauge.lake.ledger import FileEntry

SNIPPET = 120


def take_in_logs(sources: Sequence[Source], intake: Intake) -> None:
    """Take in logs and part traces, one commit of the lake a machine; what is in already adds nothing.

    The lake's commit comes first and is durable. When the power goes before the import's own entries are written, the
    next import of these files finds them in the lake under that import's name and writes its entries then.
    """
    lake, batch = organisation_lake(), str(intake.batch.uid)
    by_machine: dict[str, list[Source]] = {}
    for source in sources:
        by_machine.setdefault(machine_of(source), []).append(source)
    for machine, files in by_machine.items():
        asked = [ShdrSource(source.file, source.name, machine) for source in files]
        report = import_shdr(lake, asked, batch=batch)
        with alone():
            reasons = {refused.name: refused for refused in report.refused}
            present = {(entry.key.name, entry.key.source) for _arrival, entry in lake.ledger.files(machine)}
            bad = [source for source in files if (source.name, source.sha256) not in present]
            for source in bad:
                refused = reasons[source.name]
                intake.note(source, FileOutcome.REFUSED, reason=refused.reason_en, reason_zh=refused.reason_zh)
            if len(bad) < len(files):
                machine_named(machine, intake)
            _enter(files, intake)
        intake.advance(len(files), machine)


def machine_of(source: Source) -> str:
    return guess_from_name(source.name).machine


def _enter(sources: Sequence[Source], intake: Intake) -> None:
    """Write an entry for each file: taken in by this import, or known from another one that stands."""
    batches = {str(batch.uid): batch for batch in ImportBatch.objects.filter(undone_at__isnull=True)}
    paths = {(source.name, source.sha256): source for source in sources}
    lines: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for arrival, entry in organisation_lake().ledger.files():
        source, batch = paths.get((entry.key.name, entry.key.source)), batches.get(arrival.batch)
        if source is None or batch is None:
            continue
        if batch != intake.batch:
            intake.note(source, FileOutcome.KNOWN)
        if batch == intake.batch or not _has_entry(source, batch):
            aside = lines.setdefault(arrival.batch, _lines_set_aside(arrival.batch))
            _note_taken(source, entry, aside.get(entry.key.source, []), batch)


def _has_entry(source: Source, batch: ImportBatch) -> bool:
    own = ImportedFile.objects.filter(batch=batch, sha256=source.sha256, outcome=FileOutcome.IN)
    return own.filter(name__endswith=source.name).exists()


def _note_taken(source: Source, entry: FileEntry, lines: list[dict[str, Any]], batch: ImportBatch) -> None:
    ImportedFile.objects.update_or_create(
        batch=batch,
        name=source.path,
        sha256=source.sha256,
        outcome=FileOutcome.IN,
        defaults={
            "stored": source.stored,
            "observations": entry.observations,
            "duplicates": entry.repeats,
            "out_of_order": entry.out_of_order,
            "quarantined": lines,
        },
    )


def _lines_set_aside(batch: str) -> dict[str, list[dict[str, Any]]]:
    by_source: dict[str, list[dict[str, Any]]] = {}
    for line in organisation_lake().quarantined(batch):
        reason = Reason[line.reason]
        by_source.setdefault(line.source, []).append(
            {
                "line": int(line.line),
                "reason": reason.en,
                "reason_zh": reason.zh,
                "text": visible_text(line.raw.decode("utf-8", "backslashreplace"), SNIPPET),
            }
        )
    return by_source


def counts_by_machine(batch: str) -> dict[str, dict[str, Any]]:
    """Count what this import brought, as it stood in its files: exact duplicates are among the observations.

    Part traces and day logs of a machine are counted apart, the traces as `MACHINE traces`.
    """
    counts: dict[str, dict[str, Any]] = {}
    for arrival, entry in organisation_lake().ledger.files():
        if arrival.batch != batch:
            continue
        name = f"{entry.key.machine} traces" if entry.key.trace else entry.key.machine
        empty = {"observations": 0, "duplicates": 0, "out_of_order": 0, "tags": Counter()}
        counted = counts.setdefault(name, empty)
        counted["observations"] += entry.observations
        counted["duplicates"] += entry.repeats
        counted["out_of_order"] += entry.out_of_order
        counted["tags"].update(entry.per_tag)
    return {name: counted | {"tags": dict(sorted(counted["tags"].items()))} for name, counted in sorted(counts.items())}
