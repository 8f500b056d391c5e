"""Which observation is which: the identity of decision 0005, told for all files of an import in one pass.

An observation is its machine, its line (time stamp, name and value as written) and its occurrence among equal ones
within its file. A second file that repeats a line repeats the observation; a file that holds a line twice holds two
observations.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from samegauge.formats.native import compiled, inlined
from samegauge.formats.shdr_kernel import ROW_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from samegauge.formats.shdr import ShdrColumns

    Records: TypeAlias = Any  # a record array: numba reads its fields as attributes, which numpy's types cannot say

_MOST_SHARDS = 8
_MOST_BINS = 1 << 24
_SHARD_SHIFT = 50  # far from the bits that choose the slot
NOTHING_BEFORE = np.iinfo(np.int64).min
_SEEN_TYPE = np.dtype([("file", np.int32), ("here", np.int32), ("most", np.int32), ("stretch", np.int32)])
FILE_TYPE = np.dtype(
    [
        ("first_row", np.int64),
        ("last_row", np.int64),  # exclusive
        ("stretch", np.int64),
        ("previous_ns", np.int64),
        ("steps_back", np.int64),
        ("first_ns", np.int64),
        ("last_ns", np.int64),
        ("closing_ns", np.int64),
    ]
)


class TimeSpan(NamedTuple):
    """Earliest and latest time of a file and that of its last line, which need not be the latest."""

    first_ns: int
    last_ns: int
    closing_ns: int


@dataclass(frozen=True, slots=True)
class Identities:
    """All rows of several files, told apart.

    `occurrence` counts from 1 within the file; `new` marks the first arrival of an identity; `fresh` marks the first
    arrival of a line within its stretch. Per file, `repeats` lines are exact duplicates of earlier ones of their
    stretch (n lines that are equal count n - 1) and `steps_back` lines are older than the line before.
    """

    rows: NDArray[np.void]
    words: tuple[str, ...]
    file: NDArray[np.int32]
    occurrence: NDArray[np.int32]
    new: NDArray[np.bool_]
    fresh: NDArray[np.bool_]
    repeats: tuple[int, ...]
    steps_back: tuple[int, ...]
    spans: tuple[TimeSpan, ...]
    bounds: tuple[int, ...]  # rows of file n: from bounds[n] to bounds[n + 1]


def identify(
    columns: Sequence[ShdrColumns], stretches: Sequence[int], previous_ns: Sequence[int | None] | None = None
) -> Identities:
    """Identities of the observations of one machine's files, in the order given; equal `stretches` belong together.

    `previous_ns` is the time of the line before a file's first one when that line is not in the file ahead of it.
    """
    words, codes = _common_words(columns)
    bounds = np.cumsum([0, *(len(column) for column in columns)])
    files = np.zeros(len(columns), FILE_TYPE)
    files["first_row"], files["last_row"] = bounds[:-1], bounds[1:]
    files["stretch"] = stretches
    files["previous_ns"] = [NOTHING_BEFORE if time is None else time for time in previous_ns or [None] * len(columns)]
    rows = np.empty(bounds[-1], ROW_TYPE)
    shards = min(os.cpu_count() or 1, _MOST_SHARDS)
    repeats = np.zeros((shards, len(columns)), np.int64)
    counted = np.empty((len(rows), 2), np.int32)
    marks = np.empty((len(rows), 2), np.bool_)

    def copy(file: int) -> None:
        _copy(columns[file].rows, codes[file], rows, counted, (file, bounds[file]))

    def mark(shard: int) -> None:
        table = np.zeros(1 << (2 * len(rows) // shards + 1).bit_length(), np.int32)
        _mark(rows, files, (table, np.empty(len(rows), _SEEN_TYPE)), (shard, shards), (counted, marks), repeats[shard])

    with ThreadPoolExecutor(shards) as pool:
        list(pool.map(copy, range(len(columns))))
        walk = pool.submit(_walk, rows, files)
        list(pool.map(mark, range(shards)))
        walk.result()
    return Identities(
        rows,
        words,
        counted[:, 0],
        counted[:, 1],
        marks[:, 0],
        marks[:, 1],
        tuple(repeats.sum(axis=0).tolist()),
        tuple(files["steps_back"].tolist()),
        tuple(TimeSpan(*span) for span in files[["first_ns", "last_ns", "closing_ns"]].tolist()),
        tuple(bounds.tolist()),
    )


def counts_of_tags(rows: NDArray[np.void], words: tuple[str, ...]) -> dict[str, int]:
    counts = np.zeros(len(words), np.int64)
    _tally(rows, counts)
    return {word: count for word, count in zip(words, counts.tolist(), strict=True) if count}


def _common_words(columns: Sequence[ShdrColumns]) -> tuple[tuple[str, ...], list[NDArray[np.int32]]]:
    known: dict[str, int] = {}
    codes = [[known.setdefault(word, len(known)) for word in column.words] for column in columns]
    return tuple(known), [np.array(own, np.int32) for own in codes]


@compiled
def _copy(
    own: Records, codes: NDArray[np.int32], rows: Records, counted: NDArray[np.int32], place: tuple[int, int]
) -> None:
    """One file's rows to their place among all, in the common words."""
    file, first = place
    for index in range(own.size):
        row = first + index
        rows[row] = own[index]
        rows[row].tag = codes[own[index].tag]
        if own[index].text >= 0:
            rows[row].text = codes[own[index].text]
        counted[row, 0] = file


@inlined
def _key(row: Records) -> int:
    value = np.int64(row.text) if row.text >= 0 else np.float64(row.number).view(np.int64) + row.decimals
    key = (row.time_ns ^ (np.int64(row.tag) << 40)) * np.int64(-7046029254386353131)
    key = (key ^ (key >> 29) ^ value) * np.int64(-4658895280553007687)
    return key ^ (key >> 32)


