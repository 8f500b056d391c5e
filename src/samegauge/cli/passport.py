"""Writes the signed passport of a serial number, as JSON and as PDF."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.importing import add_organisation_argument, chosen_organisation
from samegauge.cli.output import DONE, MISUSED, CommandError, say, say_json, text
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("serial", help=text("serial number", "序號"))
    parser.add_argument(
        "--out", type=Path, required=True, help=text("folder to write into", "輸出資料夾"), metavar="DIR"
    )
    parser.add_argument(
        "--address",
        default="http://127.0.0.1:8000",
        help=text("this site's address, for the code on the paper", "本站網址，印在紙本的 QR 碼裡"),
    )
    add_organisation_argument(parser)


def run(options: Namespace) -> int:
    open_site()
    from samegauge.apps.history.passports import issue
    from samegauge.core.printing import PrintError
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Unit
    from samegauge.core.thread.rules import Recorder
    from samegauge.core.vault.rules import read_stored
    from samegauge.formats.passport import PassportError

    with organisation_scope(chosen_organisation(options.org)):
        unit = Unit.objects.filter(serial=options.serial).select_related("item", "revision", "organisation").first()
        if unit is None:
            raise CommandError(
                f"There is no unit with the serial number {options.serial!r}.",
                f"沒有序號「{options.serial}」。",
                MISUSED,
            )
        try:
            passport = issue(unit, Recorder(actor_name="samegauge passport"), options.address)
        except PrintError as error:
            raise CommandError(error.message, error.message_zh) from error
        except PassportError as error:
            raise CommandError(str(error), str(error)) from error
        os.umask(options.umask)  # these are for others too: they get the modes that the person's files have
        options.out.mkdir(parents=True, exist_ok=True)
        written = []
        for stored in (passport.signed, passport.printed):
            path = options.out / stored.name.replace("/", "_")
            path.write_bytes(read_stored(stored))
            written.append(str(path))
    say(options, f"Wrote {' and '.join(written)}.", f"已寫入 {'、'.join(written)}。")
    say_json(options, {"serial": unit.serial, "files": written, "key_id": passport.key_id})
    return DONE
