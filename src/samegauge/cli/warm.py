"""Compiles the numeric kernels into their cache on disk, so that nobody's first import waits for it; for `./dev`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.output import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """Takes none."""


def run(_options: Namespace) -> int:
    from samegauge.lake.intake import warm

    warm()
    return DONE
