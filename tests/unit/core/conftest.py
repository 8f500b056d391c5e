from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    """A data folder of each test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    settings.SAMEGAUGE_HOME = folder
    return folder
