"""Where recorded files lie; under CI their absence fails, elsewhere the test is skipped with the reason."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def recorded(relative: str) -> Path:
    folder = Path(os.environ.get("SAMEGAUGE_TEST_DATA", _DEFAULT))
    path = folder / relative
    if not path.exists():
        message = f"recorded data {relative} are not in {folder}; set SAMEGAUGE_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


def plain(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
