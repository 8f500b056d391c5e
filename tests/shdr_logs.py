"""Small adapter logs made for tests of the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from samegauge.lake.store import OrganisationLake

SNAPSHOT = ("2017-01-23T18:33:25.767113Z|Xabs|UNAVAILABLE", "2017-01-23T18:33:25.767113Z|servo|Unavailable||||")


def write_log(folder: Path, name: str, lines: Sequence[str]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def day_log(folder: Path, day: int, readings: int = 5, machine: str = "Mill01") -> Path:
    """A day as the recorded machines write it: the last values of long ago, then what happened."""
    name = f"{machine}-201710{day:02d}-201710{day + 1:02d}.txt"
    lines = [f"2017-10-{day:02d}T08:00:0{second}.5Z|Xabs|{day}.{second}" for second in range(readings)]
    return write_log(folder, name, [*SNAPSHOT, *lines])


def contents(lake: OrganisationLake, machine: str) -> list[tuple[int, str, str]]:
    found = lake.observations(machine)
    return sorted((int(found.time_ns[row]), str(found.tag[row]), found.value(row)) for row in range(len(found)))
