"""`samegauge simulate torque-tool`: a tightening controller on this machine whose trigger pulls itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from samegauge.cli.output import DONE, CommandError, say, say_json, text
from samegauge.formats.open_protocol import PORT
from samegauge.simulators.torque_controller.controller import TorqueController
from samegauge.simulators.torque_controller.plant import ParameterSet, Plant

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HERE = "127.0.0.1"
ZONE = ZoneInfo("Asia/Taipei")
PARAMETER_SETS = {
    1: ParameterSet(1, "M5 3.1 N·m"),
    2: ParameterSet(2, "M8 25 N·m", 22.5, 25.0, 27.5, 0.4),
    3: ParameterSet(3, "M12 85 N·m", 76.5, 85.0, 93.5, 1.2),
}


def add_arguments(parser: ArgumentParser) -> None:
    for name, kind, default, told in (
        ("port", int, PORT, text("port to listen on", "監聽的埠")),
        ("seed", int, 1, text("another number draws other tightenings", "換個數字就抽出不同的鎖付")),
        ("every", float, 3.0, text("seconds between two pulls of the trigger", "兩次扣扳機的間隔秒數")),
    ):
        parser.add_argument(f"--{name}", type=kind, default=default, help=told, metavar="N")


def run(options: Namespace) -> int:
    plant = Plant(lambda: datetime.now(UTC), dict(PARAMETER_SETS), options.seed, "Simulated", enabled=False)
    try:
        asyncio.run(_serve(options, TorqueController(plant, zone=ZONE)))
    except OSError as error:
        raise CommandError(
            f"{HERE}:{options.port}: {error.strerror}. Choose another --port.",
            f"{HERE}:{options.port}：{error.strerror}。換一個 --port。",
        ) from error
    say_json(options, {"tightenings": plant.last_id})
    return DONE


async def _serve(options: Namespace, controller: TorqueController) -> None:
    server = await asyncio.start_server(controller.serve, HERE, options.port)
    say(
        options,
        f"Simulated controller on {HERE}:{options.port}. Stop with Ctrl+C.",
        f"模擬控制器在 {HERE}:{options.port}。按 Ctrl+C 結束。",
    )
    async with server:
        while True:
            await asyncio.sleep(options.every)
            if await controller.tighten():
                one = controller.plant.results[controller.plant.last_id]
                judged = ("OK", "合格") if one["tightening_status"] else ("NOK", "不合格")
                say(options, f"{one['torque']:.2f} N·m {judged[0]}", f"{one['torque']:.2f} N·m {judged[1]}")
