"""The taking over as long work: read and checked again, then written in one transaction, or not at all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import override

from samegauge.core.intake.batches import close_batch
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile, ImportKind
from samegauge.core.intake.run import alone, report_of
from samegauge.core.jobs.models import Job
from samegauge.core.jobs.registry import regularly
from samegauge.core.jobs.rules import JobError, Progress, job
from samegauge.core.kinds.rules import RecordError
from samegauge.core.takeover import dropping
from samegauge.core.takeover.matching import Matching
from samegauge.core.takeover.planning import plan
from samegauge.core.takeover.registry import target_named
from samegauge.core.takeover.targets import Origin, Outcome
from samegauge.core.thread.rules import Recorder, ThreadError
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import read_stored
from samegauge.formats.errors import FormatError
from samegauge.formats.spreadsheet import read_grid, sheet_of

if TYPE_CHECKING:
    from samegauge.core.takeover.planning import Plan
    from samegauge.core.takeover.targets import PlannedRow, Target
    from samegauge.formats.spreadsheet import Sheet


@regularly
def look_at_dropped_files() -> None:
    dropping.look()


@job("take_over")
def take_over(progress: Progress, target: str, sources: list[list[str]], **asked: Any) -> dict[str, Any]:
    """Take over one spreadsheet: `sheet`, `header_line` and `matching` as a person settled them in the dry run."""
    return progress.step("take over", partial(_taken_over, progress, target_named(target), sources[0][0], asked))


def _taken_over(progress: Progress, target: Target, file_uid: str, asked: dict[str, Any]) -> dict[str, Any]:
    done = ImportBatch.objects.filter(uid=progress.uid, finished_at__isnull=False).first()
    if done is not None:
        return done.report
    stored = StoredFile.objects.get(uid=file_uid)
    try:
        grid = read_grid(read_stored(stored), stored.name, sheet=asked["sheet"] or None)
        sheet = sheet_of(grid, asked["header_line"])
    except FormatError as error:
        raise JobError(error.message_en, error.message_zh) from error
    planned = _planned(progress, target, sheet, Matching.from_json(asked["matching"]))
    try:
        return _written(progress, target, stored, sheet, planned)
    except (RecordError, ThreadError) as error:
        raise JobError(str(error), str(error)) from error


def _planned(progress: Progress, target: Target, sheet: Sheet, matching: Matching) -> Plan:
    total = len(sheet.rows) + 1

    def tell(done: int) -> None:
        progress.tell(done, total, "Checking the rows", "檢查各列")

    with override("en"):
        planned = plan(target, sheet, matching, tell)
    if planned.is_sound:
        tell(len(sheet.rows))
        return planned
    first = next((row for row in planned.rows if row.outcome is Outcome.WRONG), None)
    where = f" Row {first.line}: {first.problems[0][1]}" if first else ""
    line = f"第 {first.line} 列。" if first else ""
    raise JobError(
        f"Some rows can no longer be taken over. Nothing was written.{where}",
        f"有些列已無法轉入，未寫入任何資料。{line}重新試算即可看到原因。",
    )


def _written(progress: Progress, target: Target, stored: StoredFile, sheet: Sheet, planned: Plan) -> dict[str, Any]:
    person = Job.objects.select_related("requested_by").get(uid=progress.uid).requested_by
    progress.tell(len(planned.rows), len(planned.rows) + 1, "Writing all rows at once", "一次寫入所有列")
    with alone():
        batch = ImportBatch.objects.create(
            uid=progress.uid, kind=ImportKind.TAKE_OVER, source=stored.name[:500], actor=person
        )
        origin = Origin(stored.name, sheet.name, Recorder(person, "", batch))
        target.write([row for row in planned.rows if _is_to_write(row)], origin)
        ImportedFile.objects.create(
            batch=batch,
            stored=stored,
            name=stored.name,
            sha256=stored.sha256,
            outcome=FileOutcome.IN,
            standing=False,  # the same workbook may come again, for another of its sheets
        )
        close_batch(batch, report_of(batch, {}) | {"target": target.slug, "rows": planned.counts})
    return batch.report


def _is_to_write(row: PlannedRow) -> bool:
    return row.outcome in {Outcome.NEW, Outcome.CHANGED}
