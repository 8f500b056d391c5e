"""The queue's database, seen from outside the worker: handing a job over and taking it back.

DBOS keeps it, in SQLite or PostgreSQL, apart from the main one. Its rows are portable JSON and never pickles, so
that writing into this database does not let anybody run code. It reports to nobody: no conductor, no telemetry.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer
from dbos._serialization import DefaultSerializer
from dbos._utils import GlobalParams
from django.conf import settings
from sqlalchemy import event

if TYPE_CHECKING:
    from uuid import UUID

    from dbos import EnqueueOptions

APPLICATION = "samegauge"
QUEUE = "jobs"
WORKFLOW = "samegauge_job"
# Fixed: with a version derived from the code, work interrupted by an update would wait for the old code for ever.
APPLICATION_VERSION = "1"
BUSY_TIMEOUT_MS = 30_000

logging.getLogger("dbos").setLevel(logging.WARNING)
# The environment cannot point it to its maker's cloud.
GlobalParams.dbos_cloud = False


class PickleRefusedError(Exception):
    """A row of the queue's database holds, or would hold, a pickle."""


def _refuse(*_args: Any) -> NoReturn:
    raise PickleRefusedError("The queue's database holds a pickled row; only JSON is read. Restore it from a backup.")


for _method in ("serialize", "deserialize"):
    setattr(DefaultSerializer, _method, _refuse)


def queue_url() -> str:
    return settings.SITE.jobs_database_url


def sqlite_engine(url: str) -> sa.Engine | None:
    """Return an engine whose commits survive a power cut, or None for PostgreSQL, which DBOS opens by itself."""
    if not url.startswith("sqlite"):
        return None
    engine = sa.create_engine(url)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


@cache
def client() -> DBOSClient:
    url = queue_url()
    return DBOSClient(
        system_database_url=url,
        system_database_engine=sqlite_engine(url),
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        retry_connection_errors=False,
        lazy=True,
    )


def is_made() -> bool:
    """Tell whether a worker has made the queue's database yet; a client would leave an empty SQLite file there."""
    path = sa.make_url(queue_url()).database
    return not queue_url().startswith("sqlite") or (path is not None and Path(path).exists())


def submit(uid: UUID | str, organisation_id: int, attempt: int = 1) -> None:
    """Hand a job to the queue; twice is once, for its identifier is the job's own."""
    if not is_made():
        return
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": QUEUE,
        "workflow_id": workflow_id(uid, attempt),
        "app_version": APPLICATION_VERSION,
        "queue_partition_key": str(organisation_id),
    }
    client().enqueue(options, str(uid), organisation_id)


def withdraw(uid: UUID | str) -> None:
    if is_made():
        client().cancel_workflow(workflow_id(uid))


def workflow_id(uid: UUID | str, attempt: int = 1) -> str:
    return str(uid) if attempt == 1 else f"{uid}.{attempt}"


def attempt_of(identifier: str) -> int:
    _uid, _dot, attempt = identifier.partition(".")
    return int(attempt or 1)
