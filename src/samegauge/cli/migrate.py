"""Brings the database's tables up to date, for `samegauge run`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from samegauge.cli import home_lock
from samegauge.cli.output import DONE
from samegauge.cli.site import open_site
from samegauge.core.site import home_folder

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """Takes none."""


def run(_options: Namespace) -> int:
    # Started by `samegauge run`, whose lock on the data folder is then this command's too.
    open_site(holds_home=home_lock.holder(home_folder()) == os.getppid())
    return DONE
