"""What machines at customers need: open calls, machines that call too often, counters that nobody read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from samegauge.apps.fleet.concerns import _find_service, _machine_panel
from samegauge.apps.fleet.service import lives_of, machines
from samegauge.core.attention.models import Severity
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, record_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("in_scope")

NOW = datetime.now(UTC)
Happened = tuple[str, int, dict[str, Any]]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def machine(in_scope: Any) -> Callable[..., Unit]:
    model = Item.objects.create(number="TX", name="Machining centre", kind=ItemKind.MACHINE)

    def make(serial: str, *happened: Happened) -> Unit:
        """Each happening is its kind, how many days ago it was, and what was said."""
        unit = Unit.objects.create(serial=serial, item=model)
        facts = [Fact(kind, NOW - timedelta(days=days), said, unit=unit) for kind, days, said in happened]
        record_all(facts, Recorder(actor_name="test"))
        return unit

    assert in_scope is not None
    return make


def calls(count: int) -> list[Happened]:
    both = [
        [("service_call", 30 - place, {"call": place}), ("repaired", 29 - place, {"call": place})]
        for place in range(count)
    ]
    return [one for pair in both for one in pair]


def test_a_call_is_open_until_it_is_repaired(machine: Callable[..., Unit]) -> None:
    symptom = {"en": "Noise", "zh": "異音"}
    machine("TX-1", ("service_call", 3, {"call": "SC-1", "symptom": symptom}))
    machine("TX-2", ("service_call", 3, {"call": "SC-2"}), ("repaired", 1, {"call": "SC-2"}))
    (finding,) = _find_service()
    assert finding.severity == Severity.ALARM
    assert (finding.said(), finding.evidence()) == ("TX-1: call SC-1 is open", "Noise")


def test_a_machine_that_calls_more_often_than_the_others_stands_out(machine: Callable[..., Unit]) -> None:
    hours: Happened = ("running_hours", 1, {"running_hours_h": 1000.0})
    machine("TX-1", hours, *calls(9))
    for number in range(2, 12):
        machine(f"TX-{number}", hours, *calls(1))
    (finding,) = _find_service()
    assert finding.said() == "TX-1 calls for service more often than the others"
    assert "9 calls in 1,000 h: 9.0 times as often" in finding.evidence().replace("\N{NO-BREAK SPACE}", " ")


def test_counters_that_nobody_read_are_one_cause(machine: Callable[..., Unit]) -> None:
    for number in (1, 2):
        machine(f"TX-{number}", ("running_hours", 60 + number, {"running_hours_h": 5.0}))
    machine("TX-3", ("running_hours", 2, {"running_hours_h": 5.0}))
    (finding,) = _find_service()
    assert (finding.said(), finding.count) == ("The running hours of 2 machines are old", 2)
    assert finding.evidence() == "Oldest reading: TX-2."


def test_the_lives_of_many_machines_are_one_query(machine: Callable[..., Unit], django_assert_num_queries: Any) -> None:
    for number in range(6):
        machine(f"TX-{number}", ("running_hours", 2, {"running_hours_h": "many"}), *calls(2))
    with django_assert_num_queries(2):
        lives = lives_of(machines())
    assert [(life.calls, life.hours, life.open_calls) for life in lives] == [(2, None, {})] * 6


def test_the_panel_shows_machines_with_open_calls_first(machine: Callable[..., Unit]) -> None:
    machine("TX-1", ("running_hours", 2, {"running_hours_h": 1234.4}))
    machine("TX-2", ("service_call", 3, {"call": "SC-1", "symptom": "Noise"}))
    facts = _machine_panel(None)  # type: ignore[arg-type]
    rows = [[cell.text or (cell.chip.text if cell.chip else "") for cell in row] for row in facts["table"].rows]
    assert [row[0] for row in rows] == ["TX-2", "TX-1"]
    assert rows[0][4] == "Call open"
    assert rows[1][2] == "1,234"
