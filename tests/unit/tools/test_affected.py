from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import affected
from tools.source import Repository

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "src/samegauge/__init__.py": "",
    "src/samegauge/formats/__init__.py": "",
    "src/samegauge/formats/shdr.py": "",
    "src/samegauge/core/__init__.py": "",
    "src/samegauge/core/intake.py": "from samegauge.formats import shdr",
    "src/samegauge/web/__init__.py": "",
    "src/samegauge/web/views.py": "def page():\n    from samegauge.core.intake import taken_in",
    "src/samegauge/web/templates/page.html": "",
    "tests/shdr_logs.py": "from samegauge.formats.shdr import read",
    "tests/unit/formats/test_shdr.py": "import shdr_logs",
    "tests/unit/formats/test_other.py": "from samegauge.quantities import units",
    "tests/unit/formats/conftest.py": "",
    "tests/unit/web/test_views.py": "from samegauge.web.views import page",
    "tests/unit/web/test_face.py": "",
}
FORMATS = {"tests/unit/formats/test_shdr.py", "tests/unit/formats/test_other.py"}
WEB = {"tests/unit/web/test_views.py", "tests/unit/web/test_face.py"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("src/samegauge/formats/shdr.py", {"tests/unit/formats/test_shdr.py", "tests/unit/web/test_views.py"}),
        ("src/samegauge/core/intake.py", {"tests/unit/web/test_views.py"}),
        ("src/samegauge/web/templates/page.html", WEB),
        ("tests/shdr_logs.py", {"tests/unit/formats/test_shdr.py"}),
        ("tests/unit/formats/test_other.py", {"tests/unit/formats/test_other.py"}),
        ("tests/unit/formats/conftest.py", FORMATS),
        ("src/samegauge/formats/gone.py", FORMATS),
        ("docs/index.md", set()),
        ("pyproject.toml", {"tests/unit"}),
    ],
)
def test_what_a_change_reaches(tmp_path: Path, changed: str, expected: set[str]) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert set(affected.affected(Repository(tmp_path), [changed])) == expected
