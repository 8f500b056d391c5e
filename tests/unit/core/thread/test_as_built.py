from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from samegauge.core.organisations.models import Organisation, OrganisationKind
from samegauge.core.scope import ScopeError, organisation_scope
from samegauge.core.thread.genealogy import as_built, descendant_counts, used_in, uses_of
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, ItemKind, Unit
from samegauge.core.thread.moves import Swap, swap, undo_swap
from samegauge.core.thread.rules import Recorder, ThreadError, altered_events, install, remove

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
RECORDER = Recorder(actor_name="assembler")
UNITS = 4
MACHINE = 0
LAST = 9  # ticks of the model's clock: few, so that moves meet


def moment(tick: int) -> datetime:
    return START + timedelta(hours=tick)


def new_units(count: int) -> list[Unit]:
    item = Item.objects.create(number="I-1", name="anything", kind=ItemKind.ASSEMBLY)
    return [Unit.objects.create(serial=f"S-{n}", item=item) for n in range(count)]


def inside(unit: Unit, at: datetime) -> list[str]:
    return [branch.serial for branch in as_built(unit, at)]


class Model:
    """The rules on a clock of whole ticks: for each unit, in what it is at each tick."""

    def __init__(self, units: int) -> None:
        self.places: list[dict[int, int]] = [{} for _ in range(units)]
        self.open_since: dict[int, int] = {}

    def holders(self, unit: int, tick: int) -> list[int]:
        chain: list[int] = []
        while (unit := self.places[unit].get(tick, -1)) >= 0 and unit not in chain:
            chain.append(unit)
        return chain

    def may_install(self, child: int, parent: int, tick: int) -> bool:
        free = all(later not in self.places[child] for later in range(tick, LAST))
        circle = any(child in self.holders(parent, later) for later in range(tick, LAST))
        return child != parent and free and not circle

    def install(self, child: int, parent: int, tick: int) -> None:
        self.open_since[child] = tick
        for later in range(tick, LAST):
            self.places[child][later] = parent

    def may_remove(self, child: int, tick: int) -> bool:
        return child in self.open_since and tick > self.open_since[child]

    def remove(self, child: int, tick: int) -> None:
        del self.open_since[child]
        for later in range(tick, LAST):
            self.places[child].pop(later, None)

    def inside(self, root: int, tick: int) -> dict[int, int]:
        """What is in `root` at a tick, each with its depth."""
        chains = {unit: self.holders(unit, tick) for unit in range(len(self.places))}
        return {unit: chain.index(root) + 1 for unit, chain in chains.items() if root in chain}

    def ever_inside(self, root: int) -> set[int]:
        return {unit for tick in range(LAST) for unit in self.inside(root, tick)}


