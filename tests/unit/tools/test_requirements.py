from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import requirements

if TYPE_CHECKING:
    from collections.abc import Callable

HASH = f"--hash=sha256:{'0' * 64}"
PROJECT = '[project]\ndependencies = ["numpy>=2"]\n[project.optional-dependencies]\ndev = ["Ruff[x]>=1; a == \'b\'"]\n'
PINS = f"numpy==2.4 \\\n    {HASH}\n    # via samegauge\nruff==1.0 ; python_version > '3' \\\n    {HASH}\n"
ROWS = "| package | why | licence | upkeep |\n|---|---|---|---|\n"
REASONS = ROWS + "| `numpy` | arrays | BSD | 2.4 in 2026 |\n| `ruff` | lint | MIT | 1.0 in 2026 |\n"
GOOD = {"pyproject.toml": PROJECT, "requirements/dev.txt": PINS, requirements.REASONS: REASONS}


def test_locked_and_explained_is_silent(found: Callable[..., list[str]]) -> None:
    assert not found(requirements.findings, {**GOOD, "requirements/run.txt": f"numpy==2.4 {HASH}\n"})


@pytest.mark.threat("T09")
@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ("numpy==2.4\n", "numpy has no sha256 hash"),
        (f"numpy>=2.4 {HASH}\n", "is not pinned"),
        (f"numpy==2.5 {HASH}\n", "numpy is 2.5 here but 2.4 in requirements/dev.txt"),
        ("--extra-index~-url x\n", "an address"),
        (f"numpy @ https://example.org/numpy.whl {HASH}\n", "an address"),
        ("-e .\n", "an address"),
    ],
)
def test_pins(found: Callable[..., list[str]], pins: str, message: str) -> None:
    (finding,) = found(requirements.findings, {**GOOD, "requirements/run.txt": pins.replace("~", "")})
    assert finding.startswith("requirements/run.txt:1: ")
    assert message in finding


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("| `ruff` | lint | MIT | 1.0 in 2026 |\n", "", "ruff has no line"),
        ("| lint |", "| |", "ruff needs why, licence and upkeep"),
        ("| `numpy`", "| `pandas` | a | b | c |\n| `numpy`", "pandas is no dependency"),
    ],
)
def test_reasons(found: Callable[..., list[str]], old: str, new: str, message: str) -> None:
    (finding,) = found(requirements.findings, {**GOOD, requirements.REASONS: REASONS.replace(old, new)})
    assert message in finding


def test_a_dependency_nobody_locked(found: Callable[..., list[str]]) -> None:
    project = PROJECT.replace('"numpy>=2"', '"numpy>=2", "scipy"')
    findings = found(requirements.findings, {**GOOD, "pyproject.toml": project})
    assert "pyproject.toml:1: scipy is pinned in no file of requirements/" in findings
