"""The client against the simulated controller, in virtual time, over a line that breaks where the test says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support import virtual_time
from support.torque_line import Line

from samegauge.edge.tools.ledger import Ledger
from samegauge.edge.tools.orders import Order, Progress, Role
from samegauge.edge.tools.session import World
from samegauge.edge.tools.tool import Address, BlockedError, TorqueTool
from samegauge.simulators.torque_controller.controller import Habits, TorqueController
from samegauge.simulators.torque_controller.plant import ParameterSet, Plant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SETS = {1: ParameterSet(1, "M8"), 2: ParameterSet(2, "M12", 18.0, 20.0, 22.0)}
ORDER = Order("unit", "TX-500-0007", "ST17", "procedure", "torque-1", parameter_set=1, wanted=3)
IN_MEMORY = Path(":memory:")


class WatchedPlant(Plant):
    """Remembers each change of the lock."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "enabled":
            self.__dict__.setdefault("switched", []).append(value)
        super().__setattr__(name, value)


class Station:
    """A tool, its controller, and a worker who pulls the trigger every second."""

    def __init__(self, *rooms: float, habits: Habits | None = None, ledger: Path = IN_MEMORY) -> None:
        self.plant = WatchedPlant(virtual_time.now, dict(SETS), last_id=40)
        self.controller = TorqueController(self.plant, habits)
        self.line = Line(self.controller, *rooms)
        self.ledger = Ledger(ledger, virtual_time.now)
        self.told: list[str] = []
        world = World(self.line.connect, virtual_time.now)
        self.tool = TorqueTool(world, Address("controller"), self.ledger, lambda english, _chinese: self._hear(english))
        self.pulled: list[bool] = []

    def _hear(self, said: str) -> None:
        self.told.append(said)

    async def work(self, torque_n_m: float | None = None) -> None:
        while True:
            await asyncio.sleep(1.0)
            with suppress(OSError):
                self.pulled.append(await self.controller.tighten(torque_n_m))

    @asynccontextmanager
    async def open(self, *, working: bool = True) -> AsyncIterator[Station]:
        tasks = [asyncio.create_task(self.tool.run())]
        if working:
            tasks.append(asyncio.create_task(self.work()))
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until every result has arrived and the tool is locked."""
        await self.tool.lock()
        await asyncio.sleep(60.0)

    @property
    def bytes_passed(self) -> int:
        return round(sum(float(10**6) - cable.left for cable in self.line.cables))

    def counted(self, order_number: int = 1) -> list[int]:
        return [one.tightening_id for role, one in self.ledger.judged(order_number) if role is Role.COUNTED]

    def kept(self) -> list[int]:
        return [one.tightening_id for _role, one in self.ledger.judged(1)]

    def tightened(self) -> list[int]:
        return sorted(self.plant.results)


def test_the_tool_runs_for_the_wanted_tightenings_and_for_no_other() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open():
            await asyncio.sleep(5.0)
            assert not any(station.pulled[1:]), "locked from the moment it is connected"
            assert await station.tool.fulfil(ORDER) == Progress(3, ok=3)
            await station.settled()
        assert station.tightened() == station.kept() == [41, 42, 43]
        assert not station.plant.enabled
        assert station.plant.identifier == "TX-500-0007"
        assert [one.torque_n_m for _role, one in station.ledger.judged(1)] == [
            station.plant.results[number]["torque"] for number in (41, 42, 43)
        ]

    virtual_time.run(scene())


def _session_bytes() -> int:
    async def scene() -> int:
        station = Station(10**6)
        async with station.open():
            await station.tool.fulfil(ORDER)
        return station.bytes_passed

    return virtual_time.run(scene())


async def _cut_once(*rooms: float, habits: Habits | None = None) -> Station:
    station = Station(*rooms, habits=habits)
    async with station.open():
        assert await station.tool.fulfil(ORDER) == Progress(3, ok=3)
        await station.settled()
    assert station.tightened() == station.kept(), rooms
    assert len(station.counted()) == 3, rooms
    assert not station.plant.enabled, rooms
    return station


def test_no_tightening_is_lost_or_doubled_wherever_the_line_is_cut() -> None:
    total = _session_bytes()
    assert total > 1500
    for room in range(0, total, 37):
        virtual_time.run(_cut_once(room))


@pytest.mark.full
def test_no_tightening_is_lost_or_doubled_at_any_byte() -> None:
    total = _session_bytes()
    assert total > 1500
    for room in range(total):
        again = bool(room % 2)
        virtual_time.run(_cut_once(room, room // 2, habits=Habits(sends_unacknowledged_again=again)))


@pytest.mark.parametrize(
    "habits",
    [
        Habits(times=3),
        Habits(pieces=1),
        Habits(sends_unacknowledged_again=False),
        Habits(slow_s=4.0),
        Habits(newest={"subscribe_results": 1, "ask_old_result": 1, "communication_start": 1}),
        Habits(refuses={"set_time": 99, "subscribe_alarms": 99, "download_identifier": 8}),
        Habits(locks_without_client=True),
    ],
    ids=["thrice", "bytewise", "forgetful", "slow", "old", "sparing", "locking"],
)
def test_controllers_of_every_habit_end_at_the_same(habits: Habits) -> None:
    station = virtual_time.run(_cut_once(1100, habits=habits))
    assert station.counted()[:1] == [41]


def test_what_was_tightened_while_nobody_was_connected_is_fetched_and_counted() -> None:
    async def scene() -> Station:
        station = Station()
        async with station.open(working=False):
            done = asyncio.create_task(station.tool.fulfil(ORDER))
            await asyncio.sleep(5.0)
            station.line.down = True
            station.controller.restart()
            for _pull in range(5):  # this controller leaves the tool unlocked without a client
                assert await station.controller.tighten()
            await asyncio.sleep(3600.0)
            assert not done.done()
            station.line.down = False
            await done
            await station.settled()
        return station

    station = virtual_time.run(scene())
    assert station.kept() == [41, 42, 43, 44, 45]
    assert [role for role, _one in station.ledger.judged(1)] == [Role.COUNTED] * 3 + [Role.SURPLUS] * 2
    assert sum("Not connected" in said for said in station.told) > 100


def test_a_bad_tightening_locks_the_tool() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open(working=False):
            done = asyncio.create_task(station.tool.fulfil(ORDER))
            await asyncio.sleep(5.0)
            assert await station.controller.tighten(4.2)
            assert await done == Progress(3, ok=0, nok=1)
            assert not await station.controller.tighten()

    virtual_time.run(scene())


def test_a_result_is_on_disk_before_the_controller_hears_that_it_arrived(tmp_path: Path) -> None:
    async def scene() -> None:
        path = tmp_path / "tool.sqlite3"
        station = Station(ledger=path)
        elsewhere = Ledger(path, virtual_time.now)
        seen: list[list[int]] = []
        acknowledged = station.controller.result_acknowledged

        async def watched() -> None:
            seen.append([one.tightening_id for _role, one in elsewhere.judged(1)])
            await acknowledged()

        station.controller.result_acknowledged = watched  # type: ignore[method-assign] - a look, the thing itself runs
        async with station.open():
            await station.tool.fulfil(ORDER)
        assert seen[:3] == [[41], [41, 42], [41, 42, 43]]

    virtual_time.run(scene())


def test_a_client_that_is_stopped_locks_the_tool_with_its_last_word() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open(working=False):
            task = asyncio.create_task(station.tool.fulfil(ORDER))
            await asyncio.sleep(5.0)
            assert station.plant.enabled
            task.cancel()
        await asyncio.sleep(1.0)
        assert not station.plant.enabled

    virtual_time.run(scene())


def test_a_client_that_died_goes_on_with_its_order(tmp_path: Path) -> None:
    async def scene() -> None:
        path = tmp_path / "tool.sqlite3"
        first = Station(ledger=path)
        async with first.open(working=False):
            task = asyncio.create_task(first.tool.fulfil(ORDER))
            await asyncio.sleep(5.0)
            assert await first.controller.tighten()
            await asyncio.sleep(1.0)
            task.cancel()
        second = Station(ledger=path)
        second.plant.results, second.plant.last_id = first.plant.results, first.plant.last_id
        async with second.open():
            assert await second.tool.fulfil(ORDER) == Progress(3, ok=3)
        assert second.counted() == [41, 42, 43]

    virtual_time.run(scene())


def test_a_controller_that_counts_anew_is_read_from_its_beginning() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open():
            await station.tool.fulfil(ORDER)
            await station.tool.lock()
            station.plant.forget()
            station.controller.restart()
            await asyncio.sleep(5.0)
            again = replace(ORDER, step="torque-2")
            assert await station.tool.fulfil(again) == Progress(3, ok=3)
        assert station.counted(2) == [1, 2, 3]
        assert station.counted(1) == [41, 42, 43]

    virtual_time.run(scene())


def test_a_missing_parameter_set_keeps_the_tool_locked_and_is_told() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open():
            with pytest.raises(BlockedError, match="code 2"):
                await station.tool.fulfil(replace(ORDER, parameter_set=9))
            assert not station.plant.enabled
            assert await station.tool.fulfil(ORDER) == Progress(3, ok=3)
        assert any("Check parameter set 9" in said for said in station.told)

    virtual_time.run(scene())


def test_the_trigger_that_is_faster_than_the_lock_is_recorded_but_not_counted() -> None:
    async def scene() -> None:
        station = Station(habits=Habits(slow_s=3.0))
        async with station.open():
            assert (await station.tool.fulfil(replace(ORDER, wanted=1))).finished
            await station.settled()
        assert station.counted() == [41]
        assert Role.SURPLUS in [role for role, _one in station.ledger.judged(1)]
        assert station.kept() == station.tightened()

    virtual_time.run(scene())


def test_a_silent_controller_is_given_up_and_met_again() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open(working=False):
            await asyncio.sleep(3.0)
            station.controller.habits.mute.add("keep_alive")
            await asyncio.sleep(30.0)
            assert any("Nothing was heard for 15 s" in said for said in station.told)
            station.controller.habits.mute.clear()
            await asyncio.sleep(30.0)
            cables = len(station.line.cables)
            await asyncio.sleep(3600.0)
            assert len(station.line.cables) == cables, "signs of life keep the connection"

    virtual_time.run(scene())


def test_another_order_locks_the_tool_before_it_unlocks_it() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open(working=False):
            old = asyncio.create_task(station.tool.fulfil(ORDER))
            await asyncio.sleep(5.0)
            new = asyncio.create_task(station.tool.fulfil(replace(ORDER, serial="TX-500-0008", wanted=1)))
            await asyncio.sleep(5.0)
            assert old.cancelled()
            assert await station.controller.tighten()
            assert await new == Progress(1, ok=1)
        assert station.counted(1) == []
        assert station.counted(2) == [41]
        assert station.plant.__dict__["switched"] == [True, False, True, False, True, False]

    virtual_time.run(scene())


def test_an_order_that_was_given_up_takes_no_later_result() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open(working=False):
            task = asyncio.create_task(station.tool.fulfil(ORDER))
            await asyncio.sleep(5.0)
            assert await station.controller.tighten()
            await asyncio.sleep(1.0)
            await station.tool.lock()
            task.cancel()
            station.plant.enabled = True  # somebody has the key to the controller
            assert await station.controller.tighten()
            await asyncio.sleep(1.0)
        assert [role for role, _one in station.ledger.judged(1)] == [Role.COUNTED, Role.SURPLUS]

    virtual_time.run(scene())


def test_alarms_are_told_and_acknowledged() -> None:
    async def scene() -> None:
        station = Station()
        async with station.open(working=False):
            await asyncio.sleep(3.0)
            await station.controller.raise_alarm("E851")
            await asyncio.sleep(1.0)
        assert "The controller raises alarm E851." in station.told

    virtual_time.run(scene())


def test_results_that_do_not_read_in_a_revision_are_asked_for_in_an_earlier_one() -> None:
    async def scene() -> Any:
        station = Station()
        send = station.controller.send_results
        spoilt: list[int] = []

        async def crooked() -> None:
            """A maker whose revision 7 has two digits more."""
            client = station.controller._client
            if client and client.subscribed.get("results") == 7 and station.plant.results:
                spoilt.append(1)
                client._writer.write(b"00220061007         99\0")
            else:
                await send()

        station.controller.send_results = crooked  # type: ignore[method-assign] - a fault of one maker
        async with station.open():
            assert await station.tool.fulfil(ORDER) == Progress(3, ok=3)
        return spoilt

    assert len(virtual_time.run(scene())) == 1
