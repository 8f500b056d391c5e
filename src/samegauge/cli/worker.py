"""The worker under `samegauge run`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE
from samegauge.cli.parentage import die_with_supervisor
from samegauge.cli.site import set_up_django

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """Takes none."""


def run(_options: Namespace) -> int:
    die_with_supervisor()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    set_up_django()
    from samegauge.core.intake.batches import finish_undone_everywhere
    from samegauge.core.jobs import worker

    finish_undone_everywhere()
    worker.run(stop)
    sys.stdout.flush()
    sys.stderr.flush()
    # A job in hand holds its thread; it is resumed at its step by the next worker, as after a power cut.
    os._exit(DONE)
