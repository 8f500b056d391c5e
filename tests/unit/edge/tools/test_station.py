"""The tool follows the station: what is open unlocks it, what it tightened is recorded once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from support import virtual_time
from support.station_bench import Bench, entry, step, unit
from support.torque_line import Line

from samegauge.edge.tools.ledger import Ledger
from samegauge.edge.tools.session import World
from samegauge.edge.tools.station import Duty, ToolAtStation, open_order
from samegauge.edge.tools.tool import Address, TorqueTool
from samegauge.simulators.torque_controller.controller import TorqueController
from samegauge.simulators.torque_controller.plant import ParameterSet, Plant

DUTY = Duty("S17", {"": 1, "bolt-2": 2}, "TW-08")


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([unit()], ("bolt-1", 1)),
        ([unit(entry("bolt-1"))], ("bolt-2", 2)),
        ([unit(entry("bolt-1"), entry("bolt-2", 2))], None),  # the check is next
        ([unit(steps=[step("seal", "check"), step("bolt-1")])], None),
        ([unit(state="waiting"), unit(state="held", serial="TX-2")], None),
        ([unit(), unit(serial="TX-2")], None),  # which one?
        ([unit(), unit(entry("bolt-1"), serial="TX-2")], ("bolt-2", 2)),
        ([unit(entry("bolt-1", reason={"en": "too low"}))], None),
        ([unit(entry("bolt-1", 1, reason={"en": "too low"}), entry("", 2, "withdraw", payload={"entry": "0001"}))],
         ("bolt-1", 1)),
        ([unit(entry("bolt-1", outcome="conflict"))], ("bolt-1", 1)),
        ([unit(steps=[step("gap", unit_code="mm")])], None),
        ([unit(steps=[step("gap", unit_code="smoots")])], None),
    ],
)  # fmt: skip
def test_only_the_first_open_step_unlocks_the_tool(units: list[Any], expected: tuple[str, int] | None) -> None:
    order = open_order({"units": units}, DUTY)
    assert (order and (order.step, order.parameter_set)) == expected


def test_a_tool_without_a_parameter_set_for_the_step_stays_locked() -> None:
    assert open_order({"units": [unit()]}, Duty("S17", {"bolt-2": 2})) is None


class Scene:
    def __init__(self, bench: Bench, duty: Duty = DUTY) -> None:
        self.plant = Plant(virtual_time.now, {1: ParameterSet(1), 2: ParameterSet(2, "", 18.0, 20.0, 22.0)})
        self.controller, self.bench = TorqueController(self.plant), bench
        self.told: list[str] = []
        world = World(Line(self.controller).connect, virtual_time.now)
        self.ledger = Ledger(Path(":memory:"), virtual_time.now)
        self.tool = TorqueTool(world, Address("controller"), self.ledger, self._tell)
        self.station = ToolAtStation(self.tool, bench, self.ledger, duty, self._tell)

    def _tell(self, english: str, _chinese: str) -> None:
        self.told.append(english)

    async def last(self, seconds: float, *, pulling: float | None = 5.0, torque_n_m: float | None = None) -> None:
        tasks = [asyncio.create_task(self.tool.run()), asyncio.create_task(self.station.run())]
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(pulling or seconds)
            if pulling:
                await self.controller.tighten(torque_n_m)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


BOLTS = (step("bolt-1"), step("bolt-2", lower=18.0, upper=22.0))


def test_each_bolt_is_tightened_once_and_its_torque_decides_its_step() -> None:
    async def scene() -> None:
        one = Scene(Bench(*BOLTS))
        await one.last(120.0)
        recorded = list(one.bench.known.values())
        assert [(entry["step"], entry["payload"]["unit_code"]) for entry in recorded] == [
            ("bolt-1", "N·m"),
            ("bolt-2", "N·m"),
        ]
        assert [entry["payload"]["value"] for entry in recorded] == [
            result["torque"] for result in one.plant.results.values()
        ]
        assert recorded[0]["payload"]["instrument"] == "TW-08"
        assert recorded[0]["device_time"].endswith("Z")
        assert not one.plant.enabled

    virtual_time.run(scene())


def test_a_step_in_another_unit_gets_its_value_in_that_unit() -> None:
    async def scene() -> None:
        one = Scene(Bench(step("bolt-1", unit_code="kgf·cm", lower=28.0, upper=35.0)))
        await one.last(20.0)
        (recorded,) = one.bench.known.values()
        torque = one.plant.results[1]["torque"]
        assert isinstance(torque, float)
        assert recorded["payload"]["value"] == pytest.approx(torque / 0.0980665, abs=1e-5)
        assert recorded["payload"]["unit_code"] == "kgf·cm"

    virtual_time.run(scene())


def test_a_torque_outside_the_limits_is_recorded_and_keeps_the_tool_locked() -> None:
    async def scene() -> None:
        one = Scene(Bench(*BOLTS))
        await one.last(120.0, torque_n_m=2.5)
        (recorded,) = one.bench.known.values()
        assert recorded["payload"]["value"] == 2.5
        assert len(one.plant.results) == 1
        assert any("outside its limits" in said for said in one.told)

    virtual_time.run(scene())


def test_a_bad_angle_closes_no_step() -> None:
    async def scene() -> None:
        one = Scene(Bench(*BOLTS))
        one.plant.parameter_sets[1] = ParameterSet(1, angle_max=30, angle_sigma=0.0)
        await one.last(120.0)
        assert one.bench.known == {}
        assert len(one.plant.results) == 1, "locked until a person looks"
        assert any("check angle and joint" in said for said in one.told)

    virtual_time.run(scene())


def test_a_platform_that_refuses_the_value_does_not_make_the_tool_run_again() -> None:
    async def scene() -> None:
        bench = Bench(*BOLTS)
        bench.outcome = "conflict"
        one = Scene(bench)
        await one.last(120.0)
        assert len(one.plant.results) == 1

    virtual_time.run(scene())


def test_without_the_platform_nothing_is_unlocked_and_nothing_is_lost() -> None:
    async def scene() -> None:
        one = Scene(Bench(*BOLTS))
        one.bench.reached = False
        await one.last(60.0)
        assert len(one.plant.results) == 0
        one.bench.reached = True
        running = asyncio.create_task(one.last(60.0, pulling=None))
        await asyncio.sleep(10.0)
        one.bench.reached = False
        assert await one.controller.tighten(), "what was open stays open"
        await asyncio.sleep(20.0)
        assert one.bench.known == {}
        one.bench.reached = True
        await running
        assert [entry["step"] for entry in one.bench.known.values()] == ["bolt-1"]

    virtual_time.run(scene())


def test_the_tool_is_locked_when_its_step_is_no_longer_open() -> None:
    async def scene() -> None:
        one = Scene(Bench(*BOLTS))
        running = asyncio.create_task(one.last(60.0, pulling=None))
        await asyncio.sleep(10.0)
        assert one.plant.enabled
        one.bench.unit["state"] = "held"
        await asyncio.sleep(5.0)
        assert not one.plant.enabled
        await running

    virtual_time.run(scene())
