from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.core.intake.batches import UndoError, undo
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile, ImportKind
from samegauge.core.jobs.models import Job
from samegauge.core.jobs.rules import cancel, enqueue
from samegauge.core.organisations.permissions import Action, may, needs
from samegauge.core.pages import page_of
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.rules import VaultError, keep

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

FINISHED = {"done", "failed", "cancelled"}


@require_GET
@needs(Action.READ)
def import_list(request: HttpRequest) -> HttpResponse:
    page = page_of(request, ImportBatch.objects.select_related("actor").order_by("-started_at"))
    running = Job.objects.filter(kind="import", state__in=["requested", "running"]).order_by("-requested_at")
    allowed = may(request.membership.role, Action.IMPORT)  # type: ignore[attr-defined]
    context = {"page": page, "running": list(running[:10]), "kinds": ImportKind, "may_import": allowed}
    return render(request, "history/import_list.html", context)


@require_http_methods(["GET", "POST"])
@needs(Action.IMPORT)
def import_new(request: HttpRequest) -> HttpResponse:
    """Keep the uploaded files and ask the worker to take them in."""
    kind = request.POST.get("kind") or request.GET.get("kind") or ImportKind.SHDR
    if kind not in ImportKind.values:
        raise BadRequest(_("This kind of import is not known."))
    if request.method == "GET":
        return render(request, "history/import_new.html", {"kind": kind, "kinds": ImportKind})
    files = request.FILES.getlist("files")
    if not files:
        messages.error(request, _("No file was chosen. Choose one or more files."))
        return render(request, "history/import_new.html", {"kind": kind, "kinds": ImportKind}, status=422)
    hashes = request.POST.getlist("sha256")
    try:
        kept = [
            keep(file, file.name or "file", expected_bytes=file.size, expected_sha256=hashes[place] if hashes else "")
            for place, file in enumerate(files)
        ]
    except (VaultError, IndexError) as error:
        messages.error(request, str(error))
        return render(request, "history/import_new.html", {"kind": kind, "kinds": ImportKind}, status=422)
    arguments = {"import_kind": kind, "stored": [str(stored.uid) for stored in kept]}
    job = enqueue("import", arguments, request.user)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"location": reverse("job_progress", args=[job.uid])}, status=202)
    return redirect("job_progress", job.uid)


@require_GET
@needs(Action.READ)
def import_detail(request: HttpRequest, import_uid: UUID) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("actor", "undo_event"), uid=import_uid)
    files = ImportedFile.objects.filter(batch=batch).order_by("pk")
    context = {
        "batch": batch,
        "page": page_of(request, files),
        "refused": files.filter(outcome=FileOutcome.REFUSED),
        "quarantined": files.exclude(quarantined=[]),
        "may_undo": may(request.membership.role, Action.UNDO_IMPORT),  # type: ignore[attr-defined]
    }
    return render(request, "history/import_detail.html", context)


@require_POST
@needs(Action.UNDO_IMPORT)
def import_undo(request: HttpRequest, import_uid: UUID) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, uid=import_uid)
    try:
        undo(batch, request.POST.get("reason", ""), Recorder(actor=request.user))  # type: ignore[arg-type]
    except UndoError as error:
        messages.error(request, str(error))
    return redirect("import_detail", import_uid)


@require_GET
@needs(Action.READ)
def job_progress(request: HttpRequest, job_uid: UUID) -> HttpResponse:
    """The job's own page; asked again every second by the page itself until the job has ended."""
    job = get_object_or_404(Job, uid=job_uid)
    if batch_uid := (job.result or {}).get("batch"):
        batch = ImportBatch.objects.filter(uid=batch_uid).first()
    else:
        batch = None
    context = {"job": job, "finished": job.state in FINISHED, "batch": batch}
    template = "history/job_bar.html" if request.htmx else "history/job.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_POST
@needs(Action.IMPORT)
def job_cancel(request: HttpRequest, job_uid: UUID) -> HttpResponse:
    cancel(get_object_or_404(Job, uid=job_uid))
    return redirect("job_progress", job_uid)