class Genealogy(RuleBasedStateMachine):
    """Installs, removals and replacements at any time, in any order; asked about at any date."""

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        organisation = Organisation.objects.create(name="O", kind=OrganisationKind.MACHINE_BUILDER)
        self.scope = organisation_scope(organisation)
        self.scope.__enter__()
        self.rows = new_units(UNITS)
        self.rows[MACHINE].item = Item.objects.create(number="M-1", name="machine", kind=ItemKind.MACHINE)
        self.rows[MACHINE].save()
        self.model = Model(UNITS)

    numbers = st.integers(0, UNITS - 1)
    ticks = st.integers(0, LAST - 2)

    @rule(child=numbers, parent=numbers, tick=ticks)
    def install(self, child: int, parent: int, tick: int) -> None:
        allowed = self.model.may_install(child, parent, tick)
        try:
            install(self.rows[child], self.rows[parent], moment(tick), RECORDER, f"P{tick}")
        except ThreadError:
            assert not allowed
        else:
            assert allowed
            self.model.install(child, parent, tick)
            self.check(tick)

    @rule(child=numbers, tick=ticks)
    def remove(self, child: int, tick: int) -> None:
        allowed = self.model.may_remove(child, tick)
        try:
            remove(self.rows[child], moment(tick), RECORDER, "worn")
        except ThreadError:
            assert not allowed
        else:
            assert allowed
            self.model.remove(child, tick)
            self.check(tick)

    @rule(old=numbers, new=numbers, tick=ticks, undone=st.booleans())
    def swap(self, old: int, new: int, tick: int, *, undone: bool) -> None:
        if not self.model.may_remove(old, tick):
            return
        after = deepcopy(self.model)
        parent = after.places[old][after.open_since[old]]
        after.remove(old, tick)
        allowed = after.may_install(new, parent, tick) and old != new and MACHINE not in {old, new}
        try:
            edge = swap(Swap(self.rows[old], self.rows[new], moment(tick), "worn"), RECORDER)
        except ThreadError:
            assert not allowed
            return
        assert allowed
        if undone:
            assert undo_swap(edge.installed_event, "wrong scan", RECORDER).child == self.rows[old]
        else:
            after.install(new, parent, tick)
            self.model = after
        self.check(tick)

    def check(self, tick: int) -> None:
        """Ask everything before, at and long after the moment of a move."""
        for root in range(UNITS):
            for asked in {max(tick - 1, 0), tick, LAST - 1}:
                self.ask(root, asked)
            self.trace(root)

    def ask(self, root: int, tick: int) -> None:
        unit, at = self.rows[root], moment(tick)
        numbers = {row.pk: number for number, row in enumerate(self.rows)}
        tree = as_built(unit, at)
        expected = self.model.inside(root, tick)
        assert {numbers[branch.unit_id]: branch.depth for branch in tree} == expected
        assert [branch.depth for branch in tree] == sorted(branch.depth for branch in tree)
        assert {branch.unit_id for branch in as_built(unit, at, max_depth=1)} == {
            branch.unit_id for branch in tree if branch.depth == 1
        }
        assert [numbers[branch.unit_id] for branch in used_in(unit, at)] == self.model.holders(root, tick)
        below: dict[int, int] = {}
        for branch in tree:
            top = numbers[branch.unit_id]
            while expected[top] > 1:
                top = self.model.places[top][tick]
            below[self.rows[top].pk] = below.get(self.rows[top].pk, -1) + 1
        assert descendant_counts(unit, at) == below

    def trace(self, root: int) -> None:
        numbers = {row.pk: number for number, row in enumerate(self.rows)}
        ever = {numbers[branch.unit_id] for branch in as_built(self.rows[root], None)}
        assert ever == self.model.ever_inside(root)
        holders = {numbers[branch.unit_id] for branch in used_in(self.rows[root])}
        assert holders == {unit for unit in range(len(self.rows)) if root in self.model.ever_inside(unit)}
        in_machine = {
            tick
            for use in uses_of([self.rows[root].pk])
            for tick in range(LAST)
            if use.since <= moment(tick) and (use.until is None or moment(tick) < use.until)
        }
        assert in_machine == {tick for tick in range(LAST) if MACHINE in self.model.holders(root, tick)}

    @invariant()
    def each_edge_has_its_events(self) -> None:
        if not hasattr(self, "rows"):
            return
        for edge in AsBuiltEdge.objects.select_related("installed_event", "removed_event"):
            assert edge.installed_event.device_time == edge.valid_from
            assert (edge.removed_event is None) == (edge.valid_to is None)
        assert altered_events(Event.objects.all()) == []

    def teardown(self) -> None:
        if hasattr(self, "rows"):
            self.scope.__exit__(None, None, None)
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)


