"""The list that stands in every archive: what it is made of, counted and hashed."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from samegauge.core.backup.errors import BackupError
from samegauge.core.database_content import Content
from samegauge.formats.canonical import CanonicalError, canonical_bytes, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sqlite3"
_HASH = "[0-9a-f]{64}"
_SAFE = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_FILE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}"
# Nothing else may stand in an archive, so that no member can leave the folder or put a program there.
_MEMBERS = re.compile(
    rf"database\.sqlite3|vault/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}|keys/trusted/{_FILE}\.pub|keys/witnesses/{_FILE}\.vkey"
    rf"|lake/{_SAFE}/observations/(_delta_log/\d{{20}}\.json|data/{_FILE}\.parquet)|lake/{_SAFE}/beside/{_FILE}\.parquet"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file; the path is relative to the data folder."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    samegauge: str
    created_at: str
    engine: str
    migrations: tuple[str, ...]
    json_columns: tuple[str, ...]
    tables: Mapping[str, Content]
    lakes: Mapping[str, int]
    files: tuple[Entry, ...]
    faults: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def vault_files(self) -> int:
        return sum(entry.path.startswith("vault/") for entry in self.files)

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.files)

    @property
    def rows(self) -> int:
        return sum(content.rows for content in self.tables.values())

    def to_bytes(self) -> bytes:
        return canonical_bytes({name: _plain(getattr(self, name)) for name in self.__slots__})


def _plain(value: Any) -> Any:
    if isinstance(value, Content | Entry):
        return asdict(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def manifest_from(data: bytes, name: str) -> Manifest:
    try:
        said: Any = parse_json(data)
        if said["format"] != FORMAT:
            raise BackupError(
                f"{name} has format {said['format']!r}, which this version does not read. "
                "Install the newest samegauge.",
                f"{name} 的格式為 {said['format']!r}，此版本無法讀取。安裝最新版的同規。",
            )
        manifest = Manifest(
            samegauge=_text(said["samegauge"]),
            created_at=_text(said["created_at"]),
            engine=_text(said["engine"]),
            migrations=tuple(map(_text, said["migrations"])),
            json_columns=tuple(map(_text, said["json_columns"])),
            tables={
                _text(table): Content(_count(one["rows"]), _hash(one["sha256"]))
                for table, one in said["tables"].items()
            },
            lakes={_text(owner): _count(version) for owner, version in said["lakes"].items()},
            files=tuple(
                Entry(_member(one["path"]), _count(one["size_bytes"]), _hash(one["sha256"])) for one in said["files"]
            ),
            faults=tuple(map(_text, said["faults"])),
        )
    except (CanonicalError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise damaged(name, f"manifest: {type(error).__name__} {error}") from error
    paths = [entry.path.casefold() for entry in manifest.files]
    if len(set(paths)) < len(paths) or paths.count(DATABASE) != 1:
        raise damaged(name, "manifest: a file stands twice, or there is no database")
    return manifest


def damaged(name: str, detail: str) -> BackupError:
    return BackupError(
        f"{name} is no whole backup ({detail[:200]}). Nothing of it was used. "
        "Use another copy of it, or another backup.",
        f"{name} 不是完整的備份（{detail[:200]}）。完全沒有使用其中的資料。改用另一份副本或其他備份。",
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no count")
    return value


def _hash(value: Any) -> str:
    if not re.fullmatch(_HASH, _text(value)):
        raise ValueError(f"{value!r} is no SHA-256")
    return value


def _member(value: Any) -> str:
    if not _MEMBERS.fullmatch(_text(value)) or ".." in value:
        raise ValueError(f"{value!r} has no place in a data folder")
    return value
