"""The worker: takes jobs from the queue, goes on where a killed one stopped, and closes what was left open."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dbos import DBOS, DBOSPortableJSONSerializer, error
from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.module_loading import autodiscover_modules

from samegauge.core.jobs import durable, rules, worker_sign
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.progress import StepsChangedError
from samegauge.core.jobs.registry import regular_functions
from samegauge.core.scope import all_organisations, organisation_scope

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from dbos import DBOSConfig, WorkflowStatus

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 2.0
QUEUE_POLL_S = 0.25
JOBS_AT_ONCE = 2
ENDED = {"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}


@DBOS.workflow(name=durable.WORKFLOW)
def _do(uid: str, organisation_id: int) -> None:
    close_old_connections()
    try:
        rules.perform(UUID(uid), organisation_id, _durable_step)
    except StepsChangedError:
        attempt = durable.attempt_of(DBOS.workflow_id or "") + 1
        log.warning("Job %s has other steps since the update: it starts again (attempt %s)", uid, attempt)
        durable.submit(uid, organisation_id, attempt)
    finally:
        connections.close_all()


def _durable_step(name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return DBOS.run_step({"name": name}, work)
    except error.DBOSUnexpectedStepError as changed:
        raise StepsChangedError(str(changed)) from changed


def start() -> None:
    """Open the queue, recover what this worker left unfinished, and begin to take jobs."""
    autodiscover_modules("jobs")
    url = durable.queue_url()
    engine = durable.sqlite_engine(url)
    config: DBOSConfig = {
        "name": durable.APPLICATION,
        "system_database_url": url,
        "system_database_engine": engine,
        "serializer": DBOSPortableJSONSerializer(),
        "application_version": durable.APPLICATION_VERSION,
        # Fixed: work is recovered by the worker that bears the name it was started under.
        "executor_id": os.environ.get("SAMEGAUGE_WORKER", "worker-1"),
        "enable_otlp": False,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(
        durable.QUEUE,
        worker_concurrency=JOBS_AT_ONCE,
        # One organisation's jobs run one after the other, and none keeps the others waiting.
        partition_concurrency=1,
        polling_interval_sec=QUEUE_POLL_S,
    )


def run(stop: threading.Event) -> None:
    """Work until `stop` is set; a job in hand then stays for the next start, as after a power cut."""
    start()
    log.info("The worker takes jobs")
    while True:
        sweep()
        worker_sign.give(settings.SAMEGAUGE_HOME)
        for function in regular_functions():
            function()
        if stop.wait(SWEEP_EVERY_S):
            break
    DBOS.destroy()
    worker_sign.take_away(settings.SAMEGAUGE_HOME)


def sweep() -> None:
    """Hand over requests that the queue does not know, and close rows whose work the queue has given up."""
    close_old_connections()
    with all_organisations("the worker serves every organisation"):
        open_jobs = list(Job.objects.exclude(state__in=rules.FINISHED).values_list("uid", "organisation_id", "state"))
    for uid, organisation_id, state in open_jobs:
        attempts = DBOS.list_workflows(workflow_id_prefix=str(uid), load_input=False, load_output=False)
        if not attempts:
            durable.submit(uid, organisation_id)
        elif state == JobState.RUNNING and all(_ended(attempt) for attempt in attempts):
            with organisation_scope(organisation_id):
                rules.fail_abandoned(uid)


def _ended(attempt: WorkflowStatus) -> bool:
    return attempt.status in ENDED
