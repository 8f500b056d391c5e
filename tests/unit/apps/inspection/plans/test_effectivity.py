"""Exactly one revision holds for a serial number at a moment: the newest in force that covers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.apps.inspection.plans.effectivity import Bounds, covers, holding, in_force, serial_order

DAWN = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass
class Revision:
    revision: int = 1
    from_serial: str = ""
    to_serial: str = ""
    from_day: date | None = None
    to_day: date | None = None
    released_at: datetime | None = DAWN
    withdrawn_at: datetime | None = None


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("TT5-9", "TT5-10"), ("TT5-010", "TT5-11"), ("A", "B"), ("TT5", "TT5-1"), ("7", "A"), ("a2", "B1")],
)
def test_serial_numbers_are_ordered_as_people_count(lower: str, higher: str) -> None:
    assert serial_order(lower) < serial_order(higher)


def test_bounds_include_their_ends() -> None:
    one = Revision(from_serial="TT5-9", to_serial="TT5-20")
    assert [covers(one, f"TT5-{number:03d}") for number in (8, 9, 10, 20, 21)] == [False, True, True, True, False]


def test_a_revision_holds_from_its_release_until_it_is_withdrawn_on_its_days() -> None:
    one = Revision(withdrawn_at=DAWN + timedelta(hours=5))
    moments = [DAWN + timedelta(hours=hours) for hours in (-1, 0, 4, 5)]
    assert [in_force(one, at, UTC) for at in moments] == [False, True, True, False]
    taipei = ZoneInfo("Asia/Taipei")
    tomorrow = Revision(from_day=date(2026, 11, 3), to_day=date(2026, 11, 3))
    assert not in_force(tomorrow, DAWN + timedelta(hours=15), taipei)
    assert in_force(tomorrow, DAWN + timedelta(hours=16), taipei)
    assert not in_force(Revision(released_at=None), DAWN, UTC)


def test_the_newest_that_covers_wins_and_the_older_one_returns_when_it_is_withdrawn() -> None:
    old, new = Revision(1), Revision(2, from_serial="TT5-100", withdrawn_at=DAWN + timedelta(hours=2))
    both = [old, new]
    assert holding(both, "TT5-099", DAWN, UTC) is old
    assert holding(both, "TT5-100", DAWN, UTC) is new
    assert holding(both, "TT5-100", DAWN + timedelta(hours=3), UTC) is old
    assert holding([], "TT5-100", DAWN, UTC) is None


def test_bounds_the_wrong_way_round_are_seen() -> None:
    assert Bounds("TT5-9", "TT5-10").are_in_order
    assert not Bounds("TT5-10", "TT5-9").are_in_order
    assert not Bounds(from_day=date(2026, 2, 1), to_day=date(2026, 1, 1)).are_in_order


NUMBERS = st.integers(0, 40)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.booleans()), max_size=6), NUMBERS)
def test_what_holds_covers_and_nothing_newer_does(ranges: list[tuple[int, int, bool]], number: int) -> None:
    revisions = [
        Revision(place, f"S-{low}", f"S-{high}", released_at=DAWN if released else None)
        for place, (low, high, released) in enumerate(ranges, 1)
    ]
    found = holding(revisions, f"S-{number}", DAWN, UTC)
    fitting = [
        one for one, (low, high, released) in zip(revisions, ranges, strict=True) if released and low <= number <= high
    ]
    assert found is (fitting[-1] if fitting else None)
