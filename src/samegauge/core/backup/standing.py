"""How safe the site is against loss: its last good backup, the second place, and the copies of its signing keys."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.findings import Finding
from samegauge.core.backup.keys import last_key_backup, signing_keys
from samegauge.core.backup.places import place_of
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.organisations.models import Organisation
from samegauge.core.organisations.rules import house
from samegauge.core.scope import organisation_scope
from samegauge.doors.object_store import is_store_address

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

BACKUP, CHECKUP = "backup", "checkup"
OVERDUE = timedelta(days=2)
KEYS_PROVEN_FOR = timedelta(days=365)


def last_done(kind: str) -> Job | None:
    """Return the site's last job of this kind that came to a good end."""
    runs_the_site = house()
    if runs_the_site is None:
        return None
    with organisation_scope(runs_the_site):
        return Job.objects.filter(kind=kind, state=JobState.DONE).order_by("-finished_at").first()


def backups_due_since() -> datetime | None:
    """Return the last good backup; where there is none, when the first organisation was made."""
    last, runs_the_site = last_done(BACKUP), house()
    if last is not None:
        return last.finished_at
    return runs_the_site.created_at if runs_the_site else None


def backup_findings(home: Path) -> Iterator[Finding]:
    """What is wrong with the second place, where one is named."""
    named = settings.SITE.backup_place
    if not named:
        return
    try:
        place_of(settings.SITE, home).copies()
    except BackupError as error:
        yield Finding("second_place_away", named, str(error), error.message_zh)
    since = backups_due_since()
    if since is not None and datetime.now(UTC) - since > OVERDUE:
        yield Finding("backup_overdue", named, f"{since:%Y-%m-%dT%H:%M:%SZ}")


def full_disks(home: Path, least_free_bytes: int) -> Iterator[Finding]:
    named = settings.SITE.backup_place
    folders = [home, *([Path(named).expanduser()] if named and not is_store_address(named) else [])]
    for folder in folders:
        if folder.is_dir() and (free := shutil.disk_usage(folder).free) < least_free_bytes:
            yield Finding("disk_nearly_full", str(folder), f"{free >> 20} MiB")


def simulated_organisations() -> frozenset[str]:
    uids = Organisation.objects.filter(is_simulated=True).values_list("uid", flat=True)
    return frozenset(str(uid) for uid in uids)


def keys_to_keep(home: Path, simulated: Collection[str]) -> dict[str, str]:
    """Fingerprints of the signing keys by file, without those that sign simulated data: nobody would miss them."""
    return {name: key_id for name, key_id in signing_keys(home).items() if name not in simulated}


def key_findings(home: Path, simulated: Collection[str]) -> Iterator[Finding]:
    """Signing keys that no sealed file holds, as far as this site knows."""
    made = last_key_backup(home)
    kept = keys_to_keep(home, simulated)
    uncovered = sorted(name for name, key_id in kept.items() if key_id not in made.key_ids)
    for name in uncovered:
        yield Finding("key_not_backed_up", f"keys/{name}.key")
    if made.at is not None and not uncovered and datetime.now(UTC) - made.at > KEYS_PROVEN_FOR:
        yield Finding("key_backup_old", f"{made.at:%Y-%m-%d}")
