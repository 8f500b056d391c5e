from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from samegauge.edge.tools.ledger import Ledger, NumberReusedError
from samegauge.edge.tools.orders import Order, Role, roles
from samegauge.formats.tightening import Judgement, Tightening

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
GOOD = Tightening(41, "TX-1", 1, True, 3.1, "N·m", Judgement.OK, 60, Judgement.OK, AT, True)  # noqa: FBT003 - columns
ORDER = Order("unit", "TX-1", "S17", "procedure", "bolt-1", parameter_set=1, wanted=2)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    one = Ledger(Path(":memory:"), lambda: AT)
    yield one
    one.close()


def numbered(number: int) -> Tightening:
    return replace(GOOD, tightening_id=number)


@pytest.mark.parametrize(
    ("one", "identified", "role"),
    [
        (GOOD, True, Role.COUNTED),
        (replace(GOOD, identifier="TX-2"), True, Role.FOREIGN),
        (replace(GOOD, identifier=""), True, Role.FOREIGN),
        (replace(GOOD, identifier="TX-2"), False, Role.COUNTED),
        (replace(GOOD, parameter_set=2), False, Role.FOREIGN),
        (replace(GOOD, is_tightening=False), True, Role.NOT_TIGHTENING),
        (replace(GOOD, ok=False), True, Role.COUNTED),
    ],
)
def test_what_a_tightening_is_to_its_order(one: Tightening, identified: bool, role: Role) -> None:  # noqa: FBT001 - a table
    progress, [(judged, _same)] = roles(ORDER, [one], identified=identified)
    assert judged is role
    assert (progress.ok, progress.nok) == ((one.ok, not one.ok) if role is Role.COUNTED else (0, 0))


def test_what_lies_before_the_first_meeting_is_none_of_ours(ledger: Ledger) -> None:
    ledger.begin_era(numbered(40), None)
    assert not ledger.take(numbered(40))
    assert not ledger.take(numbered(12))
    assert ledger.take(numbered(41))
    assert ledger.missing() == []


def test_a_gap_is_asked_for_until_it_is_filled_or_known_to_be_gone(ledger: Ledger) -> None:
    ledger.begin_era(numbered(40), None)
    ledger.take(numbered(44))
    assert ledger.missing() == [41, 42, 43]
    ledger.take(numbered(42))
    ledger.mark_absent(41, 15)
    assert ledger.missing() == [43]
    ledger.take(numbered(50_000))
    assert ledger.missing()[0] == 49_000, "no controller keeps more"


def test_the_same_result_twice_counts_once_and_another_under_its_number_is_an_error(ledger: Ledger) -> None:
    ledger.begin_era(None, None)
    assert ledger.take(GOOD)
    assert not ledger.take(replace(GOOD, torque=310.0, torque_unit="N·cm")), "another revision says it in another unit"
    with pytest.raises(NumberReusedError, match="41"):
        ledger.take(replace(GOOD, angle_deg=61))


@pytest.mark.parametrize("latest", [7, 90])
def test_a_controller_that_counts_anew_loses_nothing_of_either_count(ledger: Ledger, latest: int) -> None:
    """Whether its new count is still below the old one or already beyond it."""
    ledger.begin_era(numbered(40), None)
    ledger.take(GOOD)
    ledger.begin_era(numbered(latest), replace(GOOD, angle_deg=99) if latest > 41 else None)
    assert ledger.take(replace(GOOD, angle_deg=99))
    ledger.take(numbered(latest))
    assert set(ledger.missing()) == set(range(1, max(latest, 41))) - {41, latest}


def test_results_answer_the_order_that_was_begun_last_before_them(ledger: Ledger) -> None:
    ledger.begin_era(numbered(40), None)
    first = ledger.begin(ORDER)
    ledger.mark_identified(first, identified=True)
    assert ledger.begin(ORDER) == first, "found again after an interruption"
    ledger.take(numbered(42))
    second = ledger.begin(replace(ORDER, step="bolt-2"))
    for number in (44, 43, 41):  # late, and in any order
        ledger.take(numbered(number))
    assert [one.tightening_id for _role, one in ledger.judged(first)] == [41, 42]
    assert [one.tightening_id for _role, one in ledger.judged(second)] == [43, 44]
    assert [kept.order.step for kept in ledger.outbox()] == ["bolt-1", "bolt-1", "bolt-2", "bolt-2"]


def test_what_was_passed_on_leaves_the_outbox_and_identifiers_are_version_7(ledger: Ledger) -> None:
    ledger.begin_era(numbered(40), None)
    ledger.begin(ORDER)
    ledger.take(numbered(41))
    ledger.take(numbered(42))
    one, two = ledger.outbox()
    assert one.entry.version == 7
    assert one.entry != two.entry
    assert one.entry.int >> 80 == AT.timestamp() * 1000
    ledger.mark_passed_on(one.entry, "conflict")
    assert [kept.entry for kept in ledger.outbox()] == [two.entry]
    assert ledger.times(ORDER, frozenset({"conflict"})) == 1
    assert ledger.times(replace(ORDER, step="bolt-2"), frozenset({"conflict"})) == 0
