"""`samegauge export epcis FILE`: the events of one unit, of a stretch of time, or of everything, as EPCIS 2.0."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from samegauge.cli.exporting import add_export_arguments, write_whole
from samegauge.cli.importing import chosen_organisation
from samegauge.cli.output import DONE, MISUSED, CommandError, say, say_json, text
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_export_arguments(parser)
    parser.add_argument(
        "--serial", default="", help=text("serial number of one unit", "只匯出一個序號"), metavar="SERIAL"
    )
    for name, english, chinese in (
        ("--from", "what happened from this time on", "從這個時間起發生的事件"),
        ("--to", "what happened before this time", "在這個時間之前發生的事件"),
    ):
        parser.add_argument(name, dest=name[2:] + "_time", default="", help=text(english, chinese), metavar="TIME")


def run(options: Namespace) -> int:
    since, until = _moment(options.from_time), _moment(options.to_time)
    open_site()
    from samegauge.apps.history.epcis_export import Asked, document
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Unit

    organisation = chosen_organisation(options.org)
    unit = None
    if options.serial:
        with organisation_scope(organisation):
            unit = Unit.objects.filter(serial=options.serial).first()
        if unit is None:
            raise CommandError(
                f"There is no unit with the serial number {options.serial!r}.",
                f"沒有序號「{options.serial}」。",
                MISUSED,
            )
    asked = Asked(unit, since, until)
    with organisation_scope(organisation):
        events = len(asked.keys())

    def write(stream: BinaryIO) -> None:
        stream.writelines(document(organisation, asked))

    size_bytes = write_whole(options, write)
    say(options, f"Wrote {events} events to {options.file}.", f"已將 {events} 筆事件寫入 {options.file}。")
    say_json(options, {"file": str(options.file), "events": events, "bytes": size_bytes})
    return DONE


def _moment(stated: str) -> datetime | None:
    """A time of ISO 8601; without a zone it is taken as UTC."""
    if not stated:
        return None
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError as error:
        raise CommandError(
            f"{stated!r} is no time. Write it as 2026-11-21 or 2026-11-21T08:00:00+08:00.",
            f"「{stated}」不是時間。寫成 2026-11-21 或 2026-11-21T08:00:00+08:00。",
            MISUSED,
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
