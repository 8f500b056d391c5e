"""The sanity check: everything the site keeps, held against what it says of itself. It changes nothing."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from samegauge.core.backup.findings import Finding, Weight
from samegauge.core.backup.standing import backup_findings, full_disks, key_findings, simulated_organisations
from samegauge.core.database import broken_references, damages, is_there
from samegauge.core.database_walls.building import faults
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.merkle_log.examining import examine_log
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import all_organisations, organisation_scope
from samegauge.core.search.indexing import disagreements
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Event
from samegauge.core.thread.rules import altered_events
from samegauge.core.vault.models import StoredFile
from samegauge.doors.crypto import CryptoError, load_key, load_public_key, sha256_stream
from samegauge.lake.inventory import examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from samegauge.core.jobs.progress import Listener

LEAST_FREE_BYTES = 1 << 30
CLOCK_TOLERANCE = timedelta(minutes=5)
EVENTS_AT_ONCE = 2_000
# With these the records themselves are not asked.
UNREADABLE = {"database_missing", "database_damaged", "migration_missing", "migration_unknown"}
WHY = "the sanity check looks at every organisation's records"


@dataclass(frozen=True)
class Checkup:
    """`looked_at` counts what was checked, so that silence is not taken for health."""

    findings: tuple[Finding, ...]
    looked_at: dict[str, int]

    @property
    def faults(self) -> int:
        return sum(finding.weight == Weight.FAULT for finding in self.findings)


def examine_site(home: Path, tell: Listener | None = None) -> Checkup:
    counts = {"events": 0, "vault_files": 0}
    findings = list(_database())
    readable = not any(finding.kind in UNREADABLE for finding in findings)
    steps: list[tuple[str, str, Callable[[], Iterable[Finding]]]] = [
        ("this machine", "這台電腦", lambda: [*full_disks(home, LEAST_FREE_BYTES), *_modes(home)]),
        ("lake", "資料湖", lambda: _lake(home)),
        ("keys", "金鑰", lambda: _keys(home, readable=readable)),
    ]
    if readable:
        steps += [
            ("walls", "組織隔離", _walls),
            ("backups", "備份", lambda: backup_findings(home)),
            ("events", "事件", lambda: [*_events(counts), *_clock()]),
            ("log", "紀錄", _log),
            ("imports", "匯入", _imports),
            ("vault", "檔案庫", lambda: _vault(home, counts)),
            ("search", "搜尋", _search),
        ]
    for place, (name, name_zh, step) in enumerate(steps):
        if tell is not None:
            tell(place, len(steps), f"Checking: {name}", f"正在檢查：{name_zh}")
        findings += step()
    return Checkup(tuple(findings), counts)


def _database() -> Iterator[Finding]:
    if not is_there():
        yield Finding("database_missing", str(connection.settings_dict["NAME"]))
        return
    damaged = damages()
    yield from (Finding("database_damaged", connection.vendor, text) for text in damaged)
    if damaged:
        return
    yield from (Finding("reference_broken", connection.vendor, text) for text in broken_references())
    loader = MigrationLoader(connection)
    known, applied = set(loader.disk_migrations), set(loader.applied_migrations)
    for app, name in sorted(known - applied):
        yield Finding("migration_missing", f"{app}.{name}")
    ours = {app for app, _name in known}
    for app, name in sorted((app, name) for app, name in applied - known if app in ours):
        yield Finding("migration_unknown", f"{app}.{name}")


def _walls() -> Iterator[Finding]:
    yield from (Finding("walls_altered", connection.vendor, text) for text in faults(connection))


def _events(counts: dict[str, int]) -> Iterator[Finding]:
    with all_organisations(WHY):
        rows = Event.objects.select_related("organisation", "unit", "actor", "batch", "supersedes").order_by("pk")
        events = rows.iterator(EVENTS_AT_ONCE)
        while some := list(islice(events, EVENTS_AT_ONCE)):
            counts["events"] += len(some)
            for event in altered_events(some):
                yield Finding("event_altered", str(event.uid), f"{event.kind}, {event.organisation}")


def _log() -> Iterator[Finding]:
    for organisation in Organisation.objects.order_by("pk"):
        with organisation_scope(organisation):
            for fault in examine_log():
                yield Finding(fault.kind, fault.where, ", ".join(filter(None, (fault.detail, str(organisation)))))


def _clock() -> Iterator[Finding]:
    with all_organisations(WHY):
        newest = Event.objects.order_by("-pk").values_list("receive_time", flat=True).first()
    now = datetime.now(UTC)
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        yield Finding("clock_behind", f"{now:%Y-%m-%dT%H:%M:%SZ}", f"{newest:%Y-%m-%dT%H:%M:%SZ}")


def _vault(home: Path, counts: dict[str, int]) -> Iterator[Finding]:
    with all_organisations(WHY):
        named = dict(StoredFile.objects.order_by("pk").values_list("sha256", "name"))
    for sha256, name in named.items():
        path = home / "vault" / sha256[:2] / sha256
        where = path.relative_to(home).as_posix()
        counts["vault_files"] += 1
        try:
            with path.open("rb") as stream:
                digest, _length = sha256_stream(stream)
        except OSError as error:
            yield Finding("vault_file_missing", where, f"{name}: {error.strerror}")
            continue
        if digest.hex() != sha256:
            yield Finding("vault_file_damaged", where, name)
    for path in sorted((home / "vault").glob("*/*")):
        if path.parent.name == "incoming" or path.name not in named:
            yield Finding("vault_file_unknown", path.relative_to(home).as_posix())


def _search() -> Iterator[Finding]:
    for organisation in Organisation.objects.order_by("pk"):
        with organisation_scope(organisation):
            for kind, records, entries in disagreements():
                yield Finding("search_disagrees", f"{organisation}, {kind}", f"{records}, {entries}")


def _lake(home: Path) -> Iterator[Finding]:
    for found in examine(home / "lake"):
        yield Finding(
            f"lake_{found.fault.value.removeprefix('lake_')}", found.path.relative_to(home).as_posix(), found.detail
        )


def _imports() -> Iterator[Finding]:
    for organisation in Organisation.objects.order_by("pk"):
        with organisation_scope(organisation):
            yield from _imports_of(organisation)


def _imports_of(organisation: Organisation) -> Iterator[Finding]:
    open_jobs = set(Job.objects.filter(state__in=[JobState.REQUESTED, JobState.RUNNING]).values_list("uid", flat=True))
    for batch in ImportBatch.objects.filter(finished_at__isnull=True, undone_at__isnull=True).order_by("pk"):
        if batch.uid not in open_jobs:
            yield Finding("import_unfinished", str(batch.uid), f"{organisation}, {batch.source}")
    live = organisation_lake().ledger.live()
    for batch in ImportBatch.objects.filter(undone_at__isnull=False, uid__in=[one.batch for one in live]).order_by(
        "pk"
    ):
        yield Finding("import_half_undone", str(batch.uid), f"{organisation}, {batch.source}")
    sources = {file.key.source for arrival in live for file in arrival.files}
    standing = ImportedFile.objects.filter(outcome=FileOutcome.IN, standing=True, observations__gt=0)
    for sha256, name in standing.values_list("sha256", "name").order_by("pk"):
        if sha256 not in sources:
            yield Finding("readings_missing", name, str(organisation))


def _keys(home: Path, *, readable: bool) -> Iterator[Finding]:
    simulated = simulated_organisations() if readable else frozenset[str]()
    issuers = _organisation_uids() - simulated if readable else set[str]()
    folder = home / "keys"
    known = {path.stem for path in folder.glob("*.key")}
    for path in sorted(folder.glob("*.key")):
        trusted = folder / "trusted" / f"{path.stem}.pub"
        try:
            key = load_key(path)
            if trusted.exists() and load_public_key(trusted) != key.public:
                yield Finding("key_not_trusted", path.relative_to(home).as_posix())
        except (OSError, CryptoError) as error:
            yield Finding("key_unusable", path.relative_to(home).as_posix(), str(error))
    for path in sorted((folder / "trusted").glob("*.pub")):
        if path.stem in issuers - known:
            yield Finding("key_missing", f"keys/{path.stem}.key")
    yield from key_findings(home, simulated)


def _organisation_uids() -> set[str]:
    return {str(uid) for uid in Organisation.objects.values_list("uid", flat=True)}


def _modes(home: Path) -> Iterator[Finding]:
    private: Iterable[Path] = [
        home / "secret_key",
        home / "samegauge.sqlite3",
        *(home / "keys").glob("*.key"),
        *(home / "keys").glob("*.secret"),
    ]
    for path in private:
        if path.exists() and _others_can_reach(home, path):
            yield Finding("open_to_others", str(path), oct(stat.S_IMODE(path.stat().st_mode)))


def _others_can_reach(home: Path, path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077) and bool(home.stat().st_mode & 0o011)
