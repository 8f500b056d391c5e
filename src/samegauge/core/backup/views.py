"""The administration page of backups: for owners of the organisation that runs the site; it is not there for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from samegauge.core.backup.jobs import BACKUP, CHECKUP, archive_folder, archives
from samegauge.core.face import Action as Button
from samegauge.core.face import JobProgress
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import enqueue
from samegauge.core.language import reads_chinese
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.organisations.rules import administers_site

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

SHOWN = 10
OPEN = (JobState.REQUESTED, JobState.RUNNING)


@require_http_methods(["GET", "POST"])
@needs(Action.ADMINISTER_SITE)
def overview(request: HttpRequest) -> HttpResponse:
    """Show what was backed up and checked, and ask the worker for the next one."""
    _only_for_the_house(request)
    if request.method == "POST":
        kind = CHECKUP if request.POST.get("what") == CHECKUP else BACKUP
        if not Job.objects.filter(kind=kind, state__in=OPEN).exists():
            enqueue(kind, {}, request.user)  # type: ignore[arg-type]
        return redirect("backup")
    backups = list(Job.objects.filter(kind=BACKUP).select_related("requested_by").order_by("-requested_at")[:SHOWN])
    checkups = Job.objects.filter(kind=CHECKUP).order_by("-requested_at")
    running = [job for job in [*backups, *checkups[:SHOWN]] if job.state in OPEN]
    context = {
        "backups": [_row(job) for job in backups],
        "last": next((job for job in backups if job.state == JobState.DONE), None),
        "failed": backups[0] if backups and backups[0].state == JobState.FAILED else None,
        "failed_reason": _message(backups[0]) if backups else "",
        "running": [_progress(job) for job in running],
        "folder": settings.SITE.backup_folder,
        "kept": settings.SITE.backups_kept,
        "archives": [_archive(path) for path in _archives_there()],
        "checkup": checkups.filter(state=JobState.DONE).first(),
        "chinese": reads_chinese(),
    }
    return render(request, "backup/overview.html", context)


@require_GET
@needs(Action.ADMINISTER_SITE)
def archive_file(request: HttpRequest) -> HttpResponseBase:
    """Hand out one of the archives in this site's folder, by its name."""
    _only_for_the_house(request)
    asked = request.GET.get("name", "")
    found = next((path for path in _archives_there() if path.name == asked), None)
    if found is None:
        raise Http404
    return FileResponse(found.open("rb"), as_attachment=True, filename=found.name, content_type="application/zip")


@require_GET
@needs(Action.ADMINISTER_SITE)
def job_bar(request: HttpRequest, job_uid: UUID) -> HttpResponse:
    """How far the work is; the bar asks again every second until it has ended."""
    _only_for_the_house(request)
    return render(request, "components/job_bar.html", {"job": _progress(get_object_or_404(Job, uid=job_uid))})


def _only_for_the_house(request: HttpRequest) -> None:
    if not administers_site(request.membership):  # type: ignore[attr-defined]
        raise Http404


def _archives_there() -> list[Path]:
    folder = archive_folder()
    return archives(folder)[:SHOWN] if folder.is_dir() else []


def _archive(path: Path) -> dict[str, Any]:
    return {"name": path.name, "size_mib": path.stat().st_size / 2**20}


def _row(job: Job) -> dict[str, Any]:
    result = job.result or {}
    return {
        "job": job,
        "message": _message(job),
        "size_mib": result.get("size_bytes", 0) / 2**20,
        "elapsed_s": result.get("elapsed_s"),
        "rows": result.get("rows"),
        "faults": result.get("faults_total", 0),
    }


def _message(job: Job) -> str:
    return job.message_zh if reads_chinese() and job.message_zh else job.message


def _progress(job: Job) -> JobProgress:
    state: Any = job.state
    over = job.state not in OPEN
    return JobProgress(
        uid=str(job.uid),
        name=_("Sanity check") if job.kind == CHECKUP else _("Backup"),
        state=state,
        done=job.done,
        total=job.total,
        message=_message(job),
        poll_url=reverse("backup_job", args=[job.uid]),
        result=Button(_("See the result"), reverse("backup"), "eye") if over else None,
    )
