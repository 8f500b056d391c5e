"""An import in the test's own process: the job's function over files given as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps

from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import run_here
from samegauge.core.scope import Owned
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from samegauge.core.jobs.progress import Listener

BOOKKEEPING = {
    "SearchEntry",
    "SearchGram",
    "Job",
    "ImportBatch",
    "ImportedFile",
    "StoredFile",
    "RowSeal",
    "Waiting",
}


def asked(kind: str, files: Mapping[str, bytes]) -> Job:
    places = [[str(keep(content, path).uid), path] for path, content in files.items()]
    return Job.objects.create(kind="import", arguments={"import_kind": kind, "sources": places})


def take_in(kind: str, files: Mapping[str, bytes], listener: Listener | None = None) -> dict[str, Any]:
    done = run_here(asked(kind, files), listener)
    if done.state != JobState.DONE or done.result is None:
        raise AssertionError(done.message)
    return done.result


def rows_by_model() -> dict[str, int]:
    """Rows that imports leave, those of undone imports included; the account of the imports themselves is left out."""
    models = [model for model in apps.get_models() if issubclass(model, Owned) and model.__name__ not in BOOKKEEPING]
    return {model.__name__: model._base_manager.count() for model in models}
