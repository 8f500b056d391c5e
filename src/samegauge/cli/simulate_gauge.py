"""`samegauge simulate gauge`: a gauge on a pseudo terminal of this machine whose button presses itself."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, MISUSED, CommandError, say, say_json, text
from samegauge.cli.station_device import refuse_without_serial_ports
from samegauge.simulators.serial_gauge import lines

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

LARGEST_MM = 9999.0


def add_arguments(parser: ArgumentParser) -> None:
    for name, kind, default, told in (
        ("value", float, 12.345, text("what it measures, in mm", "量到的值，單位 mm")),
        ("sigma", float, 0.003, text("standard deviation of its readings, in mm", "讀值的標準差，單位 mm")),
        ("every", float, 5.0, text("seconds between two presses of the button", "兩次按鍵的間隔秒數")),
        ("seed", int, 1, text("another number draws other readings", "換個數字就抽出不同的讀值")),
        ("count", int, 0, text("readings until it ends; 0 for no end", "送出幾筆後結束；0 表示不結束")),
    ):
        parser.add_argument(f"--{name}", type=kind, default=default, help=told, metavar="N")


def run(options: Namespace) -> int:
    refuse_without_serial_ports()
    if not (abs(options.value) <= LARGEST_MM and 0 <= options.sigma <= LARGEST_MM / 10 and options.every > 0):
        raise CommandError(
            f"--value is up to {LARGEST_MM:g} mm, --sigma from 0 to {LARGEST_MM / 10:g} mm; --every is more than 0 s.",
            f"--value 最大 {LARGEST_MM:g} mm，--sigma 為 0 到 {LARGEST_MM / 10:g} mm，--every 須大於 0 秒。",
            MISUSED,
        )
    gauge, port = os.openpty()
    try:
        sent = _press(options, gauge, port)
    finally:
        os.close(gauge)
        os.close(port)
    say_json(options, {"readings": sent})
    return DONE


def _press(options: Namespace, gauge: int, port: int) -> int:
    import tty

    tty.setraw(port)  # else the terminal would echo, and wait for whole lines
    os.set_blocking(gauge, False)
    path = os.ttyname(port)
    say(options, f"Simulated gauge on {path}. Stop with Ctrl+C.", f"模擬量具在 {path}。按 Ctrl+C 結束。")
    sent = 0
    for line in lines(options.value, options.sigma, options.seed):
        time.sleep(options.every)
        with suppress(BlockingIOError):  # nobody listens
            os.write(gauge, line)
        shown = line.decode().strip()
        say(options, shown, shown)
        sent += 1
        if sent == options.count:
            break
    return sent
