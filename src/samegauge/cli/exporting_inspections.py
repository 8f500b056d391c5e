"""What the two exports of inspection data share: which records, the file, and what could not go into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from samegauge.cli.exporting import add_export_arguments, write_whole
from samegauge.cli.importing import chosen_organisation
from samegauge.cli.output import DONE, CommandError, say, say_json, text
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_inspection_arguments(parser: ArgumentParser) -> None:
    add_export_arguments(parser)
    parser.add_argument("--item", default="", help=text("item number", "料號"), metavar="NUMBER")
    parser.add_argument("--plan", default="", help=text("inspection plan", "檢驗計畫"), metavar="PLAN")
    parser.add_argument("--serial", default="", help=text("one serial number", "單一序號"), metavar="SERIAL")


def run_inspection_export(options: Namespace, form: str) -> int:
    open_site()
    from django.utils import timezone

    from samegauge.apps.inspection.exchange import Asked, ExchangeError, exported
    from samegauge.core.scope import organisation_scope

    with organisation_scope(chosen_organisation(options.org)):
        try:
            made = exported(form, Asked(options.item, options.plan, options.serial), timezone.now())
        except ExchangeError as error:
            raise CommandError(str(error), error.message_zh) from error

    def write(stream: BinaryIO) -> None:
        stream.write(made.content)

    size = write_whole(options, write)
    say(
        options,
        f"{made.characteristics} characteristics, {made.inspections} inspections, {made.values} values.",
        f"{made.characteristics} 個特性、{made.inspections} 次檢驗、{made.values} 筆數值。",
    )
    for name in made.left_out:
        say(options, f"Left out, for it has no limits: {name}", f"因為沒有界限而未寫入：{name}")
    counts = {"characteristics": made.characteristics, "inspections": made.inspections, "values": made.values}
    say_json(options, {"file": str(options.file), "bytes": size, **counts, "left_out": list(made.left_out)})
    return DONE
