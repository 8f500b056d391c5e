"""Import of raw adapter logs, parsing to the lake, against a plain Python line loop that only parses and counts.

Ours: gzip files to parsed, de-duplicated, sorted, compressed, fsynced and committed rows. Peer: gzip files to a count
per tag; each line is split, its time stamp read by datetime and its value by float where it is a number. The lean peer
leaves values as text and is printed for comparison, no claim rests on it. All run in turn in one process. Ours uses two
cores where it finds them idle, the peers one: other work on the machine costs us up to half of the ratio.
"""

from __future__ import annotations

import gzip
import os
import statistics
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenery import claim, report

from samegauge.lake.intake import import_shdr, warm
from samegauge.lake.store import Lake

if TYPE_CHECKING:
    from collections.abc import Callable

REPETITIONS = 9
DATA = (
    Path(os.environ.get("SAMEGAUGE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    / "nist-smstestbed"
    / "raw"
)
STRETCHES = {
    "Mazak01 2017 (20 files)": "Mazak01/Mazak01-2017*.txt.gz",
    "Mazak03 2018 (15 files)": "Mazak03/Mazak03-2018*.txt.gz",
}


def timed(action: Callable[[], int]) -> tuple[float, int]:
    start = time.perf_counter()
    count = action()
    return time.perf_counter() - start, count


def parsing_loop(files: list[Path]) -> int:
    counts: Counter[str] = Counter()
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
            for line in stream:
                stamp, tag, value, *_ = line.rstrip("\r\n").split("|")
                datetime.fromisoformat(stamp)
                with suppress(ValueError):
                    float(value)
                counts[tag] += 1
    return counts.total()


def lean_loop(files: list[Path]) -> int:
    counts: Counter[str] = Counter()
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
            for line in stream:
                stamp, tag, *_ = line.rstrip("\r\n").split("|")
                datetime.fromisoformat(stamp)
                counts[tag] += 1
    return counts.total()


def into_the_lake(files: list[Path], root: Path) -> int:
    lake = Lake(root).for_organisation("bench")
    return import_shdr(lake, files).observations


def fresh_import(files: list[Path]) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        Lake(Path(folder)).for_organisation("bench").prepare()  # the empty table is made once, not per import
        return timed(lambda: into_the_lake(files, Path(folder)))


def compare(files: list[Path]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"ours": [], "peer": [], "lean": []}
    for _ in range(REPETITIONS):
        results = {
            "ours": fresh_import(files),
            "peer": timed(lambda: parsing_loop(files)),
            "lean": timed(lambda: lean_loop(files)),
        }
        assert len({count for _, count in results.values()}) == 1, results
        for side, (spent, _) in results.items():
            seconds[side].append(spent)
    return seconds


def main() -> None:
    warm()
    claims: list[dict[str, Any]] = []
    heads = " ".join(
        f"{side + ' ' + what:>11}" for side in ("ours", "peer", "lean") for what in ("min", "median", "max")
    )
    print(f"{'milliseconds':24} {heads}  peer/ours lean/ours (medians)")
    for name, pattern in STRETCHES.items():
        files = sorted(DATA.glob(pattern))
        assert files, f"no recorded logs at {DATA / pattern}"
        seconds = compare(files)
        ours, peer, lean = (statistics.median(times) for times in seconds.values())
        figures = " ".join(
            f"{1e3 * value:11.1f}"
            for times in seconds.values()
            for value in (min(times), statistics.median(times), max(times))
        )
        print(f"{name:24} {figures}  {peer / ours:9.2f} {lean / ours:9.2f}")
        claims.append(claim(f"import of raw logs: {name}", 1e3 * ours, 1e3 * peer))
    report(claims)


if __name__ == "__main__":
    main()
