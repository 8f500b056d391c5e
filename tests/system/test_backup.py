"""Backup, wipe, restore: by the commands, on both databases and across, killed, cut off and from an older version."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.import_site import COMMAND, ImportSite, environment_of, package_slice
from support.processes import SUPPORT, wait_for

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Callable

BACKUPS = Path(__file__).parents[1] / "recorded" / "backups"
KEPT = BACKUPS / "simulated-0.1.0.zip"
MARK = "unfinished-restore.json"
SERIAL = "SIM-0001"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    """A site with something of everything, simulated; its files lie beside it."""
    folder = tmp_path_factory.mktemp("furnished")
    site = ImportSite(folder / "home")
    words = [sys.executable, SUPPORT / "simulated_site.py", folder]
    process.run(words, process.Options(env=environment_of(site.home)))
    return site


@pytest.fixture(scope="module")
def archive(furnished: ImportSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "one.zip"
    said = furnished.command("backup", path, "--json")
    assert said.status == 0, said.err
    return path


def manifest(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as opened:
        return json.loads(opened.read("manifest.json"))


def backed_up(site: ImportSite, path: Path, **environment: str) -> dict[str, Any]:
    said = site.command("backup", path, "--json", **environment)
    assert said.status == 0, said.err
    return manifest(path)


def restored(path: Path, home: Path, **environment: str) -> ImportSite:
    site = ImportSite(home)
    said = site.command("restore", path, "--json", **environment)
    assert said.status == 0, said.err
    assert not (home / MARK).exists()
    return site


def same(one: dict[str, Any], other: dict[str, Any], except_for: frozenset[str] = frozenset()) -> None:
    """Compare two backups but for the database file itself, whose pages need not be alike."""
    assert one["tables"].keys() == other["tables"].keys()
    assert {name for name in one["tables"] if one["tables"][name] != other["tables"][name]} <= except_for
    assert one["lakes"] == other["lakes"]
    assert one["migrations"] == other["migrations"]
    kept = [[entry for entry in each["files"] if entry["path"] != "database.sqlite3"] for each in (one, other)]
    assert kept[0] == kept[1]


def files_of(home: Path) -> dict[str, bytes]:
    kept = [path for part in ("vault", "lake", "keys/trusted") for path in (home / part).rglob("*") if path.is_file()]
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in kept if path.name != "lock"}


@pytest.mark.threat("T10")
def test_backup_wipe_restore_gives_the_same_counts_and_hashes(
    furnished: ImportSite, archive: Path, tmp_path: Path
) -> None:
    first = manifest(archive)
    assert {name: first["tables"][name]["rows"] for name in ("thread_asbuiltedge", "history_passport")} == {
        "thread_asbuiltedge": 1,
        "history_passport": 1,
    }
    site = restored(archive, tmp_path / "home")
    same(first, backed_up(site, tmp_path / "again.zip"))
    assert files_of(site.home) == files_of(furnished.home)
    assert site.facts() == furnished.facts()
    said = site.command("doctor", "--json")
    assert [one["kind"] for one in said.json["findings"]] == ["key_missing"]
    passport = furnished.home.parent / "passport" / f"{SERIAL}.passport.json"
    assert site.command("verify", passport).status == 0
    assert archive.stat().st_mode & 0o077 == 0


@pytest.mark.postgresql
def test_a_backup_crosses_between_the_databases(archive: Path, tmp_path: Path, postgresql_url: str) -> None:
    on_postgresql = {"SAMEGAUGE_DATABASE_URL": postgresql_url}
    site = restored(archive, tmp_path / "postgresql", **on_postgresql)
    assert not list(site.home.glob("*.sqlite3"))
    second = backed_up(site, tmp_path / "second.zip", **on_postgresql)
    assert (manifest(archive)["engine"], second["engine"]) == ("sqlite", "postgresql")
    same(manifest(archive), second)
    back = restored(tmp_path / "second.zip", tmp_path / "sqlite")
    same(second, backed_up(back, tmp_path / "third.zip"))
    assert back.command("doctor").status == 1  # the key alone
    # New records are numbered after those that came in.
    said = site.command("import", "qif", _other_results(tmp_path), "--json", **on_postgresql)
    assert said.status == 0, said.err
    used = ImportSite(tmp_path / "used").command("restore", archive, **on_postgresql)
    assert used.status == 1
    assert "holds records already" in used.err


def _other_results(folder: Path) -> Path:
    sys.path.insert(0, str(SUPPORT.parent))
    from qif_samples import qif

    path = folder / "other.qif"
    path.write_bytes(qif() + b"\n")
    return path


@pytest.mark.parametrize("path", sorted(BACKUPS.glob("*.zip")), ids=lambda path: path.stem)
def test_an_archive_of_an_earlier_version_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    site = restored(path, tmp_path / "home")
    now = backed_up(site, tmp_path / "now.zip")
    kept = manifest(path)
    assert {*kept["migrations"]} <= {*now["migrations"]}
    counts = {name: table["rows"] for name, table in kept["tables"].items() if name.startswith(("thread_", "measure"))}
    assert counts
    assert {name: now["tables"][name]["rows"] for name in counts} == counts
    found = {one["kind"] for one in site.command("doctor", "--json").json["findings"]}
    # Where it had issued passports: no archive holds keys. The worker begins the log, which there was not then.
    assert found <= {"key_missing", "log_not_begun"}


@pytest.mark.postgresql
def test_an_archive_of_an_earlier_version_is_brought_up_to_date_on_postgresql(
    tmp_path: Path, postgresql_url: str
) -> None:
    on_postgresql = {"SAMEGAUGE_DATABASE_URL": postgresql_url}
    now = backed_up(restored(KEPT, tmp_path / "home", **on_postgresql), tmp_path / "now.zip", **on_postgresql)
    beside = backed_up(restored(KEPT, tmp_path / "beside"), tmp_path / "beside.zip")
    same(now, beside, frozenset({"django_migrations"}))  # they were applied at two moments
    assert (now["engine"], beside["engine"]) == ("postgresql", "sqlite")


def test_a_newer_version_s_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.zip"
    rewritten(archive, newer, lambda said: said["migrations"].append("thread.9999_tomorrow"))
    site = ImportSite(tmp_path / "home")
    said = site.command("restore", newer, "--json")
    assert said.status == 1
    assert "newer samegauge" in said.json["error"]
    assert not site.home.exists()


def rewritten(source: Path, target: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Copy an archive with another manifest."""
    said = manifest(source)
    change(said)
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w") as write:
        for info in read.infolist():
            content = json.dumps(said).encode() if info.filename == "manifest.json" else read.read(info)
            write.writestr(info.filename, content)


