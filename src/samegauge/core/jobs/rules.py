"""Long work: asked for in a row of the main database, done by the worker, followed and stopped by people.

The row is the outbox: it commits together with whatever asked for the work. The queue's own database is told after
the commit, and the worker's sweep tells it what it missed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.progress import (
    MESSAGE_CHARACTERS,
    JobCancelledError,
    JobError,
    Progress,
    StepsChangedError,
)
from samegauge.core.jobs.registry import UnknownJobError, function_of, job
from samegauge.core.scope import current_organisation_id, organisation_scope

if TYPE_CHECKING:
    from uuid import UUID

    from samegauge.core.jobs.progress import Listener, StepRunner
    from samegauge.core.organisations.models import Person

__all__ = ["JobCancelledError", "JobError", "Progress", "cancel", "enqueue", "job", "perform", "run_here"]

log = logging.getLogger(__name__)

FINISHED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


def enqueue(kind: str, arguments: dict[str, Any], person: Person | None) -> Job:
    """Ask for a job in the organisation in scope; it is handed to the queue when the transaction commits."""
    from samegauge.core.jobs import durable

    function_of(kind)
    asked: Any = Job.objects.create(kind=kind, arguments=arguments, requested_by=person)
    organisation_id = current_organisation_id()
    # Robust: the request is safe in its row, and the worker's sweep hands over what fails here.
    transaction.on_commit(lambda: durable.submit(asked.uid, organisation_id), robust=True)
    return asked


def cancel(asked: Job) -> None:
    """Stop a job: at once when it still waits, else at its next word of progress."""
    from samegauge.core.jobs import durable

    uid: Any = asked.uid
    Job.objects.filter(uid=uid).exclude(state__in=FINISHED).update(cancel_requested=True)
    if _finish(uid, JobState.CANCELLED, only_from=JobState.REQUESTED):
        transaction.on_commit(lambda: durable.withdraw(uid), robust=True)
    asked.refresh_from_db()


def run_here(asked: Job, listener: Listener | None = None) -> Job:
    """Do a job in this process, step by step without check-points: for the command line and for tests."""
    uid: Any = asked.uid
    perform(uid, current_organisation_id(), lambda _name, work: work(), listener)
    asked.refresh_from_db()
    return asked


def perform(uid: UUID, organisation_id: int, run_step: StepRunner, listener: Listener | None = None) -> None:
    """Do the job and write its end into its row: done with a result, failed with a reason, or stopped."""
    with organisation_scope(organisation_id):
        asked = Job.objects.get(uid=uid)
        if not Job.objects.filter(uid=uid).exclude(state__in=FINISHED).update(state=JobState.RUNNING):
            return
        Job.objects.filter(uid=uid, started_at__isnull=True).update(started_at=timezone.now())
        try:
            progress = Progress(uid, run_step, listener)
            progress.stop_if_asked()
            result = function_of(asked.kind)(progress, **asked.arguments)
        except JobCancelledError:
            _finish(uid, JobState.CANCELLED)
        except StepsChangedError:
            raise
        except Exception as error:
            log.warning("Job %s %s failed", asked.kind, uid, exc_info=error)
            _finish(uid, JobState.FAILED, failure=reason_of(error))
        else:
            _finish(uid, JobState.DONE, result=result)


def fail_abandoned(uid: UUID) -> bool:
    """Close the row of a job that the queue gave up; return whether it was still open."""
    if Job.objects.filter(uid=uid, cancel_requested=True).exists():
        return _finish(uid, JobState.CANCELLED, only_from=JobState.RUNNING)
    failure = JobError(
        "The work was interrupted too often or its end could not be written. Ask for it again.",
        "工作中斷次數過多，或無法寫入結果。重新執行。",
    )
    return _finish(uid, JobState.FAILED, failure=reason_of(failure), only_from=JobState.RUNNING)


def reason_of(error: Exception) -> tuple[str, str]:
    """Return why a job failed, in English and Chinese."""
    message_zh = getattr(error, "message_zh", None)
    if message_zh is not None:
        return str(error), str(message_zh)
    if isinstance(error, UnknownJobError):
        return f"{error} Update the program on the worker.", "這項工作沒有對應的程式。更新背景工作程式。"
    detail = f"{type(error).__name__}: {error}"
    return f"Unexpected fault: {detail}", f"未預期的錯誤：{detail}"


def _finish(
    uid: UUID,
    state: JobState,
    *,
    result: dict[str, Any] | None = None,
    failure: tuple[str, str] | None = None,
    only_from: JobState | None = None,
) -> bool:
    changes: dict[str, Any] = {"state": state, "finished_at": timezone.now()}
    if state is JobState.DONE:
        changes["result"] = result
    if failure:
        changes["message"], changes["message_zh"] = (_cut(text) for text in failure)
    rows = Job.objects.filter(uid=uid).exclude(state__in=FINISHED)
    if only_from:
        rows = rows.filter(state=only_from)
    return bool(rows.update(**changes))


def _cut(text: str) -> str:
    return text if len(text) <= MESSAGE_CHARACTERS else text[: MESSAGE_CHARACTERS - 1] + "…"
