"""`samegauge reindex`: builds the search's index anew from the records, while the platform runs.

Nobody needs it in daily work: the index is written with the records, and a new version builds its own at its first
start. `samegauge doctor` says when it is needed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, ProgressLine, say, say_json
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """Takes none."""


def run(options: Namespace) -> int:
    open_site()
    from samegauge.core.search.indexing import rebuild

    line, started_s = ProgressLine(), time.monotonic()
    try:
        counts = rebuild(line.tell)
    finally:
        line.clear()
    elapsed_s = round(time.monotonic() - started_s, 3)
    total = sum(counts.values())
    say(
        options,
        f"The search's index was built anew: {total} records in {elapsed_s:.1f} s.",
        f"已重建搜尋索引：{total} 筆資料，費時 {elapsed_s:.1f} 秒。",
    )
    say_json(options, {"records": counts, "total": total, "elapsed_s": elapsed_s})
    return DONE
