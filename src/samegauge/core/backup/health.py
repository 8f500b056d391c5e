"""How the parts of the site are, for those who run it."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samegauge.core.backup.doctor import LEAST_FREE_BYTES
from samegauge.core.backup.keys import last_key_backup
from samegauge.core.backup.standing import (
    BACKUP,
    CHECKUP,
    OVERDUE,
    backups_due_since,
    key_findings,
    keys_to_keep,
    last_done,
    simulated_organisations,
)
from samegauge.core.charts.numerals import quantity_text
from samegauge.core.database_walls.building import faults
from samegauge.core.jobs.worker_sign import age_s

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.core.face import Kind

SILENT_AFTER_S = 60.0
SCARCE_BYTES = 5 * 10**9
CHECKED_FOR = timedelta(days=30)
WORST_FIRST: tuple[Kind, ...] = ("alarm", "warning", "ok", "neutral")


def states(home: Path) -> dict[str, Any]:
    """Tell of vault, lake, disk and worker; that the database answers is known when this is asked."""
    seen_s = age_s(home, time.time())
    return {
        "database": "ok",
        "vault": _writable(home / "vault"),
        "lake": _writable(home / "lake"),
        "disk_free_bytes": shutil.disk_usage(home).free,
        "worker": "ok" if seen_s is not None and seen_s < SILENT_AFTER_S else "silent",
        "worker_seen_s": None if seen_s is None else round(seen_s, 1),
    }


def _writable(folder: Path) -> str:
    if not folder.exists():
        return "empty"
    return "ok" if os.access(folder, os.W_OK | os.X_OK) else "not writable"


@dataclass(frozen=True)
class Part:
    """One line of the page: the state in a word, what shows it, since when that is known, and what to do."""

    name: str
    kind: Kind
    state: str
    evidence: str
    action: str = ""
    seen_at: datetime | None = None
    on_backup_page: bool = False


def parts(home: Path) -> list[Part]:
    """Tell of every part of the site, the worst first."""
    told = states(home)
    found = [
        _database(),
        _worker(told),
        _folder(_("Vault"), told["vault"], home / "vault"),
        _folder(_("Lake"), told["lake"], home / "lake"),
        _disk(told["disk_free_bytes"]),
        _walls(),
        _backups(),
        _keys(home),
        _checkup(),
    ]
    return sorted(found, key=lambda part: WORST_FIRST.index(part.kind))


def _database() -> Part:
    return Part(_("Database"), "ok", _("answers"), connection.display_name)


def _worker(told: dict[str, Any]) -> Part:
    seen_s = told["worker_seen_s"]
    seen_at = None if seen_s is None else datetime.now(UTC) - timedelta(seconds=seen_s)
    evidence = _("It gives a sign every few seconds. Imports, backups and checks are its work.")
    if told["worker"] == "ok":
        return Part(_("Worker"), "ok", _("works"), evidence, seen_at=seen_at)
    action = _("Stop the platform and start it again with “samegauge run”; its log says why the worker ended.")
    return Part(_("Worker"), "alarm", _("silent"), evidence, action, seen_at)


def _folder(name: str, state: str, folder: Path) -> Part:
    if state == "not writable":
        action = _("Give the account that runs the platform the right to write into this folder.")
        return Part(name, "alarm", _("not writable"), str(folder), action)
    if state == "empty":
        return Part(name, "neutral", _("nothing in it yet"), str(folder))
    return Part(name, "ok", _("writable"), str(folder))


def _disk(free_bytes: int) -> Part:
    evidence = _("%(free)s free") % {"free": quantity_text(free_bytes / 1e9, "GB", 1)}
    action = _("Make room, or move the data folder: imports and backups stop when the disk is full.")
    if free_bytes < LEAST_FREE_BYTES:
        return Part(_("Disk"), "alarm", _("nearly full"), evidence, action)
    if free_bytes < SCARCE_BYTES:
        return Part(_("Disk"), "warning", _("becoming full"), evidence, action)
    return Part(_("Disk"), "ok", _("room enough"), evidence)


def _walls() -> Part:
    evidence = _("Rows of one organisation are kept from the others by the database itself.")
    altered = faults(connection)
    if not altered:
        return Part(_("Walls between organisations"), "ok", _("stand"), evidence)
    action = _("Stop the platform and run “samegauge migrate”, which builds them anew. Find out who altered them.")
    return Part(_("Walls between organisations"), "alarm", _("altered"), "; ".join(altered[:3]), action)


def _backups() -> Part:
    name, place, last = _("Backup"), settings.SITE.backup_place, last_done(BACKUP)
    seen_at = last.finished_at if last else None
    if not place:
        action = _("Set SAMEGAUGE_BACKUP_FOLDER to a folder on another disk or machine, or to s3://bucket/prefix.")
        evidence = _("Backups lie on the same disk as the data.")
        return Part(name, "warning", _("no second place"), evidence, action, seen_at)
    since = backups_due_since()
    if since is not None and datetime.now(UTC) - since > OVERDUE:
        action = _("Open the page “Backup”: it says why the last one failed.")
        return Part(name, "alarm", _("overdue"), place, action, seen_at, on_backup_page=True)
    return Part(name, "ok" if last else "neutral", _("up to date") if last else _("not due yet"), place, "", seen_at)


def _keys(home: Path) -> Part:
    simulated = simulated_organisations()
    name, made, count = _("Signing keys"), last_key_backup(home), len(keys_to_keep(home, simulated))
    evidence = ngettext("%(count)d key", "%(count)d keys", count) % {"count": count}
    if not count:
        return Part(name, "neutral", _("none yet"), _("The first passport makes one."))
    if any(key_findings(home, simulated)):
        action = _("Run “samegauge backup-keys FILE” and keep the file apart from the backups.")
        return Part(name, "warning", _("no recent sealed copy"), evidence, action, made.at)
    return Part(name, "ok", _("in a sealed copy"), evidence, "", made.at)


def _checkup() -> Part:
    name, last = _("Sanity check"), last_done(CHECKUP)
    if last is None or last.finished_at is None or datetime.now(UTC) - last.finished_at > CHECKED_FOR:
        evidence = _("Every file and record is held against what was noted of it.")
        action = _("Run it on the page “Backup”: it reads everything and changes nothing.")
        seen_at = last.finished_at if last else None
        return Part(name, "warning", _("due"), evidence, action, seen_at, on_backup_page=True)
    count = (last.result or {}).get("faults", 0)
    evidence = ngettext("%(count)d fault", "%(count)d faults", count) % {"count": count}
    if count:
        action = _("Open the page “Backup”: it lists them.")
        return Part(name, "alarm", _("faults found"), evidence, action, last.finished_at, on_backup_page=True)
    return Part(name, "ok", _("sound"), evidence, "", last.finished_at)
