"""The web server under `samegauge run`."""

from __future__ import annotations

import gc
import multiprocessing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import DONE
from samegauge.cli.parentage import die_with_parent, die_with_supervisor
from samegauge.cli.site import set_up_django

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

WORKERS = 2
CONNECTIONS_PER_WORKER = 512  # with a file for each body on its way below the usual 1024 open files
STOP_WITHIN_S = 5
RESPAWN_AFTER_S = 0.2


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)


def run(options: Namespace) -> int:
    die_with_supervisor()
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.log import LogLevels
    from granian.server import Server

    # Loaded once, before the processes fork off it; where they are spawned, each loads it by itself.
    # Nothing of it is ever garbage, and what the collector leaves alone stays shared.
    gc.disable()
    _application()
    gc.freeze()
    gc.enable()
    server = Server(
        "samegauge.web.asgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        ssl_cert=options.certificate,
        ssl_key=options.key,
        ssl_protocol_min=SSLProtocols.tls12,
        workers=WORKERS,
        backpressure=CONNECTIONS_PER_WORKER,
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
    set_up_django()
    from django.urls import get_resolver

    from samegauge.web.asgi import application

    get_resolver().url_patterns  # noqa: B018 - read for its effect
    return application
