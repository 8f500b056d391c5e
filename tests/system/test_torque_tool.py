"""Real sockets of this machine: the simulated controller over TCP, the platform's part over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.station_server import station_server

from samegauge.edge.stations.hub import HttpHub
from samegauge.edge.stations.work import HubError
from samegauge.edge.tools.ledger import Ledger
from samegauge.edge.tools.session import World
from samegauge.edge.tools.station import Duty, ToolAtStation
from samegauge.edge.tools.tool import Address, TorqueTool
from samegauge.simulators.torque_controller.controller import Habits, TorqueController
from samegauge.simulators.torque_controller.plant import ParameterSet, Plant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.station_server import StationServer

STEP = {"key": "bolt-1", "kind": "value", "required": True, "unit_code": "N·m", "lower": 2.0, "upper": 4.0}
UNIT = {"uid": "u", "serial": "TX-500-0007", "state": "here", "procedure": {"uid": "p", "steps": [STEP]}}


@pytest.fixture
def platform() -> Iterator[StationServer]:
    with station_server(UNIT) as ours:
        yield ours


def test_a_bolt_over_real_sockets(platform: StationServer, tmp_path: Path) -> None:
    world = World()
    plant = Plant(world.now, {1: ParameterSet(1)})
    controller = TorqueController(plant, Habits(pieces=7))

    async def scene() -> None:
        server = await asyncio.start_server(controller.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with closing(Ledger(tmp_path / "tool.sqlite3", world.now)) as ledger:
            tool = TorqueTool(world, Address("127.0.0.1", port), ledger, _silent)
            station = ToolAtStation(
                tool, HttpHub(platform.address, "S17", "right"), ledger, Duty("S17", {"": 1}), _silent
            )
            tasks = [asyncio.create_task(tool.run()), asyncio.create_task(station.run())]
            async with asyncio.timeout(60.0):
                while not platform.done.is_set():
                    await asyncio.sleep(0.05)
                    await controller.tighten()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        server.close()

    asyncio.run(scene())
    (entry,) = platform.entries
    assert entry["payload"]["value"] == plant.results[1]["torque"]
    assert entry["unit"] == "u"


@pytest.mark.parametrize(
    ("token", "station", "said"), [("wrong", "S17", "answers 401"), ("right", "S99", "answers 404")]
)
def test_a_platform_that_refuses_says_what_to_check(
    platform: StationServer, token: str, station: str, said: str
) -> None:
    with pytest.raises(HubError, match=said) as refused:
        asyncio.run(HttpHub(platform.address, station, token).work())
    assert "檢查站別代碼" in refused.value.zh


def test_a_platform_that_is_away_or_without_tls_is_an_error_of_its_own() -> None:
    with pytest.raises(HubError, match="not reached"):
        asyncio.run(HttpHub("http://127.0.0.1:9", "S17", "right").work())
    with pytest.raises(HubError, match="https only"):
        asyncio.run(HttpHub("http://hub.example", "S17", "right").work())


def _silent(_english: str, _chinese: str) -> None:
    """Nobody listens."""
