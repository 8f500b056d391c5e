from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from samegauge.formats.container import ArchiveLimits, list_archive, read_archive, read_bytes
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

UNSAFE_NAMES = ["../evil", "a/../../evil", "/etc/passwd", "C:/evil", "C:evil", "a\\b", "a//b", "bell\x07", "."]
UNSAFE_BELOW_HERE = ["./../evil", ".//etc/passwd", "./C:/evil", "././a", "a/./b", "./.", "./a\\b"]


def zipped(members: dict[str, bytes], mode: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return stream.getvalue()


def tarred(members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = "target" if kind in {tarfile.SYMTYPE, tarfile.LNKTYPE} else ""
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def test_plain_and_gzip_bytes_and_files(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"one") + gzip.compress(b"two") + b"\0" * 512)
    assert read_bytes(path, "a.gz") == b"onetwo"
    assert read_bytes(b"plain", "b") == b"plain"
    assert read_bytes(b"", "c") == b""


def test_a_missing_file_is_a_declared_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        read_bytes(tmp_path / "none", "none")
    assert caught.value.file == "none"
    assert "無法讀取" in caught.value.message_zh


def test_truncated_gzip_is_refused_at_every_length() -> None:
    packed = gzip.compress(bytes(k * k % 251 for k in range(300)))
    for length in range(2, len(packed)):
        with pytest.raises(FormatError):
            read_bytes(packed[:length], "cut.gz")


def test_damaged_gzip_and_trailing_garbage_are_refused() -> None:
    packed = bytearray(gzip.compress(b"a" * 1000))
    packed[-6] ^= 0xFF
    for data in (bytes(packed), gzip.compress(b"a") + b"garbage"):
        with pytest.raises(FormatError):
            read_bytes(data, "bad.gz")


@pytest.mark.asvs("5.2.1", "5.2.3")
@pytest.mark.threat("T05")
def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (8 << 20))
    with pytest.raises(FormatError, match="exceed 1048576 bytes"):
        read_bytes(bomb, "bomb.gz", 1 << 20)


def test_archives_are_listed_and_read() -> None:
    members = {"a.txt": b"1", "folder/b.txt": b"22"}
    for data in (zipped(members), tarred(members), gzip.compress(tarred(members))):
        assert {m.path: m.size_bytes for m in list_archive(data, "x")} == {"a.txt": 1, "folder/b.txt": 2}
        assert read_archive(data, "x") == members


def test_the_folder_packed_as_itself_is_read_under_plain_paths(tmp_path: Path) -> None:
    (tmp_path / "in" / "folder").mkdir(parents=True)
    members = {"a.txt": b"1", "folder/b.txt": b"22"}
    for path, content in members.items():
        (tmp_path / "in" / path).write_bytes(content)
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as archive:
        archive.add(tmp_path / "in", ".")
    folder_first = zipped({"./": b"", **{f"./{path}": content for path, content in members.items()}})
    for data in ((tmp_path / "x.tgz").read_bytes(), folder_first):
        assert {m.path: m.size_bytes for m in list_archive(data, "x")} == {"a.txt": 1, "folder/b.txt": 2}
        assert read_archive(data, "x") == members


def test_the_same_path_in_two_spellings_is_refused() -> None:
    for data in (zipped({"a": b"1", "./a": b"2"}), tarred({"./A": b"1", "a": b"2"})):
        with pytest.raises(FormatError, match="same path"):
            list_archive(data, "x")


@pytest.mark.asvs("5.3.2")
@pytest.mark.threat("T05")
@pytest.mark.parametrize("name", UNSAFE_NAMES + UNSAFE_BELOW_HERE)
def test_paths_that_leave_the_folder_refuse_the_archive(name: str) -> None:
    for data in (zipped({"good": b"", name: b"x"}), tarred({"good": b"", name: b"x"})):
        with pytest.raises(FormatError) as caught:
            list_archive(data, "x")
        assert caught.value.field is not None
        with pytest.raises(FormatError):
            read_archive(data, "x")


def test_a_name_cut_at_a_zero_byte_is_refused() -> None:
    data = zipped({"goodX../evil": b"x"}).replace(b"goodX", b"good\0")
    with pytest.raises(FormatError):
        list_archive(data, "x")


@pytest.mark.asvs("5.3.2")
@pytest.mark.threat("T05")
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_refuse_a_tar(kind: bytes) -> None:
    with pytest.raises(FormatError, match="link or a device"):
        list_archive(tarred({"a": b""}, kind), "x.tar")


@pytest.mark.asvs("5.3.2")
@pytest.mark.threat("T05")
def test_a_symbolic_link_refuses_a_zip() -> None:
    with pytest.raises(FormatError, match="link or a device"):
        list_archive(zipped({"a": b"target"}, stat.S_IFLNK | 0o777), "x.zip")


def test_same_path_twice_is_refused() -> None:
    for data in (zipped({"A": b"1", "a": b"2"}), tarred({"A": b"1", "a": b"2"})):
        with pytest.raises(FormatError, match="same path"):
            list_archive(data, "x")


@pytest.mark.asvs("5.2.1", "5.2.3")
@pytest.mark.threat("T05")
def test_bombs_and_crowds_are_refused() -> None:
    limits = ArchiveLimits(total_bytes=1 << 20, members=5, ratio=100)
    bomb = zipped({"a": b"\0" * (2 << 20)})
    flat = zipped({"a": b"\0" * 500_000})
    crowd = {f"f{i}": b"" for i in range(6)}
    for data in (bomb, flat, zipped(crowd), tarred(crowd), tarred({"a": b"\0" * (2 << 20)})):
        with pytest.raises(FormatError):
            list_archive(data, "x", limits)


def test_truncated_archives_are_refused() -> None:
    members = {"a.txt": b"one" * 100, "b.txt": b"two" * 100}
    for data in (zipped(members), tarred(members)):
        for length in range(0, len(data), 97):
            with pytest.raises(FormatError):
                read_archive(data[:length], "cut")


def test_a_wrong_checksum_is_refused() -> None:
    data = bytearray(zipped({"a.txt": b"some text that is long enough"}))
    data[40] ^= 0xFF
    with pytest.raises(FormatError):
        read_archive(bytes(data), "x.zip")


def test_something_else_is_no_archive() -> None:
    with pytest.raises(FormatError, match="neither a zip nor a tar"):
        list_archive(b"hello", "x")


def test_error_says_where_in_both_languages() -> None:
    error = FormatError("a.xml", 7, "Wrong.", "錯誤。", field="Value")
    assert str(error) == "a.xml, line 7, Value: Wrong."
    assert error.message_zh == "a.xml，第 7 行，欄位 Value：錯誤。"
