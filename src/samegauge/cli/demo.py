"""Loads a simulated machine builder, so that every page has something to show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, CommandError, ProgressLine, say, say_json, speaks_chinese, text
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

DEFAULT_SEED = 7


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--seed",
        type=int,
        default=DEFAULT_SEED,
        help=text("another number gives another company", "換個數字就是另一家公司"),
        metavar="N",
    )


def run(options: Namespace) -> int:
    """Let the two years end today, so that the start page has something that needs attention."""
    if options.seed < 0:
        raise CommandError("--seed must be 0 or more.", "--seed 必須是 0 以上的整數。", status=2)
    open_site()
    from django.utils.translation import override

    from samegauge.core.demo.loading import load
    from samegauge.simulators.builder.company import LENGTH

    line = ProgressLine()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        # What has one name and no second has it in the language of who loads it.
        with override("zh-hant" if speaks_chinese() else "en"):
            loaded = load(options.seed, today - LENGTH, line.tell)
    finally:
        line.clear()
    until = (loaded.start + LENGTH - timedelta(days=1)).date()
    if loaded.added:
        counts = loaded.counts
        say(
            options,
            f"Loaded the simulated company of seed {loaded.seed}, {loaded.start.date()} to {until}: "
            f"{counts['units']} units, {counts['station_steps']} station steps, {counts['inspections']} inspections, "
            f"{counts['service_calls']} service calls. What was planted in it: {loaded.truth}",
            f"已載入種子 {loaded.seed} 的模擬公司，{loaded.start.date()} 至 {until}："
            f"{counts['units']} 個序號、{counts['station_steps']} 次組裝站作業、{counts['inspections']} 次檢驗、"
            f"{counts['service_calls']} 次叫修。埋入的真相：{loaded.truth}",
        )
    elif loaded.counts:
        say(
            options,
            f"The simulated company of seed {loaded.seed}, {loaded.start.date()} to {until}, is loaded already; "
            "what was missing was added.",
            f"種子 {loaded.seed} 的模擬公司（{loaded.start.date()} 至 {until}）先前已載入，這次補上缺少的資料。",
        )
    else:
        say(
            options,
            f"The simulated company of seed {loaded.seed}, {loaded.start.date()} to {until}, is loaded already; "
            "nothing was added.",
            f"種子 {loaded.seed} 的模擬公司（{loaded.start.date()} 至 {until}）先前已載入，這次沒有新增資料。",
        )
    for error in loaded.left_out:
        say(options, f"Left out: {error.message}", f"略過：{error.message_zh}")
    say_json(
        options,
        {
            "added": loaded.added,
            "seed": loaded.seed,
            "start": loaded.start.isoformat(),
            "organisations": loaded.organisations,
            "counts": loaded.counts,
            "left_out": [error.message for error in loaded.left_out],
            "truth": str(loaded.truth),
        },
    )
    return DONE
