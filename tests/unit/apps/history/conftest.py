from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    """A data folder of each test's own, and no count of requests from the test before."""
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    settings.SAMEGAUGE_HOME.mkdir()
    cache.clear()
    return settings.SAMEGAUGE_HOME
