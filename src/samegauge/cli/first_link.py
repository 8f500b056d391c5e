"""Prints the path of the one-time link that makes the owner's account, while there is none; for `samegauge run`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE
from samegauge.cli.site import set_up_django

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """Takes none."""


def run(_options: Namespace) -> int:
    set_up_django()
    from samegauge.core.organisations.rules import first_start_link

    sys.stdout.write(first_start_link() or "")
    return DONE
