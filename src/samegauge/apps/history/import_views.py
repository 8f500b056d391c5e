from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.apps.history import import_tables, tables
from samegauge.core.face import Action as Button
from samegauge.core.face import JobProgress
from samegauge.core.intake.batches import UndoError, undo
from samegauge.core.intake.models import FILE_KINDS, FileOutcome, ImportBatch, ImportedFile, ImportKind
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import cancel, enqueue
from samegauge.core.language import reads_chinese
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.thread.rules import Recorder, ThreadError
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import VaultError, keep

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

LONGEST_REASON = 2000
MOST_RECEIVED = 200
ACCEPTED = {
    ImportKind.SHDR: ".txt,.gz,.shdr,.log",
    ImportKind.QIF: ".qif,.xml,.gz",
    ImportKind.AQDEF: ".dfq,.dfd,.dfx,.gz",
    ImportKind.EPCIS: ".json,.jsonld,.xml,.gz",
    ImportKind.NIST_TDP: ".zip,.tar,.gz,.tgz",
}


@require_GET
@needs(Action.READ)
def import_list(request: HttpRequest) -> HttpResponse:
    page = page_of(request, ImportBatch.objects.select_related("actor").order_by("-started_at"))
    running = Job.objects.filter(kind__in=["import", "take_over"], state__in=[JobState.REQUESTED, JobState.RUNNING])
    allowed = may(request.membership.role, Action.IMPORT)  # type: ignore[attr-defined]
    context = {
        "page": page,
        "table": tables.import_table(page),
        "running": [progress_of(job) for job in running.order_by("-requested_at")[:10]],
        "may_import": allowed,
        "new_import": Button(_("New import"), reverse("import_new"), "upload") if allowed else None,
    }
    return render(request, "history/import_list.html", context)


@require_http_methods(["GET", "POST"])
@needs(Action.IMPORT)
def import_new(request: HttpRequest) -> HttpResponse:
    """Keep the uploaded files and ask the worker to take them in."""
    kind = request.POST.get("kind") or request.GET.get("kind") or ImportKind.SHDR
    if kind not in FILE_KINDS:
        raise BadRequest(_("This kind of import is not known."))
    if request.method == "GET":
        return _upload_page(request, kind)
    try:
        kept = _kept(request)
    except VaultError as error:
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"message": str(error)}, status=422)
        messages.error(request, str(error))
        return _upload_page(request, kind, status=422)
    arguments = {"import_kind": kind, "sources": [[str(stored.uid), stored.name] for stored in kept]}
    job = enqueue("import", arguments, request.user)  # type: ignore[arg-type]
    if "sha256" not in request.POST:
        said = _("Your browser sent no check sums; the site computed these. Compare them with your files.")
        messages.info(request, said)
    return redirect("job_progress", job.uid)


def _kept(request: HttpRequest) -> list[StoredFile]:
    """Keep every uploaded file; the sender's hashes, where sent, must agree one by one."""
    files, hashes = request.FILES.getlist("files"), request.POST.getlist("sha256")
    if not files:
        raise VaultError(_("No file was chosen. Choose one or more files."))
    if hashes and len(hashes) != len(files):
        raise VaultError(_("The numbers of files and of hashes differ. Send the files again."))
    expected = hashes or [""] * len(files)
    return [
        keep(file, file.name or "file", expected_bytes=file.size, expected_sha256=sha256)
        for file, sha256 in zip(files, expected, strict=True)
    ]


