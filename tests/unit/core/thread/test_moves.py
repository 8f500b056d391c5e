"""Swap, rework and wrong clocks; the rules at random are in test_as_built."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from samegauge.core.thread.genealogy import as_built, used_in
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, ItemKind, Unit
from samegauge.core.thread.moves import Rework, Swap, correct_time, rework, swap, undo_swap
from samegauge.core.thread.rules import Fact, Recorder, ThreadError, install, record, refuse_future, remove

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
RECORDER = Recorder(actor_name="service")


def moment(hours: int) -> datetime:
    return START + timedelta(hours=hours)


@pytest.fixture
def shop(in_scope: Organisation) -> dict[str, Unit]:
    machine = Item.objects.create(number="VMC", name="machine", kind=ItemKind.MACHINE)
    bearing = Item.objects.create(number="BRG", name="bearing", kind=ItemKind.PART)
    units = {"M1": machine, "M2": machine, "B1": bearing, "B2": bearing, "B3": bearing}
    return {serial: Unit.objects.create(serial=serial, item=item) for serial, item in units.items()}


def inside(machine: Unit, hours: int) -> list[tuple[str, str]]:
    return [(branch.serial, branch.position) for branch in as_built(machine, moment(hours))]


def test_a_swap_is_one_dated_step_with_its_reason(shop: dict[str, Unit]) -> None:
    install(shop["B1"], shop["M1"], moment(0), RECORDER, "SPN")
    edge = swap(Swap(shop["B1"], shop["B2"], moment(5), "noise"), RECORDER)
    assert (inside(shop["M1"], 4), inside(shop["M1"], 5)) == ([("B1", "SPN")], [("B2", "SPN")])
    assert edge.installed_event.payload | {"replaces": "B1", "reason": "noise"} == edge.installed_event.payload
    removed = Event.objects.get(kind="removed")
    assert (removed.device_time, removed.payload["reason"]) == (moment(5), "noise")


def test_a_swap_that_is_refused_changes_nothing(shop: dict[str, Unit]) -> None:
    install(shop["B1"], shop["M1"], moment(0), RECORDER)
    install(shop["B3"], shop["M2"], moment(0), RECORDER)
    for wrong in ("B1", "B3", "M2"):
        with pytest.raises(ThreadError, match=wrong):
            swap(Swap(shop["B1"], shop[wrong], moment(5), "noise"), RECORDER)
    assert inside(shop["M1"], 9) == [("B1", "")]
    assert Event.objects.count() == 2


def test_a_swap_taken_back_leaves_both_parts_where_they_were_and_says_so(shop: dict[str, Unit]) -> None:
    install(shop["B1"], shop["M1"], moment(0), RECORDER)
    edge = swap(Swap(shop["B1"], shop["B2"], moment(5), "noise"), RECORDER)
    undo_swap(edge.installed_event, "scanned the box beside it", RECORDER)
    assert inside(shop["M1"], 9) == [("B1", "")]
    assert used_in(shop["B2"]) == []
    undone = Event.objects.filter(kind="swap_undone")
    assert {(each.unit.serial, each.supersedes.kind) for each in undone if each.unit and each.supersedes} == {
        ("B1", "removed"),
        ("B2", "installed"),
    }
    with pytest.raises(ThreadError, match="B2"):
        undo_swap(edge.installed_event, "again", RECORDER)


def test_a_swap_is_not_taken_back_over_the_old_part_s_new_place(shop: dict[str, Unit]) -> None:
    install(shop["B1"], shop["M1"], moment(0), RECORDER)
    edge = swap(Swap(shop["B1"], shop["B2"], moment(5), "noise"), RECORDER)
    install(shop["B1"], shop["M2"], moment(6), RECORDER)
    with pytest.raises(ThreadError, match="M2"):
        undo_swap(edge.installed_event, "wrong", RECORDER)
    assert inside(shop["M1"], 9) == [("B2", "")]


def test_reworked_a_part_was_out_and_is_back_in_its_place(shop: dict[str, Unit]) -> None:
    install(shop["B1"], shop["M1"], moment(0), RECORDER, "SPN")
    rework(Rework(shop["B1"], moment(2), moment(4), "noise", "greased"), RECORDER)
    assert [bool(inside(shop["M1"], hours)) for hours in (1, 2, 3, 4)] == [True, False, False, True]
    assert inside(shop["M1"], 4) == [("B1", "SPN")]
    assert Event.objects.get(kind="reworked").payload["done"] == "greased"


def test_a_clock_that_was_off_is_corrected_with_the_place_it_dated(shop: dict[str, Unit]) -> None:
    install(shop["B1"], shop["M1"], moment(8), RECORDER)
    wrong = Event.objects.get(kind="installed")
    right = correct_time(wrong, moment(0), "the tablet's zone was wrong by 8 h", RECORDER)
    edge = AsBuiltEdge.objects.get()
    assert (edge.valid_from, edge.installed_event, right.supersedes) == (moment(0), right, wrong)
    out = remove(shop["B1"], moment(3), RECORDER, "noise").removed_event
    assert out
    correct_time(out, moment(5), "the same clock", RECORDER)
    assert [bool(inside(shop["M1"], hours)) for hours in (0, 4, 5)] == [True, True, False]


@pytest.mark.parametrize(
    ("kind", "to", "says"),
    [("installed", 4, "B1.*M1"), ("removed", 0, "B1.*M1"), ("removed", 9, "M2")],
)
def test_no_correction_makes_an_impossible_place(shop: dict[str, Unit], kind: str, to: int, says: str) -> None:
    install(shop["B1"], shop["M1"], moment(1), RECORDER)
    remove(shop["B1"], moment(3), RECORDER, "noise")
    install(shop["B1"], shop["M2"], moment(6), RECORDER)
    wrong = Event.objects.filter(kind=kind).earliest("pk")
    with pytest.raises(ThreadError, match=says):
        correct_time(wrong, moment(to), "x", RECORDER)
    assert not wrong.superseded_by.exists()


def test_the_holder_may_have_gone_into_the_part_later(shop: dict[str, Unit]) -> None:
    install(shop["B1"], shop["B2"], moment(1), RECORDER)
    remove(shop["B1"], moment(3), RECORDER, "x")
    install(shop["B2"], shop["B1"], moment(5), RECORDER)
    correct_time(Event.objects.earliest("pk"), moment(2), "clock", RECORDER)
    assert inside(shop["B2"], 2) == [("B1", "")]


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(days=-900)])
def test_a_time_that_may_be_is_taken(ahead: timedelta) -> None:
    assert refuse_future(datetime.now(UTC) + ahead) is None


def test_a_time_ahead_of_the_server_is_refused_with_how_far() -> None:
    with pytest.raises(ThreadError, match=r"479|480"):
        refuse_future(datetime.now(UTC) + timedelta(hours=8))


@pytest.mark.parametrize(
    "said",
    [
        lambda shop: swap(Swap(shop["B1"], shop["B2"], moment(5), " "), RECORDER),
        lambda shop: rework(Rework(shop["B1"], moment(5), moment(6), "noise", ""), RECORDER),
        lambda shop: rework(Rework(shop["B1"], moment(5), moment(5), "noise", "greased"), RECORDER),
        lambda shop: undo_swap(shop["M1"].children_edges.get().installed_event, "", RECORDER),
        lambda shop: undo_swap(shop["M1"].children_edges.get().installed_event, "was no swap", RECORDER),
        lambda shop: correct_time(
            record(Fact("passport_issued", moment(1), {}, unit=shop["M1"]), RECORDER), moment(0), "x", RECORDER
        ),
    ],
)
def test_what_is_not_said_or_not_so_is_refused(
    shop: dict[str, Unit], said: Callable[[dict[str, Unit]], object]
) -> None:
    install(shop["B1"], shop["M1"], moment(0), RECORDER)
    with pytest.raises(ThreadError):
        said(shop)
    assert inside(shop["M1"], 9) == [("B1", "")]
