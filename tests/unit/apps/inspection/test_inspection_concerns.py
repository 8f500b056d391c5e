"""Gauges that fall due, parts that do not conform, processes that miss their goal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone, translation

from samegauge.apps.inspection.concerns import (
    _find_due_instruments,
    _find_incapable,
    _find_not_conforming,
)
from samegauge.apps.inspection.models import Instrument
from samegauge.core.attention.models import Severity
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record_all
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("in_scope")

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def gauge(number: str, days: int, **more: Any) -> Instrument:
    due = timezone.localdate() + timedelta(days=days)
    return Instrument.objects.create(number=number, name="Wrench", kind="torque_wrench", due_on=due, **more)


def test_an_overdue_gauge_is_an_alarm_and_names_what_to_use_instead() -> None:
    gauge("TW-1", -2, place="S09")
    gauge("TW-2", 12)
    gauge("TW-3", 200)
    gauge("TW-4", -9, state="at_calibration")
    overdue, soon = _find_due_instruments()
    assert overdue.said().startswith("TW-1 Wrench: the calibration expired on ")
    assert overdue.evidence() == "Its readings cannot release anything. Place: S09. Instead: TW-2, TW-3."
    assert (overdue.severity, soon.severity) == (Severity.ALARM, Severity.WARNING)
    assert soon.said() == "TW-2 Wrench: the calibration ends in 12 days"


def part(serial: str) -> Unit:
    item, _made = Item.objects.get_or_create(number="BRG", name="Bearing", kind="part")
    return Unit.objects.create(serial=serial, item=item)


def event_of(unit: Unit, kind: str, at: datetime = NOW) -> Event:
    return record_all([Fact(kind, at, {}, unit=unit)], Recorder(actor_name="test"))[0]


def inspected(unit: Unit, verdict: str, kind: str = "incoming", at: datetime = NOW, place: int = 0) -> Inspection:
    return Inspection.objects.create(
        unit=unit,
        kind=kind,
        plan="IQC",
        reported_at=at,
        time_basis="stated",
        position_in_source=place,
        source=keep(b"results", "results.json"),
        verdict=verdict,
        confidence="stated",
        event=event_of(unit, "inspected", at),
    )


def test_rejected_parts_of_an_item_are_one_cause_until_they_pass_or_are_decided() -> None:
    first, second, third = part("B-1"), part("B-2"), part("B-3")
    for unit in (first, second, third):
        inspected(unit, "fail", at=NOW - timedelta(days=1))
    (finding,) = _find_not_conforming()
    assert (finding.said(), finding.count, finding.severity) == ("3 of BRG do not conform", 3, Severity.WARNING)
    inspected(second, "pass")
    event_of(third, "disposition")
    (finding,) = _find_not_conforming()
    assert finding.said() == "B-1 (BRG) does not conform"
    assert finding.evidence() == "Incoming inspection, IQC. Not built in."


def test_a_rejected_part_that_is_built_in_is_an_alarm() -> None:
    unit, group = part("B-1"), part("G-1")
    inspected(unit, "fail")
    AsBuiltEdge.objects.create(parent=group, child=unit, valid_from=NOW, installed_event=event_of(unit, "installed"))
    (finding,) = _find_not_conforming()
    assert finding.severity == Severity.ALARM
    assert "B-1 is built in." in finding.evidence()


def test_what_could_not_be_decided_waits() -> None:
    inspected(part("B-1"), "undecided", kind="final")
    (finding,) = _find_not_conforming()
    assert (finding.said(), finding.severity) == ("B-1 (BRG) is undecided", Severity.WARNING)


def measured(values: list[float], at: datetime = NOW, **limits: float) -> Characteristic:
    item, _made = Item.objects.get_or_create(number="HT8", name="Machine", kind="machine")
    made = Characteristic.objects.create(
        item=item,
        plan="IPQC",
        inspection_kind="in_process",
        key="bore",
        name="Bore",
        kind="Diameter",
        unit_code="mm",
        **limits,
    )
    for place, value in enumerate(values):
        inspection = inspected(part(f"{made.pk}-{place}"), "pass", "in_process", at, place)
        Measurement.objects.create(
            inspection=inspection, characteristic=made, actual=value, stated="pass", recomputed="pass"
        )
    return made


def waves(count: int) -> list[float]:
    return [10.0 + (0.1, -0.08, 0.02, -0.11, 0.07, 0.0, -0.03)[place % 7] for place in range(count)]


def test_what_has_not_been_measured_for_long_calls_nobody() -> None:
    measured(waves(42), at=NOW - timedelta(days=200), lower_limit=9.9, upper_limit=10.1)
    assert list(_find_incapable()) == []


def test_a_missed_goal_is_said_with_bound_and_count() -> None:
    measured(waves(42), lower_limit=9.9, upper_limit=10.1)
    (finding,) = _find_incapable()
    assert finding.said().startswith("HT8 · Bore: Cpk 0.")
    assert "95 % lower bound" in finding.said()
    assert "n = 42" in finding.said()
    assert "1.33 is not reached" in finding.evidence()
