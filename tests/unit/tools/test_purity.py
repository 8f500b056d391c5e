from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import purity

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "src/samegauge/engines/spc/charts.py"


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "import time",
        "import random",
        "from pathlib import Path",
        "import sqlite3",
        "from django.db import models",
        "from samegauge.lake import store",
        "from ...lake import store",
        "import pandas",
        "from scipy import io",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\ndatetime.now(UTC)",
        "from datetime import date as d\nd.today()",
        "open('x')",
        "import numpy as np\nnp.loadtxt('x')",
        "import numpy as np\nnp.random.default_rng()",
        "import numpy as np\nnp.ones(3).tofile('x')",
    ],
)
def test_the_world_stays_out(found: Callable[..., list[str]], code: str) -> None:
    (finding,) = found(purity.findings, {PATH: code})
    assert finding.startswith(PATH)


def test_arithmetic_is_free(found: Callable[..., list[str]]) -> None:
    code = """
    from __future__ import annotations
    import math
    from dataclasses import dataclass
    from datetime import UTC, datetime
    import numpy as np
    from numba import njit
    from scipy import stats
    from samegauge.quantities import units
    from . import limits
    from ..signals import steps
    rng = np.random.default_rng(7)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    """
    assert not found(purity.findings, {PATH: code, "src/samegauge/lake/a.py": "import os"})
