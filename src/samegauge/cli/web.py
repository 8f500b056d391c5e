"""The web server under `samegauge run`."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import DONE
from samegauge.cli.parentage import die_with_parent, die_with_supervisor

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

WORKERS = 2
THREADS_PER_WORKER = 4
WAITING_PER_WORKER = 64
STOP_WITHIN_S = 5
RESPAWN_AFTER_S = 0.2


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)


def run(options: Namespace) -> int:
    die_with_supervisor()
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    # Loaded once, before the processes fork off it; where they are spawned, each loads it by itself.
    _application()
    # WSGI: synchronous ORM views lost two thirds of their speed under ASGI (measured).
    server = Server(
        "samegauge.web.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS_PER_WORKER,
        backpressure=WAITING_PER_WORKER,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_AFTER_S,
        workers_kill_timeout=STOP_WITHIN_S,
    )
    server.serve(target_loader=load_application, wrap_loader=False)
    return DONE


def load_application() -> Any:
    """Runs in each worker process: a killed server must not leave workers on its port."""
    server = multiprocessing.parent_process()
    if server is not None and server.pid is not None:
        die_with_parent(server.pid)
    return _application()


def _application() -> Any:
    """Return the application with its pages loaded, which Django would else do in the first request."""
    from django.urls import get_resolver

    from samegauge.web.wsgi import application

    get_resolver().url_patterns  # noqa: B018 - read for its effect
    return application