@pytest.mark.long
def test_genealogy_agrees_with_its_model() -> None:
    run_state_machine_as_test(
        Genealogy,
        settings=settings(
            max_examples=40,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert not Organisation.objects.exists()


@pytest.mark.full
def test_genealogy_agrees_with_its_model_at_length() -> None:
    run_state_machine_as_test(
        Genealogy,
        settings=settings(
            max_examples=400,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert not Organisation.objects.exists()


@pytest.fixture
def machine(in_scope: Organisation) -> list[Unit]:
    """Four units, none installed."""
    return new_units(4)


def test_a_place_recorded_for_later_closes_the_circle_too(machine: list[Unit]) -> None:
    first, second, *_ = machine
    install(first, second, moment(10), RECORDER)
    with pytest.raises(ThreadError, match="S-1"):
        install(second, first, moment(5), RECORDER)


def test_after_its_removal_a_unit_may_hold_its_former_holder(machine: list[Unit]) -> None:
    first, second, *_ = machine
    install(first, second, moment(1), RECORDER)
    remove(first, moment(5), RECORDER, "rework")
    install(second, first, moment(5), RECORDER)
    assert inside(second, moment(4)) == [first.serial]
    assert inside(first, moment(5)) == [second.serial]
    assert inside(second, moment(5)) == []


def test_what_left_before_was_never_inside(machine: list[Unit]) -> None:
    machine_tool, spindle, old_bearing, new_bearing = machine
    install(old_bearing, spindle, moment(0), RECORDER)
    remove(old_bearing, moment(2), RECORDER, "worn")
    install(new_bearing, spindle, moment(2), RECORDER)
    install(spindle, machine_tool, moment(3), RECORDER)
    assert [branch.serial for branch in as_built(machine_tool, None)] == [spindle.serial, new_bearing.serial]
    assert [branch.serial for branch in used_in(old_bearing)] == [spindle.serial]


def test_the_moment_of_removal_is_outside(machine: list[Unit]) -> None:
    first, second, *_ = machine
    install(first, second, moment(1), RECORDER)
    remove(first, moment(2), RECORDER, "rework")
    instant = timedelta(microseconds=1)
    found = {at: bool(inside(second, at)) for at in (moment(1) - instant, moment(1), moment(2) - instant, moment(2))}
    assert list(found.values()) == [False, True, True, False]
    counts = [bool(descendant_counts(second, at)) for at in found]
    assert counts == list(found.values())


@pytest.mark.parametrize(
    "refused",
    [
        lambda units: install(units[0], units[0], moment(9), RECORDER),
        lambda units: install(units[0], units[2], moment(9), RECORDER),
        lambda units: install(units[0], units[2], moment(1), RECORDER),
        lambda units: remove(units[2], moment(9), RECORDER, "x"),
        lambda units: remove(units[0], moment(5), RECORDER, "x"),
        lambda units: remove(units[0], moment(4), RECORDER, "x"),
    ],
)
def test_a_refused_move_leaves_no_trace(machine: list[Unit], refused: Callable[[list[Unit]], Any]) -> None:
    install(machine[0], machine[1], moment(5), RECORDER)
    with pytest.raises(ThreadError, match="S-"):
        refused(machine)
    assert AsBuiltEdge.objects.count() == Event.objects.count() == 1


def test_the_database_refuses_two_places_itself(machine: list[Unit]) -> None:
    edge = install(machine[0], machine[1], moment(5), RECORDER)
    for wrong in (
        {"parent": machine[2], "child": machine[0], "valid_from": moment(6)},
        {"parent": machine[2], "child": machine[2], "valid_from": moment(6)},
        {"parent": machine[2], "child": machine[3], "valid_from": moment(6), "valid_to": moment(6)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            AsBuiltEdge.objects.create(installed_event=edge.installed_event, **wrong)
    assert AsBuiltEdge.objects.count() == 1


def test_units_of_two_organisations_do_not_go_into_each_other(
    machine: list[Unit], other_organisation: Organisation
) -> None:
    with organisation_scope(other_organisation):
        foreign = new_units(1)[0]
    for child, parent in ((machine[0], foreign), (foreign, machine[0])):
        with pytest.raises(ScopeError), transaction.atomic():
            install(child, parent, moment(1), RECORDER)
    assert not AsBuiltEdge.objects.exists()


def test_counts_of_another_organisation_are_empty(machine: list[Unit], other_organisation: Organisation) -> None:
    install(machine[0], machine[1], moment(1), RECORDER)
    with organisation_scope(other_organisation):
        assert descendant_counts(machine[1], moment(2)) == {}
        assert as_built(machine[1], moment(2)) == []


def test_the_tree_asks_once_however_deep_it_is(
    machine: list[Unit], django_assert_num_queries: Callable[..., Any]
) -> None:
    for child, parent in ((1, 0), (2, 1), (3, 2)):
        install(machine[child], machine[parent], moment(1), RECORDER)
    with django_assert_num_queries(2):  # the second one names what was found
        assert len(as_built(machine[0], moment(2))) == 3
    with django_assert_num_queries(1):
        assert descendant_counts(machine[0], moment(2)) == {machine[1].pk: 2}
