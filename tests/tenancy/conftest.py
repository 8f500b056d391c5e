from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from tenancy.canaries import Firm, founded, furnished

from samegauge.core import telemetry

if TYPE_CHECKING:
    from pathlib import Path

# Of SQLite, which knows no sessions, nobody expects what is proven there.
collect_ignore = [] if os.environ.get("SAMEGAUGE_DATABASE_URL") else ["test_walls_postgresql.py"]


@pytest.fixture(autouse=True)
def site(settings: Any, tmp_path: Path) -> None:
    """A data folder of each test's own, no count of requests from the test before, and no job handed to a queue."""
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    settings.SAMEGAUGE_HOME.mkdir()
    telemetry._lake_of.cache_clear()
    cache.clear()


@pytest.fixture
def victim(db: None) -> Firm:
    """The firm whose records nobody else may see or touch."""
    return furnished(founded("victim", ("zugvogel", "Rotkehlchen")))


@pytest.fixture
def stranger(db: None) -> Firm:
    """Another firm with records of its own of every kind."""
    return furnished(founded("stranger", ("standvogel", "Kohlmeise")))
