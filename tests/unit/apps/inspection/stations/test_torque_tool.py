"""A simulated controller, the client and the real API together: a bolt's torque becomes the measurement of its step."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import virtual_time
from support.api_hub import ApiHub
from support.torque_line import Line

from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, RevisionState, Route, RouteStop
from samegauge.apps.inspection.stations.models import StationEntry
from samegauge.apps.inspection.stations.writing import settle
from samegauge.core.organisations.models import Membership
from samegauge.core.organisations.rules import issue_token
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item, Unit
from samegauge.edge.tools.ledger import Ledger
from samegauge.edge.tools.session import World
from samegauge.edge.tools.station import Duty, ToolAtStation
from samegauge.edge.tools.tool import Address, TorqueTool
from samegauge.simulators.torque_controller.controller import TorqueController
from samegauge.simulators.torque_controller.plant import ParameterSet, Plant

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = [pytest.mark.django_db, pytest.mark.long]
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
BOLTS = {"bolt-1": (2.8, 3.4), "bolt-2": (2.8, 3.4), "bolt-3": (18.0, 22.0)}


@pytest.fixture
def machine(in_scope: Organisation) -> Unit:
    item = Item.objects.create(number="TX-500", name="Turning centre", kind="machine")
    station = Station.objects.create(code="S17", name="Turret")
    draft = {"item": item, "title": "Turret bolts", "title_zh": "刀塔螺栓"}
    procedure = Procedure.objects.create(code="SOP-17", **draft)
    for place, (key, (lower, upper)) in enumerate(BOLTS.items(), 1):
        limits = {"lower": lower, "upper": upper, "unit_code": "N·m", "instrument_kind": "torque_wrench"}
        ProcedureStep.objects.create(procedure=procedure, key=key, sequence=place, kind="value", text=key, **limits)
    route = Route.objects.create(code="R-500", **draft)
    RouteStop.objects.create(route=route, station=station, sequence=1, procedure_code="SOP-17")
    for revised in (Procedure, Route):
        revised.objects.update(state=RevisionState.RELEASED, released_at=LONG_AGO)
    Instrument.objects.create(number="TW-08", name="Nutrunner", kind="torque_wrench", state="in_use")
    unit = Unit.objects.create(item=item, serial="TX-500-0007", simulated=True)
    settle([unit.pk])
    return unit


def test_three_bolts_pass_through_the_real_api(
    machine: Unit,
    person_with_role: Callable[..., Person],
    organisation: Organisation,
) -> None:
    person = person_with_role("inspector", organisation)
    _token, text = issue_token(Membership.objects.get(person=person), "tool")
    plant = Plant(virtual_time.now, {1: ParameterSet(1), 3: ParameterSet(3, "M12", 18.0, 20.0, 22.0)})
    controller, told = TorqueController(plant), list[str]()

    def tell(english: str, _chinese: str) -> None:
        told.append(english)

    async def scene() -> None:
        ledger = Ledger(Path(":memory:"), virtual_time.now)
        tool = TorqueTool(World(Line(controller).connect, virtual_time.now), Address("controller"), ledger, tell)
        duty = Duty("S17", {"": 1, "bolt-3": 3}, "TW-08")
        station = ToolAtStation(tool, ApiHub(text), ledger, duty, tell)
        tasks = [asyncio.create_task(tool.run()), asyncio.create_task(station.run())]
        for _pull in range(6):
            await asyncio.sleep(1.0)
            await controller.tighten()
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends

    virtual_time.run(scene())
    entries = list(StationEntry.objects.filter(unit=machine).order_by("at"))
    torques = [result["torque"] for result in plant.results.values()]
    assert [(one.step, one.outcome, one.reason) for one in entries] == [(key, "taken", {}) for key in BOLTS], told
    assert [one.payload for one in entries] == [
        {"value": torque, "unit_code": "N·m", "instrument": "TW-08"} for torque in torques
    ]
    assert len(torques) == 3
    assert not plant.enabled
    assert {one.actor for one in entries} == {person}
