"""A disk that keeps what was flushed and perhaps the rest, seen from inside the process that writes; or that fails.

No root, no ptrace, no mount: Python's own calls are replaced in `os`, and SQLite's through the functions of its virtual
file system, which lies in the same library that Python has loaded. An image of the disk holds every byte that was
flushed, of files and of folders' names; of what was written since then each block and each name has arrived or has not,
by chance: blocks out of order, torn files, names without contents. What is written by other native code (Parquet) is
seen when it is flushed; its own calls do not fail here: `test_injected_errors.py` has them fail under strace.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import stat
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

BLOCK = 4096
NAMED_CALLS = ("link", "replace", "rename", "mkdir", "unlink")
IOERR_FSYNC, IOERR_WRITE, FULL = 1034, 778, 13
_METHODS = 19
_WRITE_AT, _SYNC_AT = 3, 5


@dataclass
class Disk:
    """What of a folder has reached the disk. `tick` is told each call that matters, before it is done."""

    root: Path
    tick: Callable[[str], None]
    contents: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock)

    def settle(self) -> None:
        """Take everything that is there now for flushed."""
        for path in (self.root, *self.root.rglob("*")):
            self.flushed(path)

    def flushed(self, path: Path | str) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        about = os.fstat(descriptor)
        if stat.S_ISDIR(about.st_mode):
            self.names[about.st_ino] = {entry.name: entry.inode() for entry in os.scandir(descriptor)}
            os.close(descriptor)
            return
        self.contents[about.st_ino] = os.pread(descriptor, about.st_size, 0)
        # Held open, a file's number is not given to another one after it is gone.
        if self.held.setdefault(about.st_ino, descriptor) != descriptor:
            os.close(descriptor)

    def image(self, target: Path, chance: random.Random) -> None:
        """Write what a power cut at this moment would have left."""
        arrived = chance.choice((0.0, 0.5, 0.5, 1.0))  # of what was not flushed
        now = {path.stat().st_ino: path for path in (self.root, *self.root.rglob("*"))}
        self._folder(self.root.stat().st_ino, target, now, lambda: chance.random() < arrived)

    def _folder(self, number: int, target: Path, now: dict[int, Path], arrives: Callable[[], bool]) -> None:
        target.mkdir(parents=True)
        flushed = self.names.get(number, {})
        there = {entry.name: entry.inode() for entry in os.scandir(now[number])} if number in now else flushed
        for name in sorted({*flushed, *there}):
            one = there.get(name) if arrives() else flushed.get(name)
            if one is None or name.endswith("-shm"):  # SQLite makes its index of the log anew
                continue
            if one in self.names or (one in now and now[one].is_dir()):
                self._folder(one, target / name, now, arrives)
            else:
                (target / name).write_bytes(self._mixed(one, now, arrives))
                (target / name).chmod(0o600)

    def _mixed(self, number: int, now: dict[int, Path], arrives: Callable[[], bool]) -> bytes:
        flushed = self.contents.get(number, b"")
        current = flushed
        if number in self.held:
            current = os.pread(self.held[number], os.fstat(self.held[number]).st_size, 0)
        elif number in now:
            current = now[number].read_bytes()
        if current == flushed:
            return flushed
        size = len(current) if arrives() else len(flushed)
        blocks = []
        for start in range(0, size, BLOCK):
            source = current if arrives() else flushed
            blocks.append(source[start : start + BLOCK].ljust(min(BLOCK, size - start), b"\0"))
        return b"".join(blocks)[:size]


def watch_python(disk: Disk) -> None:
    """Have the calls of Python's own code tick; those that flush are noted."""

    def flushing(call: Callable[[int], None]) -> Callable[[int], None]:
        def fsync(descriptor: int) -> None:
            with disk.lock:
                disk.tick("fsync")
                call(descriptor)
                disk.flushed(f"/proc/self/fd/{descriptor}")
                disk.tick("fsynced")

        return fsync

    def named(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def ticking(*arguments: Any, **more: Any) -> Any:
            with disk.lock:
                disk.tick(name)
                return call(*arguments, **more)

        return ticking

    setattr(os, "fsync", flushing(os.fsync))  # noqa: B010 - replaced for this process
    for name in NAMED_CALLS:
        setattr(os, name, named(name, getattr(os, name)))


class _VirtualFileSystem(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
    )


# The name is SQLite's own memory, which it goes on reading while the file is open: not to be copied into bytes.
_OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_alive: list[Any] = []  # what SQLite holds pointers to


def watch_sqlite(disk: Disk) -> None:
    """Have SQLite's writes and flushes tick; a tick that raises OSError becomes SQLite's own code for it."""
    find = ctypes.CDLL("libsqlite3.so.0").sqlite3_vfs_find
    find.restype, find.argtypes = ctypes.POINTER(_VirtualFileSystem), [ctypes.c_char_p]
    system = find(None).contents
    really_open = _OPEN(system.open)
    tables: dict[int, Any] = {}
    paths: dict[int, str] = {}

    def table_for(original: int) -> Any:
        words = (ctypes.c_void_p * _METHODS)(*(ctypes.c_void_p * _METHODS).from_address(original))
        really_write, really_sync = _WRITE(words[_WRITE_AT]), _SYNC(words[_SYNC_AT])

        def write(file: int, data: int, size: int, offset: int) -> int:
            with disk.lock:
                return _told(disk, "write", IOERR_WRITE) or really_write(file, data, size, offset)

        def sync(file: int, flags: int) -> int:
            with disk.lock:
                code = _told(disk, "sync", IOERR_FSYNC) or really_sync(file, flags)
                if not code:
                    disk.flushed(paths[file])
                    disk.flushed(Path(paths[file]).parent)  # SQLite flushes the folder of a file that it has made
                    disk.tick("synced")
                return code

        replaced = _WRITE(write), _SYNC(sync)
        words[_WRITE_AT], words[_SYNC_AT] = (ctypes.cast(one, ctypes.c_void_p).value for one in replaced)
        _alive.extend((words, *replaced))
        return words

    def opened(here: int, address: int | None, file: int, flags: int, out: Any) -> int:
        code = really_open(here, address, file, flags, out)
        methods = ctypes.c_void_p.from_address(file)
        name = ctypes.string_at(address).decode() if address else ""
        if code or not methods.value or not name.startswith(str(disk.root)):
            return code
        if methods.value not in tables:
            tables[methods.value] = table_for(methods.value)
        methods.value = ctypes.addressof(tables[methods.value])
        paths[file] = name
        return code

    callback = _OPEN(opened)
    _alive.extend((callback, really_open))
    system.open = ctypes.cast(callback, ctypes.c_void_p).value


def _told(disk: Disk, name: str, code: int) -> int:
    try:
        disk.tick(name)
    except OSError as error:
        return FULL if error.errno == errno.ENOSPC else code
    return 0


def failing(kinds: dict[str, str], at: int) -> Callable[[str], None]:
    """A tick whose call number `at`, among the calls that `kinds` names, ends as it says: EIO, ENOSPC or KILL."""
    count = 0

    def tick(name: str) -> None:
        nonlocal count
        if name not in kinds:
            return
        count += 1
        if count != at:
            return
        if kinds[name] == "KILL":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, kinds[name])
        raise OSError(number, os.strerror(number))

    return tick
