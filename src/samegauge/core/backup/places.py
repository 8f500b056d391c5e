"""Where backups are kept: a folder, or a store of objects. A copy counts there once it is known to be whole."""

from __future__ import annotations

import hashlib
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from samegauge.core.backup.errors import BackupError
from samegauge.core.site import store_access
from samegauge.doors.object_store import ATTEMPTS, ObjectStore, ObjectStoreError, is_store_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.core.backup.making import Made
    from samegauge.core.jobs.progress import Listener
    from samegauge.core.site import Site
    from samegauge.doors.object_store import StoredObject

    Making = Callable[[Path, Listener | None], Made]

PREFIX = "samegauge-"
BLOCK = 8 << 20
SEAL = ".sha256"
FORGOTTEN_AFTER = timedelta(days=1)
MOST_SEAL_BYTES = 1 << 10
_SEALED = re.compile(r"([0-9a-f]{64})  (\d{1,18})\n")
DOWNLOAD = "restore-download.zip"


@dataclass(frozen=True)
class Copy:
    name: str
    size_bytes: int


class Place(Protocol):
    """Where whole copies lie; its errors are BackupErrors."""

    @property
    def name(self) -> str: ...
    def copies(self) -> list[Copy]: ...
    def keep(self, name: str, make: Making, tell: Listener | None = None) -> Made: ...
    def remove(self, name: str) -> None: ...
    def opened(self, name: str) -> BinaryIO: ...


class FolderPlace:
    """A folder of this machine: one that is mounted from another disk or machine, at best."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def copies(self) -> list[Copy]:
        if not self._folder.is_dir():
            raise BackupError(
                f"The folder for backups is away: {self._folder}. Mount it, or make it.",
                f"備份資料夾不存在：{self._folder}。掛載或建立該資料夾。",
            )
        return [Copy(path.name, path.stat().st_size) for path in self._folder.glob("*.zip")]

    def keep(self, name: str, make: Making, tell: Listener | None = None) -> Made:
        target = self._folder / name
        target.unlink(missing_ok=True)  # of a run that was killed after its last byte
        return make(target, tell)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def opened(self, name: str) -> BinaryIO:
        return (self._folder / name).open("rb")


class StorePlace:
    """A bucket. A copy is read back, and only then is a seal laid beside it: without one it is no copy."""

    def __init__(self, store: ObjectStore, workshop: Path) -> None:
        self._store, self._workshop = store, workshop
        self.name = store.address

    def copies(self) -> list[Copy]:
        with _told():
            found = {one.name: one for one in self._store.objects()}
        return [
            Copy(name, one.size_bytes) for name, one in found.items() if name.endswith(".zip") and name + SEAL in found
        ]

    def keep(self, name: str, make: Making, tell: Listener | None = None) -> Made:
        with _told(), tempfile.TemporaryDirectory(prefix=".samegauge-upload-", dir=self._workshop) as folder:
            self._clear_away()
            made = make(Path(folder) / name, tell)
            done = _Done(2 * made.size_bytes, tell)
            sent = self._sent(made.path, name, done)
            if (came := self._read_back(name, done)) != sent:
                raise BackupError(
                    f"{self.name}/{name} is not there as it was sent: {came[1]} bytes instead of {sent[1]}. "
                    "It does not count; the next backup is tried again.",
                    f"{self.name}/{name} 與送出的內容不符：{came[1]} 位元組，應為 {sent[1]}。"
                    "此份不計入，下次備份會再試一次。",
                )
            with self._store.writing(name + SEAL) as stream:
                stream.write(f"{sent[0]}  {sent[1]}\n".encode())
        return made

    def remove(self, name: str) -> None:
        with _told():
            self._store.remove(name + SEAL)  # first, so that never a part of it counts
            self._store.remove(name)

    def opened(self, name: str) -> BinaryIO:
        with _told():
            return cast("BinaryIO", self._store.opened(name))

    def fetch(self, name: str, target: Path, tell: Listener | None = None) -> None:
        """Bring a copy here, and refuse it when it is not what was sealed."""
        with _told():
            found = {one.name: one for one in self._store.objects()}
            if name not in found:
                raise BackupError(
                    f"There is no {name} at {self.name}. It holds: {_listed(found)}.",
                    f"{self.name} 沒有 {name}。現有：{_listed(found)}。",
                )
            digest, done = hashlib.sha256(), _Done(found[name].size_bytes, tell)
            with self._store.reading(name) as source, target.open("wb") as stream:
                while block := source.read(BLOCK):
                    digest.update(block)
                    stream.write(block)
                    done.add(len(block), "Fetching the copy.", "正在取回備份。")
            sealed = self._seal_of(name) if name + SEAL in found else None
        if sealed is not None and sealed != (digest.hexdigest(), target.stat().st_size):
            raise BackupError(
                f"{name} is not what was sealed when it was sent. Use another copy: {_listed(found)}.",
                f"{name} 與送出時封存的內容不符。改用其他備份：{_listed(found)}。",
            )

    def _seal_of(self, name: str) -> tuple[str, int] | None:
        with self._store.reading(name + SEAL) as stream:
            parts = _SEALED.fullmatch(stream.read(MOST_SEAL_BYTES).decode("ascii", "replace"))
        return (parts[1], int(parts[2])) if parts else None

    def _sent(self, path: Path, name: str, done: _Done) -> tuple[str, int]:
        digest, size_bytes = hashlib.sha256(), 0
        with path.open("rb") as source, self._store.writing(name) as target:
            while block := source.read(BLOCK):
                digest.update(block)
                size_bytes += len(block)
                target.write(block)
                done.add(len(block), "Sending the copy.", "正在傳送備份。")
        return digest.hexdigest(), size_bytes

    def _read_back(self, name: str, done: _Done) -> tuple[str, int]:
        digest, size_bytes = hashlib.sha256(), 0
        with self._store.reading(name) as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                size_bytes += len(block)
                done.add(len(block), "Reading the copy back.", "正在讀回並核對。")
        return digest.hexdigest(), size_bytes

    def _clear_away(self) -> None:
        """Remove what broken uploads left; a young one may be another's, on its way."""
        found = self._store.objects()
        names = {one.name for one in found}
        for one in found:
            old = datetime.now(UTC) - one.modified_at > FORGOTTEN_AFTER
            if old and one.name.startswith(PREFIX) and one.name.endswith(".zip") and one.name + SEAL not in names:
                self._store.remove(one.name)


