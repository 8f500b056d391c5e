"""Control charts and capability of a plant: 1e6 measurements on 1,000 characteristics, against pandas and base R.

All start from one long table in order of time, characteristics mixed as they come from a plant, and do: limits of
individuals by mean moving ranges, the eight Nelson rules on every point, Cp, Cpk, Pp, Ppk with 95 % intervals. Ours
gives Cpm, the expected share beyond the limits and a fingerprint of the data besides. What they flag is compared. Each
peer does it in two ways: as tables of this shape are usually treated, by groups (pandas) or one characteristic after
another (R), and as fast as we could write it, with one column for each characteristic.
"""

from __future__ import annotations

import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scenery import claim, report

from samegauge.engines.spc.capability.indices import tolerances
from samegauge.engines.spc.capability.table import capability_of_many
from samegauge.engines.spc.charts.individuals import imr_charts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Table = tuple[NDArray[np.int64], NDArray[np.float64]]

CHARACTERISTICS, VALUES = 1_000, 1_000
LOWER, UPPER = -4.0, 4.0
ROUNDS, PEER_ROUNDS = 7, 3
D2 = 2.0 / math.sqrt(math.pi)
RULES = 8


def table() -> Table:
    """Long, in order of time, with a shift here and there so that every rule has work."""
    rng = np.random.default_rng(20261121)
    values = rng.normal(size=(VALUES, CHARACTERISTICS))
    values[600:650, ::10] += 1.5
    order = np.concatenate([rng.permutation(CHARACTERISTICS) for _ in range(VALUES)])
    rows = np.repeat(np.arange(VALUES), CHARACTERISTICS)
    return order.astype(np.int64), values[rows, order]


def ours(characteristic: NDArray[np.int64], value: NDArray[np.float64]) -> tuple[list[int], float]:
    # Numbers below 32,768 sort by their digits.
    order = np.argsort(characteristic.astype(np.int16), kind="stable")
    values = value[order]
    charts = imr_charts(values.reshape(CHARACTERISTICS, VALUES))
    limits = tolerances(np.full(CHARACTERISTICS, LOWER), np.full(CHARACTERISTICS, UPPER))
    capability = capability_of_many(values, np.full(CHARACTERISTICS, VALUES), limits)
    flagged = [int(np.count_nonzero(charts.location.alarms & (1 << rule))) for rule in range(RULES)]
    return flagged, float(capability.overall.nearest.value.sum())


def indices(mean: Any, sigma: Any, count: int) -> list[Any]:
    from scipy.stats import chi2, norm

    dof = count - 1
    spread = (UPPER - LOWER) / (6.0 * sigma)
    centred = np.minimum(UPPER - mean, mean - LOWER) / (3.0 * sigma)
    error = norm.ppf(0.975) * np.sqrt(1.0 / (9.0 * count) + centred**2 / (2.0 * dof))
    bounds = [spread * math.sqrt(chi2.ppf(level, dof) / dof) for level in (0.025, 0.975)]
    return [spread, *bounds, centred, centred - error, centred + error]


def pandas_wide(characteristic: NDArray[np.int64], value: NDArray[np.float64]) -> tuple[list[int], float]:
    import pandas as pd

    frame = pd.DataFrame({"characteristic": characteristic, "value": value})
    frame["place"] = frame.groupby("characteristic").cumcount()
    x = frame.set_index(["place", "characteristic"])["value"].unstack()  # noqa: PD010 - pivot_table would aggregate
    step = x.diff()
    mean, within, overall = x.mean(), step.abs().mean() / D2, x.std()
    z = (x - mean) / within
    up, down = step > 0, step < 0
    turns = (up & down.shift(fill_value=False)) | (down & up.shift(fill_value=False))
    flagged = _rules(z, up, down, turns, lambda hits, span: hits.rolling(span).sum())
    indices(mean, within, VALUES)
    return flagged, float(indices(mean, overall, VALUES)[3].sum())


