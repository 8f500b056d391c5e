"""An import as a whole: opened, reported, and undone with a reason."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from samegauge.core.intake.models import ImportBatch, ImportedFile, ImportKind
from samegauge.core.intake.run import alone
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.kinds.rules import RecordError, undo_changes
from samegauge.core.organisations.models import Organisation
from samegauge.core.production.models import Trace
from samegauge.core.scope import Retractable, organisation_scope
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Event, Unit
from samegauge.core.thread.rules import Fact, Recorder, correct, record
from samegauge.lake.backends import DamagedTableError
from samegauge.lake.errors import LakeError

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Person

log = logging.getLogger(__name__)


class UndoError(Exception):
    """Why an import cannot be undone as it stands."""


def open_batch(kind: ImportKind, source: str, actor: Person | None) -> ImportBatch:
    return ImportBatch.objects.create(kind=kind, source=source[:500], actor=actor)


def close_batch(batch: ImportBatch, report: dict[str, Any]) -> None:
    batch.report = report
    batch.finished_at = datetime.now(UTC)
    batch.save()


def undo(batch: ImportBatch, reason: str, recorder: Recorder) -> None:
    """Take everything this import brought in out of sight, as an event with its reason; history keeps it."""
    if not reason.strip():
        raise UndoError(_("Say why the import is undone."))
    with alone():
        batch = ImportBatch.objects.get(pk=batch.pk)
        if batch.undone_at:
            raise UndoError(_("This import has been undone already."))
        if Job.objects.filter(uid=batch.uid, state__in=[JobState.REQUESTED, JobState.RUNNING]).exists():
            raise UndoError(_("This import is not finished. Wait until it is, or stop it, and undo it then."))
        _refuse_when_others_build_on_it(batch)
        now = datetime.now(UTC)
        counts = {
            model._meta.label_lower: model._default_manager.filter(batch=batch).update(retracted_at=now)
            for model in apps.get_models()
            if issubclass(model, Retractable)
        }
        if batch.kind == ImportKind.TAKE_OVER:
            counts |= _take_back(batch, reason.strip(), recorder)
        payload = {"import": str(batch.uid), "kind": batch.kind, "reason": reason.strip(), "retracted": counts}
        batch.undo_event = record(Fact("import_undone", now, payload), recorder)
        batch.undone_at = now
        batch.save()
        ImportedFile.objects.filter(batch=batch).update(standing=False)
        transaction.on_commit(finish_undone)


def _take_back(batch: ImportBatch, reason: str, recorder: Recorder) -> dict[str, int]:
    """Give records their old values, and withdraw what was said of units that stay."""
    if recorder.actor is None:
        raise UndoError(_("Somebody has to answer for this. Sign in to undo it."))
    try:
        changes = undo_changes(batch, recorder.actor, reason)
    except RecordError as error:
        raise UndoError(str(error)) from error
    said = Event.objects.filter(batch=batch, unit__retracted_at__isnull=True, unit__isnull=False)
    withdrawn = [correct(event, {"withdrawn": True, "import": str(batch.uid)}, reason, recorder) for event in said]
    return {"records": changes, "events withdrawn": len(withdrawn)}


def _refuse_when_others_build_on_it(batch: ImportBatch) -> None:
    """What another import or a person has added facts to stays until those are undone."""
    for model in apps.get_models():
        if not issubclass(model, Retractable):
            continue
        for field in model._meta.concrete_fields:
            if not (isinstance(field.related_model, type) and issubclass(field.related_model, Retractable)):
                continue
            leaning = model._default_manager.filter(**{f"{field.name}__batch": batch}).exclude(batch=batch)
            if other := leaning.select_related("batch").first():
                raise _built_on(batch, other.batch or other)
    _refuse_when_readings_build_on_it(batch)


def _refuse_when_readings_build_on_it(batch: ImportBatch) -> None:
    """A machine stays while another import's readings are of it, readings while another import's trace is."""
    arrivals = organisation_lake().ledger.live()
    machines = set(Unit.objects.filter(batch=batch).values_list("serial", flat=True))
    others = {one.batch for one in arrivals if one.machine in machines and one.batch != str(batch.uid)}
    if other := ImportBatch.objects.filter(uid__in=others, undone_at__isnull=True).first():
        raise _built_on(batch, other)
    labels = {file.key.trace for one in arrivals if one.batch == str(batch.uid) for file in one.files} - {None}
    if trace := Trace.objects.filter(label__in=labels).exclude(batch=batch).select_related("batch").first():
        raise _built_on(batch, trace.batch or trace)


def _built_on(batch: ImportBatch, other: Any) -> UndoError:
    names = {"other": _named(other) if isinstance(other, ImportBatch) else other, "this": _named(batch)}
    return UndoError(_("Import %(other)s added to what import %(this)s brought in. Undo that one first.") % names)


def _named(batch: ImportBatch) -> str:
    return f"{batch} ({batch.source})"


def finish_undone_everywhere() -> None:
    """Finish the undone imports of every organisation; a lake that cannot be opened keeps no other one waiting."""
    for organisation in Organisation.objects.order_by("pk"):
        with organisation_scope(organisation):
            try:
                finish_undone()
            except (LakeError, DamagedTableError, OSError):
                log.exception("What undone imports left in the lake of %s stays there for now", organisation)


def finish_undone() -> int:
    """Take undone imports out of the lake too, also those a crash left there; return how many it took out."""
    undone = dict(ImportBatch.objects.filter(undone_at__isnull=False).values_list("uid", "undo_event__payload__reason"))
    if not undone:
        return 0
    lake = organisation_lake()
    if not {arrival.batch for arrival in lake.ledger.live()} & {str(uid) for uid in undone}:
        return 0
    with alone():
        left = {arrival.batch for arrival in lake.ledger.live()}
        found = {str(uid): reason for uid, reason in undone.items() if str(uid) in left}
        for uid, reason in found.items():
            lake.undo(uid, reason)
    return len(found)
