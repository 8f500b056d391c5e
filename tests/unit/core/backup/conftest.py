from __future__ import annotations

import pytest

from samegauge.core import telemetry


@pytest.fixture(autouse=True)
def forget_lakes() -> None:
    telemetry._lake_of.cache_clear()
