"""What a lake's folder must hold by its log, what it holds, and where the two differ."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from samegauge.lake import backends, delta_log, durable
from samegauge.lake.appending import Place

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Inventory:
    """One organisation's table at a version; `files` are relative to the lake, those of retracted imports included."""

    organisation: str
    version: int
    files: tuple[str, ...]


class LakeFault(Enum):
    LOG_UNREADABLE = "log_unreadable"
    FILE_MISSING = "file_missing"
    FILE_DAMAGED = "file_damaged"
    LEDGER_DISAGREES = "ledger_disagrees"
    FILE_UNKNOWN = "file_unknown"  # harmless: what a killed writer left


@dataclass(frozen=True, slots=True)
class LakeFinding:
    fault: LakeFault
    path: Path
    detail: str = ""


@contextmanager
def held_still(root: Path) -> Generator[tuple[Inventory, ...]]:
    """Keep every writer out while the block runs; what the inventories name is never changed afterwards."""
    places = _places(root)
    with ExitStack() as locks:
        for place in places:
            locks.enter_context(durable.exclusive(place.lock))
        yield tuple(_inventory(place) for place in places)


def examine(root: Path) -> Iterator[LakeFinding]:
    """Hold every file of the lake against its log, and read each one through."""
    for place in _places(root):
        with durable.exclusive(place.lock):
            yield from _examined(place)


def _places(root: Path) -> list[Place]:
    folders = sorted(root.iterdir()) if root.is_dir() else []
    return [place for place in map(Place, folders) if delta_log.exists(place.table)]


@dataclass(frozen=True, slots=True)
class _Named:
    """A file that a commit names; `rows` is None where the commit does not say."""

    path: Path
    size_bytes: int | None
    rows: int | None


def _inventory(place: Place) -> Inventory:
    entries = _entries(place)
    paths = [path for path, _ in entries]
    paths += [named.path for _, actions in entries for named in _named(place, actions) if named.path.exists()]
    root = place.root.parent
    return Inventory(
        place.root.name, len(entries) - 1, tuple(path.relative_to(root).as_posix() for path in dict.fromkeys(paths))
    )


def _entries(place: Place) -> list[tuple[Path, list[dict[str, Any]]]]:
    """The log from its first entry to the last without a gap."""
    found: list[tuple[Path, list[dict[str, Any]]]] = []
    while (path := place.table / "_delta_log" / f"{len(found):020d}.json").exists():
        found.append((path, [json.loads(line) for line in path.read_bytes().splitlines()]))
    return found


def _named(place: Place, actions: list[dict[str, Any]]) -> Iterator[_Named]:
    for action in actions:
        if "add" in action:
            added = action["add"]
            yield _Named(place.table / added["path"], added["size"], json.loads(added["stats"])["numRecords"])
        account = action.get("commitInfo", {}).get(delta_log.ACCOUNT, {})
        for kind in ("repeats", "quarantine"):
            if account.get(kind):
                yield _Named(place.beside / account[kind], None, None)


def _examined(place: Place) -> Iterator[LakeFinding]:
    try:
        entries = _entries(place)
        named = {one.path: one for _, actions in entries for one in _named(place, actions)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield LakeFinding(LakeFault.LOG_UNREADABLE, place.table / "_delta_log", f"{type(error).__name__}: {error}")
        return
    beyond = sorted(set((place.table / "_delta_log").glob("[0-9]*[0-9].json")) - {path for path, _ in entries})
    for path in beyond:
        yield LakeFinding(LakeFault.LOG_UNREADABLE, path, f"entry {len(entries)} before it is missing")
    for one in named.values():
        yield from _examined_file(one)
    yield from _disagreements(entries)
    present = {*(place.table / "data").glob("*"), *place.beside.glob("*"), *place.workshop.glob("*")}
    for path in sorted(present - named.keys()):
        yield LakeFinding(LakeFault.FILE_UNKNOWN, path)


def _examined_file(one: _Named) -> Iterator[LakeFinding]:
    if not one.path.exists():
        yield LakeFinding(LakeFault.FILE_MISSING, one.path)
        return
    size_bytes = one.path.stat().st_size
    if one.size_bytes not in {None, size_bytes}:
        yield LakeFinding(LakeFault.FILE_DAMAGED, one.path, f"{size_bytes} bytes instead of {one.size_bytes}")
        return
    try:
        rows = backends.rows_in(one.path)
    except backends.DamagedTableError as error:
        yield LakeFinding(LakeFault.FILE_DAMAGED, one.path, str(error))
        return
    if one.rows not in {None, rows}:
        yield LakeFinding(LakeFault.FILE_DAMAGED, one.path, f"{rows} rows instead of {one.rows}")


def _disagreements(entries: list[tuple[Path, list[dict[str, Any]]]]) -> Iterator[LakeFinding]:
    """Commits whose account of arrived files does not add up to the rows they brought."""
    for path, actions in entries:
        account = actions[0].get("commitInfo", {}).get(delta_log.ACCOUNT) if actions else None
        if not account or "files" not in account:
            continue
        stated = sum(file["stored"] for file in account["files"])
        brought = sum(json.loads(one["add"]["stats"])["numRecords"] for one in actions if "add" in one)
        if stated != brought:
            yield LakeFinding(LakeFault.LEDGER_DISAGREES, path, f"{stated} in the ledger, {brought} in its files")