@inlined
def _equal(one: Records, other: Records) -> bool:
    if one.time_ns != other.time_ns or one.tag != other.tag or one.text != other.text:
        return False
    if one.time_digits != other.time_digits:
        return False
    return one.text >= 0 or (one.number == other.number and one.decimals == other.decimals)


@inlined
def _first_equal(rows: Records, row: int, key: int, table: NDArray[np.int32]) -> int:
    """Number of the first row equal to `row`, itself when there is none before."""
    mask = table.size - 1
    slot = key & mask
    while table[slot] != 0:
        known = table[slot] - 1
        if _equal(rows[known], rows[row]):
            return known
        slot = (slot + 1) & mask
    table[slot] = row + 1
    return row


@inlined
def _count(seen: Records, first: bool, place: tuple[int, int]) -> tuple[int, bool, bool]:  # noqa: FBT001
    """(occurrence within the file, whether that many were never seen, whether the stretch sees it first)."""
    file, stretch = place
    if first:
        seen.most = 0
        seen.file = -1
        seen.stretch = -1
    if seen.file != file:
        seen.file = file
        seen.here = 0
    seen.here += 1
    fresh = seen.stretch != stretch
    seen.stretch = stretch
    new = seen.here > seen.most
    if new:
        seen.most = seen.here
    return seen.here, new, fresh


@compiled
def _mark(
    rows: Records,
    files: Records,
    memory: tuple[NDArray[np.int32], Records],
    share: tuple[int, int],
    verdicts: tuple[NDArray[np.int32], NDArray[np.bool_]],
    repeats: NDArray[np.int64],
) -> None:
    """Verdicts on the rows whose key falls to this shard: equal rows always fall to the same one."""
    table, seen = memory
    shard, shards = share
    counted, marks = verdicts
    for file in range(files.size):
        for row in range(files[file].first_row, files[file].last_row):
            key = _key(rows[row])
            if (key >> _SHARD_SHIFT) % shards != shard:
                continue
            first = _first_equal(rows, row, key, table)
            many, new, fresh = _count(seen[first], first == row, (file, files[file].stretch))
            counted[row, 1] = many
            marks[row, 0] = new
            marks[row, 1] = fresh
            repeats[file] += not fresh


@compiled
def _tally(rows: Records, counts: NDArray[np.int64]) -> None:
    for row in range(rows.size):
        counts[rows[row].tag] += 1


@compiled
def _walk(rows: Records, files: Records) -> None:
    """Per file the time span and the lines older than the line before; a stretch runs on from file to file."""
    before_ns = NOTHING_BEFORE
    for file in range(files.size):
        if file == 0 or files[file].stretch != files[file - 1].stretch:
            before_ns = NOTHING_BEFORE
        if files[file].previous_ns != NOTHING_BEFORE:
            before_ns = files[file].previous_ns
        first_ns = rows[files[file].first_row].time_ns
        last_ns = first_ns
        for row in range(files[file].first_row, files[file].last_row):
            time_ns = rows[row].time_ns
            files[file].steps_back += time_ns < before_ns
            before_ns = time_ns
            first_ns = min(first_ns, time_ns)
            last_ns = max(last_ns, time_ns)
        files[file].first_ns = first_ns
        files[file].last_ns = last_ns
        files[file].closing_ns = before_ns


def gather(rows: NDArray[np.void], chosen: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Contiguous columns of the chosen rows, in one pass over them."""
    columns = {name: np.empty(len(chosen), ROW_TYPE[name]) for name in ROW_TYPE.names or ()}
    _gather(rows, chosen, tuple(columns.values()))
    return columns


@compiled
def _gather(rows: Records, chosen: NDArray[np.int64], columns: tuple[NDArray[Any], ...]) -> None:
    time_ns, number, tag, text, line, pair, time_digits, decimals = columns
    for index in range(chosen.size):
        row = rows[chosen[index]]
        time_ns[index] = row.time_ns
        number[index] = row.number
        tag[index] = row.tag
        text[index] = row.text
        line[index] = row.line
        pair[index] = row.pair
        time_digits[index] = row.time_digits
        decimals[index] = row.decimals


def arranged(rows: NDArray[np.void], wanted: NDArray[np.bool_], group: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Numbers of the wanted rows: a list for each value of `group` that has any, sorted by tag, then as they came.

    Reference: `np.lexsort((tag, group))` over the wanted rows, cut where `group` changes.
    """
    groups = int(group.max()) + 1
    tags = int(rows["tag"].max()) + 1
    if groups * tags > _MOST_BINS:
        order = np.lexsort((rows["tag"], group))
        order = order[wanted[order]]
        return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    bins = np.zeros(groups * tags + 1, np.int64)
    order = np.empty(int(np.count_nonzero(wanted)), np.int64)
    _arrange(rows, wanted, group, tags, bins, order)
    ends = bins[tags - 1 : groups * tags : tags]
    return [piece for piece in np.split(order, ends[:-1]) if len(piece)]


@compiled
def _arrange(
    rows: Records,
    wanted: NDArray[np.bool_],
    group: NDArray[np.int64],
    tags: int,
    bins: NDArray[np.int64],
    order: NDArray[np.int64],
) -> None:
    """Counting sort; afterwards `bins` holds where each bin ends."""
    for row in range(rows.size):
        if wanted[row]:
            bins[group[row] * tags + rows[row].tag + 1] += 1
    for index in range(1, bins.size):
        bins[index] += bins[index - 1]
    for row in range(rows.size):
        if wanted[row]:
            place = group[row] * tags + rows[row].tag
            order[bins[place]] = row
            bins[place] += 1
