"""`samegauge sbom`: what is installed here, as a CycloneDX bill of materials; needs neither database nor Django."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, CommandError, say, say_json, text
from samegauge.core.software.bill import bill_of_materials, bill_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        help=text("file to write (default: the output)", "要寫入的檔案（預設為標準輸出）"),
        metavar="FILE",
    )


def run(options: Namespace) -> int:
    bill = bill_of_materials()
    if options.out is None:
        if options.json:
            say_json(options, bill)
        else:
            sys.stdout.write(bill_text(bill))
        return DONE
    try:
        options.out.write_text(bill_text(bill), encoding="utf-8")
    except OSError as error:
        raise CommandError(
            f"{options.out} cannot be written: {error.strerror}. Name a file in a folder you may write to.",
            f"無法寫入 {options.out}：{error.strerror}。請指定可寫入的資料夾中的檔案。",
        ) from error
    count = len(bill["components"])
    say(options, f"Wrote {options.out}: {count} components.", f"已寫入 {options.out}：{count} 個元件。")
    say_json(options, {"file": str(options.out), "components": count, "serial_number": bill["serialNumber"]})
    return DONE
