"""One import from its files to its report; run again after an interruption it goes on where it was."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count

from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile
from samegauge.core.language import in_both_languages
from samegauge.core.measurement.models import Inspection, Measurement
from samegauge.core.organisations.models import Organisation
from samegauge.core.production.models import OperationRun
from samegauge.core.scope import TooLongError, current_organisation_id
from samegauge.core.thread.models import Event, Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record, said_of
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.core.intake.sources import Source

    Tell = Callable[[int, int, str, str], None]


@dataclass(frozen=True)
class Intake:
    """The import that is running: where its facts belong, who records them, and whom to tell how far it is."""

    batch: ImportBatch
    recorder: Recorder
    tell: Tell
    total: int = 0
    _done: list[int] = field(default_factory=lambda: [0])

    def advance(self, files: int, what: str) -> None:
        """Say how many files have been dealt with; outside a transaction, so that others see it."""
        self._done[0] += files
        self.tell(self._done[0], self.total, f"Took in {what}", f"已匯入 {what}")

    def unit(self, serial: str, item: Item) -> Unit:
        """Return the unit with this serial number, registered now if it was not known; the caller holds `alone`."""
        known = Unit.objects.filter(serial=serial).select_related("item").first()
        if known is not None:
            return known
        simulated = self.batch.organisation.is_simulated
        unit = Unit.objects.create(serial=serial, item=item, batch=self.batch, simulated=simulated)
        said = said_of(unit, {"serial": serial, "item": item.number})
        record(Fact("registered", self.recorder.receive_time, said, unit=unit), self.recorder)
        return unit

    def is_in(self, source: Source) -> bool:
        """Tell whether this very file has gone in; a file of another standing import is noted as known."""
        standing = ImportedFile.objects.filter(sha256=source.sha256, standing=True, outcome=FileOutcome.IN)
        known = standing.filter(name=source.path).first() or standing.first()
        if known is None:
            return False
        if known.batch_id != self.batch.pk or known.name != source.path:
            self.note(source, FileOutcome.KNOWN)
        return True

    def take(self, source: Source, take_in: Callable[[Source], object]) -> None:
        """Take in one file: all of it with its entry in the ledger, or nothing and the reason."""
        try:
            with alone():
                if self.is_in(source):
                    return
                take_in(source)
                ImportedFile.objects.create(
                    batch=self.batch,
                    stored=source.stored,
                    name=source.path,
                    sha256=source.sha256,
                    outcome=FileOutcome.IN,
                )
        except FormatError as error:
            self.refuse(source, error)
        except TooLongError as error:
            said = in_both_languages(partial(str, error))
            self.refuse(source, FormatError(source.path, None, said["en"], said["zh"]))

    def refuse(self, source: Source, error: FormatError) -> None:
        with alone():
            self.note(source, FileOutcome.REFUSED, reason=error.message_en, reason_zh=error.message_zh)

    def note(self, source: Source, outcome: FileOutcome, **reasons: str) -> None:
        ImportedFile.objects.update_or_create(
            batch=self.batch,
            name=source.path,
            sha256=source.sha256,
            outcome=outcome,
            defaults={"stored": source.stored, "standing": False, **reasons},
        )


@contextmanager
def alone() -> Iterator[None]:
    """Open a transaction in which no other import of this organisation looks or writes: what is not in stays not in."""
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=current_organisation_id())
        yield


def report_of(batch: ImportBatch, machines: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the import brought in, counted from what is there; `machines` is what it brought into the lake."""
    per_tag = sum((Counter(machine["tags"]) for machine in machines.values()), Counter())
    files = list(ImportedFile.objects.filter(batch=batch).order_by("pk"))
    outcomes = Counter(file.outcome for file in files)
    quarantined = [{"file": file.name, **line} for file in files for line in file.quarantined]
    return {
        "import": str(batch.uid),
        "kind": batch.kind,
        "files": {outcome.value: outcomes[outcome.value] for outcome in FileOutcome},
        "units": Unit.objects.filter(batch=batch).count(),
        "events": Event.objects.filter(batch=batch).count(),
        "operations": OperationRun.objects.filter(batch=batch).count(),
        "inspections": Inspection.objects.filter(batch=batch).count(),
        "statuses": status_counts(batch),
        "observations": dict(sorted(per_tag.items())),
        "observations_total": per_tag.total(),
        "duplicates": sum(file.duplicates for file in files),
        "out_of_order": sum(file.out_of_order for file in files),
        "machines": machines,
        "quarantined": len(quarantined),
        "quarantined_lines": quarantined[:200],
        "refused": [
            {"file": file.name, "reason": file.reason, "reason_zh": file.reason_zh}
            for file in files
            if file.outcome == FileOutcome.REFUSED
        ],
    }


def status_counts(batch: ImportBatch | None = None) -> dict[str, dict[str, dict[str, int]]]:
    """Count characteristic statuses by inspection, item and outcome; of one import, or of all that stands."""
    rows = Measurement.objects.filter(batch=batch) if batch else Measurement.objects.all()
    grouped = rows.values("inspection__kind", "inspection__unit__item__number", "stated").annotate(n=Count("pk"))
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for row in grouped.order_by("inspection__kind", "inspection__unit__item__number", "stated"):
        per_item = counts.setdefault(row["inspection__kind"], {})
        per_item.setdefault(row["inspection__unit__item__number"], {})[row["stated"].upper()] = row["n"]
    return counts
