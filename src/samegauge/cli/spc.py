"""`samegauge spc FILE`: a control chart of a column, with its alarms, capability and run lengths; needs no site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from samegauge.cli.columns import Table, in_subgroups, refusals
from samegauge.cli.output import DONE, CommandError, say, say_json, text
from samegauge.cli.spc_charts import CHARTS, Asked, examined
from samegauge.engines.spc.charts.rules import RULE_SETS, RuleChoice
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SIGNIFICANT = 6
PLOTTED_ZH = {
    "individuals": "單值",
    "moving range": "移動全距",
    "mean": "平均值",
    "range": "全距",
    "standard deviation": "標準差",
    "share": "不良率",
    "number": "不良數",
    "count": "缺點數",
    "rate": "單位缺點數",
    "upper sum": "上側累積和",
    "lower sum": "下側累積和",
}


def add_arguments(parser: ArgumentParser) -> None:
    words = [
        ("--subgroup", text("column that says which values belong together", "標示子組的欄位")),
        ("--size", text("column of items inspected, or of areas (p, np, u)", "檢驗數或面積的欄位（p、np、u）")),
    ]
    numbers = [
        ("--lsl", text("lower specification limit", "規格下限")),
        ("--usl", text("upper specification limit", "規格上限")),
        ("--target", text("target value (default: the middle)", "目標值（預設為中值）")),
        ("--shift", text("shift whose detection is told [sigma]", "要說明偵測速度的偏移量 [標準差]")),
    ]
    parser.add_argument(
        "file", type=Path, help=text("CSV or XLSX with a header", "有標題列的 CSV 或 XLSX"), metavar="FILE"
    )
    parser.add_argument(
        "--value",
        action="append",
        required=True,
        help=text("column of values; t2 takes several", "數值欄位；t2 可重複指定"),
        metavar="COL",
    )
    parser.add_argument("--chart", choices=sorted(CHARTS), required=True, help=text("kind of chart", "管制圖種類"))
    for name, told in words:
        parser.add_argument(name, help=told, metavar="COL")
    for name, told in numbers:
        parser.add_argument(name, type=float, help=told, metavar="X", default=1.0 if name == "--shift" else None)
    parser.add_argument(
        "--rules", choices=sorted(RULE_SETS), default="nelson", help=text("set of rules for alarms", "判異規則組")
    )


def run(options: Namespace) -> int:
    with refusals(options.file):
        found = {"file": str(options.file), **examined(_asked(options, Table(options.file)))}
    _tell(options, found)
    say_json(options, found)
    return DONE


def _asked(options: Namespace, table: Table) -> Asked:
    columns = [table.numbers(name) for name in options.value]
    several = options.chart == "t2"
    if several != (len(columns) > 1):
        raise CommandError(
            "t2 takes two or more --value columns, every other chart one.",
            "t2 需要兩個以上的 --value 欄位，其他管制圖只要一個。",
        )
    values = np.column_stack(columns) if several else columns[0]
    given = options.lsl is not None or options.usl is not None
    return Asked(
        chart=options.chart,
        values=values,
        groups=in_subgroups(values, table.labels(options.subgroup)) if options.subgroup else None,
        sizes=table.numbers(options.size) if options.size else None,
        rules=RuleChoice(options.rules),
        limits=Limits(options.lsl, options.usl, unit="") if given else None,
        target=options.target,
        shift=options.shift,
    )


def _tell(options: Namespace, found: dict[str, Any]) -> None:
    for name, chart in found["charts"].items():
        _tell_chart(options, name, chart)
    for name in ("cp", "cpk", "pp", "ppk"):
        if index := (found["capability"] or {}).get(name):
            value, lower, upper = (_shown(index[key]) for key in ("value", "lower", "upper"))
            told = f"{name.capitalize()} {value} ({lower} – {upper})"
            say(options, told, told)
    if run := found["run_length"]:
        usual, shifted = (_shown(run[key]["mean"]) for key in ("in_control", "after_the_shift"))
        shift = f"{run['shift_sigma']:g}"
        say(
            options,
            f"Points until an alarm, on average: {usual} in control, {shifted} after a shift of {shift} sigma.",
            f"平均幾點後發出警報：穩定時 {usual} 點，偏移 {shift} 倍標準差後 {shifted} 點。",
        )


def _tell_chart(options: Namespace, name: str, chart: dict[str, Any]) -> None:
    lower, centre, upper = (_shown(chart[key]) for key in ("lower", "centre", "upper"))
    sigma, estimator = _shown(chart["sigma"]), chart["estimator"]
    say(
        options,
        f"{name}: {lower} – {centre} – {upper}; sigma {sigma} ({estimator})",
        f"{PLOTTED_ZH.get(name, name)}：{lower} – {centre} – {upper}；標準差 {sigma}（{estimator}）",
    )
    for flag in chart["flags"]:
        places = ", ".join(map(str, flag["points"]))
        say(
            options,
            f"  rule {flag['rule']}, points {places}: {flag['en']}",
            f"  規則 {flag['rule']}，第 {places} 點：{flag['zh']}",
        )


def _shown(number: float | list[float | None] | None) -> str:
    if isinstance(number, list):
        return text("by point", "逐點不同")
    return "–" if number is None else f"{number:.{SIGNIFICANT}g}"
