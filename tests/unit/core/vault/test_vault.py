from __future__ import annotations

import hashlib
import io
import os
import signal
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samegauge.core.scope import ScopeError, organisation_scope
from samegauge.core.vault import rules
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import VaultError, blob_path, keep, open_stored, plain_name, read_stored, sniffed_type
from samegauge.doors import process

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.asvs("5.3.1", "5.3.2")
@pytest.mark.threat("T05")
def test_content_lies_under_its_hash_readable_by_the_owner_alone(in_scope: Organisation, home: Path) -> None:
    stored = keep(io.BytesIO(CONTENT), "report.pdf")
    assert (stored.sha256, stored.size_bytes, stored.media_type) == (SHA256, len(CONTENT), "application/pdf")
    path = home / "vault" / SHA256[:2] / SHA256
    assert blob_path(SHA256) == path
    with open_stored(stored) as opened:
        assert path.read_bytes() == CONTENT == read_stored(stored) == opened.read()
    assert path.stat().st_mode & 0o077 == 0
    assert files_below(home / "vault") == [path]


def test_the_same_content_twice_is_one_file_and_one_row_per_name(in_scope: Organisation, home: Path) -> None:
    first, again, renamed = keep(CONTENT, "a"), keep(CONTENT, "a"), keep(CONTENT, "b")
    assert first == again != renamed
    assert StoredFile.objects.count() == 2
    assert len(files_below(home / "vault")) == 1


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_upload_is_refused_at_every_tenth(in_scope: Organisation, home: Path, tenth: int) -> None:
    cut = CONTENT[: len(CONTENT) * tenth // 10]
    for announced in ({"expected_bytes": len(CONTENT)}, {"expected_sha256": SHA256}):
        with pytest.raises(VaultError, match=f"{len(cut)} "):
            keep(io.BytesIO(cut), "report.pdf", **announced)
    assert files_below(home / "vault") == []
    assert not StoredFile.objects.exists()


def test_another_hash_is_refused_though_the_length_is_right(in_scope: Organisation, home: Path) -> None:
    flipped = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    with pytest.raises(VaultError):
        keep(flipped, "a", expected_sha256=SHA256, expected_bytes=len(CONTENT))
    assert files_below(home / "vault") == []


def test_the_announced_content_is_kept(in_scope: Organisation) -> None:
    assert keep(CONTENT, "a", expected_sha256=SHA256, expected_bytes=len(CONTENT)).sha256 == SHA256


class Endless(io.RawIOBase):
    """A stream that never ends; counts what was asked of it."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"\0" * size


@pytest.mark.asvs("5.2.1")
@pytest.mark.threat("T05")
def test_reading_stops_at_the_size_limit(in_scope: Organisation, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_FILE_BYTES", 3 * 2**20)
    endless = Endless()
    with pytest.raises(VaultError, match="3 MiB"):
        keep(endless, "huge")
    assert endless.given <= 4 * 2**20
    assert files_below(home / "vault") == []
    assert keep(b"\0" * 3 * 2**20, "just right").size_bytes == 3 * 2**20


class Breaking(io.RawIOBase):
    def __init__(self) -> None:
        self.reads = 0

    def read(self, _size: int = -1) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise ConnectionResetError
        return b"first part"


def test_a_stream_that_breaks_leaves_nothing(in_scope: Organisation, home: Path) -> None:
    with pytest.raises(ConnectionResetError):
        keep(Breaking(), "cut.bin")
    assert files_below(home / "vault") == []


def test_an_error_of_the_disk_keeps_nothing(
    in_scope: Organisation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        keep(CONTENT, "a")
    assert not StoredFile.objects.exists()
    assert not blob_path(SHA256).exists()


def test_content_is_flushed_before_its_name_and_its_name_before_its_row(
    in_scope: Organisation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(b"makes the folders", "first")
    calls: list[str] = []
    flush, replace, create = os.fsync, Path.replace, StoredFile.objects.get_or_create

    def fsync(descriptor: int) -> None:
        target = Path(f"/proc/self/fd/{descriptor}").readlink()
        calls.append(f"fsync {'folder ' + target.name if target.is_dir() else 'file'}")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", lambda path, to: (calls.append("rename"), replace(path, to))[1])
    monkeypatch.setattr(StoredFile.objects, "get_or_create", lambda **row: (calls.append("row"), create(**row))[1])
    keep(CONTENT, "a")
    assert calls == ["fsync file", "fsync folder vault", "rename", f"fsync folder {SHA256[:2]}", "row"]


def test_first_use_flushes_the_new_folders_too(
    in_scope: Organisation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    flush = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    keep(CONTENT, "a")
    assert flushed[:2] == ["vault", "home"]


LET_DIE = process.Options(status_matters=False, timeout_s=60)
KILLED = """
import os, signal, sys
from pathlib import Path
import django
from django.conf import settings
settings.configure(SAMEGAUGE_HOME=sys.argv[1], INSTALLED_APPS=[
    "django.contrib.contenttypes", "django.contrib.auth", "samegauge.core.organisations", "samegauge.core.vault",
], AUTH_USER_MODEL="organisations.Person")
django.setup()
from samegauge.core.vault import rules

dies_at, calls = int(sys.argv[2]), 0

def counted(call):
    def run(*args, **kwargs):
        global calls
        calls += 1
        if calls == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return run

os.fsync, os.fdopen, Path.replace, Path.mkdir = map(counted, (os.fsync, os.fdopen, Path.replace, Path.mkdir))
content = Path(sys.argv[3]).read_bytes()
sha256, size, first, path = rules._write(content[i:i + 999] for i in range(0, len(content), 999))
rules._place(path, sha256)
print("placed", calls)
"""


@pytest.mark.threat("T10")
@pytest.mark.long
def test_kill_9_at_any_step_leaves_the_whole_file_or_none(tmp_path: Path) -> None:
    script, content = tmp_path / "writer.py", tmp_path / "content"
    script.write_text(textwrap.dedent(KILLED))
    content.write_bytes(CONTENT)
    ended = []
    for dies_at in range(1, 40):
        home = tmp_path / f"home{dies_at}"
        home.mkdir()
        done = process.run([sys.executable, script, home, str(dies_at), content], LET_DIE)
        target = home / "vault" / SHA256[:2] / SHA256
        assert not target.exists() or target.read_bytes() == CONTENT
        visible = [path for path in files_below(home) if path.parent.name != "incoming"]
        assert visible in ([], [target])
        if done.status == 0:
            assert target.exists()
            break
        assert done.status == -signal.SIGKILL, done.stderr
        ended.append(target.exists())
    assert True in ended
    assert False in ended


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
def test_knowing_a_hash_gives_no_access(organisation: Organisation, other_organisation: Organisation) -> None:
    with organisation_scope(other_organisation):
        secret = keep(CONTENT, "secret.pdf")
    with organisation_scope(organisation):
        assert not StoredFile.objects.filter(sha256=SHA256).exists()
        with pytest.raises(StoredFile.DoesNotExist):
            StoredFile.objects.get(uid=secret.uid)
        with pytest.raises(VaultError):
            keep(b"", "mine", expected_sha256=SHA256)
        assert not StoredFile.objects.exists()


def test_the_same_content_of_two_organisations_stays_two_rows(
    organisation: Organisation, other_organisation: Organisation
) -> None:
    rows = []
    for owner in (organisation, other_organisation):
        with organisation_scope(owner):
            rows.append(keep(CONTENT, "same.pdf"))
    assert rows[0].pk != rows[1].pk
    assert {row.organisation_id for row in rows} == {organisation.pk, other_organisation.pk}


def test_nothing_is_kept_without_a_scope(db: None, home: Path) -> None:
    with pytest.raises(ScopeError):
        keep(CONTENT, "a")


@pytest.mark.asvs("5.3.2")
@pytest.mark.threat("T05")
@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\chen\\量測.qif", "量測.qif"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("nul\x00byte", "nulbyte"),
        ("\u202egnp.exe", "gnp.exe"),
        (" spaces ", "spaces"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_name_is_one_printable_part(name: str, kept_as: str) -> None:
    assert plain_name(name) == kept_as


@given(st.text(max_size=400))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = plain_name(name)
    assert 0 < len(safe) <= 255
    assert safe.isprintable()
    assert not {"/", "\\"} & set(safe)
    assert safe.strip(".")
    assert plain_name(safe) == safe


@pytest.mark.asvs("5.2.2")
@pytest.mark.threat("T05")
@pytest.mark.parametrize(
    ("first", "media_type"),
    [
        (b"%PDF-1.4", "application/pdf"),
        (b"\x1f\x8b\x08", "application/gzip"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"ISO-10303-21;", "model/step"),
        (b"<?xml version='1.0'?>", "application/xml"),
        (b"\xef\xbb\xbf<?xml ", "application/xml"),
        (b"<html><script>", "text/plain"),
        (b"GIF89a\x00", "application/octet-stream"),
        (b"", "text/plain"),
        (b"2015-06-01T00:00:00Z|x|1", "text/plain"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(first: bytes, media_type: str) -> None:
    assert sniffed_type(first) == media_type


@pytest.mark.asvs("5.2.2")
@pytest.mark.threat("T05")
def test_the_name_decides_nothing_about_the_type(in_scope: Organisation) -> None:
    assert keep(b"<script>alert(1)</script>", "picture.png").media_type == "text/plain"


@pytest.mark.parametrize("sha256", ["", "../../../etc/passwd", "A" * 64, "g" * 64, SHA256 + "0", "/" + SHA256[1:]])
def test_only_a_hash_names_a_blob(sha256: str, home: Path) -> None:
    with pytest.raises(VaultError):
        blob_path(sha256)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 700))
def test_any_content_in_any_chunks_comes_back_whole(in_scope: Organisation, content: bytes, chunk: int) -> None:
    class Slow(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            return super().read(chunk)

    stored = keep(Slow(content), "any")
    assert read_stored(stored) == content
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