def _upload_page(request: HttpRequest, kind: str, status: int = 200) -> HttpResponse:
    help_texts = {
        ImportKind.SHDR: _("Daily logs or adapter recordings, plain or gzip. The machine is read from the file name."),
        ImportKind.QIF: _("Plans and results of the measuring machine, plain or gzip."),
        ImportKind.AQDEF: _(
            "DFQ files, or DFD and DFX files of the same name together. Every characteristic needs its unit."
        ),
        ImportKind.EPCIS: _(
            "EPCIS 2.0 documents as JSON, or XML of 1.2 and 2.0. An event whose hash is wrong is refused."
        ),
        ImportKind.NIST_TDP: _("The whole package as one ZIP or TAR archive."),
    }
    context = {
        "kind": kind,
        "kinds": [(one.value, one.label) for one in FILE_KINDS],
        "upload_url": reverse("import_new"),
        "hidden": {"kind": kind},
        "label": _("Files"),
        "help": help_texts[ImportKind(kind)],
        "accept": ACCEPTED[ImportKind(kind)],
        "button": _("Import"),
    }
    return render(request, "history/import_new.html", context, status=status)


@require_GET
@needs(Action.READ)
def import_detail(request: HttpRequest, import_uid: UUID) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("actor", "undo_event"), uid=import_uid)
    files = ImportedFile.objects.filter(batch=batch).order_by("pk")
    refused = list(files.filter(outcome=FileOutcome.REFUSED)[:200])
    context = {
        "batch": batch,
        "facts": import_tables.facts(batch),
        "refused": refused,
        "files": tables.file_table(page_of(request, files)),
        "refused_table": import_tables.refused_table(refused),
        "line_table": import_tables.line_table(batch),
        "tag_table": import_tables.tag_table(batch),
        "status_table": import_tables.status_table(batch),
        "may_undo": may(request.membership.role, Action.UNDO_IMPORT),  # type: ignore[attr-defined]
    }
    return render(request, "history/import_detail.html", context)


@require_POST
@needs(Action.UNDO_IMPORT)
def import_undo(request: HttpRequest, import_uid: UUID) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, uid=import_uid)
    reason = request.POST.get("reason", "")
    if len(reason) > LONGEST_REASON:
        raise BadRequest(_("The request is larger than this site takes. Send less at once."))
    try:
        undo(batch, reason, Recorder(actor=request.user))  # type: ignore[arg-type]
    except (UndoError, ThreadError) as error:
        messages.error(request, str(error))
    return redirect("import_detail", import_uid)


@require_GET
@needs(Action.READ)
def job_progress(request: HttpRequest, job_uid: UUID) -> HttpResponse:
    """The job's own page; the page itself asks again every second until the job has ended."""
    job = get_object_or_404(Job, uid=job_uid)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "components/job_bar.html", {"job": progress_of(job)})
    uids = [uid for uid, _name in job.arguments.get("sources", [])]
    received = StoredFile.objects.filter(uid__in=uids[:MOST_RECEIVED]).order_by("pk")
    table = import_tables.received_table(received, not_shown=max(0, len(uids) - MOST_RECEIVED))
    context = {"job": progress_of(job), "received": table}
    return render(request, "history/job.html", context)


def progress_of(job: Job) -> JobProgress:
    batch_uid = (job.result or {}).get("import")
    result = Button(_("See what came in"), reverse("import_detail", args=[batch_uid]), "eye") if batch_uid else None
    state: Any = job.state
    return JobProgress(
        uid=str(job.uid),
        name=_("Import"),
        state=state,
        done=job.done,
        total=job.total,
        message=job.message_zh if reads_chinese() and job.message_zh else job.message,
        seconds_left=_seconds_left(job),
        poll_url=reverse("job_progress", args=[job.uid]),
        stop_url=reverse("job_cancel", args=[job.uid]),
        result=result,
    )


def _seconds_left(job: Job) -> float | None:
    if not job.started_at or not job.done or not job.total:
        return None
    elapsed_s = (datetime.now(UTC) - job.started_at).total_seconds()
    return elapsed_s * (job.total - job.done) / job.done


@require_POST
@needs(Action.IMPORT)
def job_cancel(_request: HttpRequest, job_uid: UUID) -> HttpResponse:
    cancel(get_object_or_404(Job, uid=job_uid))
    return redirect("job_progress", job_uid)
