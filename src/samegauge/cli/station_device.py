"""What the commands for devices at stations share: the platform, the person's token, the file that keeps everything."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from samegauge.cli.output import MISUSED, CommandError, text

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Mapping
    from datetime import tzinfo

TOKEN = "SAMEGAUGE_TOKEN"  # noqa: S105 - the name of a setting


def add_device_arguments(parser: ArgumentParser, told: Mapping[str, str], needed: frozenset[str], ledger: str) -> None:
    """`told` says what an argument means for this device."""
    for name, help_, default in (
        ("hub", text("address of the platform", "平台網址"), None),
        ("station", text("code of the station", "站別代碼"), None),
        ("instrument", told["instrument"], ""),
        ("ledger", told["ledger"], ledger),
        ("zone", told["zone"], "Asia/Taipei"),
        ("authority", text("certificate of a platform that signs its own", "自簽平台的憑證"), None),
    ):
        parser.add_argument(f"--{name}", required=name in needed, default=default, help=help_, metavar=name.upper())


def persons_token() -> str:
    if token := os.environ.get(TOKEN, ""):
        return token
    raise CommandError(
        f"Set {TOKEN} to an API token of the person at the tool or gauge.",
        f"將 {TOKEN} 設為工具或量具使用者的 API 權杖。",
        MISUSED,
    )


def refuse_without_serial_ports() -> None:
    if find_spec("termios") is None:
        raise CommandError(
            "This system has no serial ports as POSIX has them. Connect the gauge to a Linux computer, or have it type "
            "into the tablet.",
            "這個系統沒有 POSIX 的序列埠。把量具接到 Linux 電腦，或讓它直接輸入平板。",
        )


def zone_named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CommandError(
            f"--zone {name}: no such time zone. Write it as Asia/Taipei.",
            f"--zone {name}：沒有這個時區。寫法如 Asia/Taipei。",
            MISUSED,
        ) from error
