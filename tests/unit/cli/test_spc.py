"""The commands for tables of values: every kind of chart, plain JSON, and refusals that name line and column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from samegauge.cli.main import main
from samegauge.cli.spc_charts import CHARTS

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"t2": ("--value", "a", "--value", "b"), "p": ("--value", "bad"), "np": ("--value", "bad")}
COUNTS = ("--value", "bad")
MORE = {
    "xbar-r": ("--subgroup", "box", "--lsl", "5", "--usl", "15"),
    "xbar-s": ("--subgroup", "box", "--lsl", "5", "--target", "10"),
    "i-mr": ("--usl", "15", "--rules", "western-electric"),
    "p": ("--size", "size"),
    "np": ("--size", "same"),
    "u": ("--size", "same"),
    "cusum": ("--subgroup", "box", "--shift", "0.5"),
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    draw = np.random.default_rng(20261121)
    rows = [
        f"{draw.normal(10, 1):.4f},{draw.normal(5, 2):.4f},{place // 4},{draw.poisson(6)},{50 + place % 3},60"
        for place in range(80)
    ]
    path = tmp_path / "values.csv"
    path.write_text("\n".join(["a,b,box,bad,size,same", *rows]))
    return path


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize("chart", sorted(CHARTS))
def test_every_chart_says_limits_flags_method_and_run_lengths(
    table: Path, capsys: pytest.CaptureFixture[str], chart: str
) -> None:
    usual = COUNTS if chart in {"c", "u"} else ("--value", "a")
    words = (*COLUMNS.get(chart, usual), *MORE.get(chart, ()))
    status, said = told(capsys, "spc", str(table), "--chart", chart, *words)
    assert status == 0
    for one in said["charts"].values():
        assert one["method"]["data_hash"].startswith("sha256:")
        assert one["centre"] is not None
        beyond = [place for flag in one["flags"] for place in flag["points"]]
        assert all(1 <= place <= len(one["points"]) for place in beyond)
    assert (said["capability"] is not None) == ("--lsl" in words or "--usl" in words)
    if chart == "p":  # samples of different size have different limits
        assert said["run_length"] is None
    else:
        run = said["run_length"]
        assert run["in_control"]["mean"] > run["after_the_shift"]["mean"] > 1.0


def test_people_read_the_same_in_their_language(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["spc", str(table), "--chart", "xbar-r", "--value", "a", "--subgroup", "box", "--lsl", "5", "--usl", "15"]
    assert main(words) == 0
    english = capsys.readouterr().out
    assert "Cpk" in english
    assert "Points until an alarm" in english
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "zh-hant")
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "平均幾點後發出警報" in said
    assert "全距：" in said


REFUSALS = {
    "no such column": ("a\n1\n2\n", ("--value", "z", "--chart", "c"), "There is no column “z”"),
    "decimal comma": ("a;b\n1,5;2\n2,5;3\n", ("--value", "a", "--chart", "i-mr"), "line 2, a: “1,5” is no number"),
    "unit in the cell": ("a,b\n1.5 mm,2\n", ("--value", "a", "--chart", "i-mr"), "line 2, a: “1.5 mm” is no number"),
    "empty cell": ("a,b\n1,2\n,3\n4,5\n", ("--value", "a", "--chart", "i-mr"), "line 3, a: “” is no number"),
    "no subgroups": ("a,b\n1,2\n2,3\n", ("--value", "a", "--chart", "xbar-r"), "--subgroup"),
    "no sizes": ("a,b\n1,2\n2,3\n", ("--value", "a", "--chart", "u"), "--size"),
    "subgroups of single values": (
        "a,b\n1,2\n2,3\n",
        ("--value", "a", "--chart", "i-mr", "--subgroup", "b"),
        "has no use for --subgroup",
    ),
    "sizes of a c chart": ("a,b\n1,2\n2,3\n", ("--value", "a", "--chart", "c", "--size", "b"), "has no use for --size"),
    "one variable": ("a,b\n1,2\n2,3\n", ("--value", "a", "--chart", "t2"), "two or more"),
    "limits crossed": ("a,b\n1,2\n2,3\n", ("--value", "a", "--chart", "i-mr", "--lsl", "3", "--usl", "1"), "not below"),
    "capability of counts": ("a,b\n1,2\n2,3\n", ("--value", "a", "--chart", "c", "--lsl", "1"), "measured values"),
}


@pytest.mark.parametrize(("content", "words", "reason"), REFUSALS.values(), ids=list(REFUSALS))
def test_what_cannot_be_read_is_refused_by_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: tuple[str, ...], reason: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content)
    status, said = told(capsys, "spc", str(path), *words)
    assert status == 1
    assert reason in said["error"]
    assert said["error_zh"]


def test_a_gauge_study_of_each_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw = np.random.default_rng(7)
    rows = [
        f"{10 * part + draw.normal():.3f},{part},{person},{person}-{part}"
        for part in range(5)
        for person in "AB"
        for _ in range(2)
    ]
    path = tmp_path / "study.csv"
    path.write_text("\n".join(["value,part,operator,own", *rows]))
    status, crossed = told(capsys, "gauge-rr", str(path), "--lsl", "0", "--usl", "60")
    assert (status, crossed["design"], crossed["parts"], crossed["verdict"]) == (0, "crossed", 5, "acceptable")
    assert crossed["components"]["total_gauge_rr"]["tolerance_percent"] > 0.0
    status, nested = told(capsys, "gauge-rr", str(path), "--nested", "--part", "own")
    assert (status, nested["design"]) == (0, "nested")
    assert main(["gauge-rr", str(path)]) == 0
    assert "The gauge is acceptable" in capsys.readouterr().out
    path.write_text("\n".join(["value,part,operator,own", *rows[1:]]))
    status, said = told(capsys, "gauge-rr", str(path))
    assert (status, "error" in said) == (1, True)
