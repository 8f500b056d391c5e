"""Plain or gzip files and zip or tar archives, opened within limits; anything odd is refused whole."""

from __future__ import annotations

import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_LIMIT_BYTES = 256 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 16
_DOS_DRIVE = re.compile(r"\A[A-Za-z]:")
_NAME_LENGTH = 512
_ENCRYPTED_FLAG = 0x1
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_TAR_BLOCK = 512
_TAR_MAGIC_AT = slice(257, 262)
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
)
_TAR_FAULTS = (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, IndexError)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """One archive's bounds; `ratio` refuses a member that unpacks to implausibly much from almost nothing."""

    total_bytes: int = 1 << 30
    members: int = 10_000
    ratio: int = 1_000


DEFAULT_ARCHIVE_LIMITS = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """A regular file inside an archive; the path is relative, with forward slashes."""

    path: str
    size_bytes: int


def read_bytes(source: Path | bytes, name: str, limit: int = DEFAULT_LIMIT_BYTES) -> bytes:
    """Contents of a file or of bytes at hand, unpacked when they are gzip (told by the first two bytes)."""
    raw = _raw_bytes(source, name, limit)
    return _gunzip(raw, name, limit) if raw.startswith(_GZIP_MAGIC) else raw


def list_archive(
    source: Path | bytes, name: str, limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS
) -> tuple[ArchiveMember, ...]:
    """Regular files of a zip, tar or tar.gz archive, after all names, kinds and sizes have been found harmless."""
    data = read_bytes(source, name, limits.total_bytes)
    try:
        if _is_zip(data):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                zipped = _zip_files(archive, name, limits)
                return tuple(ArchiveMember(path, info.file_size) for path, info in zipped.items())
        with _open_tar(data, name) as archive:
            return tuple(ArchiveMember(path, info.size) for path, info in _tar_files(archive, name, limits).items())
    except (*_ZIP_FAULTS, *_TAR_FAULTS) as error:
        raise _damaged_archive(name, error) from error


def read_archive(source: Path | bytes, name: str, limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS) -> dict[str, bytes]:
    """Contents by path; a zip member's checksum is verified, and one bad member refuses the archive."""
    data = read_bytes(source, name, limits.total_bytes)
    try:
        if _is_zip(data):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return {path: archive.read(info) for path, info in _zip_files(archive, name, limits).items()}
        with _open_tar(data, name) as archive:
            tarred = _tar_files(archive, name, limits)
            return {path: _tar_content(archive, info, name) for path, info in tarred.items()}
    except (*_ZIP_FAULTS, *_TAR_FAULTS) as error:
        raise _damaged_archive(name, error) from error


def _raw_bytes(source: Path | bytes, name: str, limit: int) -> bytes:
    if isinstance(source, bytes):
        raw = source
    else:
        try:
            with source.open("rb") as stream:
                raw = stream.read(limit + 1)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise FormatError(
                name, None, f"The file cannot be read ({reason}).", f"無法讀取檔案（{reason}）。"
            ) from error
    if len(raw) > limit:
        raise _too_large(name, limit)
    return raw


