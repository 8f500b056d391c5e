"""A day that was recorded offline arrives in any order, in any pieces, twice: the records say the same."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from unit.apps.inspection.stations.conftest import RAILS, Line

from samegauge.core.organisations.models import Organisation, OrganisationKind
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from samegauge.apps.inspection.stations.receiving import Sent

MACHINES, STATIONS = 12, 6
PIECE = 100


def a_day(line: Line, rng: random.Random) -> list[Sent]:
    """About 400 entries: good work, values out of limits, parts swapped and scanned twice, things taken back."""
    entries: list[Sent] = []
    for machine in range(1, MACHINES + 1):
        for station in range(1, STATIONS + 1):
            place = {"unit": f"TT5-{machine:03d}", "station": f"S{station:02d}"}
            start = 1000 * machine + 100 * station
            rail = f"RL-{rng.randint(1, RAILS):03d}"
            work = line.work(start, rail=rail, **place)
            if rng.random() < 0.2:
                work[1].payload["value"] = 9.5
                work.append(
                    line.entry(
                        start + 20, start + 20, "bore", "value", value=7.0, unit_code="µm", instrument="DI-01", **place
                    )
                )
                work.append(line.entry(start + 21, start + 21, "", "finish", **place))
            if rng.random() < 0.15:
                work.append(
                    line.entry(
                        start + 30, start + 30, "rail", "part", serial=f"RL-{rng.randint(1, RAILS):03d}", **place
                    )
                )
                work.append(line.entry(start + 31, start + 31, "", "finish", **place))
            if rng.random() < 0.15:
                target = str(work[rng.randint(0, 3)].id)
                work.append(line.entry(start + 40, start + 4.5, "", "withdraw", entry=target, reason="wrong", **place))
            entries += work
    return entries


def told(name: str, seed: int) -> dict[str, list[Any]]:
    """Send the day to a firm of its own in an order of its own, half of it twice, and read the records."""
    firm = Organisation.objects.create(name=name, kind=OrganisationKind.MACHINE_BUILDER)
    with organisation_scope(firm):
        line = Line(firm, STATIONS, MACHINES)
        day = a_day(line, random.Random(7))
        order = random.Random(seed)
        if seed:
            day += order.sample(day, len(day) // 2)
            order.shuffle(day)
        for start in range(0, len(day), PIECE):
            line.send(day[start : start + PIECE])
        return line.picture()


@pytest.mark.long
def test_three_orders_and_repetitions_give_the_same_records(db: None) -> None:
    straight = told("In order", 0)
    assert len(straight["entries"]) > 380
    assert {entry[4] for entry in straight["entries"]} == {"taken", "conflict"}
    assert any(edge[4] is not None for edge in straight["as_built"])
    assert {stop[2] for stop in straight["stops"]} >= {"released", "here", "waiting"}
    for seed in (1, 2, 3):
        other = told(f"Order {seed}", seed)
        for what, rows in straight.items():
            assert other[what] == rows, what
