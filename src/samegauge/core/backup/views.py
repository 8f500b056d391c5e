"""The administration page of backups: for owners of the organisation that runs the site; it is not there for others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from samegauge.core.backup import going_back
from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.forms import ReasonForm
from samegauge.core.backup.health import parts
from samegauge.core.backup.jobs import AGAIN_AFTER, BACKUP, CHECKUP
from samegauge.core.backup.places import newest_first, place_of
from samegauge.core.face import Action as Button
from samegauge.core.face import JobProgress
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import enqueue
from samegauge.core.language import reads_chinese
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.organisations.rules import administers_site
from samegauge.core.organisations.views import confirmed
from samegauge.core.site import RUNNING

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from samegauge.core.backup.places import Copy, Place

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
    copies, unreachable = _copies_there()
    context = {
        "backups": [_row(job) for job in backups],
        "last": Job.objects.filter(kind=BACKUP, state=JobState.DONE).order_by("-requested_at").first(),
        **_failure(next((job for job in backups if job.state not in OPEN), None)),
        "running": [_progress(job) for job in running],
        "place": settings.SITE.backup_place,
        "kept": settings.SITE.backups_kept,
        "copies": copies,
        "unreachable": unreachable,
        "checkup": checkups.filter(state=JobState.DONE).first(),
        "returning": _return_bar() if _is_returning() else None,
        "returns": going_back.past(Path(settings.SAMEGAUGE_HOME)),
        "chinese": reads_chinese(),
    }
    return render(request, "backup/overview.html", context)


@require_GET
@needs(Action.ADMINISTER_SITE)
def health(request: HttpRequest) -> HttpResponse:
    """How each part of the site is, what shows it, and what to do."""
    _only_for_the_house(request)
    found = parts(Path(settings.SAMEGAUGE_HOME))
    worst = [part for part in found if part.kind == found[0].kind and part.kind in {"alarm", "warning"}]
    backup_page = [Button(_("Backup"), reverse("backup"), "package")]
    context = {
        "parts": found,
        "worst": worst,
        "actions": backup_page if any(part.on_backup_page for part in worst) else None,
    }
    return render(request, "backup/health.html", context)


@require_GET
@needs(Action.ADMINISTER_SITE)
def archive_file(request: HttpRequest) -> HttpResponseBase:
    """Hand out one of the archives in this site's folder, by its name."""
    _only_for_the_house(request)
    asked = request.GET.get("name", "")
    copies, _unreachable = _copies_there()
    if asked not in {copy.name for copy in copies}:
        raise Http404
    return FileResponse(_place().opened(asked), as_attachment=True, filename=asked, content_type="application/zip")


@require_http_methods(["GET", "POST"])
@needs(Action.ADMINISTER_SITE)
@confirmed
def go_back(request: HttpRequest) -> HttpResponse:
    """Say what going back to an archive means, and ask the supervisor for it."""
    _only_for_the_house(request)
    asked = request.POST.get("name") or request.GET.get("name", "")
    copies, _unreachable = _copies_there()
    if asked not in {copy.name for copy in copies}:
        raise Http404
    archive, home = f"{_place().name}/{asked}", Path(settings.SAMEGAUGE_HOME)
    by_page = not settings.SITE.database_url and (home / RUNNING).exists()
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and by_page and form.is_valid():
        if not going_back.ask(home, archive, str(request.user), form.cleaned_data["reason"]):
            messages.error(request, _("The site is being taken back already. Wait until that has ended."))
        return redirect("backup")
    return render(request, "backup/go_back.html", {"archive": archive, "name": asked, "form": form, "by_page": by_page})


@require_GET
@needs(Action.ADMINISTER_SITE)
def going_back_state(request: HttpRequest) -> HttpResponse:
    """How far it is; asked every second, also while the site starts again."""
    _only_for_the_house(request)
    bar = _return_bar()
    return render(request, "components/job_bar.html", {"job": bar}) if bar else HttpResponse()


@require_GET
@needs(Action.ADMINISTER_SITE)
def job_bar(request: HttpRequest, job_uid: UUID) -> HttpResponse:
    """How far the work is; the bar asks again every second until it has ended."""
    _only_for_the_house(request)
    return render(request, "components/job_bar.html", {"job": _progress(get_object_or_404(Job, uid=job_uid))})


def _is_returning() -> bool:
    """One that ended well stands in the list of them."""
    state = going_back.asked(Path(settings.SAMEGAUGE_HOME))
    return state is not None and state.step != going_back.DONE


def _return_bar() -> JobProgress | None:
    state = going_back.asked(Path(settings.SAMEGAUGE_HOME))
    if state is None:
        return None
    states: dict[str, Any] = {going_back.DONE: "done", going_back.FAILED: "failed"}
    shown = states.get(state.step, "running")
    return JobProgress(
        uid="going-back",
        name=_("Going back to %(archive)s") % {"archive": state.archive_name},
        state=shown,
        message=state.message_zh if reads_chinese() else state.message,
        poll_url=reverse("going_back_state"),
        result=Button(_("See the result"), reverse("backup"), "eye") if shown == "done" else None,
    )


def _only_for_the_house(request: HttpRequest) -> None:
    if not administers_site(request.membership):  # type: ignore[attr-defined]
        raise Http404


def _place() -> Place:
    return place_of(settings.SITE, Path(settings.SAMEGAUGE_HOME), attempts=1)  # a page does not wait for a network


def _copies_there() -> tuple[list[Copy], str]:
    """The newest copies, or why they cannot be listed."""
    try:
        return newest_first(_place())[:SHOWN], ""
    except BackupError as error:
        return [], error.message_zh if reads_chinese() else str(error)


def _failure(last: Job | None) -> dict[str, Any]:
    """Why the last backup failed, and when it is tried again where nobody has asked for it."""
    if last is None or last.state != JobState.FAILED:
        return {"failed": None}
    again_at = last.requested_at + AGAIN_AFTER if last.requested_by_id is None else None
    return {"failed": last, "failed_reason": _message(last), "tried_again_at": again_at}


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