def _gunzip(raw: bytes, name: str, limit: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    rest = raw
    while rest:
        if not rest.strip(b"\0"):
            break  # tape-style zero padding after the last member
        unpacker = zlib.decompressobj(wbits=31)
        while not unpacker.eof:
            try:
                piece = unpacker.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise FormatError(
                    name,
                    None,
                    f"The gzip data are damaged ({error}). Copy the file again.",
                    f"gzip 資料已損壞（{error}）。重新複製檔案。",
                ) from error
            rest = unpacker.unconsumed_tail
            total += len(piece)
            if total > limit:
                raise _too_large(name, limit)
            pieces.append(piece)
            if not piece and not rest and not unpacker.eof:
                raise FormatError(
                    name,
                    None,
                    "The gzip data end too early; the file is cut off. Copy it again.",
                    "gzip 資料提前結束，檔案不完整。重新複製。",
                )
        rest = unpacker.unused_data
    return b"".join(pieces)


def _too_large(name: str, limit: int) -> FormatError:
    return FormatError(
        name,
        None,
        f"The contents exceed {limit} bytes. Split the file or raise the limit if it is genuine.",
        f"內容超過 {limit} 位元組。分割檔案；若檔案確實該這麼大，提高上限。",
    )


def _damaged_archive(name: str, error: Exception) -> FormatError:
    detail = f"{type(error).__name__}: {error}"[:200]
    return FormatError(
        name,
        None,
        f"The archive cannot be read ({detail}). Pack it again.",
        f"無法讀取壓縮檔（{detail}）。重新打包。",
    )


def _refused(name: str, member: str, reason_en: str, reason_zh: str) -> FormatError:
    shown = ascii(member[:120])
    return FormatError(
        name,
        None,
        f"{reason_en} The whole archive is refused.",
        f"{reason_zh}整個壓縮檔拒收。",
        field=shown,
    )


def _checked_path(member: str, seen: set[str], name: str) -> str:
    """A member's path in its one spelling, empty for the folder packed itself (`tar czf x.tgz .`)."""
    if member == "./":
        return ""
    path = member.removeprefix("./")
    parts = path.rstrip("/").split("/")
    unsafe = (
        not path
        or len(member) > _NAME_LENGTH
        or path.startswith("/")
        or "\\" in member
        or _DOS_DRIVE.match(path) is not None
        or any(ord(letter) < ord(" ") for letter in member)
        or any(part in {"", ".", ".."} for part in parts)
    )
    if unsafe:
        raise _refused(name, member, "A member's path could leave the folder.", "有成員的路徑可能跳出資料夾。")
    folded = path.rstrip("/").casefold()
    if folded in seen:
        raise _refused(name, member, "Two members have the same path.", "有兩個成員的路徑相同。")
    seen.add(folded)
    return path


def _check_totals(sizes: list[tuple[str, int, int]], name: str, limits: ArchiveLimits) -> None:
    if sum(size for _, size, _ in sizes) > limits.total_bytes:
        raise _too_large(name, limits.total_bytes)
    for member, size, packed in sizes:
        if size > _CHUNK and size > limits.ratio * max(packed, 1):
            raise _refused(
                name,
                member,
                f"A member unpacks to more than {limits.ratio} times its packed size.",
                f"有成員解壓縮後超過壓縮大小的 {limits.ratio} 倍。",
            )


def _too_many(name: str, limits: ArchiveLimits) -> FormatError:
    return FormatError(
        name,
        None,
        f"The archive holds more than {limits.members} members.",
        f"壓縮檔的成員超過 {limits.members} 個。",
    )


def _is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _zip_files(archive: zipfile.ZipFile, name: str, limits: ArchiveLimits) -> dict[str, zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > limits.members:
        raise _too_many(name, limits)
    seen: set[str] = set()
    files: dict[str, zipfile.ZipInfo] = {}
    for info in members:
        # orig_filename still holds what zipfile would silently cut at a zero byte.
        path = _checked_path(info.orig_filename, seen, name)
        if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _refused(name, info.filename, "A member is a link or a device.", "有成員是連結或裝置檔。")
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise _refused(name, info.filename, "A member is encrypted.", "有成員已加密。")
        if info.compress_type not in _ZIP_METHODS:
            raise _refused(
                name,
                info.filename,
                "A member uses a packing other than deflate.",
                "有成員使用 deflate 以外的壓縮方式。",
            )
        if path and not info.is_dir():
            files[path] = info
    _check_totals([(path, info.file_size, info.compress_size) for path, info in files.items()], name, limits)
    return files


def _open_tar(data: bytes, name: str) -> tarfile.TarFile:
    if data[_TAR_MAGIC_AT] != b"ustar":
        raise FormatError(
            name,
            None,
            "This is neither a zip nor a tar archive. Pack the files as .zip, .tar or .tar.gz.",
            "這不是 zip 或 tar 壓縮檔。把檔案打包成 .zip、.tar 或 .tar.gz。",
        )
    if len(data) % _TAR_BLOCK or data[-_TAR_BLOCK:].strip(b"\0"):
        raise FormatError(name, None, "The tar archive is cut off. Copy it again.", "tar 檔不完整。重新複製。")
    return tarfile.open(fileobj=io.BytesIO(data), mode="r:", errorlevel=2)


def _tar_files(archive: tarfile.TarFile, name: str, limits: ArchiveLimits) -> dict[str, tarfile.TarInfo]:
    seen: set[str] = set()
    files: dict[str, tarfile.TarInfo] = {}
    for count, info in enumerate(archive, start=1):
        if count > limits.members:
            raise _too_many(name, limits)
        path = _checked_path(f"{info.name}/" if info.isdir() else info.name.rstrip("/"), seen, name)
        if info.issparse() or not (info.isreg() or info.isdir()):
            raise _refused(name, info.name, "A member is a link or a device.", "有成員是連結或裝置檔。")
        if info.isreg():
            files[path] = info
    _check_totals([(path, info.size, info.size) for path, info in files.items()], name, limits)
    return files


def _tar_content(archive: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> bytes:
    stream = archive.extractfile(info)
    content = b"" if stream is None else stream.read()
    if len(content) != info.size:
        raise _refused(name, info.name, "A member is cut off.", "有成員的內容不完整。")
    return content
