from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.exporting_inspections import add_inspection_arguments, run_inspection_export

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_inspection_arguments(parser)


def run(options: Namespace) -> int:
    return run_inspection_export(options, "aqdef")
