from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.importing import add_import_arguments, run_import

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_import_arguments(parser, "folder or archive of the package", "資料包的資料夾或壓縮檔", several=False)


def run(options: Namespace) -> int:
    return run_import(options, "nist-tdp")
