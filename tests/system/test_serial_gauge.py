"""`samegauge edge gauge` as a process: killed, without the platform, with a broken line; nothing is lost or doubled."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.processes import site_processes, wait_for
from support.serial_plug import Plug
from support.station_server import TOKEN, station_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.processes import SiteProcesses
    from support.station_server import StationServer

    from samegauge.doors.process import Child

pytestmark = [pytest.mark.long, pytest.mark.one_database]
STEPS = [
    {"key": f"gap-{number}", "kind": "value", "required": True, "unit_code": "mm", "lower": 12.0, "upper": 13.0}
    for number in range(1, 5)
]
UNIT = {"uid": "u", "serial": "TX-500-0007", "state": "here", "procedure": {"uid": "p", "steps": STEPS}}


class Scene:
    def __init__(self, site: SiteProcesses, platform: StationServer, plug: Plug) -> None:
        self.site, self.platform, self.plug = site, platform, plug

    def start(self) -> Child:
        words = [sys.executable, "-m", "samegauge.cli", "edge", "gauge", str(self.plug.path)]
        given = ["--hub", self.platform.address, "--station", "S17", "--instrument", "M-01"]
        return self.site.start([*words, *given, "--ledger", str(self.site.home / "gauge.sqlite3")])

    def told(self, child: Child, said: str, times: int = 1) -> None:
        wait_for(lambda: self.site.log_of(child).count(said) >= times, f"{said}: {self.site.log_of(child)}")

    def waiting_for(self, child: Child, step: str) -> None:
        self.told(child, "is open")
        self.told(child, f"step {step}: waiting for a reading")

    @property
    def recorded(self) -> list[tuple[str, float]]:
        return [(one["step"], one["payload"]["value"]) for one in self.platform.entries]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    plug = Plug(tmp_path / "gauge")
    plug.connect()
    with station_server(UNIT) as platform, site_processes(tmp_path / "home", SAMEGAUGE_TOKEN=TOKEN) as site:
        yield Scene(site, platform, plug)
    plug.disconnect()


def test_a_kill_while_the_platform_is_away_or_mute_loses_and_doubles_nothing(scene: Scene) -> None:
    child = scene.start()
    scene.waiting_for(child, "gap-1")
    scene.platform.away = True
    scene.plug.send(b"01A+00012.345\r\n")
    scene.told(child, "step gap-1: 12.345 mm")
    child.kill()
    assert scene.recorded == []

    scene.platform.away, scene.platform.mute = False, True
    child = scene.start()
    scene.told(child, "is not reached")
    child.kill()
    assert scene.recorded == [("gap-1", 12.345)]

    scene.platform.mute = False
    child = scene.start()
    scene.waiting_for(child, "gap-2")
    scene.plug.send(b"12.4\r")
    wait_for(lambda: len(scene.recorded) == 2, "the second reading")
    scene.waiting_for(child, "gap-3")
    assert scene.recorded == [("gap-1", 12.345), ("gap-2", 12.4)]
    assert scene.platform.sent.count(scene.platform.entries[0]["id"]) >= 2, "sent again under its own name"


def test_a_clock_that_is_hours_off_is_told_to_the_platform_which_dates_the_reading(scene: Scene) -> None:
    scene.platform.clock_ahead = timedelta(hours=-3)
    child = scene.start()
    scene.waiting_for(child, "gap-1")
    scene.plug.send(b"12.1\r")
    wait_for(lambda: scene.recorded, "the reading")
    (offset_ms,) = scene.platform.offsets_ms
    assert abs(offset_ms + 3 * 3_600_000) < 600_000


def test_an_unplugged_gauge_goes_on_where_it_was(scene: Scene) -> None:
    child = scene.start()
    scene.waiting_for(child, "gap-1")
    scene.plug.send(b"12.1\r12")
    scene.waiting_for(child, "gap-2")
    scene.plug.disconnect()
    scene.told(child, "Plug the gauge in")
    scene.plug.connect()
    scene.told(child, "is open", 2)
    scene.plug.send(b"12.3\r")
    wait_for(lambda: len(scene.recorded) == 2, "the reading after the plug")
    assert scene.recorded == [("gap-1", 12.1), ("gap-2", 12.3)]
    assert '"12" is kept and not used' in scene.site.log_of(child)
