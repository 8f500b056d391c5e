"""How the parts of the site are, for those who run it."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from samegauge.core.jobs.worker_sign import age_s

if TYPE_CHECKING:
    from pathlib import Path

SILENT_AFTER_S = 60.0


def states(home: Path) -> dict[str, Any]:
    """Tell of vault, lake, disk and worker; that the database answers is known when this is asked."""
    seen_s = age_s(home, time.time())
    return {
        "database": "ok",
        "vault": _writable(home / "vault"),
        "lake": _writable(home / "lake"),
        "disk_free_bytes": shutil.disk_usage(home).free,
        "worker": "ok" if seen_s is not None and seen_s < SILENT_AFTER_S else "silent",
        "worker_seen_s": None if seen_s is None else round(seen_s, 1),
    }


def _writable(folder: Path) -> str:
    if not folder.exists():
        return "empty"
    return "ok" if os.access(folder, os.W_OK | os.X_OK) else "not writable"
