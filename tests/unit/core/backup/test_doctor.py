"""Each kind of fault is planted, found, named and explained; a sound site has none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from shdr_logs import day_log
from support.import_here import take_in

from samegauge.core.backup import doctor
from samegauge.core.backup.doctor import Checkup, examine_site
from samegauge.core.backup.findings import TEXTS, Weight
from samegauge.core.backup.keys import RECORD, backup_keys
from samegauge.core.database_walls.building import as_owner
from samegauge.core.intake.batches import undo
from samegauge.core.intake.models import ImportBatch, ImportedFile, ImportKind
from samegauge.core.merkle_log.tree import place_waiting, take_over
from samegauge.core.organisations.models import Organisation
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Event, Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record
from samegauge.core.vault.rules import blob_path, keep
from samegauge.doors.crypto import generate_key, store_key, store_public_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSPHRASE = "a sentence that is long"
# Planted in a database file of their own, in tests/system/test_doctor.py.
PLANTED_ELSEWHERE = {
    "database_missing",
    "database_damaged",
    "reference_broken",
    "migration_missing",
    "migration_unknown",
    # In tests/unit/core/merkle_log/test_examining.py.
    "log_entry_altered",
    "log_state_altered",
    "event_not_logged",
    "event_missing",
    "row_altered",
    "row_missing",
    "row_added",
    "row_contradicts_event",
    "event_back_dated",
    "witness_refuses",
    "log_behind",
    "log_not_begun",
}


@pytest.fixture
def site(in_scope: Organisation, home: Path, tmp_path: Path) -> Path:
    """A sound site with an import, an event, a file and a key."""
    take_in("shdr", {"Mill01-20171023-20171024.txt": day_log(tmp_path / "in", 23).read_bytes()})
    item = Item.objects.create(number="P", name="part", kind="part")
    unit = Unit.objects.create(serial="S", item=item)
    record(Fact("machined", datetime(2026, 1, 2, tzinfo=UTC), {"by": "hand"}, unit=unit), Recorder(actor_name="test"))
    keep(b"a drawing", "drawing.txt")
    key = generate_key()
    store_key(key, home / "keys" / f"{in_scope.uid}.key")
    store_public_key(key.public, home / "keys" / "trusted" / f"{in_scope.uid}.pub")
    backup_keys(home, tmp_path / "sealed", PASSPHRASE)
    take_over()
    place_waiting()
    return home


def kinds(checkup: Checkup) -> list[str]:
    return [finding.kind for finding in checkup.findings]


def table_changed(statement: str, *values: Any) -> None:
    """Change rows behind the back of every rule, as somebody with the database's password would."""
    with as_owner(connection), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'thread_event'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)


def first(folder: Path, pattern: str) -> Path:
    return min(folder.glob(pattern))


def unfinished(_home: Path) -> None:
    ImportBatch.objects.create(kind=ImportKind.SHDR, source="half.txt")


def half_undone(_home: Path) -> None:
    ImportBatch.objects.update(undone_at=datetime.now(UTC))


def readings_gone(_home: Path) -> None:
    organisation_lake().undo(str(ImportBatch.objects.get().uid), "planted")


def other_key(home: Path) -> None:
    path = first(home, "keys/*.key")
    path.unlink()
    store_key(generate_key(), path)


def ledger_off(home: Path) -> None:
    path = first(home, "lake/*/observations/_delta_log/*1.json")
    path.write_text(path.read_text().replace('"stored": 7', '"stored": 8'))


def log_torn(home: Path) -> None:
    path = first(home, "lake/*/observations/_delta_log/*1.json")
    path.write_bytes(path.read_bytes()[:-20])


def page_flipped(home: Path) -> None:
    path = first(home, "lake/*/observations/data/*.parquet")
    data = bytearray(path.read_bytes())
    data[10:40] = bytes(30)
    path.write_bytes(data)


def full_disk(_home: Path) -> None:
    doctor.LEAST_FREE_BYTES = 1 << 60


def wall_down(_home: Path) -> None:
    with as_owner(connection), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER wall_partners_partner_insert")
        else:
            cursor.execute("ALTER TABLE partners_partner NO FORCE ROW LEVEL SECURITY")


def unknown_key(home: Path) -> None:
    store_key(generate_key(), home / "keys" / "another.key")


def year_old_keys(home: Path) -> None:
    path = home / RECORD
    said = json.loads(path.read_text()) | {"at": "2020-01-01T00:00:00+00:00"}
    path.write_text(json.dumps(said))


