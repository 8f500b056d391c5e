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
    if chart in {"p", "t2"}:  # samples of different size have different limits, and so have first phase and later
        assert said["run_length"] is None
        assert {"p": "different size", "t2": "phase 1"}[chart] in said["no_run_length"]["en"]
    else:
        assert said["no_run_length"] is None
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
    "unlabelled value": (
        "a,s\n1,x\n2,x\n3,\n4,\n",
        ("--value", "a", "--chart", "xbar-r", "--subgroup", "s"),
        "line 4, s: The label is missing",
    ),
    "label of another day": (
        "a,s\n1,8\n2,8\n3,9\n4,9\n5,8\n6,8\n",
        ("--value", "a", "--chart", "xbar-r", "--subgroup", "s"),
        "line 6, s: The subgroup “8” comes back",
    ),
    "title that stands twice": (
        "v,w,v\n1,2,3\n3,4,5\n",
        ("--value", "v", "--chart", "i-mr"),
        "line 1, v: Columns A and C are both called “v”",
    ),
    "two units": (
        "v,Unit\n5.1,mm\n5.2,mm\n0.2,in\n",
        ("--value", "v", "--chart", "i-mr"),
        "line 4, Unit: The unit “in” follows “mm”",
    ),
    "parts of items": (
        "d,n\n3,50\n2,50.9\n",
        ("--value", "d", "--chart", "np", "--size", "n"),
        "line 3, n: 50.9 is no number of items",
    ),
    "rules of a chart of limits": (
        "a,b\n1,2\n2,3\n",
        ("--value", "a", "--chart", "ewma", "--rules", "nelson"),
        "no use for --rules",
    ),
    "target beyond the limits": (
        "a,b\n1,2\n2,3\n",
        ("--value", "a", "--chart", "i-mr", "--lsl", "0", "--usl", "9", "--target", "20"),
        "The target 20 does not lie within",
    ),
    "target without limits": ("a,b\n1,2\n2,3\n", ("--value", "a", "--chart", "i-mr", "--target", "2"), "The target 2"),
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


def test_labels_that_come_back_are_joined_where_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,s\n1,8\n2,9\n1.5,8\n2.5,9\n")
    words = ("spc", str(path), "--value", "a", "--chart", "xbar-r", "--subgroup", "s", "--join-subgroups")
    status, said = told(capsys, *words)
    assert (status, said["charts"]["mean"]["points"]) == (0, [1.25, 2.25])


@pytest.mark.parametrize("chart", ["i-mr", "p", "c", "ewma", "cusum"])
def test_a_series_without_spread_has_no_run_length_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], chart: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("v,n\n" + "0,50\n" * 12)
    words = ["spc", str(path), "--value", "v", "--chart", chart, *(["--size", "n"] if chart == "p" else [])]
    status, said = told(capsys, *words)
    assert (status, said["run_length"]) == (0, None)
    assert "show no spread" in said["no_run_length"]["en"]
    assert {one["code"] for drawn in said["charts"].values() for one in drawn["cautions"]} == {"no_spread"}
    assert main(words) == 0
    read = capsys.readouterr().out
    assert "Caution: The points that set the limits show no spread" in read
    assert "No run length" in read


def test_a_drift_within_subgroups_of_little_spread_has_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{10 + 0.1 * hour + away:.2f},{hour}" for hour in range(20) for away in (0.0, 0.01, -0.01)]
    path = tmp_path / "drift.csv"
    path.write_text("\n".join(["v,s", *rows]))
    words = ["spc", str(path), "--value", "v", "--subgroup", "s", "--chart", "xbar-r", "--lsl", "9", "--usl", "13"]
    status, said = told(capsys, *words)
    assert (status, said["capability"]["verdict"]) == (0, "not_assessed")
    assert "out_of_control" in {one["code"] for one in said["capability"]["cautions"]}
    assert main(words) == 0
    read = capsys.readouterr().out
    assert "rule 2, points 1–10: 9 points" in read
    assert read.count("rule 1, ") == 1
    assert "Caution: The means of subgroups 1, 2, 3" in read


def test_a_gauge_that_shows_no_scatter_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{10 * part},{part},{person}" for part in range(5) for person in "AB" for _ in range(2)]
    path = tmp_path / "study.csv"
    path.write_text("\n".join(["value,part,operator", *rows]))
    words = ["gauge-rr", str(path), "--lsl", "0", "--usl", "60"]
    status, said = told(capsys, *words)
    assert (status, said["verdict"], said["cautions"][0]["code"]) == (0, "conditional", "no_spread")
    assert main(words) == 0
    read = capsys.readouterr().out
    assert "Gauge R&R: 0.0 % of the study variation, 0.0 % of the tolerance" in read
    assert "Caution: Repeated readings are all equal" in read
    status, said = told(capsys, "gauge-rr", str(path), "--usl", "20")
    assert status == 1
    assert "not inside the only limit" in said["error"]


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


def test_a_distribution_is_fitted_by_name_or_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "runout.csv"
    values = np.random.default_rng(4).lognormal(0.5, 0.5, 80)
    path.write_text("x\n" + "\n".join(f"{one:.4f}" for one in values) + "\n", encoding="utf-8")
    words = ["spc", str(path), "--chart", "i-mr", "--value", "x", "--usl", "12"]
    assert main([*words, "--distribution", "auto", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["fitted"]
    assert (found["distribution"], found["p_relation"]) == ("lognormal", "=")
    assert found["ppk"]["lower"] < found["ppk"]["value"] < found["ppk"]["upper"]
    assert main([*words, "--distribution", "weibull"]) == 0
    assert "Fitted weibull distribution (Anderson-Darling p" in capsys.readouterr().out
    assert main([*words[:-2], "--distribution", "auto"]) != 0
    assert "give --lsl or --usl" in capsys.readouterr().err