def place_of(site: Site, home: Path, attempts: int = ATTEMPTS) -> Place:
    """Return where this site's backups lie: the second place that it names, else inside the data folder."""
    named = site.backup_place
    if is_store_address(named):
        return store_place(named, home, attempts)
    if named:
        return FolderPlace(Path(named).expanduser())
    folder = home / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return FolderPlace(folder)


def store_place(address: str, home: Path, attempts: int = ATTEMPTS) -> StorePlace:
    with _told():
        return StorePlace(ObjectStore(address, store_access(), attempts), home)


def newest_first(place: Place, prefix: str = PREFIX) -> list[Copy]:
    """Backups of one site: their names are the times they were asked for."""
    return sorted(
        (copy for copy in place.copies() if copy.name.startswith(prefix)), key=attrgetter("name"), reverse=True
    )


def thin_out(place: Place, kept: int, prefix: str, just_made: str) -> None:
    """Remove the oldest copies of this site; the one just made stays, whatever the clock says."""
    others = [copy for copy in newest_first(place, prefix) if copy.name != just_made]
    for copy in others[max(kept - 1, 0) :]:
        place.remove(copy.name)


@contextmanager
def fetched(address: str, home: Path, tell: Listener | None = None) -> Iterator[Path]:
    """A copy out of a store as a file of this machine, gone again afterwards."""
    folder, _, name = address.rpartition("/")
    target = home / DOWNLOAD
    try:
        store_place(folder, home).fetch(name, target, tell)
        yield target
    finally:
        target.unlink(missing_ok=True)


class _Done:
    def __init__(self, total: int, tell: Listener | None) -> None:
        self._total, self._tell, self._done = total, tell, 0

    def add(self, size_bytes: int, message: str, message_zh: str) -> None:
        self._done += size_bytes
        if self._tell is not None:
            self._tell(self._done, self._total, message, message_zh)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ObjectStoreError as error:
        raise BackupError(str(error), error.message_zh) from error


def _listed(found: dict[str, StoredObject]) -> str:
    names = sorted((name for name in found if name.endswith(".zip")), reverse=True)
    return ", ".join(names[:3]) or "–"
