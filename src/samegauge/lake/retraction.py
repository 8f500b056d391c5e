"""The way out: a batch is taken back whole, in one commit.

Its files leave the Delta log, so every reader of the table, Spark and DuckDB included, is rid of them at once; an
exclusion list would have bound only our own queries. Observations that another batch had brought as well stay: they
are promoted from the lines that were put beside the table when they arrived as repeats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from samegauge.lake import backends, delta_log, durable
from samegauge.lake.appending import SAME_OBSERVATION, open_snapshot
from samegauge.lake.delta_log import Commit, DataFile
from samegauge.lake.errors import LakeError
from samegauge.lake.ledger import Retraction, account, now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from samegauge.lake.appending import Place
    from samegauge.lake.ledger import Arrival, Ledger

_ONCE = (
    " QUALIFY row_number() OVER (PARTITION BY time_ns, time_digits, tag, occurrence, text, decimals, "
    "CASE WHEN text IS NULL THEN number END ORDER BY source, line, pair) = 1 ORDER BY tag, time_ns, source, line, pair"
)
_ALL = "SELECT one.* FROM read_parquet($files) AS one"
_LOST = _ALL + " ANTI JOIN read_parquet($remaining) AS other ON " + SAME_OBSERVATION


def undo(place: Place, ledger: Ledger, batch: str, reason: str) -> Retraction:
    """Take `batch` back; LakeError when it is not in."""
    if not delta_log.exists(place.table):
        raise _unknown(batch)
    with durable.exclusive(place.lock):
        snapshot = open_snapshot(place.table)
        arrivals = ledger.live()
        taken = [arrival for arrival in arrivals if arrival.batch == batch]
        if not taken:
            raise _unknown(batch)
        files = snapshot.files()
        removed = tuple(file for file in files if file.batch == batch)
        remaining = [file for file in files if file.batch != batch]
        others = [arrival for arrival in arrivals if arrival.batch != batch]
        machines = {arrival.machine for arrival in taken}
        promoted = tuple(file for machine in sorted(machines) for file in _promoted(place, machine, others, remaining))
        retraction = Retraction(
            snapshot.version + 1,
            now(),
            batch,
            reason,
            sum(file.rows for file in removed),
            sum(file.rows for file in promoted),
        )
        commit = Commit("DELETE", account(retraction), promoted, removed)
        delta_log.write(place.table, snapshot.version + 1, commit, place.workshop)
    return retraction


def _promoted(
    place: Place, machine: str, arrivals: Sequence[Arrival], remaining: Sequence[DataFile]
) -> Iterator[DataFile]:
    """Files with the observations that only the batch taken back had in the table, though others brought them too."""
    present = [str(place.table / file.path) for file in remaining if file.machine == machine]
    for arrival in arrivals:
        if arrival.machine != machine or arrival.repeats is None:
            continue
        parameters: dict[str, Any] = {"files": [str(place.beside / arrival.repeats)]}
        if present:
            parameters["remaining"] = present
        lost = backends.query((_LOST if present else _ALL) + _ONCE, parameters)
        for file in _written(place, arrival, lost):
            present.append(str(place.table / file.path))
            yield file


def _written(place: Place, arrival: Arrival, lost: backends.Frame) -> Iterator[DataFile]:
    sources: dict[str | None, list[str]] = {}
    for file in arrival.files:
        sources.setdefault(file.key.trace, []).append(file.key.source)
    for trace, own in sources.items():
        rows = backends.rows_from(lost, own)
        if rows.num_rows == 0:
            continue
        path = f"data/{uuid4().hex}.parquet"
        target = place.table / path
        backends.write_parquet(rows, target)
        durable.flush(target)
        durable.flush(target.parent)
        times = backends.column(rows, "time_ns")
        span = int(times.min()), int(times.max())
        yield DataFile(path, target.stat().st_size, len(times), *span, arrival.machine, trace, arrival.batch)


def _unknown(batch: str) -> LakeError:
    return LakeError(
        f"Batch {batch} is not in the lake: it never arrived or was taken back already. Look at the list of imports.",
        f"批次 {batch} 不在資料湖中：從未匯入，或已撤銷。查看匯入清單。",
    )
