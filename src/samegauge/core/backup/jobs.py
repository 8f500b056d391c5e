"""Backups by the worker: when somebody asks, and every day into the second place that the site names."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from samegauge.core.backup.doctor import examine_site
from samegauge.core.backup.making import make_backup
from samegauge.core.backup.places import PREFIX, place_of, thin_out
from samegauge.core.backup.standing import BACKUP, CHECKUP
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.registry import regularly
from samegauge.core.jobs.rules import enqueue, job
from samegauge.core.organisations.models import Organisation
from samegauge.core.organisations.rules import house
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from samegauge.core.jobs.progress import Progress

EVERY = timedelta(days=1)
AGAIN_AFTER = timedelta(hours=1)  # when the last one failed
LOOK_EVERY_S = 60.0
MOST_SHOWN = 50


@job(BACKUP)
def back_up(progress: Progress) -> dict[str, Any]:
    return progress.step("write", partial(_written, progress))


def _written(progress: Progress) -> dict[str, Any]:
    asked = Job.objects.values_list("requested_at", flat=True).get(uid=progress.uid)
    home, prefix = Path(settings.SAMEGAUGE_HOME), name_prefix()
    place = place_of(settings.SITE, home)
    name = f"{prefix}{asked:%Y%m%dT%H%M%S.%fZ}.zip"
    report = place.keep(name, partial(make_backup, home), progress.tell).report()
    thin_out(place, settings.SITE.backups_kept, prefix, name)
    faults = report["faults"]
    return report | {"file": f"{place.name}/{name}", "faults": faults[:MOST_SHOWN], "faults_total": len(faults)}


def name_prefix() -> str:
    """What this site's copies are called, so that of two sites with one place neither removes the other's."""
    runs_the_site = house()
    return f"{PREFIX}{runs_the_site.uid.hex[-8:]}-" if runs_the_site else PREFIX


@job(CHECKUP)
def check_up(progress: Progress) -> dict[str, Any]:
    return progress.step("examine", partial(_examined, progress))


def _examined(progress: Progress) -> dict[str, Any]:
    checkup = examine_site(Path(settings.SAMEGAUGE_HOME), progress.tell)
    shown = [finding.as_json() for finding in checkup.findings[:MOST_SHOWN]]
    return {"faults": checkup.faults, "total": len(checkup.findings), "findings": shown, **checkup.looked_at}


class _Clock:
    looked_at_s = float("-inf")


@regularly
def look_whether_due() -> None:
    now_s = time.monotonic()
    if not settings.SITE.backup_place or now_s - _Clock.looked_at_s < LOOK_EVERY_S:
        return
    _Clock.looked_at_s = now_s
    ask_when_due(datetime.now(UTC))


def ask_when_due(now: datetime) -> Job | None:
    """Ask for the daily backup when a day has passed since the last one, or an hour since one that failed."""
    runs_the_site = house()
    if runs_the_site is None:
        return None
    with transaction.atomic(), organisation_scope(runs_the_site):
        Organisation.objects.select_for_update(no_key=True).get(pk=runs_the_site.pk)  # of two workers one asks
        last = Job.objects.filter(kind=BACKUP, requested_by=None).order_by("-requested_at").first()
        if last is not None and not _is_over(last, now):
            return None
        return enqueue(BACKUP, {}, None)


def _is_over(last: Job, now: datetime) -> bool:
    if last.state in {JobState.REQUESTED, JobState.RUNNING}:
        return False
    return now - last.requested_at >= (EVERY if last.state == JobState.DONE else AGAIN_AFTER)
