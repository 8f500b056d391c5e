"""Imports and the work of the worker: started by an upload, followed, stopped, undone as a whole."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Schema, Status
from ninja.files import UploadedFile
from pydantic import BaseModel, Field

from samegauge.core.api_contract import GuardedRouter, Listed, Sha256, Window, Words
from samegauge.core.intake.batches import undo
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile, ImportKind
from samegauge.core.intake.run import status_counts
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import cancel, enqueue
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.rules import VaultError, keep

router = GuardedRouter(tags=["imports"])


class ImportRecord(Schema):
    uid: UUID
    kind: str
    source: str
    by: str
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    undone_because: str | None
    report: dict[str, Any]


def import_record(batch: ImportBatch) -> ImportRecord:
    return ImportRecord(
        uid=batch.uid,
        kind=batch.kind,
        source=batch.source,
        by=str(batch.actor) if batch.actor else "",
        started_at=batch.started_at,
        finished_at=batch.finished_at,
        undone_at=batch.undone_at,
        undone_because=batch.undo_event.payload.get("reason") if batch.undo_event else None,
        report=batch.report,
    )


class FileRecord(Schema):
    name: str
    sha256: str
    outcome: str
    standing: bool
    observations: int
    duplicates: int
    out_of_order: int
    quarantined: list[Any]
    reason: str
    reason_zh: str


def file_record(file: ImportedFile) -> FileRecord:
    return FileRecord(
        name=file.name,
        sha256=file.sha256,
        outcome=file.outcome,
        standing=file.standing,
        observations=file.observations,
        duplicates=file.duplicates,
        out_of_order=file.out_of_order,
        quarantined=file.quarantined,
        reason=file.reason,
        reason_zh=file.reason_zh,
    )


class JobRecord(Schema):
    uid: UUID
    kind: str
    state: JobState
    done: int
    total: int
    message: str
    message_zh: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool
    result: dict[str, Any] | None


def job_record(job: Job) -> JobRecord:
    return JobRecord(
        uid=job.uid,
        kind=job.kind,
        state=JobState(job.state),
        done=job.done,
        total=job.total,
        message=job.message,
        message_zh=job.message_zh,
        requested_at=job.requested_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        cancel_requested=job.cancel_requested,
        result=job.result,
    )


@router.get("/imports", response=Listed[ImportRecord])
@needs(Action.READ)
def import_list(request: HttpRequest, window: Query[Window], kind: ImportKind | None = None) -> Any:  # noqa: ARG001
    """List imports, newest first."""
    found = _imports().filter(kind=kind) if kind else _imports()
    return window.of(found.order_by("-started_at", "-pk"), import_record)


@router.get("/imports/{uuid:import_uid}", response=ImportRecord)
@needs(Action.READ)
def import_detail(request: HttpRequest, import_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return import_record(get_object_or_404(_imports(), uid=import_uid))


@router.get("/imports/{uuid:import_uid}/files", response=Listed[FileRecord])
@needs(Action.READ)
def import_files(
    request: HttpRequest,  # noqa: ARG001 - ninja
    import_uid: UUID,
    window: Query[Window],
    outcome: FileOutcome | None = None,
) -> Any:
    """List the files of an import: what went in, what was known, what was refused and why."""
    files = ImportedFile.objects.filter(batch=get_object_or_404(ImportBatch, uid=import_uid)).order_by("pk")
    return window.of(files.filter(outcome=outcome) if outcome else files, file_record)


class Announced(Schema):
    kind: Literal[ImportKind.NIST_TDP, ImportKind.SHDR, ImportKind.QIF, ImportKind.AQDEF, ImportKind.EPCIS]
    sha256: list[Sha256] = Field(description="SHA-256 of each file, in the order of the files")


@router.post("/imports", response={202: JobRecord})
@needs(Action.IMPORT)
def start_import(request: HttpRequest, announced: Form[Announced], files: File[list[UploadedFile]]) -> Any:
    """Keep the files and ask the worker to take them in; the job's result names the import."""
    if len(announced.sha256) != len(files):
        raise VaultError(_("Each file needs its SHA-256, in the same order."))
    kept = [
        keep(file, file.name or "file", expected_bytes=file.size, expected_sha256=sha256)
        for file, sha256 in zip(files, announced.sha256, strict=True)
    ]
    arguments = {"import_kind": announced.kind.value, "sources": [[str(stored.uid), stored.name] for stored in kept]}
    return Status(202, job_record(enqueue("import", arguments, request.user)))  # type: ignore[arg-type]


class Reason(BaseModel):
    reason: Words


@router.post("/imports/{uuid:import_uid}/undo", response=ImportRecord)
@needs(Action.UNDO_IMPORT)
def undo_import(request: HttpRequest, import_uid: UUID, why: Reason) -> Any:
    """Take everything the import brought in out of sight, as an event with its reason."""
    undo(get_object_or_404(ImportBatch, uid=import_uid), why.reason, Recorder(actor=request.user))  # type: ignore[arg-type]
    return import_record(_imports().get(uid=import_uid))


@router.get("/jobs", response=Listed[JobRecord])
@needs(Action.READ)
def job_list(request: HttpRequest, window: Query[Window], state: JobState | None = None) -> Any:  # noqa: ARG001 - ninja
    """List what was asked of the worker, newest first."""
    found = Job.objects.filter(state=state) if state else Job.objects.all()
    return window.of(found.order_by("-requested_at", "-pk"), job_record)


@router.get("/jobs/{uuid:job_uid}", response=JobRecord)
@needs(Action.READ)
def job_detail(request: HttpRequest, job_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return job_record(get_object_or_404(Job, uid=job_uid))


@router.post("/jobs/{uuid:job_uid}/cancel", response=JobRecord)
@needs(Action.IMPORT)
def cancel_job(request: HttpRequest, job_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    """Stop a job: at once when it still waits, else at its next step."""
    job = get_object_or_404(Job, uid=job_uid)
    cancel(job)
    return job_record(job)


@router.get("/status-counts", response=dict[str, dict[str, dict[str, int]]])
@needs(Action.READ)
def statuses(request: HttpRequest) -> Any:  # noqa: ARG001 - ninja
    """Count characteristic statuses as the sources state them, by inspection kind, item number and outcome."""
    return status_counts()


def _imports() -> Any:
    return ImportBatch.objects.select_related("actor", "undo_event")
