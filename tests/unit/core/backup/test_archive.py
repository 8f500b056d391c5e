"""Archives: whole ones come out as they went in, damaged and hostile ones are refused whole."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.core.backup import archive
from samegauge.core.backup.archive import ArchiveWriter, open_archive
from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.manifest import DATABASE, FORMAT, MANIFEST, Manifest, manifest_from
from samegauge.core.backup.restoring import into_empty
from samegauge.core.database_content import Content

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20_261_121


@pytest.fixture
def contents() -> dict[str, bytes]:
    source = random.Random(SEED)
    blobs = [b"", b"text " * 20_000, source.randbytes(200_000)]
    named = {f"vault/{sha[:2]}/{sha}": blob for blob in blobs for sha in [hashlib.sha256(blob).hexdigest()]}
    return {
        DATABASE: source.randbytes(50_000) + bytes(100_000),
        "keys/trusted/01a1-b.pub": b"public",
        "keys/witnesses/guard.vkey": b"guard+0123+public",
        "lake/01a1-b/observations/_delta_log/00000000000000000000.json": b"{}\n",
        "lake/01a1-b/observations/data/0a1b.parquet": b"PAR1",
        "lake/01a1-b/beside/repeats-0a1b.parquet": b"PAR1",
        **named,
    }


def manifest_of(files: Any) -> Manifest:
    return Manifest(
        samegauge="0.1.0",
        created_at="2026-11-21T08:00:00+00:00",
        engine="sqlite",
        migrations=("thread.0001_initial",),
        json_columns=("thread_event.payload",),
        tables={"thread_event": Content(3, "ab" * 32)},
        lakes={"01a1-b": 0},
        files=tuple(files),
        faults=("vault/00/0: missing",),
    )


@pytest.fixture
def whole(contents: dict[str, bytes], tmp_path: Path) -> Path:
    path = tmp_path / "whole.zip"
    with path.open("xb") as stream:
        writer = ArchiveWriter(stream)
        for number, (name, content) in enumerate(contents.items()):
            source = tmp_path / f"source-{number}"
            source.write_bytes(content)
            writer.add(source, name)
        writer.finish(manifest_of(writer.entries))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def taken_out(path: Path, home: Path) -> None:
    with open_archive(path) as opened, into_empty(home, path):
        opened.extract(home)


def refused(path: Path, home: Path) -> BackupError:
    """The archive is refused in both languages and the folder is as it was."""
    home.mkdir(exist_ok=True)
    with pytest.raises(BackupError) as caught:
        taken_out(path, home)
    assert list(home.iterdir()) == []
    assert caught.value.message_zh
    return caught.value


def test_what_goes_in_comes_out(whole: Path, contents: dict[str, bytes], tmp_path: Path) -> None:
    home = tmp_path / "out"
    home.mkdir()
    told: list[tuple[int, int]] = []
    with open_archive(whole) as opened:
        opened.extract(home, lambda done, total, *_: told.append((done, total)))
        assert (
            manifest_from(opened.manifest.to_bytes(), "again") == opened.manifest == manifest_of(opened.manifest.files)
        )
    assert tree(home) == contents
    assert told[-1] == (sum(map(len, contents.values())),) * 2
    assert {oct(path.stat().st_mode & 0o777) for path in home.rglob("*") if path.is_file()} == {"0o600"}


def test_what_does_not_pack_is_stored(whole: Path) -> None:
    with zipfile.ZipFile(whole) as opened:
        kinds = {
            info.filename: info.compress_type
            for info in opened.infolist()
            if info.filename[:6] == "vault/" and info.file_size
        }
    assert sorted(kinds.values()) == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]


@pytest.mark.parametrize("tenth", range(10))
def test_an_archive_that_is_cut_off_is_refused(whole: Path, tmp_path: Path, tenth: int) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * tenth // 10])
    assert "no whole backup" in str(refused(cut, tmp_path / "home"))


@pytest.mark.threat("T15")
def test_no_changed_byte_changes_what_comes_out(whole: Path, contents: dict[str, bytes], tmp_path: Path) -> None:
    """Most are refused; some are in bytes that no reader looks at."""
    data, source, harmless = whole.read_bytes(), random.Random(SEED), 0
    for number in range(60):
        at = source.randrange(len(data))
        changed = tmp_path / "changed.zip"
        changed.write_bytes(data[:at] + bytes([data[at] ^ 1 << source.randrange(8)]) + data[at + 1 :])
        home = tmp_path / f"home-{number}"
        home.mkdir()
        try:
            taken_out(changed, home)
        except BackupError:
            assert list(home.iterdir()) == [], at
        else:
            harmless += 1
            assert tree(home) == contents, at
    assert harmless < 6


def repacked(whole: Path, path: Path, change: Any) -> Path:
    """Write the archive again after `change(members, manifest)`."""
    with zipfile.ZipFile(whole) as opened:
        members = {info.filename: opened.read(info) for info in opened.infolist()}
    said = json.loads(members.pop(MANIFEST))
    change(members, said)
    with zipfile.ZipFile(path, "w") as writer:
        for name, content in members.items():
            writer.writestr(name, content)
        writer.writestr(MANIFEST, json.dumps(said))
    return path


def listed(name: str) -> Any:
    """A member under a name of the attacker's, in the manifest too."""

    def change(members: dict[str, bytes], said: dict[str, Any]) -> None:
        members[name] = b"x"
        said["files"].append({"path": name, "size_bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()})

    return change


def field(name: str, value: Any) -> Any:
    def change(_members: dict[str, bytes], said: dict[str, Any]) -> None:
        said[name] = value

    return change


HOSTILE = {
    "traversal": listed("../evil"),
    "traversal below the vault": listed("vault/ab/../../../evil"),
    "absolute": listed("/evil"),
    "secret": listed("secret_key"),
    "private key": listed("keys/01a1.key"),
    "hidden in trusted": listed("keys/trusted/../01a1.pub"),
    "program": listed("lake/01a1-b/observations/data/run.sh"),
    "same name in capitals": listed("keys/trusted/01A1-b.pub"),
    "unlisted": lambda members, _said: members.update({"keys/trusted/z.pub": b"x"}),
    "absent": lambda members, _said: members.pop("keys/trusted/01a1-b.pub"),
    "no database": lambda members, said: (
        members.pop(DATABASE),
        said.update(files=[one for one in said["files"] if one["path"] != DATABASE]),
    ),
    "other bytes": lambda members, _said: members.update({"keys/trusted/01a1-b.pub": b"hostil"}),
    "other length": lambda members, _said: members.update({"keys/trusted/01a1-b.pub": b"longer than stated"}),
    "tomorrow's format": field("format", FORMAT + 1),
    "no tables": field("tables", None),
    "rows as text": field("tables", {"thread_event": {"rows": "3", "sha256": "ab" * 32}}),
    "negative": field("lakes", {"a": -1}),
    "files as numbers": field("files", [1, 2]),
}


@pytest.mark.asvs("5.3.2")
@pytest.mark.threat("T15")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_whole(whole: Path, tmp_path: Path, name: str) -> None:
    hostile = repacked(whole, tmp_path / "hostile.zip", HOSTILE[name])
    before = set(tree(tmp_path))
    refused(hostile, tmp_path / "home")
    assert set(tree(tmp_path)) == before


@pytest.mark.asvs("5.2.1")
@pytest.mark.threat("T15")
def test_a_bomb_is_refused_before_anything_is_unpacked(whole: Path, tmp_path: Path) -> None:
    huge = shutil.disk_usage(tmp_path).free + 1

    def swell(_members: dict[str, bytes], said: dict[str, Any]) -> None:
        said["files"][0]["size_bytes"] = huge

    bomb = repacked(whole, tmp_path / "bomb.zip", swell)
    assert "members are not those" in str(refused(bomb, tmp_path / "home"))


def test_without_room_nothing_is_unpacked(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SPARE_BYTES", shutil.disk_usage(tmp_path).total)
    assert "Make room" in str(refused(whole, tmp_path / "home"))


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "text.zip"
    path.write_text("no archive")
    assert "no whole backup" in str(refused(path, tmp_path / "home"))
    assert "cannot be read" in str(refused(tmp_path / "nowhere.zip", tmp_path / "home"))


def test_a_second_restore_over_a_finished_one_is_refused(whole: Path, tmp_path: Path) -> None:
    home = tmp_path / "again"
    home.mkdir()
    taken_out(whole, home)
    before = tree(home)
    with pytest.raises(BackupError, match="is not empty"):
        taken_out(whole, home)
    assert tree(home) == before
