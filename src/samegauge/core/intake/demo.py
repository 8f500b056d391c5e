"""What the simulated builder's machining centres recorded, through the same importer as real files.

The readings go into the lake, which is in no transaction of the database: what a kill interrupts, the next
`samegauge demo` takes up again, and every file goes in once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from samegauge.core.demo.books import RECORDED_BY, simulated_organisation
from samegauge.core.demo.chapters import declare_sequel
from samegauge.core.intake.batches import close_batch, finish_undone, open_batch
from samegauge.core.intake.logs import counts_by_machine, take_in_logs
from samegauge.core.intake.machines import take_in_devices
from samegauge.core.intake.models import ImportBatch, ImportKind
from samegauge.core.intake.production import TracedPart, take_in_program, take_in_traces
from samegauge.core.intake.run import Intake, report_of
from samegauge.core.intake.sources import Source
from samegauge.core.production.models import Confidence, Trace
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Item, Unit
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.rules import keep
from samegauge.simulators.builder.catalogue import BUILDER
from samegauge.simulators.machining.shop import machining

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.simulators.builder.records import Company
    from samegauge.simulators.machining.shop import Machining, Written

SOURCE = "samegauge demo: MC01, MC02"


def take_in_machining(company: Company) -> int:
    with organisation_scope(simulated_organisation(BUILDER)):
        return _take_in(machining(company))


def _take_in(made: Machining) -> int:
    """Return how many castings' operations came in now; an import that somebody undid stays undone."""
    batch = ImportBatch.objects.filter(source=SOURCE).first() or open_batch(ImportKind.SHDR, SOURCE, None)
    if batch.finished_at or batch.undone_at or not made.traces:
        return 0
    finish_undone()
    recorder = Recorder(actor_name=f"{RECORDED_BY} · MC", batch=batch)
    intake = Intake(batch, recorder, lambda *_progress: None)
    item = Item.objects.get(number=made.item)
    [devices, program] = _kept([made.devices, made.program])
    intake.take(devices, lambda source: take_in_devices(source, intake))
    intake.take(program, lambda source: take_in_program(source, item, intake))
    take_in_logs(_kept(made.logs), intake)
    serials = {one.name: one.serial for one in made.traces}
    take_in_traces(_kept(made.traces), partial(_traced, serials), intake)
    close_batch(batch, report_of(batch, counts_by_machine(str(batch.uid))))
    return Trace.objects.filter(batch=batch).count()


def _kept(files: Sequence[Written]) -> list[Source]:
    return [Source(one.name, keep(one.content, one.name)) for one in files]


def _traced(serials: dict[str, str], source: Source) -> TracedPart:
    """The control was told which casting lay on its table."""
    serial = serials[source.name]
    evidence = {
        "en": f"The control reports PartId {serial} at the start of the program.",
        "zh": f"控制器在程式開始時回報工件編號 {serial}（PartId）。",
    }
    return TracedPart(source, Unit.objects.get(serial=serial), Confidence.STATED, [evidence])


declare_sequel("machined_castings", take_in_machining)
