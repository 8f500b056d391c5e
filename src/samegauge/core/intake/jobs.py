"""The import as long work; the worker's job and the command line's are this same function."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.db import OperationalError

from samegauge.core.intake.aqdef import take_in_aqdef
from samegauge.core.intake.batches import close_batch, finish_undone
from samegauge.core.intake.capability import take_in_capability
from samegauge.core.intake.epcis import take_in_epcis
from samegauge.core.intake.logs import counts_by_machine, take_in_logs
from samegauge.core.intake.machines import take_in_devices
from samegauge.core.intake.matching import match_parts
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile, ImportKind
from samegauge.core.intake.package import (
    PackageNaming,
    Role,
    item_of_part,
    part_in,
    part_of_trace,
    role_of_path,
    sorted_by_role,
)
from samegauge.core.intake.production import take_in_program, take_in_traces
from samegauge.core.intake.qif import StatedNaming, take_in_qif
from samegauge.core.intake.run import Intake, alone, report_of
from samegauge.core.intake.sources import Source, unpacked
from samegauge.core.jobs.models import Job
from samegauge.core.jobs.rules import JobError, Progress, job
from samegauge.core.organisations.models import Person
from samegauge.core.thread.models import Document
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.models import StoredFile
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence


@job("import")
def import_files(progress: Progress, import_kind: str, sources: list[list[str]]) -> dict[str, Any]:
    """Take in files kept in the vault, given as pairs of their uid there and their path in the package.

    The import has the uid of its job, and every file goes in once: run again after an interruption it goes on.
    """
    return progress.step("take in", partial(_taken_in, progress, ImportKind(import_kind), sources))


def _taken_in(progress: Progress, kind: ImportKind, places: list[list[str]]) -> dict[str, Any]:
    try:
        return _take_in(progress, kind, places)
    except (OSError, OperationalError) as error:
        raise JobError(
            f"The import stopped: {error}. What is in stays in. Mend this (make room, say) and import the files again.",
            f"匯入中斷：{error}。已匯入的資料會保留。排除問題（例如空間不足）後，再匯入這些檔案。",
        ) from error


def _take_in(progress: Progress, kind: ImportKind, places: list[list[str]]) -> dict[str, Any]:
    asked = Job.objects.get(uid=progress.uid)
    person = Person.objects.filter(pk=asked.requested_by_id).first()
    batch, _new = ImportBatch.objects.get_or_create(
        uid=progress.uid, defaults={"kind": kind, "source": _named(places), "actor": person}
    )
    finish_undone()
    intake = Intake(batch, Recorder(person, "" if person else "samegauge import", batch), progress.tell)
    sources = _sources(places, intake)
    if kind == ImportKind.NIST_TDP and not any(role_of_path(source.path) for source in sources):
        _refuse_foreign(places, intake)
    intake = Intake(intake.batch, intake.recorder, intake.tell, total=len(sources))
    takers = {
        ImportKind.SHDR: take_in_logs,
        ImportKind.QIF: _take_in_results,
        ImportKind.AQDEF: _take_in_values,
        ImportKind.EPCIS: _take_in_events,
        ImportKind.NIST_TDP: _take_in_package,
    }
    takers[kind](sources, intake)
    close_batch(batch, report_of(batch, counts_by_machine(str(batch.uid))))
    return batch.report


def _refuse_foreign(places: list[list[str]], intake: Intake) -> None:
    """Refuse what was handed over when nothing in it is of a package; what was refused already keeps its reason."""
    refused = set(ImportedFile.objects.filter(batch=intake.batch).values_list("name", flat=True))
    for uid, path in places:
        if path not in refused:
            reason = "Nothing in it belongs to a technical data package. Choose the package's folder or archive."
            reason_zh = "內容不屬於技術資料包。選擇資料包的資料夾或壓縮檔。"
            intake.refuse(Source(path, StoredFile.objects.get(uid=uid)), FormatError(path, None, reason, reason_zh))


def _named(places: list[list[str]]) -> str:
    names = [path for _uid, path in places[:3]]
    return ", ".join(names) + (f" … ({len(places)})" if len(places) > len(names) else "")


def _sources(places: list[list[str]], intake: Intake) -> list[Source]:
    """Find the files in the vault and unpack archives; a bad archive is refused whole."""
    stored = {str(row.uid): row for row in StoredFile.objects.filter(uid__in=[uid for uid, _path in places])}
    sources: list[Source] = []
    for uid, path in places:
        source = Source(path, stored[uid])
        try:
            sources += unpacked(source)
        except FormatError as error:
            intake.refuse(source, error)
    return sources


def _take_in_results(sources: Sequence[Source], intake: Intake) -> None:
    for source in sources:
        intake.take(source, partial(_results, intake=intake))
        intake.advance(1, source.name)


def _take_in_events(sources: Sequence[Source], intake: Intake) -> None:
    _take_each(sources, lambda source: take_in_epcis(source, intake), intake)


def _take_in_values(sources: Sequence[Source], intake: Intake) -> None:
    """A .dfx file holds the values of the .dfd file of the same name; the latter goes in with it."""
    described = {PurePosixPath(one.path).stem.lower(): one for one in sources if one.name.lower().endswith(".dfd")}
    valued = {PurePosixPath(one.path).stem.lower() for one in sources if one.name.lower().endswith(".dfx")}
    for source in sources:
        stem, name = PurePosixPath(source.path).stem.lower(), source.name.lower()
        if name.endswith(".dfd") and stem in valued:
            with alone():
                intake.note(source, FileOutcome.IN)
        elif name.endswith(".dfx"):
            intake.take(source, partial(_described_values, description=described.get(stem), intake=intake))
        else:
            intake.take(source, partial(take_in_aqdef, intake=intake))
        intake.advance(1, source.name)


def _described_values(source: Source, description: Source | None, intake: Intake) -> None:
    if description is None:
        raise FormatError(
            source.name,
            None,
            "The values come without their description. Send the .dfd file of the same name with it.",
            "量測值缺少描述檔。連同同名的 .dfd 檔一起傳送。",
        )
    take_in_aqdef(source, intake, description)


def _results(source: Source, intake: Intake) -> None:
    take_in_qif(source, intake, StatedNaming())


def _take_in_package(sources: Sequence[Source], intake: Intake) -> None:
    """Take in a technical data package: machines first, then what was made on them, then what was measured."""
    found = sorted_by_role(sources)
    intake = Intake(intake.batch, intake.recorder, intake.tell, total=sum(map(len, found.values())))
    takers = {
        Role.DEVICES: lambda source: take_in_devices(source, intake),
        Role.PROGRAM: lambda source: take_in_program(source, item_of_part(part_in(source.name)), intake),
        Role.DRAWING: lambda source: _take_in_document(source, intake),
    }
    for role, take_in in takers.items():
        _take_each(found[role], take_in, intake)
    take_in_traces(found[Role.TRACE], partial(part_of_trace, intake=intake), intake)
    _take_each(found[Role.RESULTS], lambda source: take_in_qif(source, intake, PackageNaming(source)), intake)
    _take_each(found[Role.CAPABILITY], lambda source: take_in_capability(source, intake), intake)
    take_in_logs(found[Role.DAY_LOG], intake)
    match_parts(intake)


def _take_each(sources: Sequence[Source], take_in: Any, intake: Intake) -> None:
    for source in sources:
        intake.take(source, take_in)
        intake.advance(1, source.name)


def _take_in_document(source: Source, intake: Intake) -> None:
    """Keep a drawing or model with the item it shows."""
    item = item_of_part(part_in(source.name))
    Document.objects.create(title=source.name, kind="CAD", stored=source.stored, item=item, batch=intake.batch)
