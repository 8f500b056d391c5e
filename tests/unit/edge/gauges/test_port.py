"""A pseudo terminal as the gauge: the port is the real one of the system."""

from __future__ import annotations

import asyncio
import termios
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from support.serial_plug import Plug

from samegauge.edge.gauges import port as port_module
from samegauge.edge.gauges.port import SerialGauge, SerialLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from samegauge.edge.gauges.lines import Line

PATIENCE_S = 30.0


class Listener:
    def __init__(self, plug: Plug, line: SerialLine) -> None:
        self.heard: list[Line] = []
        self.told: list[tuple[str, str]] = []
        self.gauge = SerialGauge(plug.path, line, self.heard.append, lambda *said: self.told.append(said))

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - the port tells nobody else
                await asyncio.sleep(0.01)

    async def until_open(self, times: int = 1) -> None:
        await self.until(lambda: sum("is open" in english for english, _chinese in self.told) == times)


@pytest.fixture
def plug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plug:
    monkeypatch.setattr(port_module, "AGAIN_AFTER_S", 0.02)
    monkeypatch.setattr(port_module, "UNFINISHED_AFTER_S", 0.3)
    return Plug(tmp_path / "gauge")


@asynccontextmanager
async def listening(plug: Plug, line: SerialLine | None = None) -> AsyncIterator[Listener]:
    one = Listener(plug, line or SerialLine())
    task = asyncio.create_task(one.gauge.run())
    try:
        yield one
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        plug.disconnect()


def test_lines_are_heard_whatever_ends_them_and_however_they_are_cut(plug: Plug) -> None:
    async def scene() -> None:
        plug.connect()
        async with listening(plug) as one:
            await one.until_open()
            for piece in (b"+000", b"12.345", b"\r", b"1.5\r\n2.5\n\n3.", b"5\r"):
                plug.send(piece)
                await asyncio.sleep(0.02)
            await one.until(lambda: len(one.heard) == 4)
            assert [line.said for line in one.heard] == [b"+00012.345", b"1.5", b"2.5", b"3.5"]
            assert all(line.whole for line in one.heard)

    asyncio.run(scene())


def test_nothing_that_controls_a_terminal_controls_this_one(plug: Plug) -> None:
    async def scene() -> None:
        plug.connect()
        async with listening(plug) as one:
            await one.until_open()
            plug.send(b"\x03\x04\x11\x13\x1a\x7f\x00\xff12.5\r")
            await one.until(lambda: one.heard)
            assert one.heard[0].said == b"\x03\x04\x11\x13\x1a\x7f\x00\xff\xff12.5", "FF doubled: it marks what was bad"

    asyncio.run(scene())


def test_a_line_that_was_under_way_at_the_opening_is_no_reading(plug: Plug) -> None:
    async def scene() -> None:
        plug.connect()
        async with listening(plug) as one:
            while not one.told:
                plug.send(b"45")
                await asyncio.sleep(0.02)
            plug.send(b"\r1.5\r")
            await one.until(lambda: len(one.heard) == 2)
            assert [line.whole for line in one.heard] == [False, True]

    asyncio.run(scene())


def test_half_a_line_is_given_up_and_the_next_one_is_read(plug: Plug) -> None:
    async def scene() -> None:
        plug.connect()
        async with listening(plug) as one:
            await one.until_open()
            plug.send(b"+00012.3")
            await one.until(lambda: one.heard)
            plug.send(b"4.5\r")
            await one.until(lambda: len(one.heard) == 2)
            assert [(line.said, line.whole) for line in one.heard] == [(b"+00012.3", False), (b"4.5", True)]

    asyncio.run(scene())


def test_a_gauge_that_is_unplugged_is_told_once_and_heard_again_when_it_is_back(plug: Plug) -> None:
    async def scene() -> None:
        async with listening(plug) as one:
            await one.until(lambda: one.told)
            plug.connect()
            await one.until_open()
            plug.send(b"1.5\r+00012.3")
            await one.until(lambda: one.heard)
            plug.disconnect()
            await one.until(lambda: "No such file" in one.told[-1][0])
            await asyncio.sleep(0.2)
            plug.connect()
            await one.until_open(2)
            plug.send(b"45\r")
            await one.until(lambda: len(one.heard) == 3)
            assert [(line.said, line.whole) for line in one.heard] == [
                (b"1.5", True),
                (b"+00012.3", False),
                (b"45", True),
            ]
            kinds = [english.split(".")[0] for english, _chinese in one.told if "No such file" in english]
            assert len(kinds) == 2
            assert all("接上量具" in chinese or "已開啟" in chinese for _english, chinese in one.told)

    asyncio.run(scene())


def test_a_port_that_another_program_reads_is_not_shared(plug: Plug) -> None:
    async def scene() -> None:
        plug.connect()
        plug.occupy()
        async with listening(plug) as one:
            await one.until(lambda: one.told)
            assert "no other program uses the port" in one.told[0][0]
            plug.leave()
            await one.until_open()

    asyncio.run(scene())


def test_the_line_is_set_as_asked(plug: Plug) -> None:
    async def scene() -> None:
        plug.connect()
        async with listening(plug, SerialLine(4800, 7, "E", 2)) as one:
            await one.until_open()
            in_flags, out_flags, control, local, in_speed, out_speed, _characters = plug.attributes()
            assert (in_speed, out_speed) == (termios.B4800, termios.B4800)
            assert in_flags == termios.PARMRK | termios.INPCK
            assert (out_flags, local) == (0, 0)
            assert isinstance(control, int)
            assert control & termios.CSTOPB
            assert control & termios.CLOCAL

    asyncio.run(scene())


def test_a_file_is_no_port(plug: Plug) -> None:
    async def scene() -> None:
        plug.path.write_text("12.5\r")
        async with listening(plug) as one:
            await one.until(lambda: one.told)
            assert one.heard == []

    asyncio.run(scene())


@pytest.mark.parametrize("baud", [0, 1234, -9600])
def test_a_speed_that_the_system_does_not_know_is_refused(baud: int) -> None:
    with pytest.raises(ValueError, match="no speed"):
        _ = SerialLine(baud).speed
