from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from samegauge.cli import run

if TYPE_CHECKING:
    from pathlib import Path


def test_what_killed_processes_left_of_uploads_is_swept_and_nothing_else(tmp_path: Path) -> None:
    run._sweep(tmp_path)
    upload, forgotten = tmp_path / "incoming" / "tmp1.upload.gz", tmp_path / "vault" / "incoming" / "tmp2"
    in_use, kept = forgotten.with_name("tmp3"), tmp_path / "vault" / "ab" / "ab12"
    for path in (upload, forgotten, in_use, kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    long_ago_s = time.time() - run.FORGOTTEN_AFTER_S - 60
    for path in (forgotten, kept):
        os.utime(path, (long_ago_s, long_ago_s))
    run._sweep(tmp_path)
    assert [path.exists() for path in (upload, forgotten, in_use, kept)] == [False, False, True, True]
