"""Each planted truth is found by the simple test it names, and by none where nothing was planted."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from scipy import stats

from samegauge.simulators.builder import truths
from samegauge.simulators.builder.company import as_json, simulated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from samegauge.simulators.builder.records import Company

START = datetime(2024, 1, 1, tzinfo=UTC)
SEEDS = (1, 7, 42)


def drift(company: Company) -> float:
    begin = truths.DRIFT_FROM_DAY
    found = [
        ((step.started_at - company.start).total_seconds() / 86400, one.as_found)
        for step in company.steps
        for one in step.readings
        if one.key == truths.DRIFT_KEY
    ]
    days, values = zip(*(row for row in found if row[0] >= begin), strict=True)
    line: Any = stats.linregress(days, values)
    return float(line.pvalue)


def cold_stress(company: Company) -> float:
    beds = {part.serial: part.heat_treatment for part in company.parts if part.item.endswith("-BED")}
    groups: dict[bool, list[float]] = defaultdict(list)
    for inspected in company.inspections:
        for one in inspected.readings:
            if inspected.serial in beds and one.key == "residual_stress":
                groups[beds[inspected.serial] == truths.COLD_BATCH].append(one.value)
    welch: Any = stats.ttest_ind(groups[True], groups[False], equal_var=False)
    return float(welch.pvalue)


def rate_of(company: Company, kind: str, machines: Iterable[str]) -> float:
    """Chance of at least so many calls on these machines if every running hour were alike (exact, one-sided)."""
    chosen, hours = set(machines), {one.machine: one.hours for one in company.hours}
    calls = [call for call in company.calls if call.kind == kind]
    share = sum(hours[machine] for machine in chosen) / sum(hours.values())
    inside = sum(call.machine in chosen for call in calls)
    return float(stats.binomtest(inside, len(calls), share, "greater").pvalue) if calls else 1.0


def beds_of_the_batch(company: Company) -> set[str]:
    parents = {edge.child: edge.parent for edge in company.installations}
    beds = (part.serial for part in company.parts if part.heat_treatment == truths.COLD_BATCH)
    return {parents[parents[bed]] for bed in beds}


def machines_of_the_lot(company: Company) -> set[str]:
    parents = {edge.child: edge.parent for edge in company.installations}
    weak = [part.serial for part in company.parts if part.lot == truths.WEAK_LOT and part.serial in parents]
    return {parents[parents[serial]] for serial in weak}


def worn_rails(company: Company) -> float:
    return rate_of(company, "RAIL", beds_of_the_batch(company))


def weak_bearings(company: Company) -> float:
    return rate_of(company, "BRG", machines_of_the_lot(company))


def biased_gauge(company: Company) -> float:
    groups: dict[bool, list[float]] = defaultdict(list)
    for step in company.steps:
        for one in step.readings:
            if one.key == truths.GAUGE_KEY:
                groups[step.operator == truths.GAUGE_OPERATOR].append(one.as_found)
    welch: Any = stats.ttest_ind(groups[True], groups[False], equal_var=False)
    return float(welch.pvalue)


TESTS = [(drift, 1e-4), (cold_stress, 1e-4), (worn_rails, 1e-3), (weak_bearings, 1e-3), (biased_gauge, 1e-4)]


@pytest.mark.parametrize(("test", "level"), TESTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_planted_truth_is_found(test: Callable[[Company], float], level: float, seed: int) -> None:
    assert test(simulated(seed, START)) < level


@pytest.mark.parametrize(("test", "level"), TESTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_found_where_nothing_was_planted(test: Callable[[Company], float], level: float, seed: int) -> None:
    assert test(simulated(seed, START, planted=False)) > level


def test_the_truths_name_what_they_touched_and_go_into_json() -> None:
    company = simulated(7, START)
    said = json.loads(json.dumps(as_json(company.truths.as_dict())))
    assert set(said["heat_treatment"]["machines"]) == beds_of_the_batch(company)
    assert set(said["part"]["machines"]) == machines_of_the_lot(company)
    assert said["drift"]["slope_per_day"] == truths.DRIFT_UM_PER_DAY
    assert said["gauge"]["operator"] == truths.GAUGE_OPERATOR
    assert simulated(7, START, planted=False).truths.as_dict() == dict.fromkeys(said)


def test_planting_changes_only_what_it_touches() -> None:
    planted, plain = simulated(7, START), simulated(7, START, planted=False)
    assert planted.melts == plain.melts
    assert [step.operator for step in planted.steps] == [step.operator for step in plain.steps]
    machines = {machine.serial for machine in planted.machines} - beds_of_the_batch(planted)
    untouched = machines - machines_of_the_lot(planted)
    assert [call.alarm for call in planted.calls if call.machine in untouched] == [
        call.alarm for call in plain.calls if call.machine in untouched
    ]
