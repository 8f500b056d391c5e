"""Import of raw adapter logs, parsing to the lake, against a plain Python line loop that only parses and counts.

Ours: gzip files to parsed (values to numbers too), de-duplicated, sorted, compressed, fsynced and committed rows. Peer:
gzip files to a count per tag; each line is split and its time stamp read by datetime, its value left as text. Both are
run in turn in one process, so a busy machine hits both; ours uses all cores, the peer one.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.lake import Lake, import_shdr, warm

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


def plain_loop(files: list[Path]) -> int:
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


def compare(files: list[Path]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(REPETITIONS):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            Lake(root).for_organisation("bench").prepare()  # an organisation's empty table is made once, not per import
            spent, ours = timed(lambda root=root: into_the_lake(files, root))
            seconds["ours"].append(spent)
            shutil.rmtree(root / "bench")
        spent, peer = timed(lambda: plain_loop(files))
        seconds["peer"].append(spent)
        assert ours == peer, f"{ours} observations against {peer}"
    return seconds


def main() -> None:
    warm()
    claims: list[dict[str, object]] = []
    heads = " ".join(f"{side + ' ' + what:>11}" for side in ("ours", "peer") for what in ("min", "median", "max"))
    print(f"{'milliseconds':24} {heads}  ratio of medians")
    for name, pattern in STRETCHES.items():
        files = sorted(DATA.glob(pattern))
        assert files, f"no recorded logs at {DATA / pattern}"
        seconds = compare(files)
        ours, peer = (statistics.median(seconds[side]) for side in ("ours", "peer"))
        figures = " ".join(
            f"{1e3 * value:11.1f}"
            for side in ("ours", "peer")
            for value in (min(seconds[side]), statistics.median(seconds[side]), max(seconds[side]))
        )
        print(f"{name:24} {figures}  {peer / ours:.2f}")
        claims.append({"name": f"import of raw logs: {name}", "ours": ours, "peer": peer, "ratio": peer / ours})
    print(json.dumps({"claims": claims}))


if __name__ == "__main__":
    main()
