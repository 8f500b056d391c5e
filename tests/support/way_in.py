"""The way of a spreadsheet from its bytes to its import, as a person goes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from samegauge.core.intake.batches import undo
from samegauge.core.intake.models import ImportBatch
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import run_here
from samegauge.core.takeover.matching import Matching, header_line, proposed
from samegauge.core.takeover.planning import Plan, plan
from samegauge.core.takeover.registry import target_named
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.rules import keep
from samegauge.formats.spreadsheet import Sheet, read_grid, sheet_of

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Person


@dataclass
class TakeOver:
    person: Person

    def read(self, slug: str, data: bytes, name: str, sheet: str | None = None) -> tuple[Sheet, Matching]:
        target, grid = target_named(slug), read_grid(data, name, sheet=sheet)
        read = sheet_of(grid, header_line(target, grid))
        return read, proposed(target, read.header)

    def plan(self, slug: str, data: bytes, name: str = "a.csv", sheet: str | None = None, **constants: str) -> Plan:
        read, matching = self.read(slug, data, name, sheet)
        return plan(target_named(slug), read, replace(matching, constants=constants))

    def asked(self, slug: str, data: bytes, name: str, sheet: str | None = None, **constants: str) -> Job:
        read, matching = self.read(slug, data, name, sheet)
        stored = keep(data, name)
        arguments: dict[str, Any] = {
            "target": slug,
            "sources": [[str(stored.uid), name]],
            "sheet": read.name,
            "header_line": read.header_line,
            "matching": replace(matching, constants=constants).as_json(),
        }
        return run_here(Job.objects.create(kind="take_over", arguments=arguments, requested_by=self.person))

    def takes(self, slug: str, data: bytes, name: str, sheet: str | None = None, **constants: str) -> ImportBatch:
        job = self.asked(slug, data, name, sheet, **constants)
        assert job.state == JobState.DONE, job.message
        return ImportBatch.objects.get(uid=job.uid)

    def undo(self, batch: ImportBatch, reason: str = "Wrong file") -> None:
        undo(batch, reason, Recorder(actor=self.person))


def problems(planned: Plan) -> list[tuple[int, str]]:
    """Line and field of everything that is wrong."""
    return [(row.line, name) for row in planned.rows for name, _reason in row.problems]
