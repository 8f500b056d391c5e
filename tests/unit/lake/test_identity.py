"""The compiled identities against a dictionary, and the sort against numpy's."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.formats.shdr import parse_columns
from samegauge.lake.identity import arranged, identify

Verdict: TypeAlias = tuple[int, bool, bool]
DRAWN = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.integers(0, 3), st.sampled_from(["a", "b"]), st.sampled_from(["1", "1.0", "READY", "01"])),
            min_size=1,
            max_size=12,
        ),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=5,
)


def line(second: int, tag: str, value: str) -> str:
    return f"2017-10-23T08:00:0{second}Z|{tag}|{value}"


def by_dictionary(files: list[list[str]], stretches: list[int]) -> tuple[list[Verdict], list[int], list[int]]:
    """The readable reference: (occurrence, new, fresh) of each row, exact duplicates and steps back per file."""
    most: Counter[str] = Counter()
    rows: list[Verdict] = []
    repeats: list[int] = []
    steps: list[int] = []
    last_stretch: dict[str, int] = {}
    before: tuple[int, str] | None = None
    for lines, stretch in zip(files, stretches, strict=True):
        here: Counter[str] = Counter()
        repeats.append(0)
        steps.append(0)
        for one in lines:
            here[one] += 1
            new = here[one] > most[one]
            most[one] = max(most[one], here[one])
            fresh = last_stretch.get(one) != stretch
            last_stretch[one] = stretch
            rows.append((here[one], new, fresh))
            repeats[-1] += not fresh
            stamp = one.split("|")[0]
            steps[-1] += before is not None and before[0] == stretch and stamp < before[1]
            before = (stretch, stamp)
    return rows, repeats, steps


@settings(max_examples=200, deadline=None, derandomize=True)
@given(DRAWN)
def test_compiled_equals_dictionary(drawn: list[tuple[list[tuple[int, str, str]], int]]) -> None:
    files = [[line(*one) for one in lines] for lines, _ in drawn]
    stretches = np.cumsum([step for _, step in drawn]).tolist()
    columns = [parse_columns(("\n".join(lines) + "\n").encode(), "log") for lines in files]
    told = identify(columns, stretches)
    rows = list(zip(told.occurrence.tolist(), told.new.tolist(), told.fresh.tolist(), strict=True))
    assert (rows, list(told.repeats), list(told.steps_back)) == by_dictionary(files, stretches)


def test_a_snapshot_twice_in_one_file_is_two_observations_and_in_two_files_one() -> None:
    snapshot = b"2017-10-19T17:24:55.242231Z|Bload|UNAVAILABLE\n"
    once, twice = parse_columns(snapshot, "one"), parse_columns(snapshot * 2, "two")
    told = identify([once, twice], [0, 0])
    assert told.new.tolist() == [True, False, True]
    assert told.occurrence.tolist() == [1, 1, 2]
    assert told.repeats == (0, 2)


def test_the_spelling_belongs_to_the_identity() -> None:
    data = b"2017-10-23T08:00:00Z|a|1\n2017-10-23T08:00:00Z|a|1.0\n2017-10-23T08:00:00.0Z|a|1\n"
    assert identify([parse_columns(data, "log")], [0]).new.all()


def test_a_known_time_before_the_file_counts_as_the_line_before() -> None:
    columns = parse_columns(b"2017-10-23T08:00:00Z|a|1\n", "log")
    later_ns = int(columns.time_ns[0]) + 1
    assert identify([columns], [0], [later_ns]).steps_back == (1,)
    assert identify([columns], [0], [None]).steps_back == (0,)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc"), st.booleans()), min_size=1, max_size=30))
def test_arranged_is_a_stable_sort_by_group_and_tag(drawn: list[tuple[int, str, bool]]) -> None:
    log = "".join(f"2017-10-23T08:00:00Z|{tag}|{row}\n" for row, (_, tag, _) in enumerate(drawn))
    told = identify([parse_columns(log.encode(), "log")], [0])
    group = np.array([group for group, _, _ in drawn])
    wanted = np.array([wanted for _, _, wanted in drawn])
    order = np.lexsort((told.rows["tag"], group))
    order = order[wanted[order]]
    expected = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    pieces = arranged(told.rows, wanted, group)
    assert [piece.tolist() for piece in pieces] == [piece.tolist() for piece in expected if len(piece)]
