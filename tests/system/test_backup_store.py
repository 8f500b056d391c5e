"""Backups in an object store: every day by the worker, read back, sealed, thinned out, and restored from there."""

from __future__ import annotations

import json
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.import_site import ImportSite, environment_of
from support.object_stores import ADDRESS, StoreServer, breaking_line, store_server
from support.processes import SUPPORT, wait_for

from samegauge.core.backup import places
from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.places import SEAL, StorePlace, newest_first, thin_out
from samegauge.doors import process
from samegauge.doors.object_store import ObjectStore, ObjectStoreError, StoreAccess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long
MIB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    with store_server(tmp_path_factory.mktemp("store") / "log") as running:
        yield running


@pytest.fixture
def place(server: StoreServer, tmp_path: Path) -> StorePlace:
    server.make_bucket()
    for one in server.store().objects():
        server.store().remove(one.name)
    return StorePlace(server.store(), tmp_path)


@dataclass(frozen=True)
class Made:
    path: Path
    size_bytes: int


def kept(place: StorePlace, name: str, content: bytes = b"a whole copy") -> None:
    def make(path: Path, _tell: Any) -> Any:
        path.write_bytes(content)
        return Made(path, len(content))

    place.keep(name, make)


def names(place: StorePlace) -> list[str]:
    return [copy.name for copy in newest_first(place)]


def through(place: StorePlace, port: int) -> StorePlace:
    access = StoreAccess("key-id", "secret", f"http://127.0.0.1:{port}", "us-east-1")
    return StorePlace(ObjectStore(ADDRESS, access, attempts=1), place._workshop)


def test_the_oldest_go_once_a_newer_one_is_sealed_and_another_site_s_stay(place: StorePlace) -> None:
    kept(place, "samegauge-other-20260101.zip")
    for day in (1, 2, 3):
        kept(place, f"samegauge-mine-2026010{day}.zip")
        thin_out(place, 2, "samegauge-mine-", f"samegauge-mine-2026010{day}.zip")
    assert names(place) == [
        "samegauge-other-20260101.zip",
        "samegauge-mine-20260103.zip",
        "samegauge-mine-20260102.zip",
    ]
    # The clock was set back: what was just made stays all the same.
    kept(place, "samegauge-mine-20250101.zip")
    thin_out(place, 1, "samegauge-mine-", "samegauge-mine-20250101.zip")
    assert names(place)[1:] == ["samegauge-mine-20250101.zip"]
    assert {one.name for one in place._store.objects()} == {name + end for name in names(place) for end in ("", SEAL)}


def test_a_line_that_breaks_leaves_no_copy_and_the_last_good_one(
    place: StorePlace, server: StoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(place, "samegauge-1.zip")
    big = bytes(range(256)) * 4096 * 24
    with breaking_line(server.port, 16 * MIB) as port, pytest.raises(BackupError) as refused:
        kept(through(place, port), "samegauge-2.zip", big)
    assert "does not answer" in str(refused.value)
    assert "沒有回應" in refused.value.message_zh
    assert names(place) == ["samegauge-1.zip"]
    assert not list(tmp_path.glob(".samegauge-upload-*"))
    # What a store completes from a broken upload is shorter, has no seal, and goes when it is old.
    with place._store.writing("samegauge-3.zip") as stream:
        stream.write(big[: 6 * MIB])
    assert names(place) == ["samegauge-1.zip"]
    kept(place, "samegauge-4.zip", big)
    assert "samegauge-3.zip" in {one.name for one in place._store.objects()}
    monkeypatch.setattr(places, "FORGOTTEN_AFTER", timedelta(0))
    kept(place, "samegauge-5.zip", big)
    assert "samegauge-3.zip" not in {one.name for one in place._store.objects()}
    assert names(place) == ["samegauge-5.zip", "samegauge-4.zip", "samegauge-1.zip"]


class _Shortening(ObjectStore):
    """A store that loses the last byte and says nothing."""

    def writing(self, name: str) -> Any:
        stream = super().writing(name)

        class Lossy:
            def __enter__(self) -> Any:
                inner = stream.__enter__()
                self.write = lambda data: inner.write(data[:-1])
                return self

            def __exit__(self, *fault: object) -> Any:
                return stream.__exit__(*fault)

        return Lossy()


def test_a_store_that_does_not_keep_what_it_was_given_is_found_out(place: StorePlace, server: StoreServer) -> None:
    lossy = StorePlace(_Shortening(ADDRESS, server.access, 1), place._workshop)
    with pytest.raises(BackupError, match="not there as it was sent: 11 bytes instead of 12"):
        kept(lossy, "samegauge-1.zip")
    assert names(place) == []


@pytest.mark.threat("T15")
def test_what_was_changed_after_it_was_sealed_is_not_restored(place: StorePlace, tmp_path: Path) -> None:
    kept(place, "samegauge-1.zip")
    kept(place, "samegauge-2.zip")
    place.fetch("samegauge-2.zip", tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"a whole copy"
    with place._store.writing("samegauge-2.zip") as stream:
        stream.write(b"another copy")
    with pytest.raises(BackupError, match=r"not what was sealed .* Use another copy: samegauge-2.zip, samegauge-1.zip"):
        place.fetch("samegauge-2.zip", tmp_path / "changed")
    with pytest.raises(BackupError, match=r"There is no samegauge-9\.zip"):
        place.fetch("samegauge-9.zip", tmp_path / "none")


def test_two_sites_that_send_at_once_do_not_touch_each_other(place: StorePlace, server: StoreServer) -> None:
    def send(site: int) -> None:
        own = StorePlace(server.store(), place._workshop)
        for number in range(3):
            name = f"samegauge-{site}-{number}.zip"
            kept(own, name, b"x" * 6 * MIB)
            thin_out(own, 2, f"samegauge-{site}-", name)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, (1, 2)))
    assert names(place) == [f"samegauge-{site}-{number}.zip" for site in (2, 1) for number in (2, 1)]


