"""Pseudo terminals as gauges, their ports and the real API: what they send becomes the measurements of steps."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.api_hub import ApiHub
from support.serial_plug import Plug

from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, RevisionState, Route, RouteStop
from samegauge.apps.inspection.stations.models import StationEntry
from samegauge.apps.inspection.stations.writing import settle
from samegauge.core.measurement.models import Characteristic, Measurement
from samegauge.core.organisations.models import Membership
from samegauge.core.organisations.rules import issue_token
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item, Unit
from samegauge.edge.gauges.ledger import Ledger
from samegauge.edge.gauges.port import SerialGauge, SerialLine
from samegauge.edge.gauges.station import Duty, GaugeAtStation

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = [pytest.mark.django_db, pytest.mark.long]
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
STEPS = {
    "bore": ("micrometer", 49.99, 50.01),
    "face": ("dial_indicator", 0.0, 0.02),
    "width": ("micrometer", 30.0, 30.1),
}


@pytest.fixture
def machine(in_scope: Organisation) -> Unit:
    item = Item.objects.create(number="TX-500", name="Turning centre", kind="machine")
    station = Station.objects.create(code="S17", name="Spindle")
    draft = {"item": item, "title": "Spindle fits", "title_zh": "主軸配合"}
    procedure = Procedure.objects.create(code="SOP-17", **draft)
    planned = {"plan": "fits", "inspection_kind": "in_process", "kind": "diameter", "unit_code": "mm"}
    for place, (key, (kind, lower, upper)) in enumerate(STEPS.items(), 1):
        characteristic = Characteristic.objects.create(item=item, key=key, **planned)
        limits = {"lower": lower, "upper": upper, "unit_code": "mm", "instrument_kind": kind}
        step = {"key": key, "sequence": place, "kind": "value", "text": key, "characteristic": characteristic}
        ProcedureStep.objects.create(procedure=procedure, **step, **limits)
    route = Route.objects.create(code="R-500", **draft)
    RouteStop.objects.create(route=route, station=station, sequence=1, procedure_code="SOP-17")
    for revised in (Procedure, Route):
        revised.objects.update(state=RevisionState.RELEASED, released_at=LONG_AGO)
    due = datetime.now(UTC).date() + timedelta(days=100)
    for number, kind in (("M-01", "micrometer"), ("D-07", "dial_indicator")):
        Instrument.objects.create(number=number, name=number, kind=kind, state="in_use", due_on=due)
    unit = Unit.objects.create(item=item, serial="TX-500-0007", simulated=True)
    settle([unit.pk])
    return unit


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60.0):
        while not condition():  # noqa: ASYNC110 - a terminal and a platform, not a task
            await asyncio.sleep(0.05)


def test_two_gauges_fill_the_steps_of_their_kind_through_the_real_api(
    machine: Unit, person_with_role: Callable[..., Person], organisation: Organisation, tmp_path: Path
) -> None:
    person = person_with_role("inspector", organisation)
    _token, text = issue_token(Membership.objects.get(person=person), "gauge")
    told: list[str] = []
    micrometer, indicator = Plug(tmp_path / "micrometer"), Plug(tmp_path / "indicator")

    def at_station(plug: Plug, number: str) -> tuple[Ledger, list[asyncio.Task[None]]]:
        def tell(english: str, _chinese: str) -> None:
            told.append(f"{number}: {english}")

        ledger = Ledger(Path(":memory:"), lambda: datetime.now(UTC))
        station = GaugeAtStation(ApiHub(text), ledger, Duty("S17", number), tell)
        plug.connect()
        gauge = SerialGauge(plug.path, SerialLine(), station.hear, tell)
        return ledger, [asyncio.create_task(gauge.run()), asyncio.create_task(station.run())]

    async def scene() -> None:
        first, tasks = at_station(micrometer, "M-01")
        second, more = at_station(indicator, "D-07")
        await until(lambda: sum("is open" in said for said in told) == 2)
        await until(lambda: "M-01: TX-500-0007, step bore: waiting for a reading, mm." in told)
        indicator.send(b"12 um\r")  # its step is not open yet
        micrometer.send(b"01A+00050.003\r\n")
        await until(lambda: "D-07: TX-500-0007, step face: waiting for a reading, mm." in told)
        indicator.send(b"12 um\r")
        await until(lambda: told.count("M-01: TX-500-0007, step width: waiting for a reading, mm.") == 1)
        micrometer.send(b"01A+000")
        micrometer.send(b"30.055\r\n")
        await until(lambda: [answer for _said, answer in first.answers()] == ["taken", "taken"])
        assert [answer for _said, answer in second.answers()] == ["other_instrument", "taken"]
        for task in (*tasks, *more):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    try:
        asyncio.run(scene())
    finally:
        micrometer.disconnect()
        indicator.disconnect()
    entries = list(StationEntry.objects.filter(unit=machine).order_by("at"))
    assert [(one.step, one.outcome, one.reason) for one in entries] == [(key, "taken", {}) for key in STEPS], told
    assert [(one.payload["value"], one.payload["unit_code"], one.payload["instrument"]) for one in entries] == [
        (50.003, "mm", "M-01"),
        (0.012, "mm", "D-07"),
        (30.055, "mm", "M-01"),
    ]
    assert {one.actor for one in entries} == {person}
    measured = Measurement.objects.filter(inspection__unit=machine).order_by("measured_at")
    assert [(one.characteristic.key, one.actual, one.stated) for one in measured] == [
        ("bore", 50.003, "pass"),
        ("face", 0.012, "pass"),
        ("width", 30.055, "pass"),
    ]
