from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import restating

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "code",
    [
        'def load_file(path):\n    """Load the file from the path."""\n',
        'def is_open(self):\n    """Return whether it is open."""\n',
        'class PartList:\n    """A list of parts."""\n',
        'class Gauge:\n    def calibrate(self):\n        """Calibrates this gauge."""\n',
        '"""The sizes module."""\n',
    ],
)
def test_a_docstring_that_says_the_name_again(found: Callable[..., list[str]], code: str) -> None:
    (finding,) = found(restating.findings, {"src/sizes.py": code})
    assert "only says" in finding


@pytest.mark.parametrize(
    "code",
    [
        'def load_file(path):\n    """Quarantined lines are counted, not kept."""\n',
        'def area(polygon):\n    """Signed area: positive when the corners turn left."""\n',
        'class PartList:\n    """零件清單，依收貨時間排序。"""\n',
        "def load_file(path):\n    return path\n",
    ],
)
def test_a_docstring_that_says_more(found: Callable[..., list[str]], code: str) -> None:
    assert not found(restating.findings, {"src/sizes.py": code})