def nobody_backs_up(_home: Path) -> None:
    Organisation.objects.update(created_at=datetime.now(UTC) - timedelta(days=3))


PLANTS: dict[str, Callable[[Path], Any]] = {
    "event_altered": lambda _home: table_changed(
        "UPDATE thread_event SET actor_name = 'nobody' WHERE actor_name = 'test'"
    ),
    "clock_behind": lambda _home: table_changed(
        "UPDATE thread_event SET receive_time = %s", datetime.now(UTC) + timedelta(days=1)
    ),
    "vault_file_missing": lambda home: _a_blob(home).unlink(),
    "vault_file_damaged": lambda home: _a_blob(home).write_bytes(b"another drawing"),
    "vault_file_unknown": lambda home: (home / "vault" / "incoming" / "left").write_bytes(b"half a"),
    "lake_log_unreadable": log_torn,
    "lake_file_missing": lambda home: first(home, "lake/*/observations/data/*.parquet").unlink(),
    "lake_file_damaged": page_flipped,
    "lake_ledger_disagrees": ledger_off,
    "lake_file_unknown": lambda home: (next(home.glob("lake/*")) / "workshop" / "left").write_bytes(b"half a"),
    "readings_missing": readings_gone,
    "import_unfinished": unfinished,
    "import_half_undone": half_undone,
    "key_unusable": lambda home: first(home, "keys/*.key").chmod(0o644),
    "key_missing": lambda home: first(home, "keys/*.key").unlink(),
    "key_not_trusted": other_key,
    "open_to_others": lambda home: [(home / "secret_key").write_text("x"), home.chmod(0o755)],
    "disk_nearly_full": full_disk,
    "walls_altered": wall_down,
    "key_not_backed_up": unknown_key,
    "key_backup_old": year_old_keys,
    "second_place_away": lambda home: (home.parent / "second place").rmdir(),
    "backup_overdue": nobody_backs_up,
    "search_disagrees": lambda _home: table_changed("DELETE FROM search_searchentry"),
}


def _a_blob(_home: Path) -> Path:
    from samegauge.core.vault.models import StoredFile

    return blob_path(StoredFile.objects.get(name="drawing.txt").sha256)


def test_a_sound_site_has_no_finding(site: Path) -> None:
    told: list[tuple[int, int]] = []
    checkup = examine_site(site, lambda done, total, *_: told.append((done, total)))
    assert checkup.findings == ()
    assert checkup.looked_at == {"events": Event.objects.count(), "vault_files": 2}
    assert told == [(step, len(told)) for step in range(len(told))]


@pytest.mark.parametrize("kind", PLANTS)
def test_what_is_planted_is_found(site: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1)
    (site.parent / "second place").mkdir()
    monkeypatch.setenv("SAMEGAUGE_BACKUP_FOLDER", str(site.parent / "second place"))
    PLANTS[kind](site)
    found = [finding for finding in examine_site(site).findings if finding.kind == kind]
    assert found, kinds(examine_site(site))
    said = found[0].as_json()
    assert json.loads(json.dumps(said))["weight"] == TEXTS[kind][0].value
    assert said["where"] in said["message"]
    assert said["where"] in said["message_zh"]


def test_every_kind_is_planted_somewhere() -> None:
    assert PLANTS.keys() | PLANTED_ELSEWHERE == TEXTS.keys()


def test_remarks_are_no_faults(site: Path) -> None:
    PLANTS["vault_file_unknown"](site)
    checkup = examine_site(site)
    assert (checkup.faults, len(checkup.findings)) == (0, 1)
    PLANTS["vault_file_damaged"](site)
    assert examine_site(site).faults == 1


def test_an_import_undone_in_order_leaves_nothing_to_find(site: Path, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        undo(ImportBatch.objects.get(), "a mistake", Recorder(actor_name="test"))
    assert not ImportedFile.objects.filter(standing=True).exists()
    assert examine_site(site).findings == ()


def test_the_check_changes_nothing(site: Path) -> None:
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    examine_site(site)
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before


def test_another_organisation_s_records_are_looked_at_too(site: Path, other_organisation: Organisation) -> None:
    from samegauge.core.scope import organisation_scope

    with organisation_scope(other_organisation):
        stored = keep(b"theirs", "theirs.txt")
        blob_path(stored.sha256).unlink()
    assert [(one.kind, one.weight) for one in examine_site(site).findings] == [("vault_file_missing", Weight.FAULT)]
