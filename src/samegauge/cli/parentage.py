"""A child that does not outlive its parent, even when the parent is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PARENT_VARIABLE = "SAMEGAUGE_PARENT"
PR_SET_PDEATHSIG = 1
LOOK_EVERY_S = 0.5


def die_with_parent(parent: int) -> None:
    """End this process at once when process `parent`, which started it, is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def die_with_supervisor() -> None:
    """Do so when a supervisor started this command; started by hand it lives by itself."""
    supervisor = os.environ.pop(PARENT_VARIABLE, "")
    if supervisor:
        die_with_parent(int(supervisor))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os._exit(1)
