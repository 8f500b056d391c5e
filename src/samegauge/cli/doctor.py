"""`samegauge doctor`: whether everything the site keeps is there and as it was kept; it changes nothing.

Exit status 0: sound, remarks included; 1: at least one fault.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, FAILED, ProgressLine, say, say_json
from samegauge.cli.site import set_up_django
from samegauge.core.site import Site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """Takes none."""


def run(options: Namespace) -> int:
    set_up_django()
    from samegauge.core.backup.doctor import examine_site

    site, line, started_s = Site.from_environment(), ProgressLine(), time.monotonic()
    try:
        checkup = examine_site(site.home, line.tell)
    finally:
        line.clear()
    for finding in checkup.findings:
        say(options, finding.message, finding.message_zh)
    looked_at = checkup.looked_at
    remarks = len(checkup.findings) - checkup.faults
    say(
        options,
        f"{checkup.faults} faults, {remarks} remarks; {looked_at['events']} events and "
        f"{looked_at['vault_files']} files of the vault were checked.",
        f"{checkup.faults} 項錯誤、{remarks} 項提醒；"
        f"已檢查 {looked_at['events']} 筆事件與 {looked_at['vault_files']} 個檔案。",
    )
    say_json(
        options,
        {
            "faults": checkup.faults,
            "remarks": remarks,
            "findings": [finding.as_json() for finding in checkup.findings],
            "looked_at": looked_at,
            "elapsed_s": round(time.monotonic() - started_s, 3),
        },
    )
    return FAILED if checkup.faults else DONE
