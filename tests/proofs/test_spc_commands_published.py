"""What the commands print is what R's qcc and JASP print of the same files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(test_data: Path) -> Path:
    return test_data / "jasp-qcc-expected"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_piston_rings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Montgomery's data in phase 1 and 2, as qcc 3.0 keeps them: centre and limits of all 40 samples together."""
    words = ("--value", "diameter", "--subgroup", "sample", "--chart", "xbar-r", "--rules", "western-electric")
    found = said(capsys, "spc", str(folder / "qcc_pistonrings.csv"), *words)
    mean, ranges = found["charts"]["mean"], found["charts"]["range"]
    assert mean["centre"] == pytest.approx(74.0036, abs=5e-5)
    # A2(5) = 0.577 of the mean range, from the tables of every handbook.
    assert mean["upper"] - mean["centre"] == pytest.approx(0.577 * ranges["centre"], rel=1e-3)
    assert ranges["upper"] == pytest.approx(2.114 * ranges["centre"], rel=1e-3)  # D4(5)
    assert {flag["points"][-1] for flag in mean["flags"] if flag["rule"] == 1} == {38, 39}


def test_crossed_gauge_study(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--value", "Dm", "--part", "Parts", "--operator", "Operators")
    found = said(capsys, "gauge-rr", str(folder / "jasp_msaGaugeRRCrossed_long.csv"), *words)
    gauge = found["components"]["total_gauge_rr"]
    assert gauge["variance"] == pytest.approx(0.157929724596391, rel=1e-12)
    assert round(gauge["study_percent"], 2) == 11.97
    assert round(gauge["contribution_percent"], 2) == 1.43
    assert found["distinct_categories"] == 11
