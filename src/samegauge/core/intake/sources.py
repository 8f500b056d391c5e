"""Files on their way in: where each came from, and its bytes in the vault."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from samegauge.core.vault.rules import blob_path, keep
from samegauge.formats.container import read_archive, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.vault.models import StoredFile

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
SKIPPED_FOLDERS = {".git", "__MACOSX"}


@dataclass(frozen=True)
class Source:
    """One file to take in; `path` is its place in the package it came in, `stored` its bytes as they came."""

    path: str
    stored: StoredFile

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def folders(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts[:-1]

    @property
    def sha256(self) -> str:
        return self.stored.sha256

    @property
    def file(self) -> Path:
        return blob_path(self.stored.sha256)

    def content(self) -> bytes:
        """Return the bytes, unpacked when they are gzip."""
        return read_bytes(self.file, self.name)


def kept_file(path: Path, root: Path | None = None) -> Source:
    """Keep a file of this machine in the vault; its path counts from `root`, else it is a bare name."""
    with path.open("rb") as content:
        return Source(path.relative_to(root).as_posix() if root else path.name, keep(content, path.name))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder in the order of their names; links are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not SKIPPED_FOLDERS & set(path.parts):
            yield path


def unpacked(source: Source) -> list[Source]:
    """Return an uploaded archive's members, or the file itself when it is none; one bad member refuses the archive."""
    if not source.name.lower().endswith(ARCHIVES):
        return [source]
    members = read_archive(source.file, source.name)
    return [Source(path, keep(content, PurePosixPath(path).name)) for path, content in sorted(members.items())]
