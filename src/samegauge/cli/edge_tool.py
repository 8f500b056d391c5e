"""`samegauge edge tool HOST`: a torque tool that runs only for the open step of its station; needs no site here."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, MISUSED, CommandError, say, say_json, text
from samegauge.cli.station_device import add_device_arguments, persons_token, zone_named

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NEEDED = frozenset({"hub", "station"})


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("host", help=text("the tool's controller", "工具的控制器"), metavar="HOST")
    told = {
        "instrument": text("number of the tool among the instruments", "工具的量具編號"),
        "ledger": text("file that keeps every result", "保存每筆結果的檔案"),
        "zone": text("time zone of the controller's clock", "控制器時鐘的時區"),
    }
    add_device_arguments(parser, told, NEEDED, "torque-tool.sqlite3")
    sets = text("parameter set of a step, or of all steps (repeat)", "步驟的參數組，或全部步驟的參數組（可重複）")
    parser.add_argument("--set", action="append", required=True, help=sets, metavar="[STEP=]N")
    parser.add_argument("--port", type=int, default=4545, help=text("the controller's port", "控制器的埠"), metavar="N")
    again = text("tightenings that may fail before a person must look", "人員查看前允許失敗的鎖付次數")
    parser.add_argument("--attempts", type=int, default=1, help=again, metavar="N")


def run(options: Namespace) -> int:
    asyncio.run(_follow(options, persons_token()))
    say_json(options, {})
    return DONE


async def _follow(options: Namespace, token: str) -> None:
    from samegauge.edge.stations.hub import HttpHub
    from samegauge.edge.tools.ledger import Ledger
    from samegauge.edge.tools.session import World
    from samegauge.edge.tools.station import Duty, ToolAtStation
    from samegauge.edge.tools.tool import Address, TorqueTool

    def tell(english: str, chinese: str) -> None:
        say(options, english, chinese)

    world = World()
    duty = Duty(options.station, parameter_sets(options.set), options.instrument, options.attempts)
    hub = HttpHub(options.hub, options.station, token, Path(options.authority) if options.authority else None)
    with closing(Ledger(Path(options.ledger), world.now)) as ledger:
        tool = TorqueTool(world, Address(options.host, options.port, zone_named(options.zone)), ledger, tell)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(tool.run())
            tasks.create_task(ToolAtStation(tool, hub, ledger, duty, tell).run())


def parameter_sets(given: list[str]) -> dict[str, int]:
    """Read `STEP=N` and `N`; the latter is for every step that is not named."""
    found: dict[str, int] = {}
    for one in given:
        step, _equals, number = one.rpartition("=")
        if not number.isdecimal() or not number.isascii() or int(number) > 999:  # noqa: PLR2004 - three digits
            raise CommandError(
                f"--set {one}: a parameter set is a number from 0 to 999, as in --set torque-1=3.",
                f"--set {one}：參數組是 0 到 999 的數字，例如 --set torque-1=3。",
                MISUSED,
            )
        found[step] = int(number)
    return found
