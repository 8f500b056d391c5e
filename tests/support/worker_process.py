"""The worker with the jobs of crash_jobs, as a process of its own: python worker_process.py"""

from __future__ import annotations

import signal
import threading

from samegauge.cli.site import open_site


def main() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    open_site()
    from samegauge.core.jobs import worker

    __import__("crash_jobs")
    worker.run(stop)


if __name__ == "__main__":
    main()
