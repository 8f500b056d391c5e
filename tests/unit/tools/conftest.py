"""A small repository written for one test, as the checks will see it."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tools.source import Finding, Repository

    Check = Callable[[Repository], Iterable[Finding]]

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., list[str]]:
    """Write the files and tell what a check finds in them: path, line and message, warnings too."""
    from tools.source import Repository as Seen

    def run(check: Check, files: dict[str, str]) -> list[str]:
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return [str(finding) for finding in sorted(check(Seen(tmp_path)))]

    return run
