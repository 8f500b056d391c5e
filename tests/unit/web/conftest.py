from __future__ import annotations

import pytest

from samegauge.web.frontend.build import Places, compile_messages


@pytest.fixture(scope="session", autouse=True)
def compiled_messages() -> None:
    compile_messages(Places().locale)
