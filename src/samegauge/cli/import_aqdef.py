from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.importing import add_import_arguments, run_import

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_import_arguments(
        parser,
        ".dfq files, or .dfd and .dfx files of the same names",
        ".dfq 檔，或同名的 .dfd 與 .dfx 檔",
        several=True,
    )


def run(options: Namespace) -> int:
    return run_import(options, "aqdef")
