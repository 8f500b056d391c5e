from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.importing import add_import_arguments, run_import

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_import_arguments(parser, "event documents, JSON or XML", "事件文件，JSON 或 XML", several=True)


def run(options: Namespace) -> int:
    return run_import(options, "epcis")
