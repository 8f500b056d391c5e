"""Brings the database's tables up to date, for `samegauge run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.output import DONE
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """Takes none."""


def run(_options: Namespace) -> int:
    open_site()
    return DONE