@pytest.mark.threat("T15")
def test_tables_that_are_not_as_stated_are_refused(archive: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.zip"
    rewritten(archive, odd, lambda said: said["tables"]["thread_event"].update(rows=60))
    (tmp_path / "home").mkdir()
    said = ImportSite(tmp_path / "home").command("restore", odd, "--json")
    assert (said.status, "thread_event" in said.json["error"]) == (1, True)
    assert not list((tmp_path / "home").iterdir())


def test_a_data_folder_in_use_is_not_touched(furnished: ImportSite, archive: Path, tmp_path: Path) -> None:
    site = furnished.copy(tmp_path / "home")
    before = {path: path.stat().st_mtime_ns for path in site.home.rglob("*")}
    said = site.command("restore", archive, "--json")
    assert said.status == 1
    assert "is not empty" in said.json["error"]
    after = {path: path.stat().st_mtime_ns for path in site.home.rglob("*")}
    assert {**after, site.home: 0} == {**before, site.home: 0}


def test_a_killed_restore_is_known_and_starts_over(archive: Path, tmp_path: Path) -> None:
    site = ImportSite(tmp_path / "home")
    child = site.start("restore", archive)
    wait_for(lambda: child.status() is not None or (site.home / MARK).exists(), "the restore to begin")
    child.kill()
    assert (site.home / MARK).exists()
    for words in (("doctor",), ("backup", tmp_path / "half.zip"), ("run", "--port", "0"), ("import", "qif", archive)):
        said = site.command(*words)
        assert said.status == 1
        assert f"Run `samegauge restore {archive}` again" in said.err
    restored(archive, site.home)
    assert site.command("doctor").status == 1  # the key alone


def test_a_killed_backup_leaves_nothing_that_looks_whole(furnished: ImportSite, tmp_path: Path) -> None:
    big = furnished.copy(tmp_path / "home")
    add_to_vault(big, 40)
    folder = tmp_path / "second place"
    folder.mkdir()
    child = big.start("backup", folder / "one.zip")
    wait_for(lambda: child.status() is not None or any(folder.glob(".*/archive")), "the backup to begin")
    child.kill()
    left = {path.name for path in folder.iterdir()}
    assert len(left) == 1
    assert next(iter(left)).startswith(".samegauge-backup-")
    backed_up(big, folder / "one.zip")
    assert {path.name for path in folder.iterdir()} == {"one.zip"}


def add_to_vault(site: ImportSite, mebibytes: int) -> None:
    words = [sys.executable, SUPPORT / "fill_vault.py", str(mebibytes)]
    process.run(words, process.Options(env=environment_of(site.home)))


def test_a_disk_that_is_full_leaves_no_backup_and_no_restore(
    furnished: ImportSite, archive: Path, tmp_path: Path
) -> None:
    """A limit on the size of files stands in for the disk."""
    limited = ["prlimit", "--fsize=40000", *COMMAND]
    target = tmp_path / "one.zip"
    options = process.Options(env=environment_of(furnished.home), status_matters=False)
    done = process.run([*limited, "backup", target, "--json"], options)
    assert (done.status, json.loads(done.text)["error"].startswith("The backup stopped: ")) == (1, True)
    assert not list(tmp_path.iterdir())
    options = process.Options(env=environment_of(tmp_path / "home"), status_matters=False)
    done = process.run([*limited, "restore", archive, "--json"], options)
    assert (done.status, json.loads(done.text)["error"].startswith("The restore stopped: ")) == (1, True)
    assert not list(tmp_path.iterdir())


def test_a_backup_during_an_import_restores_to_a_site_that_goes_on(test_data: Path, tmp_path: Path) -> None:
    package = package_slice(test_data / "nist-smstestbed", tmp_path / "package")
    undisturbed = ImportSite(tmp_path / "undisturbed")
    assert undisturbed.command("import", "nist-tdp", package).status == 3
    site = ImportSite(tmp_path / "home")
    site.home.mkdir()
    child = site.start("import", "nist-tdp", package)
    end = undisturbed.progress()
    taken = []
    for part in (4, 2):
        wait_for(lambda part=part: child.status() is not None or site.progress() >= end // part, "the import to go on")
        backed_up(site, tmp_path / f"{part}.zip")
        taken.append(tmp_path / f"{part}.zip")
    assert child.wait(600) == 3
    for path in taken:
        copy = restored(path, tmp_path / f"home-{path.stem}")
        faults = [one for one in copy.command("doctor", "--json").json["findings"] if one["weight"] == "fault"]
        assert faults == []
        again = copy.command("import", "nist-tdp", package)
        assert again.status in {0, 3}, again.err  # 0 where all was in
        assert copy.facts() == undisturbed.facts()


@pytest.mark.asvs("11.3.2")
@pytest.mark.threat("T16")
def test_the_keys_have_a_backup_of_their_own(furnished: ImportSite, archive: Path, tmp_path: Path) -> None:
    phrase, wrong = tmp_path / "phrase", tmp_path / "wrong"
    phrase.write_text("a sentence that is long\n")
    wrong.write_text("another sentence, as long\n")
    said = furnished.command("backup-keys", tmp_path / "keys", "--passphrase-file", phrase, "--json")
    assert said.status == 0, said.err
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(archive) as opened:
        assert not [name for name in opened.namelist() if name.endswith(".key") or "secret" in name]
    site = restored(archive, tmp_path / "home")
    refused = site.command("restore-keys", tmp_path / "keys", "--passphrase-file", wrong)
    assert (refused.status, "passphrase is wrong" in refused.err) == (1, True)
    # Nothing is signed by a new key that nobody knows.
    unsigned = site.command("passport", SERIAL, "--out", tmp_path / "out")
    assert (unsigned.status, "Run `samegauge restore-keys FILE`" in unsigned.err) == (1, True)
    assert not list((site.home / "keys").glob("*.key"))
    assert site.command("restore-keys", tmp_path / "keys", "--passphrase-file", phrase).status == 0
    key = next((furnished.home / "keys").glob("*.key"))
    assert (site.home / "keys" / key.name).read_bytes() == key.read_bytes()
    assert site.command("doctor").status == 0
    assert site.command("passport", SERIAL, "--out", tmp_path / "out").status == 0
    assert furnished.command("verify", tmp_path / "out" / f"{SERIAL}.passport.json").status == 0


def test_a_key_that_is_lost_for_good_can_be_followed_by_another(archive: Path, tmp_path: Path) -> None:
    site = restored(archive, tmp_path / "home")
    [trusted] = (site.home / "keys" / "trusted").glob("*.pub")
    before = manifest(archive)["tables"]["history_passport"]["rows"]
    trusted.unlink()
    assert site.command("passport", SERIAL, "--out", tmp_path / "out").status == 1
    with zipfile.ZipFile(archive) as opened:
        trusted.with_name("until-2026.pub").write_bytes(opened.read(f"keys/trusted/{trusted.name}"))
    assert site.command("passport", SERIAL, "--out", tmp_path / "out").status == 0
    assert site.table_rows()["history_passport"] == before + 1
    assert site.command("verify", tmp_path / "out" / f"{SERIAL}.passport.json").status == 0


def test_an_interrupt_from_the_keyboard_empties_the_folder_again(archive: Path, tmp_path: Path) -> None:
    site = ImportSite(tmp_path / "home")
    child = site.start("restore", archive)
    wait_for(lambda: child.status() is not None or (site.home / MARK).exists(), "the restore to begin")
    import os

    os.kill(child.pid, signal.SIGINT)
    assert child.wait(60) == 1
    assert not site.home.exists()
    shutil.rmtree(tmp_path)
