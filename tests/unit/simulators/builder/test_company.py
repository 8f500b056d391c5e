"""The simulated builder hangs together, and is the same for the same seed."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from samegauge.simulators.builder.catalogue import MODELS
from samegauge.simulators.builder.company import digest, simulated
from samegauge.simulators.builder.stations import STATIONS
from samegauge.simulators.builder.streams import Streams

if TYPE_CHECKING:
    from samegauge.simulators.builder.records import Company, Installation

START = datetime(2024, 1, 1, tzinfo=UTC)
# Recorded; a change of any simulated figure changes it, and should be meant.
DIGEST_OF_SEED_7 = "99cd5df964252eed75d30045bc620f786da32d89aa150d87f55b85473b52a046"


@pytest.fixture(scope="module")
def company() -> Company:
    return simulated(7, START)


def test_the_same_seed_gives_the_same_company_to_the_byte(company: Company) -> None:
    assert digest(company) == DIGEST_OF_SEED_7
    assert digest(simulated(7, START)) == DIGEST_OF_SEED_7


def test_another_seed_gives_another_company(company: Company) -> None:
    assert digest(simulated(8, START)) != digest(company)


def test_a_stream_depends_on_its_own_name_alone() -> None:
    first = Streams(7).named("melt", 1).normal(size=4)
    Streams(7).named("a stream that came later").normal(size=4)
    assert list(Streams(7).named("melt", 1).normal(size=4)) == list(first)
    assert list(Streams(7).named("melt", 2).normal(size=4)) != list(first)


def test_the_company_is_as_large_as_promised(company: Company) -> None:
    assert len(company.machines) == 40
    assert {machine.model for machine in company.machines} == set(MODELS)
    assert [station.number for station in STATIONS] == list(range(1, 55))
    assert {step.station for step in company.steps} == set(range(1, 55))
    assert {melt.foundry for melt in company.melts} == {"FA", "FB"}
    assert {inspected.kind for inspected in company.inspections} == {"incoming", "in_process", "final"}


def test_each_machine_passes_every_station_of_its_model_in_order(company: Company) -> None:
    model_of = {machine.serial: machine.model for machine in company.machines}
    route: dict[str, list[int]] = defaultdict(list)
    for step in company.steps:
        route[step.machine].append(step.station)
    for serial, stations in route.items():
        assert stations == [one.number for one in STATIONS if model_of[serial] in one.models]


def test_every_unit_has_one_serial_and_is_in_one_place_at_a_time(company: Company) -> None:
    serials = [part.serial for part in company.parts] + [machine.serial for machine in company.machines]
    assert len(serials) == len(set(serials))
    places: dict[str, list[Installation]] = defaultdict(list)
    for edge in company.installations:
        places[edge.child].append(edge)
        assert edge.child in set(serials)
        assert edge.parent in serials
    assert all(len(edges) == 1 for edges in places.values())


def test_a_position_holds_one_part_at_a_time(company: Company) -> None:
    held: dict[tuple[str, str], list[Installation]] = defaultdict(list)
    for edge in company.installations:
        held[edge.parent, edge.position].append(edge)
    for edges in held.values():
        for before, after in pairwise(edges):
            assert before.removed_at is not None
            assert before.removed_at < after.installed_at
        assert edges[-1].removed_at is None


def test_every_date_comes_after_its_cause(company: Company) -> None:
    received = {part.serial: part.received_at for part in company.parts}
    delivered = {lot.number: lot.delivered_at for lot in company.lots}
    poured = {melt.number: melt.poured_at for melt in company.melts}
    treated = {batch.number: batch for batch in company.heat_treatments}
    for part in company.parts:
        if part.heat_treatment:
            batch = treated[part.heat_treatment]
            assert poured[part.lot] < batch.started_at < batch.ended_at < part.received_at
            assert part.lot in batch.melts
        elif part.lot:
            assert delivered[part.lot] == part.received_at
    for edge in company.installations:
        assert received[edge.child] <= edge.installed_at
    for inspected in company.inspections:
        assert inspected.performed_at > received.get(inspected.serial, START)
    for machine in company.machines:
        assert machine.ordered_at < machine.started_at < machine.accepted_at < machine.delivered_at
        assert machine.delivered_at < machine.commissioned_at < company.end
    for before, after in pairwise(company.steps):
        assert before.machine != after.machine or before.ended_at <= after.started_at


def test_every_value_has_a_unit_and_limits_and_holds_them_where_it_was_let_through(company: Company) -> None:
    built_in = {edge.child for edge in company.installations}
    for inspected in company.inspections:
        assert inspected.readings
        for reading in inspected.readings:
            assert reading.unit
            assert reading.lower is not None or reading.upper is not None
            assert reading.conforms or inspected.serial not in built_in


def test_running_hours_never_fall_and_calls_lie_on_them(company: Company) -> None:
    last: dict[str, float] = {}
    for one in company.hours:
        assert one.hours >= last.get(one.machine, 0.0)
        last[one.machine] = one.hours
    assert set(last) == {machine.serial for machine in company.machines}
    assert all(0 < call.hours <= last[call.machine] for call in company.calls)


def test_calls_of_a_machine_follow_one_another_and_say_what_was_replaced(company: Company) -> None:
    edges = {edge.child: edge for edge in company.installations}
    by_machine = defaultdict(list)
    for call in company.calls:
        by_machine[call.machine].append(call)
        assert call.alarm_at < call.opened_at
        if call.closed_at is None:
            continue
        assert call.responded_at is not None
        assert call.opened_at < call.responded_at < call.closed_at <= company.end
        assert call.cost_twd > 0
        assert bool(call.removed) == bool(call.kind)
        if call.removed:
            assert edges[call.removed].reason == call.number
            assert edges[call.fitted].installed_at < call.closed_at
    for calls in by_machine.values():
        for before, after in pairwise(calls):
            assert before.closed_at is not None
            assert before.closed_at < after.alarm_at


def test_without_planted_truths_the_mean_time_between_failures_is_about_2000_hours() -> None:
    hours = calls = 0.0
    for seed in range(7, 13):
        plain = simulated(seed, START, planted=False)
        hours += sum({one.machine: one.hours for one in plain.hours}.values())
        calls += len(plain.calls)
    assert 1700 < hours / calls < 2300
