"""What every measurement prints last is one line that a program reads."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
MEASUREMENTS = sorted(path for path in BENCH.glob("*.py") if path.stem != "scenery")


def test_the_last_line_holds_each_claim_with_ours_peer_ratio_and_unit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    from scenery import claim, report

    report([claim("with a peer", 2.0, 6.0, "s", goal_s=3.0), claim("alone", 2.0, None)])
    first, second = json.loads(capsys.readouterr().out.splitlines()[-1])["claims"]
    assert first == {"name": "with a peer", "ours": 2.0, "peer": 6.0, "ratio": 3.0, "unit": "s", "goal_s": 3.0}
    assert (second["peer"], second["ratio"], second["unit"]) == (None, None, "ms")
    with pytest.raises(ValueError, match="JSON"):
        report([claim("no number", float("nan"), None)])


@pytest.mark.parametrize("path", MEASUREMENTS, ids=lambda path: path.stem)
def test_every_measurement_reports_that_way(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "from scenery import" in text
    assert "report(" in text or "on_both_databases(" in text
