from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.importing import add_import_arguments, run_import

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_import_arguments(parser, "log files, plain or gzip", "紀錄檔，可為 gzip", several=True)


def run(options: Namespace) -> int:
    return run_import(options, "shdr")
