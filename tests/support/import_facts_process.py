"""What an import left behind, asked in a process of its own: python import_facts_process.py VERB ARGUMENT...; JSON."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from samegauge.cli.site import open_site


def facts() -> dict[str, Any]:
    """Everything that counts, without identifiers and times of reception: equal for equal imports."""
    from samegauge.core.telemetry import organisation_lake

    lake = organisation_lake()
    return {
        "rows": rows(),
        "units": units(),
        "events": altered(),
        "traces": traces(),
        "operations": operations(),
        "measurements": measurements(),
        "files": files(),
        "stored": {machine: lake.counts_per_tag(machine) for machine in lake.machines()},
        "arrived": {machine: lake.arrived_per_tag(machine) for machine in lake.machines()},
    }


def rows() -> dict[str, int]:
    """Rows of every table that an import fills, those of undone imports included.

    What a worker notices on its rounds depends on when it looks, and how many seals cover the rows on the steps that an
    import took: neither counts.
    """
    from django.apps import apps

    from samegauge.core.scope import Owned

    bookkeeping = {"Job", "ImportBatch", "ImportedFile", "StoredFile", "Look", "Incident", "IncidentStep", "Notice"}
    bookkeeping |= {"RowSeal", "Waiting", "Entry", "Tile", "SignedState", "Log"}
    models = [model for model in apps.get_models() if issubclass(model, Owned) and model.__name__ not in bookkeeping]
    return {model.__name__: model._base_manager.count() for model in models}


def units() -> dict[str, Any]:
    from samegauge.core.thread.models import Event, Unit

    kinds: dict[str, Counter[str]] = {}
    for serial, kind in Event.objects.filter(unit__isnull=False).values_list("unit__serial", "kind"):
        kinds.setdefault(serial, Counter())[kind] += 1
    found = Unit.objects.select_related("item")
    return {unit.serial: [unit.item.number, dict(sorted(kinds[unit.serial].items()))] for unit in found}


def altered() -> list[int]:
    from samegauge.core.thread.models import Event
    from samegauge.core.thread.rules import altered_events

    events = list(Event.objects.select_related("unit", "organisation", "actor", "batch", "supersedes"))
    return [len(events), len(altered_events(events))]


def traces() -> list[list[Any]]:
    from samegauge.core.production.models import Trace

    found = Trace.objects.order_by("label").values_list("label", "unit__serial", "machine__serial", "readings")
    return [list(row) for row in found]


def operations() -> list[list[Any]]:
    from samegauge.core.production.models import OperationRun

    found = OperationRun.objects.order_by("unit__serial", "sequence")
    columns = ("unit__serial", "sequence", "label", "started_at", "ended_at", "program__sha256", "cycle_time_s")
    return [[str(value) for value in row] for row in found.values_list(*columns)]


def measurements() -> dict[str, Any]:
    from samegauge.core.measurement.models import Measurement

    columns = ("inspection__kind", "inspection__unit__serial", "characteristic__plan", "characteristic__key")
    found = Measurement.objects.values_list(*columns, "actual", "stated", "recomputed")
    said = sorted(json.dumps(row) for row in found)
    return {"count": len(said), "sha256": hashlib.sha256("\n".join(said).encode()).hexdigest()}


def files() -> list[list[Any]]:
    from samegauge.core.intake.models import FileOutcome, ImportedFile

    entered = ImportedFile.objects.filter(outcome=FileOutcome.IN, standing=True).order_by("name", "sha256")
    columns = ("name", "sha256", "observations", "duplicates", "out_of_order", "quarantined")
    return [list(row) for row in entered.values_list(*columns)]


def ask(kind: str, *paths: str) -> dict[str, Any]:
    """Keep files and ask the worker to take them in, as the web app does."""
    from samegauge.core.intake.sources import files_below, kept_file
    from samegauge.core.jobs.rules import enqueue

    places = []
    for path in map(Path, paths):
        found = [(below, path) for below in files_below(path)] if path.is_dir() else [(path, None)]
        places += [kept_file(*one) for one in found]
    arguments = {"import_kind": kind, "sources": [[str(place.stored.uid), place.path] for place in places]}
    return {"uid": str(enqueue("import", arguments, None).uid)}


def job(uid: str) -> dict[str, Any]:
    from samegauge.core.jobs.models import Job

    found = Job.objects.get(uid=uid)
    return {name: getattr(found, name) for name in ("state", "done", "total", "message", "result")}


def undo(uid: str, reason: str) -> dict[str, Any]:
    from samegauge.core.intake import batches
    from samegauge.core.intake.models import ImportBatch
    from samegauge.core.thread.rules import Recorder

    try:
        batches.undo(ImportBatch.objects.get(uid=uid), reason, Recorder(actor_name="quality manager"))
    except batches.UndoError as error:
        return {"refused": str(error)}
    return {"refused": None}


def organisation(name: str) -> dict[str, Any]:
    from samegauge.core.organisations.models import Organisation

    return {"uid": str(Organisation.objects.create(name=name, kind="component_maker").uid)}


def _answer(verb: str, *words: str) -> dict[str, Any]:
    from samegauge.core.organisations.rules import only_organisation
    from samegauge.core.scope import organisation_scope

    if verb == "organisation":
        return organisation(*words)
    verbs: dict[str, Any] = {"facts": facts, "ask": ask, "job": job, "undo": undo}
    only = only_organisation()
    if only is None:
        raise SystemExit("several organisations")
    with organisation_scope(only):
        return verbs[verb](*words)


if __name__ == "__main__":
    open_site()
    sys.stdout.write(json.dumps(_answer(*sys.argv[1:])))