def test_a_backup_that_cannot_be_made_sends_nothing(place: StorePlace, tmp_path: Path) -> None:
    def full(_path: Path, _tell: Any) -> Any:
        raise BackupError("The backup stopped: No space left on device.", "備份中斷")

    with pytest.raises(BackupError, match="No space left"):
        place.keep("samegauge-1.zip", full)
    assert place._store.objects() == []
    assert not list(tmp_path.glob(".samegauge-upload-*"))


def test_a_missing_bucket_and_a_wrong_key_are_named(server: StoreServer, tmp_path: Path) -> None:
    away = StorePlace(ObjectStore("s3://nowhere/x", server.access, 1), tmp_path)
    with pytest.raises(BackupError, match="There is no bucket 'nowhere'"):
        away.copies()
    with pytest.raises(BackupError, match="There is no bucket 'nowhere'"):
        kept(away, "samegauge-1.zip")
    with store_server(tmp_path / "log", INITIAL_NO_AUTH_ACTION_COUNT="0") as strict:
        refused = StorePlace(strict.store(), tmp_path)
        with pytest.raises(BackupError, match=r"refuses the key .* SAMEGAUGE_S3_SECRET_KEY") as said:
            kept(refused, "samegauge-1.zip")
        assert "拒絕這把金鑰" in said.value.message_zh
    assert "secret" not in repr(strict.access)


@pytest.mark.parametrize("address", ["s3://", "s3://Up/x", "s3://ab", "s3://bucket//x", "http://bucket/x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ObjectStoreError, match="It must read s3://bucket/prefix"):
        ObjectStore(address, StoreAccess("key-id", "secret"))


def test_a_key_and_an_endpoint_are_asked_for_by_the_names_of_their_settings() -> None:
    with pytest.raises(ObjectStoreError, match="Set SAMEGAUGE_S3_KEY_ID and SAMEGAUGE_S3_SECRET_KEY"):
        ObjectStore("s3://bucket/x", StoreAccess("", ""))
    with pytest.raises(ObjectStoreError, match="SAMEGAUGE_S3_ENDPOINT is 'nas:9000'"):
        ObjectStore("s3://bucket/x", StoreAccess("key-id", "secret", "nas:9000"))


def test_the_worker_backs_up_every_day_and_a_restore_comes_from_there(
    place: StorePlace, server: StoreServer, tmp_path: Path
) -> None:
    """Two workers look for due work at once: one backup is made."""
    home = tmp_path / "home"
    environment = environment_of(home, **server.environment)
    process.run([sys.executable, SUPPORT / "simulated_site.py", tmp_path], process.Options(env=environment))
    site = ImportSite(home)
    workers = [site.start("worker", **server.environment, SAMEGAUGE_WORKER=name) for name in ("worker-1", "worker-2")]
    try:
        wait_for(lambda: names(place), "the daily backup to be sealed")
    finally:
        for worker in workers:
            worker.kill()
    [name] = names(place)
    restored = ImportSite(tmp_path / "restored")
    said = restored.command("restore", f"{ADDRESS}/{name}", "--json", **server.environment)
    assert said.status == 0, said.err
    assert said.json["file"] == f"{ADDRESS}/{name}"
    assert not (restored.home / places.DOWNLOAD).exists()
    assert restored.facts() == site.facts()
    place.fetch(name, tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        stated = json.loads(archive.read("manifest.json"))
    assert said.json["rows"] == sum(table["rows"] for table in stated["tables"].values())
    again = restored.command("restore", f"{ADDRESS}/{name}", **server.environment)
    assert (again.status, "is not empty" in again.err) == (1, True)
    nothing = ImportSite(tmp_path / "nothing").command("restore", f"{ADDRESS}/none.zip", **server.environment)
    assert (nothing.status, "There is no none.zip" in nothing.err) == (1, True)
    assert not (tmp_path / "nothing").exists()