def pandas_groups(characteristic: NDArray[np.int64], value: NDArray[np.float64]) -> tuple[list[int], float]:
    import pandas as pd

    frame = pd.DataFrame({"characteristic": characteristic, "value": value})
    key = frame["characteristic"]
    x = frame.groupby("characteristic")["value"]
    step = x.diff()
    mean, overall = x.mean(), x.std()
    within = step.abs().groupby(key).mean() / D2
    z = (frame["value"] - key.map(mean)) / key.map(within)
    up, down = step > 0, step < 0
    before = [hits.groupby(key).shift(fill_value=False) for hits in (up, down)]
    turns = (up & before[1]) | (down & before[0])

    def windows(hits: Any, span: int) -> Any:
        return hits.groupby(key).rolling(span).sum().droplevel(0).sort_index()

    flagged = _rules(z, up, down, turns, windows)
    indices(mean, within, VALUES)
    return flagged, float(indices(mean, overall, VALUES)[3].sum())


def _rules(z: Any, up: Any, down: Any, turns: Any, windows: Callable[[Any, int], Any]) -> list[int]:
    def both(span: int, needed: int, zone: float) -> Any:
        above, below = z > zone, z < -zone
        return ((windows(above, span) >= needed) & above) | ((windows(below, span) >= needed) & below)

    found = [
        z.abs() > 3,
        both(9, 9, 0.0),
        (windows(up, 5) >= 5) | (windows(down, 5) >= 5),
        windows(turns, 12) >= 12,
        both(3, 2, 2.0),
        both(5, 4, 1.0),
        windows(z.abs() < 1, 15) >= 15,
        windows(z.abs() > 1, 8) >= 8,
    ]
    return [int(np.count_nonzero(one)) for one in found]


def taken_s(work: Callable[[], Any], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def in_r(characteristic: NDArray[np.int64], value: NDArray[np.float64]) -> list[tuple[float, tuple[list[int], float]]]:
    """Medians of the rounds within one R process, which read the table beforehand, and what it flagged: both ways."""
    script = Path(__file__).with_name("spc.R")
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        np.concatenate([characteristic.astype(np.float64), value]).tofile(file.name)
        command = ["Rscript", "--vanilla", str(script), file.name, str(PEER_ROUNDS), str(VALUES), str(CHARACTERISTICS)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    return [(float(median), ([int(one) for one in flagged.split(",")], float(cpk))) for median, flagged, cpk in lines]


def main() -> int:
    data = table()
    expected = ours(*data)
    times = taken_s(lambda: ours(*data), ROUNDS)
    mine = statistics.median(times)
    more = {"best_s": round(min(times), 4), "worst_s": round(max(times), 4), "goal_s": 0.5}
    rows: list[dict[str, Any]] = []
    try:
        import pandas as pd
    except ImportError:
        print("pandas is not installed here: pip install pandas into this environment to measure against it.")
    else:
        for name, work, rounds in (("by groups", pandas_groups, 1), ("pivoted", pandas_wide, PEER_ROUNDS)):
            _compared(f"pandas {name}", expected, work(*data))
            peer = statistics.median(taken_s(lambda work=work: work(*data), rounds))  # type: ignore[misc]
            rows.append(
                claim(f"1e6 values, rules and indices: pandas {pd.__version__} {name}", mine, peer, "s", **more)
            )
    if shutil.which("Rscript"):
        for way, (peer, found) in zip(("as a matrix", "one by one"), in_r(*data), strict=True):
            _compared(f"base R {way}", expected, found)
            rows.append(claim(f"1e6 values, rules and indices: base R {way}", mine, peer, "s", **more))
    else:
        print("R is not installed here: apt install r-base-core to measure against it.")
    if not rows:
        rows.append(claim("1e6 values, rules and indices: no peer here", mine, None, "s", **more))
    report(rows)
    return 0


def _compared(name: str, mine: tuple[list[int], float], theirs: tuple[list[int], float]) -> None:
    if mine[0] != theirs[0] or not math.isclose(mine[1], theirs[1], rel_tol=1e-9):
        raise SystemExit(f"{name} flags {theirs}, ours {mine}: they do not do the same work.")


if __name__ == "__main__":
    sys.exit(main())
