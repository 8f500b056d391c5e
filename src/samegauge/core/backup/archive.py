"""A backup as one file: a zip of the data folder's files with a manifest, opened within bounds and checked whole.

Zip because its list of members stands at the end: an archive that was cut off has none and is refused at once, and
anybody can look into one without us. Members that do not pack well are stored as they are.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.manifest import MANIFEST, Entry, Manifest, damaged, manifest_from
from samegauge.lake import durable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from samegauge.core.jobs.progress import Listener

BLOCK = 1 << 20
MOST_MANIFEST_BYTES = 512 << 20
SAMPLE_BYTES = 1 << 16
WORTH_PACKING = 0.9
LEVEL = 1
SPARE_BYTES = 64 << 20  # room that is left on the disk
WRITERS = 4
_ENCRYPTED_FLAG = 0x1
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
)


class ArchiveWriter:
    def __init__(self, stream: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(stream, "w", compresslevel=LEVEL)
        self.entries: list[Entry] = []

    def add(self, path: Path, name: str) -> Entry:
        """Put a file in and return what was put in."""
        digest, size_bytes = hashlib.sha256(), 0
        with path.open("rb") as source:
            sample = source.read(SAMPLE_BYTES)
            self._zip.compression = zipfile.ZIP_DEFLATED if _packs_well(sample) else zipfile.ZIP_STORED
            source.seek(0)
            with self._zip.open(name, "w", force_zip64=True) as target:
                while block := source.read(BLOCK):
                    digest.update(block)
                    size_bytes += len(block)
                    target.write(block)
        entry = Entry(name, size_bytes, digest.hexdigest())
        self.entries.append(entry)
        return entry

    def finish(self, manifest: Manifest) -> None:
        self._zip.compression = zipfile.ZIP_DEFLATED
        with self._zip.open(MANIFEST, "w") as target:
            target.write(manifest.to_bytes())
        self._zip.close()


def _packs_well(sample: bytes) -> bool:
    return len(zlib.compress(sample, LEVEL)) < WORTH_PACKING * len(sample)


class Archive:
    """An archive whose list of members agrees with its manifest; the contents are checked as they are taken out."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.name = path.name
        self._zip = archive
        self.manifest = self._read_manifest()
        self._refuse_odd_members()

    def _read_manifest(self) -> Manifest:
        try:
            info = self._zip.getinfo(MANIFEST)
        except KeyError as error:
            raise damaged(self.name, "it has no manifest") from error
        if info.file_size > MOST_MANIFEST_BYTES:
            raise damaged(self.name, "its manifest is implausibly large")
        with self._zip.open(info) as stream:
            return manifest_from(stream.read(MOST_MANIFEST_BYTES), self.name)

    def _refuse_odd_members(self) -> None:
        infos = [info for info in self._zip.infolist() if info.orig_filename != MANIFEST]
        sizes = {info.orig_filename: info.file_size for info in infos}
        stated = {entry.path: entry.size_bytes for entry in self.manifest.files}
        if len(sizes) < len(infos) or sizes != stated:
            odd = sorted(dict(sizes.items() ^ stated.items()))[:3]
            raise damaged(self.name, f"its members are not those of its manifest: {odd!a}")
        kinds = {info.compress_type for info in infos} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        if kinds or any(info.flag_bits & _ENCRYPTED_FLAG for info in infos):
            raise damaged(self.name, "a member is packed in a way that backups do not use")

    def extract(self, folder: Path, tell: Listener | None = None) -> None:
        """Write every file below `folder`, flushed to the disk; what differs from the manifest refuses the whole."""
        _refuse_without_room(folder, self.manifest.size_bytes)
        parents = sorted({(folder / entry.path).parent for entry in self.manifest.files})
        for parent in parents:
            parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        done = _Done(self.manifest.size_bytes, tell)
        with ThreadPoolExecutor(WRITERS) as pool:
            for entry in pool.map(lambda one: self._take_out(one, folder), self.manifest.files):
                done.add(entry.size_bytes)
        for parent in _with_ancestors(parents, folder):
            durable.flush(parent)

    def _take_out(self, entry: Entry, folder: Path) -> Entry:
        digest, left = hashlib.sha256(), entry.size_bytes
        path = folder / entry.path
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target, self._opened(entry.path) as read:
            while block := read(BLOCK):
                left -= len(block)
                if left < 0:
                    break
                digest.update(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        if left or digest.hexdigest() != entry.sha256:
            raise damaged(self.name, f"{entry.path} is not as it was put in")
        return entry

    @contextmanager
    def _opened(self, name: str) -> Iterator[Callable[[int], bytes]]:
        try:
            with self._zip.open(name) as stream:
                yield stream.read
        except _FAULTS as error:
            raise damaged(self.name, f"{name}: {error}") from error


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise BackupError(
            f"{path} cannot be read: {error.strerror}. Check the path.",
            f"無法讀取 {path}：{error.strerror}。確認路徑。",
        ) from error
    except _FAULTS as error:
        raise damaged(path.name, str(error)) from error
    with archive:
        try:
            opened = Archive(path, archive)
        except _FAULTS as error:
            raise damaged(path.name, str(error)) from error
        yield opened


class _Done:
    def __init__(self, total: int, tell: Listener | None) -> None:
        self._total, self._tell, self._done = total, tell, 0

    def add(self, size_bytes: int) -> None:
        self._done += size_bytes
        if self._tell is not None:
            self._tell(self._done, self._total, "Taking out and checking.", "正在取出並核對。")


def _refuse_without_room(folder: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size_bytes + SPARE_BYTES:
        raise BackupError(
            f"The backup needs {size_bytes >> 20} MiB in {folder}, and {free >> 20} MiB are free. Make room.",
            f"備份需要 {folder} 有 {size_bytes >> 20} MiB，目前僅剩 {free >> 20} MiB。先騰出空間。",
        )


def _with_ancestors(parents: list[Path], folder: Path) -> list[Path]:
    between = {each for parent in parents for each in (parent, *parent.parents) if folder in each.parents}
    return sorted({folder, *between}, reverse=True)
