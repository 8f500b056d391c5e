"""`samegauge edge gauge PORT`: a gauge on a serial port fills the open step of its station; needs no site here."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, MISUSED, CommandError, say, say_json, text
from samegauge.cli.station_device import add_device_arguments, persons_token, refuse_without_serial_ports, zone_named

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from samegauge.edge.gauges.port import SerialLine
    from samegauge.edge.stations.work import Tell

NEEDED = frozenset({"hub", "station", "instrument"})


def add_arguments(parser: ArgumentParser) -> None:
    port = text("the gauge's serial port, /dev/ttyUSB0 for example", "量具的序列埠，例如 /dev/ttyUSB0")
    parser.add_argument("port", help=port, metavar="PORT")
    told = {
        "instrument": text("number of the gauge among the instruments", "量具編號"),
        "ledger": text("file that keeps every reading", "保存每筆讀值的檔案"),
        "zone": text("time zone of the times that are shown", "顯示時間所用的時區"),
    }
    add_device_arguments(parser, told, NEEDED, "gauge.sqlite3")
    parser.add_argument("--baud", type=int, default=9600, help=text("speed of the line", "傳輸速率"), metavar="N")
    for name, kind, default, choices, meaning in (
        ("bits", int, 8, (7, 8), text("data bits", "資料位元")),
        ("parity", str, "N", ("N", "E", "O"), text("none, even or odd", "無、偶或奇同位")),
        ("stop", int, 1, (1, 2), text("stop bits", "停止位元")),
    ):
        parser.add_argument(f"--{name}", type=kind, default=default, choices=choices, help=meaning)
    channel = text("the gauge's input at a multiplexer", "量具在多工器上的通道")
    parser.add_argument("--channel", default="1", help=channel, metavar="N")


def run(options: Namespace) -> int:
    token, zone = persons_token(), zone_named(options.zone)
    _refuse_what_cannot_be(options)
    from samegauge.edge.stations.book import BookError

    def tell(english: str, chinese: str) -> None:
        time = f"{_now().astimezone(zone):%H:%M:%S}"
        say(options, f"{time} {english}", f"{time} {chinese}")

    try:
        asyncio.run(_follow(options, token, tell))
    except BookError as error:
        raise CommandError(
            f"{options.ledger}: {error}. What cannot be kept is not taken. Choose another --ledger, or make room.",
            f"{options.ledger}：{error}。無法保存就不收讀值。換一個 --ledger，或清出磁碟空間。",
        ) from error
    say_json(options, {})
    return DONE


async def _follow(options: Namespace, token: str, tell: Tell) -> None:
    from samegauge.edge.gauges.ledger import Ledger
    from samegauge.edge.gauges.port import SerialGauge
    from samegauge.edge.gauges.station import Duty, GaugeAtStation
    from samegauge.edge.stations.hub import HttpHub

    duty = Duty(options.station, options.instrument, options.channel.lstrip("0"))
    hub = HttpHub(options.hub, options.station, token, Path(options.authority) if options.authority else None)
    with closing(Ledger(Path(options.ledger), _now)) as ledger:
        station = GaugeAtStation(hub, ledger, duty, tell)
        gauge = SerialGauge(Path(options.port), _line(options), station.hear, tell)
        await asyncio.gather(gauge.run(), station.run())


def _line(options: Namespace) -> SerialLine:
    from samegauge.edge.gauges.port import SerialLine

    return SerialLine(options.baud, options.bits, options.parity, options.stop)


def _refuse_what_cannot_be(options: Namespace) -> None:
    refuse_without_serial_ports()
    try:
        _ = _line(options).speed
    except ValueError as error:
        raise CommandError(
            f"--baud {options.baud} is no speed of this system; 9600 and 4800 are usual.",
            f"--baud {options.baud}：系統沒有這個速率；常用 9600 與 4800。",
            MISUSED,
        ) from error
    path = Path(options.port)
    if path.exists() and not path.is_char_device():
        raise CommandError(
            f"{path} is no serial port. Name one such as /dev/ttyUSB0 or a link in /dev/serial/by-id.",
            f"{path} 不是序列埠。改用 /dev/ttyUSB0 或 /dev/serial/by-id 裡的連結。",
            MISUSED,
        )


def _now() -> datetime:
    return datetime.now(UTC)
