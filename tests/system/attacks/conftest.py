from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from tenancy.canaries import Firm, founded, furnished

from samegauge.core import telemetry

if TYPE_CHECKING:
    from pathlib import Path

# Every character that ends a text, an attribute, a tag, a script or a line somewhere; none that an address cannot hold.
HOSTILE = ("<i id=x>", "'\"><svg onload=alert(1)>{{7*7}}${7}\u202e")


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """A data folder of this test's own."""
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    settings.SAMEGAUGE_HOME.mkdir(mode=0o700)
    telemetry._lake_of.cache_clear()
    cache.clear()
    return settings.SAMEGAUGE_HOME


@pytest.fixture
def firm(folder: Path, db: None) -> Firm:
    return furnished(founded("firm", ("zugvogel", "Rotkehlchen")))


@pytest.fixture
def hostile_firm(folder: Path, db: None) -> Firm:
    """A firm in whose every text somebody tried to break out of the page."""
    return furnished(founded("firm", HOSTILE))
